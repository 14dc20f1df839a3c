"""The Merkle tree of the ledger: one hash that commits to every entry, and short proofs about it.

Pure functions over SHA-256 hashes of 32 bytes. A *complete subtree* ``(level, index)`` covers the ``2**level`` entries
from ``index << level`` on; level 0 is one entry's leaf hash. Whoever keeps those hashes hands them in as a
:data:`Node` function, so that a proof costs O(log n) look-ups however they are kept.

Source: RFC 9162 (Certificate Transparency 2.0), section 2.1; the tree is the one of RFC 6962.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

HASH_BYTES: Final = 32
#: The root of a tree with no entry.
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

#: ``node(level, index)`` gives the hash of a complete subtree.
Node: TypeAlias = Callable[[int, int], bytes]

_sha256 = hashlib.sha256


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry. The 0x00 before it keeps an entry from passing for an inner node (second preimage)."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children."""
    return _sha256(b"\x01" + left + right).digest()


def frontier(size: int) -> tuple[tuple[int, int], ...]:
    """The complete subtrees ``(level, index)`` that make up a tree of ``size`` entries, largest and oldest first."""
    found = []
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            found.append((level, (size >> level) - 1))
    return tuple(found)


def frontier_root(hashes: Sequence[bytes]) -> bytes:
    """The root over the hashes of a :func:`frontier`, in its order."""
    if not hashes:
        return EMPTY_ROOT
    total = hashes[-1]
    for left in reversed(hashes[:-1]):
        total = node_hash(left, total)
    return total


def root(size: int, node: Node) -> bytes:
    """The root of the tree of the first ``size`` entries."""
    return frontier_root([node(level, index) for level, index in frontier(size)])


def grow(hashes: list[bytes], size: int, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Append one leaf hash to a frontier in place, and yield each subtree it completes: (level, index, hash).

    :param hashes: the frontier's hashes for ``size`` entries; afterwards those for ``size + 1``. The iterator must be
        run to its end. A merge reads the children from ``hashes``, so a caller may correct them between two steps.
    """
    hashes.append(leaf)
    yield 0, size, leaf
    level, rest = 1, size
    while rest & 1:
        rest >>= 1
        right = hashes.pop()
        hashes[-1] = merged = node_hash(hashes[-1], right)
        yield level, rest, merged
        level += 1


def node_number(level: int, index: int) -> int:
    """The place of a complete subtree in the order in which appending completes them (post-order), from 0.

    A table in this order only ever grows at its end.
    """
    return node_count(((index + 1) << level) - 1) + level


def node_count(size: int) -> int:
    """How many complete subtrees, leaves included, a tree of ``size`` entries has."""
    return 2 * size - size.bit_count()


def inclusion_proof(index: int, size: int, node: Node) -> tuple[bytes, ...]:
    """The hashes that lead from entry ``index`` to the root of the first ``size`` entries, nearest first.

    Source: RFC 9162, 2.1.3.1. ``0 <= index < size`` is the caller's promise.
    """
    assert 0 <= index < size
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        split = start + _split(stop - start)
        if index < split:
            path.append(_range_hash(split, stop, node))
            stop = split
        else:
            path.append(_range_hash(start, split, node))
            start = split
    return tuple(reversed(path))


def consistency_proof(old: int, new: int, node: Node) -> tuple[bytes, ...]:
    """The hashes that show that the first ``old`` of ``new`` entries are unchanged; empty when that needs no proof.

    Source: RFC 9162, 2.1.4.1. ``0 <= old <= new`` is the caller's promise.
    """
    assert 0 <= old <= new
    if old in (0, new):
        return ()
    path: list[bytes] = []
    start, stop = 0, new
    while stop != old:
        split = start + _split(stop - start)
        if old <= split:
            path.append(_range_hash(split, stop, node))
            stop = split
        else:
            path.append(_range_hash(start, split, node))
            start = split
    if start:  # when the old tree is one complete subtree, its root is known and is left out
        path.append(_range_hash(start, stop, node))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Whether ``proof`` shows that ``leaf`` is entry ``index`` of the tree of ``size`` entries with root ``expected``.

    Source: RFC 9162, 2.1.3.2. A proof of the wrong length, or an index out of the tree, shows nothing.
    """
    if not 0 <= index < size:
        return False
    place, last, total = index, size - 1, leaf
    for sibling in proof:
        if last == 0 or len(sibling) != HASH_BYTES:
            return False
        if place & 1 or place == last:
            total = node_hash(sibling, total)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            total = node_hash(total, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and total == expected


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` shows that the tree of ``old`` entries is the beginning of the tree of ``new`` entries.

    Source: RFC 9162, 2.1.4.2; an empty tree is the beginning of every tree, with an empty proof.
    """
    if not 0 <= old <= new or any(len(item) != HASH_BYTES for item in proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    seen_old = seen_new = path[0]
    for item in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            seen_old, seen_new = node_hash(item, seen_old), node_hash(item, seen_new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            seen_new = node_hash(seen_new, item)
        place, last = place >> 1, last >> 1
    return last == 0 and seen_old == old_root and seen_new == new_root


def _split(size: int) -> int:
    """The largest power of two below ``size``: where RFC 9162 splits a tree."""
    return 1 << (size - 1).bit_length() - 1


def _range_hash(start: int, stop: int, node: Node) -> bytes:
    """The root over entries ``start`` to ``stop``, where ``start`` is a multiple of a power of two >= the length."""
    size = stop - start
    return frontier_root([node(level, (start >> level) + index) for level, index in frontier(size)])
