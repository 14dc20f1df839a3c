"""The statement of OpenSSF Model Signing v1.0, written in its one deterministic form and read in all that are met.

The subject's digest, the root, is SHA-256 over the digests of the resources in the order in which they are listed. It
commits to no name: only the list does, so a root alone must never stand for a model.

Source: ossf/model-signing-spec, v1.0; what ``model-signing`` 1.0 and 1.1 write beyond it: shards whose algorithm is
``sha256-sharded-1000000000`` and whose size is a float, and a single file that is called ``.``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from assay.core.digest import SHA256, Digest
from assay.core.errors import StatementError
from assay.core.jsontext import Json
from assay.core.statement import Statement, Subject, parse_statement

PREDICATE_TYPE: Final = "https://model_signing/signature/v1.0"
#: What the specification leaves out of a folder unless told otherwise; at its top only.
GIT_PATHS: Final = (".git", ".gitattributes", ".github", ".gitignore")
#: How a model that is one file lists it. The specification would have its name; ``model-signing`` accepts only this.
SINGLE: Final = "."

#: Hexadecimal digits of a digest, by the name in ``hash_type``.
_HEX_DIGITS: Final = {"sha256": 64, "blake2b": 128, "blake3": 64}
_SHARDED: Final = re.compile(r"(?P<hash>[a-z0-9]+)(?:-sharded-(?P<size>[0-9]+))?")
_SHARD: Final = re.compile(r"(?P<path>.+):(?P<start>0|[1-9][0-9]*):(?P<end>[1-9][0-9]*)", re.DOTALL)
_MAX_SHARD: Final = 2**53


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """A file, or the bytes from ``start`` up to ``end`` of it, and their digest in hexadecimal. A whole file has
    neither ``start`` nor ``end``."""

    path: str
    start: int | None
    end: int | None
    digest: str


@dataclass(frozen=True, slots=True)
class Model:
    """What is signed about a model.

    :param name: what the signer called it; that of the folder or file, as a rule
    :param root: the subject's digest
    :param hash_type: ``sha256``, ``blake2b`` or ``blake3``
    :param shard_size: bytes in a shard; ``None`` where files are hashed whole
    :param pieces: in the order in which they are listed
    :param ignored: paths below the folder that the signer left out, sorted
    :param allow_symlinks: whether the signer followed symbolic links
    """

    name: str
    root: Digest
    hash_type: str
    shard_size: int | None
    pieces: tuple[Piece, ...]
    ignored: tuple[str, ...]
    allow_symlinks: bool


def state(name: str, files: Mapping[str, Digest], ignored: Iterable[str]) -> Statement:
    """The statement about ``files`` (path and SHA-256) of the model ``name``; the same model gives the same bytes.

    :param ignored: the paths that were left out
    :raises StatementError: there is no file
    """
    if not files:
        raise StatementError("a model without files cannot be signed")
    # Code points and UTF-8 bytes sort alike; some implementations sort by path parts.
    ordered = sorted(files.items())
    resources: list[Json] = [{"algorithm": SHA256, "digest": digest.value, "name": path} for path, digest in ordered]
    listed: list[Json] = [*sorted(ignored)]
    serialization: Json = {
        "allow_symlinks": False,
        "hash_type": SHA256,
        "ignore_paths": listed,
        "method": "files",
    }
    root = _root(digest.value for _, digest in ordered)
    return Statement((Subject(name, root),), PREDICATE_TYPE, {"resources": resources, "serialization": serialization})


def read_model(statement: Statement) -> Model:
    """Read what a verified statement says about a model.

    :raises StatementError: another predicate, a field missing, malformed or contradicting another, a path that could
        leave the folder or stands twice, a root that is not the resources', no resource at all
    """
    if statement.predicate_type != PREDICATE_TYPE:
        raise StatementError(
            f"the statement is of type {statement.predicate_type!a}, not {PREDICATE_TYPE}",
            remedy="It is signed, but it is no model signature. Sign the model again with a current tool.",
        )
    if len(statement.subjects) != 1:
        raise StatementError("a model signature has exactly one subject")
    (subject,) = statement.subjects
    serialization = statement.predicate.get("serialization")
    resources = statement.predicate.get("resources")
    if not isinstance(serialization, dict) or not isinstance(resources, list):
        raise StatementError("a model signature has a serialization and a list of resources")
    hash_type, shard_size = _method(serialization)
    pieces = tuple(_piece(item, hash_type, shard_size) for item in resources)
    if not pieces:
        raise StatementError("the signature covers no file at all: an empty model vouches for nothing")
    if len({(piece.path, piece.start) for piece in pieces}) != len(pieces):
        raise StatementError("the signature lists a file twice")
    root = _root(piece.digest for piece in pieces)
    if subject.digest != root:
        raise StatementError("the signature contradicts itself: its root is not that of the files it lists")
    allow_symlinks = serialization.get("allow_symlinks", False)
    if not isinstance(allow_symlinks, bool):
        raise StatementError("allow_symlinks must be true or false")
    ignored = tuple(sorted({_ignored(item) for item in _texts(serialization.get("ignore_paths"))} - {""}))
    return Model(subject.name, root, hash_type, shard_size, pieces, ignored, allow_symlinks)


def read_payload(payload: bytes) -> Model:
    """Read a model from the payload of an envelope whose signature held; as :func:`read_model`."""
    return read_model(parse_statement(payload))


def _root(digests: Iterable[str]) -> Digest:
    total = hashlib.sha256()
    for digest in digests:
        total.update(bytes.fromhex(digest))
    return Digest(SHA256, total.hexdigest())


def _method(serialization: Mapping[str, Json]) -> tuple[str, int | None]:
    method, hash_type = serialization.get("method"), serialization.get("hash_type")
    if method not in ("files", "shards"):
        raise StatementError(f"the model is serialized by {method!a}, which is neither files nor shards")
    if not isinstance(hash_type, str) or hash_type not in _HEX_DIGITS:
        raise StatementError(f"the model is hashed with {hash_type!a}, which is none of {', '.join(_HEX_DIGITS)}")
    if method == "files":
        return hash_type, None
    size = serialization.get("shard_size")
    if isinstance(size, bool) or not isinstance(size, int | float) or size != size // 1 or not 0 < size <= _MAX_SHARD:
        raise StatementError("shard_size must be a whole number of bytes")
    return hash_type, int(size)


def _piece(item: Json, hash_type: str, shard_size: int | None) -> Piece:
    if not isinstance(item, dict):
        raise StatementError("a resource must be a JSON object")
    name, algorithm, digest = item.get("name"), item.get("algorithm"), item.get("digest")
    if not isinstance(name, str) or not isinstance(algorithm, str) or not isinstance(digest, str):
        raise StatementError("a resource has a name, an algorithm and a digest")
    kind = _SHARDED.fullmatch(algorithm)
    if kind is None or kind["hash"] != hash_type or (kind["size"] and int(kind["size"]) != shard_size):
        raise StatementError(f"a resource is hashed with {algorithm!a}, and the model with {hash_type!a}")
    if len(digest) != _HEX_DIGITS[hash_type] or re.fullmatch("[0-9a-f]+", digest) is None:
        raise StatementError(f"a resource's digest is not {_HEX_DIGITS[hash_type]} lower-case hexadecimal digits")
    if shard_size is None:
        return Piece(_path(name), None, None, digest)
    shard = _SHARD.fullmatch(name)
    if shard is None:
        raise StatementError(f"{name!a} names no shard; it would be path:start:end")
    start, end = int(shard["start"]), int(shard["end"])
    if start % shard_size or not start < end <= start + shard_size:
        raise StatementError(f"{name!a} is not a shard of {shard_size} bytes")
    return Piece(_path(shard["path"]), start, end, digest)


def _path(name: str) -> str:
    if name != SINGLE and (any(part in ("", ".", "..") for part in name.split("/")) or "\0" in name):
        raise StatementError(f"{name!a} is no path inside a model", remedy="Trust nothing it says.")
    return name


def _ignored(text: str) -> str:
    """The path as it would be met in the folder; ``""`` where it cannot be met there."""
    parts = [part for part in text.split("/") if part not in ("", ".")]
    return "" if text.startswith("/") or ".." in parts else "/".join(parts)


def _texts(value: Json) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise StatementError("ignore_paths must be a list of paths")
    found = [item for item in value if isinstance(item, str)]
    if len(found) != len(value):
        raise StatementError("ignore_paths must be a list of paths")
    return found
