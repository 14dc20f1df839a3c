"""A scan in the chain of custody: bound to the very bytes that were read, signed, and on the ledger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from assay.attest.predicates.scan import scan_statement
from assay.attest.signers import Signer
from assay.attest.trust import Role
from assay.core import jsontext
from assay.core.artifact import Artifact
from assay.core.errors import HashingError, StatementError, TrustError
from assay.core.manifest import Entry, Manifest
from assay.core.scan import ScanResult
from assay.core.statement import Subject
from assay.hashing.artifact import check_artifact_name
from assay.hashing.names import check_names, shown
from assay.pipeline.project import Project
from assay.pipeline.record import record
from assay.store.ledger import Ledger

#: A statement is base64 in its envelope, and that has to be readable again.
_MAX_BYTES: Final = jsontext.MAX_BYTES // 2
_NO_DIGEST: Final = "Remove it or make it readable, and scan again."


def scanned_artifact(target: Path, result: ScanResult, *, name: str) -> Artifact:
    """The artifact at ``target`` as the scan read it: its digest is of the bytes that were inspected, and no others.

    :param target: the one path that was scanned, as the scanner was given it
    :param name: what the artifact is called in the project
    :raises HashingError: a file in it could not be read, or something else was scanned as well
    :raises RefusedPath: a name that must not stand in an artifact
    """
    check_artifact_name(name)
    entries = []
    for file in result.files:
        inside = _inside(target, file.path)
        if file.digest is None:
            raise HashingError(
                "it could not be read, so the scan is of no bytes that have a digest",
                where=shown(file.path),
                remedy=_NO_DIGEST,
            )
        entries.append(Entry(inside, file.size, file.digest))
    if len(entries) == 1 and not entries[0].path:
        return Artifact(name, entries[0].digest, entries[0].size)
    if not entries:
        raise HashingError("there is no file in it", where=shown(str(target)))
    folders: dict[str, list[str]] = {}
    for entry in entries:
        folder, _, last = entry.path.rpartition("/")
        folders.setdefault(folder, []).append(last)
    for folder, names in folders.items():
        check_artifact_name(f"{name}/{folder}" if folder else name)
        check_names(names, within=folder or name)
    manifest = Manifest(tuple(entries))
    return Artifact(name, manifest.digest, manifest.size, manifest)


def record_scan(
    project: Project, ledger: Ledger, signer: Signer, target: Path, result: ScanResult, *, name: str | None = None
) -> int:
    """Write what the scan of ``target`` found to the ledger, signed. Returns the entry.

    :param name: what the artifact is called; by default its path in the project, or its last part when it lies outside
    :raises TrustError: ``signer`` may not inspect
    :raises HashingError: the artifact has no digest: a part of it could not be read, or must not stand in it
    :raises StatementError: there is too much to say for one statement
    :raises StoreError: the ledger cannot be written
    """
    identity = project.trust.owner(signer)
    if identity is None or Role.SCANNER not in identity.roles:
        raise TrustError(
            f"{signer.name} may not record scans",
            where=str(project.settings.trust),
            remedy='Add "scanner" to the roles of this identity; the scan itself needs no key.',
        )
    called = name or project.name_of(target) or target.name
    artifact = scanned_artifact(target, result, name=called)
    statement = scan_statement(
        subject=Subject(artifact.path, artifact.digest), result=_relocated(result, target, called), scanner=signer.name
    )
    if len(statement.render()) > _MAX_BYTES:
        raise StatementError(
            f"the scan of {called} has more to say than one statement holds ({_MAX_BYTES} bytes)",
            where=shown(str(target)),
            remedy="Scan and record its folders one by one.",
        )
    (entry,) = record(project, ledger, signer, [statement])
    return entry


def _relocated(result: ScanResult, target: Path, name: str) -> ScanResult:
    """The result with every path as the project calls it."""

    def path(found: str) -> str:
        inside = _inside(target, found) if found else ""
        return f"{name}/{inside}" if inside else name

    return replace(
        result,
        findings=tuple(replace(finding, path=path(finding.path)) for finding in result.findings),
        unknown=tuple(replace(item, path=path(item.path)) for item in result.unknown),
        files=tuple(replace(file, path=path(file.path)) for file in result.files),
    )


def _inside(target: Path, found: str) -> str:
    """The path below ``target``; empty for ``target`` itself."""
    path = PurePosixPath(found)
    if not path.is_relative_to(target):
        raise HashingError(
            "only one path can be recorded as one artifact, and this lies outside it",
            where=shown(found),
            remedy=f"Scan {shown(str(target))} by itself.",
        )
    inside = path.relative_to(target)
    return "" if inside == PurePosixPath() else str(inside)
