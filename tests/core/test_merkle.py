"""The Merkle tree against Certificate Transparency's published vectors, and the laws of its proofs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core import merkle
from assay.core.merkle import leaf_hash, node_hash

#: The reference tree of Certificate Transparency (merkletree test data): its eight entries and the root at each size.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
#: Its published inclusion proofs: (index, size, path).
INCLUSION = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
#: Its published consistency proofs: (old, new, path).
CONSISTENCY = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]

#: The same examples every time, and no clock.
steady = settings(deadline=None, derandomize=True)

BOUND = 40


def reference_root(entries: list[bytes]) -> bytes:
    """RFC 9162's recursive definition, word for word."""
    if not entries:
        return merkle.EMPTY_ROOT
    if len(entries) == 1:
        return leaf_hash(entries[0])
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return node_hash(reference_root(entries[:split]), reference_root(entries[split:]))


class Tree:
    """A tree of ``size`` different entries, its nodes kept as the ledger keeps them: in the order of completion."""

    def __init__(self, size: int) -> None:
        self.entries = [b"entry %d" % number for number in range(size)]
        self.stored: list[bytes] = []
        hashes: list[bytes] = []
        for number, entry in enumerate(self.entries):
            self.stored += [value for _, _, value in merkle.grow(hashes, number, leaf_hash(entry))]

    def node(self, level: int, index: int) -> bytes:
        return self.stored[merkle.node_number(level, index)]


TREE = Tree(BOUND)
TREE_ROOTS = [reference_root(TREE.entries[:size]) for size in range(BOUND + 1)]


def flip(data: bytes, place: int) -> bytes:
    """``data`` with one bit changed."""
    changed = bytearray(data)
    changed[place // 8 % len(data)] ^= 1 << place % 8
    return bytes(changed)


def reference_node(level: int, index: int) -> bytes:
    return reference_root(ENTRIES[index << level : (index + 1) << level])


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_roots_are_the_published_ones(size: int) -> None:
    """Every prefix of the reference tree has its published root."""
    assert merkle.root(size, reference_node).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_inclusion_proofs_are_the_published_ones(index: int, size: int, path: list[str]) -> None:
    """The reference tree's inclusion proofs come out hash for hash, and verify."""
    proof = merkle.inclusion_proof(index, size, reference_node)
    assert [item.hex() for item in proof] == path
    assert merkle.verify_inclusion(leaf_hash(ENTRIES[index]), index, size, proof, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new", "path"), CONSISTENCY)
def test_consistency_proofs_are_the_published_ones(old: int, new: int, path: list[str]) -> None:
    """The reference tree's consistency proofs come out hash for hash, and verify."""
    proof = merkle.consistency_proof(old, new, reference_node)
    assert [item.hex() for item in proof] == path
    assert merkle.verify_consistency(old, new, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]), proof)


def test_an_entry_cannot_pass_for_an_inner_node() -> None:
    """Stops the second-preimage attack on Merkle trees: leaves and nodes are hashed apart (RFC 9162, 2.1.1)."""
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize("size", range(BOUND + 1))
def test_growing_gives_the_root_of_the_definition(size: int) -> None:
    """The frontier after any number of appends hashes to RFC 9162's root, and as many nodes are complete as it says."""
    assert merkle.root(size, TREE.node) == TREE_ROOTS[size]
    assert len(Tree(size).stored) == merkle.node_count(size)


def test_nodes_are_numbered_in_the_order_of_completion() -> None:
    """A table of nodes only ever grows at its end: each append takes the next numbers."""
    hashes: list[bytes] = []
    numbers = [
        merkle.node_number(level, index)
        for size in range(300)
        for level, index, _ in merkle.grow(hashes, size, leaf_hash(b""))
    ]
    assert numbers == list(range(merkle.node_count(300)))


@pytest.mark.parametrize("size", range(1, BOUND + 1))
def test_every_entry_can_be_proven_and_no_other(size: int) -> None:
    """An inclusion proof holds for its entry, place, size and root, and for nothing beside them."""
    for index in range(size):
        leaf = leaf_hash(TREE.entries[index])
        proof = merkle.inclusion_proof(index, size, TREE.node)
        assert len(proof) <= size.bit_length()
        assert merkle.verify_inclusion(leaf, index, size, proof, TREE_ROOTS[size])
        assert not merkle.verify_inclusion(leaf_hash(b"other"), index, size, proof, TREE_ROOTS[size])
        assert not merkle.verify_inclusion(leaf, index, size, (*proof, leaf), TREE_ROOTS[size])
        assert not merkle.verify_inclusion(leaf, index, size, proof[:-1], TREE_ROOTS[size]) or size == 1
        others = [other for other in range(-1, size + 2) if other != index]
        assert not any(merkle.verify_inclusion(leaf, other, size, proof, TREE_ROOTS[size]) for other in others)


@pytest.mark.parametrize("new", range(BOUND + 1))
def test_every_prefix_can_be_proven_and_no_other(new: int) -> None:
    """A consistency proof holds between two sizes of one log, and not for a log with another beginning."""
    for old in range(new + 1):
        proof = merkle.consistency_proof(old, new, TREE.node)
        assert len(proof) <= new.bit_length() + 1
        assert merkle.verify_consistency(old, new, TREE_ROOTS[old], TREE_ROOTS[new], proof)
        assert not merkle.verify_consistency(old, new, leaf_hash(b"other"), TREE_ROOTS[new], proof)
        assert not merkle.verify_consistency(old, new, TREE_ROOTS[old], TREE_ROOTS[new], (*proof, leaf_hash(b"")))
        if proof:
            assert not merkle.verify_consistency(old, new, TREE_ROOTS[old], TREE_ROOTS[new], proof[:-1])


def test_sizes_that_make_no_sense_prove_nothing() -> None:
    """Negative sizes, and an old log longer than the new one, are refused rather than computed with."""
    top = TREE_ROOTS[3]
    assert not merkle.verify_consistency(4, 3, top, top, ())
    assert not merkle.verify_consistency(-1, 3, top, top, ())
    assert not merkle.verify_inclusion(top, 0, 0, (), top)
    assert not merkle.verify_inclusion(top, -1, 1, (), top)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8])
def test_a_proof_that_climbs_above_the_root_proves_nothing(size: int) -> None:
    """Stops a proof for a taller tree: the size says how high to climb, even when the hashes would fit (RFC 9162)."""
    extra = leaf_hash(b"extra")
    for index in range(size):
        leaf = leaf_hash(TREE.entries[index])
        proof = (*merkle.inclusion_proof(index, size, TREE.node), extra)
        assert not merkle.verify_inclusion(leaf, index, size, proof, node_hash(extra, TREE_ROOTS[size]))
        assert not merkle.verify_inclusion(leaf, index, size, proof, node_hash(TREE_ROOTS[size], extra))
    for old in range(1, size):
        proof = (*merkle.consistency_proof(old, size, TREE.node), extra)
        taller = (node_hash(extra, TREE_ROOTS[old]), node_hash(extra, TREE_ROOTS[size]))
        assert not merkle.verify_consistency(old, size, *taller, proof)
        assert not merkle.verify_consistency(old, size, TREE_ROOTS[old], taller[1], proof)


def test_a_proof_that_stops_below_the_root_proves_nothing() -> None:
    """Stops a smaller tree's root from passing as a larger one's: the size says how high to climb (RFC 9162)."""
    for old in range(1, 8):
        proof = merkle.consistency_proof(old, 8, TREE.node)
        assert not merkle.verify_consistency(old, 16, TREE_ROOTS[old], TREE_ROOTS[8], proof)
        inclusion = merkle.inclusion_proof(old, 8, TREE.node)
        assert not merkle.verify_inclusion(leaf_hash(TREE.entries[old]), old, 16, inclusion, TREE_ROOTS[8])


@steady
@given(data=st.data())
def test_changing_any_bit_of_an_inclusion_proof_breaks_it(data: st.DataObject) -> None:
    """One bit of the proof, the leaf or the root is enough; so is a hash cut short."""
    size = data.draw(st.integers(2, BOUND))
    index = data.draw(st.integers(0, size - 1))
    proof = list(merkle.inclusion_proof(index, size, TREE.node))
    which, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    leaf = leaf_hash(TREE.entries[index])
    assert not merkle.verify_inclusion(flip(leaf, bit), index, size, proof, TREE_ROOTS[size])
    assert not merkle.verify_inclusion(leaf, index, size, proof, flip(TREE_ROOTS[size], bit))
    whole, proof[which] = proof[which], flip(proof[which], bit)
    assert not merkle.verify_inclusion(leaf, index, size, proof, TREE_ROOTS[size])
    proof[which] = whole[:-1]
    assert not merkle.verify_inclusion(leaf, index, size, proof, TREE_ROOTS[size])


@steady
@given(data=st.data())
def test_changing_any_bit_of_a_consistency_proof_breaks_it(data: st.DataObject) -> None:
    """One bit of the proof or of either root is enough."""
    new = data.draw(st.integers(2, BOUND))
    old = data.draw(st.integers(1, new - 1))
    proof = list(merkle.consistency_proof(old, new, TREE.node))
    which, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    assert not merkle.verify_consistency(old, new, flip(TREE_ROOTS[old], bit), TREE_ROOTS[new], proof)
    assert not merkle.verify_consistency(old, new, TREE_ROOTS[old], flip(TREE_ROOTS[new], bit), proof)
    proof[which] = flip(proof[which], bit)
    assert not merkle.verify_consistency(old, new, TREE_ROOTS[old], TREE_ROOTS[new], proof)


@steady
@given(
    index=st.integers(-2, 2**70),
    size=st.integers(-2, 2**70),
    proof=st.lists(st.binary(max_size=40), max_size=80),
)
def test_any_proof_is_answered(index: int, size: int, proof: list[bytes]) -> None:
    """Verification ends with an answer, and a wrong one is no, whatever it is handed."""
    assert not merkle.verify_inclusion(leaf_hash(b"x"), index, size, proof, leaf_hash(b"y"))
    assert not merkle.verify_consistency(index, size, leaf_hash(b"x"), leaf_hash(b"y"), proof)
