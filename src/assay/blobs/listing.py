"""A listing: which blobs an artifact is made of. It is itself a blob, so its digest commits to all of it.

``{"version": 1, "files": [{"path", "size", "sha256", "pieces"}]}``; ``path`` is empty for an artifact that is a file.
``pieces`` is the SHA-256 of the blob that holds the digests of the file's pieces; a file of one piece has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from assay.blobs.pieces import PIECE, Outline
from assay.core import jsontext
from assay.core.digest import SHA256, Digest
from assay.core.errors import BlobError, DigestError, StatementError
from assay.core.jsontext import Json
from assay.core.manifest import Entry, Manifest

VERSION: Final = 1
#: Of a listing: about a million files.
MAX_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """One file: its path in the artifact, and the blobs that hold it and the digests of its pieces."""

    path: str
    size: int
    digest: Digest
    pieces: Digest | None

    def single(self) -> Outline:
        """The outline of a file that has one piece or none."""
        return Outline(self.size, bytes.fromhex(self.digest.value) if self.size else b"")


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of an artifact, sorted by path."""

    parts: tuple[Part, ...]

    @property
    def is_file(self) -> bool:
        """Whether the artifact is a file, not a folder."""
        return len(self.parts) == 1 and not self.parts[0].path

    @property
    def digest(self) -> Digest:
        """The artifact's digest, computed from its files."""
        if self.is_file:
            return self.parts[0].digest
        return Manifest(tuple(Entry(part.path, part.size, part.digest) for part in self.parts)).digest

    def blobs(self) -> tuple[Digest, ...]:
        """Every blob that it needs."""
        return tuple(digest for part in self.parts for digest in (part.digest, part.pieces) if digest is not None)

    def render(self) -> bytes:
        """The listing as a blob; the same listing gives the same bytes."""
        files: list[Json] = [
            {
                "path": part.path,
                "size": part.size,
                "sha256": part.digest.value,
                **({"pieces": part.pieces.value} if part.pieces else {}),
            }
            for part in self.parts
        ]
        return jsontext.dumps({"version": VERSION, "files": files})


def parse_listing(data: bytes) -> Listing:
    """Read a listing; no path in it leads out of the artifact.

    :raises BlobError: malformed
    """
    try:
        document = jsontext.loads(data, what="a listing")
        if not isinstance(document, dict) or document.get("version") != VERSION:
            raise _malformed("it is of another version")
        files = document.get("files")
        if not isinstance(files, list) or not files:
            raise _malformed("it lists no file")
        parts = tuple(_part(item, alone=len(files) == 1) for item in files)
    except (StatementError, DigestError) as error:
        raise _malformed(error.what) from error
    return Listing(parts)


def _part(item: Json, *, alone: bool) -> Part:
    if not isinstance(item, dict):
        raise _malformed("a file is no object")
    path, size, digest, pieces = (item.get(key) for key in ("path", "size", "sha256", "pieces"))
    if not isinstance(path, str) or not isinstance(digest, str) or not isinstance(pieces, str | None):
        raise _malformed("a file lacks its path or digest")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise _malformed("a file lacks its size")
    if (size > PIECE) != (pieces is not None):
        raise _malformed("a file has too many or too few digests of pieces")
    if path or not alone:
        _check_path(path)
    return Part(path, size, Digest(SHA256, digest), Digest(SHA256, pieces) if pieces else None)


def _check_path(path: str) -> None:
    parts = PurePosixPath(path).parts
    if not parts or path != "/".join(parts) or path.startswith("/") or ".." in parts or "\0" in path:
        raise _malformed(f"the path {path[:200]!a} leads out of the artifact")


def _malformed(what: str) -> BlobError:
    return BlobError(f"the listing of the artifact cannot be used: {what}", remedy="Push the artifact again.")
