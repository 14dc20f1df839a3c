"""Hash, read or copy an artifact: a regular file by its SHA-256, a folder by its in-toto ``dirHash``.

Source: in-toto Attestation Framework, ``spec/v1/digest_set.md``. Empty folders hold no bytes and are not part of a
``dirHash``; neither are owners, modes and times.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final

from assay.core.artifact import Artifact
from assay.core.digest import SHA256, Digest
from assay.core.errors import HashingError, RefusedPath
from assay.core.manifest import Entry, Manifest
from assay.hashing.copying import copy_files
from assay.hashing.mapping import Mappers
from assay.hashing.names import check_name, shown
from assay.hashing.opening import Target, guarded
from assay.hashing.reading import Progress, new_buffer, read_through
from assay.hashing.schedule import spread
from assay.hashing.survey import confirm, digest_large, entries, survey
from assay.hashing.visit import visit
from assay.hashing.walk import Limits

#: Bytes that :func:`read_artifact` holds in memory unless told otherwise.
MAX_READ: Final = 4 * 1024**3
_TOO_LARGE: Final = "Allow more, or hash it where it lies with `assay hash`."


def hash_artifact(
    path: Path,
    *,
    name: str,
    within: Path | None = None,
    without: frozenset[str] = frozenset(),
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Artifact:
    """Hash the file or folder at ``path``; the artifact is called ``name``.

    :param within: a folder above ``path`` below which no component may be a symbolic link; see
        :class:`assay.hashing.opening.Target` for what holds without it
    :param without: paths below a folder that are left out, whatever they are
    :param progress: gets counts of bytes as they are hashed, from any thread, one call at a time
    :raises RefusedPath: a symbolic link, a special file, an unsafe or colliding name, a folder without any file
    :raises HashingError: it cannot be read, or it changed while it was
    """
    return hash_artifacts([(name, path)], within=within, without=without, limits=limits, progress=progress)[0]


def hash_artifacts(
    items: Sequence[tuple[str, Path]],
    *,
    within: Path | None = None,
    without: frozenset[str] = frozenset(),
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> tuple[Artifact, ...]:
    """Hash many artifacts, given as (name, path), in one schedule over all cores; as :func:`hash_artifact`.

    The large files of all of them are shared out together, the largest first.
    """
    buffer, allowed = new_buffer(), limits or Limits()
    for name, _ in items:
        check_artifact_name(name)
    found = [survey(Target(path, within, without), buffer, allowed, progress) for _, path in items]
    large = [file for one in found for file in one.large]
    order = sorted(range(len(large)), key=lambda index: -large[index].size)
    with Mappers(sum(file.size for file in large)) as mappers:
        work = partial(digest_large, mappers=mappers)
        hashed = spread(work, [large[index] for index in order], progress=progress)
    digests = dict(zip(order, hashed, strict=True))
    artifacts, start = [], 0
    for (name, _), one in zip(items, found, strict=True):
        confirm(one)
        end = start + len(one.large)
        artifacts.append(_artifact(name, entries(one, [digests[index] for index in range(start, end)])))
        start = end
    return tuple(artifacts)


def read_artifact(
    path: Path, *, name: str, max_bytes: int = MAX_READ, within: Path | None = None, limits: Limits | None = None
) -> tuple[Artifact, dict[str, bytes]]:
    """Read every file once into memory and hash exactly those bytes: what is judged is what can then be used.

    :param max_bytes: of all files together
    :returns: the artifact, and the bytes by path inside the folder (a single file's by its name)
    :raises HashingError: as :func:`hash_artifact`; or it holds more than ``max_bytes``
    """
    check_artifact_name(name)
    buffer, found, contents, total = new_buffer(), [], {}, 0
    with closing(visit(Target(path, within), limits or Limits())) as files:
        for file in files:
            total += file.status.st_size
            if total > max_bytes:
                raise HashingError(f"it holds more than {max_bytes} bytes", where=shown(str(path)), remedy=_TOO_LARGE)
            store = BytesIO()
            with guarded(file.where):
                read_through(file.descriptor, file.status, buffer, store.write, file.where, None)
            content = store.getvalue()
            found.append(Entry(file.path, len(content), Digest(SHA256, hashlib.sha256(content).hexdigest())))
            contents[file.path or path.name] = content
    return _artifact(name, found), contents


def copy_artifact(
    path: Path,
    destination: Path,
    *,
    name: str,
    within: Path | None = None,
    without: frozenset[str] = frozenset(),
    limits: Limits | None = None,
) -> Artifact:
    """Copy the file or folder at ``path`` to ``destination``, which must not exist, hashing the bytes that are written.

    Files get mode 0600 and folders 0700; empty folders are not copied. On an error nothing is left behind.

    :raises HashingError: as :func:`hash_artifact`; or ``destination`` exists or cannot be written
    """
    check_artifact_name(name)
    return _artifact(name, copy_files(Target(path, within, without), destination, limits or Limits()))


def check_artifact_name(name: str) -> None:
    """Refuse a name that could be read in two ways, or that is empty; see :func:`assay.hashing.names.check_name`."""
    if not name:
        raise RefusedPath("an artifact needs a name")
    for part in PurePosixPath(name).parts:
        check_name(part)


def _artifact(name: str, found: Sequence[Entry]) -> Artifact:
    if len(found) == 1 and not found[0].path:  # the artifact itself is a file
        return Artifact(name, found[0].digest, found[0].size)
    manifest = Manifest(tuple(found))
    return Artifact(name, manifest.digest, manifest.size, manifest)
