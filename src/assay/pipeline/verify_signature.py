"""Verify a model against a signature of OpenSSF Model Signing v1, whoever wrote it, and tell what it does not cover."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from assay.attest.model_signing.compare import Pieces, compare_file, compare_folder, compare_name, finding
from assay.attest.model_signing.statement import Model, read_payload
from assay.attest.sign import verify_envelope
from assay.attest.trust import Role, Trust
from assay.attest.verifiers import Proven, Verifier
from assay.core.bundle import Bundle, parse_record
from assay.core.errors import HashingError, RefusedPath, SignatureError, StatementError
from assay.core.finding import Finding, Severity
from assay.core.jsontext import MAX_BYTES
from assay.core.statement import PAYLOAD_TYPE
from assay.hashing.artifact import copy_artifact, hash_artifact
from assay.hashing.attributes import attributes
from assay.hashing.names import shown
from assay.hashing.opening import Target
from assay.hashing.pieces import hash_pieces
from assay.hashing.reading import Progress
from assay.pipeline.sign import below, files

#: Bytes up to which Git's own files at the top of a folder are taken for what they seem to be.
_SMALL: Final = 64 * 1024
_GIT_FILES: Final = frozenset({".gitattributes", ".gitignore"})


@dataclass(frozen=True, slots=True)
class Demands:
    """What a verifier asks for beyond a signature that holds.

    :param name: the name that the model must have been signed under
    :param any_name: the signer was shown by an authority only: whoever it vouches for would do
    :param ignore: paths below the folder to leave out, beside those that the signer left out
    :param allow_unsigned: whether files that nobody signed may lie there
    """

    name: str | None = None
    any_name: bool = False
    ignore: tuple[str, ...] = ()
    allow_unsigned: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. ``proven`` and ``model`` are ``None`` where the signature did not hold: nothing it says counts.

    ``findings`` has the worst first; ``files`` and ``size`` are those whose bytes were compared.
    """

    path: str
    proven: Proven | None
    model: Model | None
    files: int
    findings: tuple[Finding, ...]

    def holds(self, fail_on: Severity) -> bool:
        """Whether the signature held and nothing was found at or above ``fail_on``."""
        return self.proven is not None and all(item.severity < fail_on for item in self.findings)


@dataclass(frozen=True, slots=True)
class TrustedBuilder:
    """Accepts what an identity of the trust file signed that may build."""

    trust: Trust

    def verify(self, bundle: Bundle, *, at: datetime) -> Proven:  # noqa: ARG002 - judged by the trust file
        """Verify ``bundle``.

        :raises SignatureError: nobody who is trusted to build signed it
        """
        identity = verify_envelope(bundle.render(), self.trust, Role.BUILDER).identity
        return Proven(identity.name, identity.key)


def verify_signature(
    path: Path,
    signature: Path,
    verifier: Verifier,
    demands: Demands,
    *,
    now: datetime,
    progress: Progress | None = None,
) -> Verification:
    """Verify the file or folder at ``path`` against the bundle in ``signature``.

    :raises StatementError: the bundle, or what was signed, is malformed
    :raises HashingError: a file cannot be read faithfully
    """
    proven, model, refusal = _read(path, signature, verifier, now)
    if model is None:
        return Verification(str(path), None, None, 0, (refusal,) if refusal else ())
    findings = [*_about(model, proven, demands, _name(path))]
    without = _without(path, signature, model, demands)
    findings += _left_out(path, signature, without)
    count = 0
    try:
        found = _hash(path, model, without, progress)
        count = len(found)
        findings += _compared(path, model, found, demands)
        findings += _attributes(path, without)
    except RefusedPath as error:
        findings.append(_refused(error))
    return Verification(str(path), proven, model, count, _sorted(findings))


def copy_verified(
    path: Path,
    signature: Path,
    verifier: Verifier,
    demands: Demands,
    destination: Path,
    *,
    fail_on: Severity,
    now: datetime,
) -> Verification:
    """Copy the model to ``destination``, verify the *copy*, and leave it there only if it holds.

    Nobody can change the bytes between the check and the use. What the signature does not cover (ignored paths, modes,
    links) does not get into the copy.

    :raises HashingError: as :func:`verify_signature`; ``destination`` exists, or cannot be written
    """
    if os.path.lexists(destination):
        raise HashingError("something is already there", where=shown(str(destination)), remedy="Name a new path.")
    proven, model, refusal = _read(path, signature, verifier, now)
    if model is None:
        return Verification(str(path), None, None, 0, (refusal,) if refusal else ())
    findings, count = [*_about(model, proven, demands, _name(path))], 0
    without = _without(path, signature, model, demands)
    beside = destination.with_name(f".{destination.name}.{secrets.token_hex(8)}")
    try:
        copied = copy_artifact(path, beside, name=_name(path), without=without)
        if model.hash_type == "sha256" and model.shard_size is None:
            found = {name: _whole(digest.value) for name, digest in files(copied)}
        else:
            found = _hash(beside, model, frozenset(), None, name=_name(path))
        count = len(found)
        findings += _compared(path, model, found, Demands(demands.name, demands.any_name))
        result = Verification(str(path), proven, model, count, _sorted(findings))
        if result.holds(fail_on):
            beside.rename(destination)
        return result
    except RefusedPath as error:
        return Verification(str(path), proven, model, count, _sorted([*findings, _refused(error)]))
    except OSError as error:
        raise HashingError(f"the copy cannot be kept: {error.strerror}", where=shown(str(destination))) from error
    finally:
        if beside.is_dir() and not beside.is_symlink():
            shutil.rmtree(beside, ignore_errors=True)
        else:
            beside.unlink(missing_ok=True)


def _read(
    path: Path, signature: Path, verifier: Verifier, now: datetime
) -> tuple[Proven, Model, None] | tuple[None, None, Finding]:
    """Nothing of what was signed is parsed before the signature held."""
    try:
        with signature.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise StatementError(f"the signature cannot be read: {reason}", where=shown(str(signature))) from error
    try:
        bundle = parse_record(data)
        if bundle.envelope.payload_type != PAYLOAD_TYPE:
            raise SignatureError(f"it signs {bundle.envelope.payload_type!a}, not an in-toto statement")
        proven = verifier.verify(bundle, at=now)
        return proven, read_payload(bundle.envelope.payload), None
    except SignatureError as error:
        remedy = error.remedy or "Trust nothing it says."
        return None, None, finding("signature-not-trusted", Severity.CRITICAL, str(path), error.what, remedy)
    except StatementError as error:
        raise StatementError(error.what, where=error.where or shown(str(signature)), remedy=error.remedy) from error


def _about(model: Model, proven: Proven | None, demands: Demands, name: str) -> Iterator[Finding]:
    """What the signature itself leaves open, whatever lies on the disk."""
    yield from compare_name(model, name, demands.name)
    if demands.any_name:
        yield finding(
            "signature-any-name",
            Severity.MEDIUM,
            name,
            "everybody to whom the authority gave a certificate could have signed it",
            "Say who must have: --san email:…, uri:… or dns:….",
        )
    if model.allow_symlinks:
        yield finding(
            "signature-symbolic-links",
            Severity.MEDIUM,
            name,
            "the signer followed symbolic links, and what is behind a linked folder is in no signature",
            "Have it signed without links.",
        )
    if proven is not None and not proven.times:
        yield finding(
            "signature-time-unproven",
            Severity.INFO,
            name,
            "nothing proves when it was signed: an older version's signature would look the same",
            "Sign with --timestamp-url; let the gate demand the newest version.",
        )


def _without(path: Path, signature: Path, model: Model, demands: Demands) -> frozenset[str]:
    if not path.is_dir():
        return frozenset()
    own = below(path, signature)
    return frozenset({*model.ignored, *demands.ignore, *([own] if own else [])})


def _left_out(path: Path, signature: Path, without: frozenset[str]) -> Iterator[Finding]:
    """What lies where the signature does not look; the signature's own file is known, since it was read."""
    for name in sorted(without):
        place = path / name
        try:
            status = place.lstat()
        except OSError:
            continue
        own = signature.stat()
        regular = stat.S_ISREG(status.st_mode)
        if regular and (status.st_dev, status.st_ino) == (own.st_dev, own.st_ino):
            continue
        plain = regular and name in _GIT_FILES and status.st_size <= _SMALL
        kind = "folder" if stat.S_ISDIR(status.st_mode) else "file"
        yield finding(
            "signature-ignored-path",
            Severity.LOW if plain else Severity.MEDIUM,
            name,
            f"this {kind} is left out of the signature: anybody can have changed what is in it",
            "Remove it, or take a verified copy without it: --copy-to.",
        )


def _hash(
    path: Path, model: Model, without: frozenset[str], progress: Progress | None, *, name: str | None = None
) -> dict[str, Pieces]:
    """Every file's pieces; a single file's by its name."""
    known = name or _name(path)
    if model.hash_type == "sha256" and model.shard_size is None:
        artifact = hash_artifact(path, name=known, without=without, progress=progress)
        return {inner: _whole(digest.value) for inner, digest in files(artifact)}
    whole = model.shard_size is None
    return {
        inner or known: frozenset(
            (None, None, digest) if whole else (start, end, digest) for start, end, digest in pieces
        )
        for inner, pieces in hash_pieces(Target(path, None, without), model.hash_type, model.shard_size)
    }


def _compared(path: Path, model: Model, found: dict[str, Pieces], demands: Demands) -> Iterator[Finding]:
    if path.is_dir():
        yield from compare_folder(model, found, allow_unsigned=demands.allow_unsigned)
    else:
        yield from compare_file(model, _name(path), found[_name(path)])


def _attributes(path: Path, without: frozenset[str]) -> Iterator[Finding]:
    """What a model carries beside names and bytes, which nobody signs."""
    found = attributes(path, without)
    for rule, severity, listed, what in (
        ("signature-mode-bits", Severity.MEDIUM, found.special, "runs as its owner or group (set-id bit)"),
        ("signature-mode-bits", Severity.LOW, found.executable, "is executable"),
        ("signature-hard-link", Severity.LOW, found.linked, "has another name elsewhere, by which it can be changed"),
        ("signature-empty-folder", Severity.INFO, found.empty, "is an empty folder"),
    ):
        if listed:
            more = f", and {len(listed) - 1:,} more likewise" if len(listed) > 1 else ""
            message = f"it {what}, which the signature does not cover{more}"
            yield finding(rule, severity, listed[0], message, "Take a verified copy: --copy-to.")


def _refused(error: RefusedPath) -> Finding:
    return finding("signature-refused-path", Severity.HIGH, error.where or ".", error.what, error.remedy)


def _whole(digest: str) -> Pieces:
    return frozenset({(None, None, digest)})


def _name(path: Path) -> str:
    return os.path.basename(os.path.abspath(path))  # noqa: PTH100, PTH119 - of "." too, and no link is followed


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda item: (-item.severity, item.rule, item.path)))
