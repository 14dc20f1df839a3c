"""Sign a model as OpenSSF Model Signing v1 has it, so that any tool that speaks it can verify what we signed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assay.attest.model_signing.signing import sign_model
from assay.attest.model_signing.statement import GIT_PATHS, SINGLE, state
from assay.attest.signers import Signer
from assay.core.artifact import Artifact
from assay.core.digest import Digest
from assay.core.errors import HashingError
from assay.hashing.artifact import hash_artifact
from assay.hashing.names import shown
from assay.hashing.reading import Progress
from assay.hashing.writing import write_atomically


@dataclass(frozen=True, slots=True)
class SignedModel:
    """What was signed, where the signature is, and the paths that lie in the folder and are *not* covered by it."""

    artifact: Artifact
    root: Digest
    output: Path
    uncovered: tuple[str, ...]


def sign_path(
    path: Path,
    signer: Signer,
    *,
    output: Path | None = None,
    ignore: Iterable[Path] = (),
    git_paths: bool = False,
    progress: Progress | None = None,
) -> SignedModel:
    """Hash the file or folder at ``path``, sign it, and write the bundle to ``output``.

    :param output: beside the model by default, ``NAME.sig``; one inside the folder is left out of what is signed
    :param ignore: paths in the folder, or relative to it, to leave out
    :param git_paths: sign what lies under :data:`GIT_PATHS` too; verifiers that leave them out by default will then
        miss them
    :raises HashingError: the model cannot be hashed faithfully, something to leave out is not there, or the bundle
        cannot be written
    :raises SignatureError: it cannot be signed
    """
    place = Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve would follow the links
    target = output or place.with_name(f"{place.name}.sig")
    without: frozenset[str] = frozenset()
    if place.is_dir():
        without = frozenset({*(_relative(place, item) for item in ignore), *(() if git_paths else GIT_PATHS)})
        inside = below(place, target)
        if inside is not None:
            without |= {inside}
    elif below(place.parent, target) == place.name:
        raise HashingError("the signature would replace the model", where=shown(str(target)), remedy="Name another.")
    artifact = hash_artifact(path, name=place.name, without=without, progress=progress)
    covered = dict(files(artifact)) if artifact.manifest else {SINGLE: artifact.digest}
    statement = state(place.name, covered, without)
    write_atomically(target, sign_model(statement, signer).render() + b"\n")
    # The signature itself is no part of the model, everything else that was left out may be.
    uncovered = sorted(item for item in without if os.path.lexists(place / item) and (place / item) != _plain(target))
    return SignedModel(artifact, statement.subjects[0].digest, target, tuple(uncovered))


def files(artifact: Artifact) -> tuple[tuple[str, Digest], ...]:
    """Each file of a model by its path inside; a single file by its own name."""
    if artifact.manifest is None:
        return ((artifact.path, artifact.digest),)
    return tuple((entry.path, entry.digest) for entry in artifact.manifest.entries)


def below(folder: Path, path: Path) -> str | None:
    """``path`` relative to ``folder``, with ``/`` between parts; ``None`` when it lies elsewhere."""
    try:
        return (path.parent.resolve() / path.name).relative_to(folder.resolve()).as_posix()
    except ValueError:
        return None


def _relative(folder: Path, path: Path) -> str:
    for candidate in (folder / path, path):
        found = below(folder, candidate)
        if found not in (None, ".") and os.path.lexists(candidate):
            assert found is not None
            return found
    raise HashingError(
        "there is nothing to leave out here",
        where=shown(str(path)),
        remedy="Give a path that lies in the folder; it is taken letter by letter, without wildcards.",
    )


def _plain(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - as above
