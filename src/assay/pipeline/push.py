"""Push: prove an artifact as the store demands, store its files, and say so on the ledger."""

from __future__ import annotations

import hashlib
import io
import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from assay.attest.signers import Signer
from assay.blobs.access import Access, AccessLog, NoAccessLog, Wish
from assay.blobs.blobs import Blobs
from assay.blobs.listing import MAX_BYTES, Listing, Part
from assay.blobs.pieces import PIECE
from assay.core.artifact import Artifact
from assay.core.decision import DeniedError
from assay.core.digest import SHA256, Digest
from assay.core.errors import BlobError, HashingError
from assay.gate.policy import Policy, parse_policy
from assay.hashing.artifact import check_artifact_name
from assay.hashing.opening import Target
from assay.hashing.visit import visit
from assay.hashing.walk import Limits
from assay.pipeline.project import Project
from assay.pipeline.prove import demand, judge_artifact, look_at
from assay.pipeline.record import record
from assay.pipeline.stored import STORE, Stored, find_stored, is_digest, pushed_statement, store_settings
from assay.pipeline.storing import demand_writer
from assay.store.ledger import Ledger

_POLICY: Final = {
    "signed": "signed_by = true\n",
    "scanned": 'scanned_by = true\nno_finding_at_or_above = "high"\n',
}


def push(
    project: Project,
    ledger: Ledger,
    blobs: Blobs,
    path: Path,
    signer: Signer,
    *,
    name: str | None = None,
    access: AccessLog | None = None,
) -> Stored:
    """Store the artifact at ``path`` under ``name``, which is its own name in the project by default.

    The ledger says that it is stored after every byte of it is: a push that ends early leaves nothing that can be
    pulled, and is taken up where it ended, as blobs that are there are kept.

    :raises DeniedError: what the settings demand is not proved; nothing is stored
    :raises IntegrityError: a file changed meanwhile; the artifact is not stored
    """
    demand_writer(project, signer)
    log = access or NoAccessLog()
    judged = look_at(project, ledger, path)
    if judged.artifact is None:
        raise HashingError(judged.refused, where=str(path))
    called = name or judged.name
    _check_name(called)
    policy = store_policy(store_settings(project.settings).require)
    if policy is not None:
        try:
            demand(judge_artifact(project, ledger, judged, policy).decision)
        except DeniedError as error:
            log.record(Access(Wish.WRITE, called, judged.artifact.digest, error.what))
            raise
    log.record(Access(Wish.WRITE, called, judged.artifact.digest))
    artifact = replace(judged.artifact, path=called)
    listing = _store_files(project, blobs, path, artifact)
    data = listing.render()
    if len(data) > MAX_BYTES or listing.digest != artifact.digest:
        raise BlobError("the artifact has too many files, or changed while it was stored", where=str(path))
    digest = _digest(data)
    blobs.put(io.BytesIO(data), digest)
    statement = pushed_statement(called, artifact.digest, listing=digest, size=artifact.size, time=project.now())
    record(project, ledger, signer, [statement])
    return find_stored(project, ledger, called)


def store_policy(require: tuple[str, ...]) -> Policy | None:
    """What the gate decides by before a push; ``None`` when the settings demand nothing."""
    if not require:
        return None
    text = 'version = 1\nname = "the store"\n\n[require]\n' + "".join(_POLICY[word] for word in require)
    return parse_policy(text.encode(), where="assay.toml: store.require")


def _store_files(project: Project, blobs: Blobs, path: Path, artifact: Artifact) -> Listing:
    inside = project.name_of(path)
    target = Target(path) if inside is None else Target(project.path(inside), project.root)
    if artifact.manifest is None:
        known = {"": artifact.digest}
    else:
        known = {entry.path: entry.digest for entry in artifact.manifest.entries}
    parts: list[Part] = []
    with closing(visit(target, Limits())) as files:
        for file in files:
            if file.path not in known:
                raise HashingError("a file appeared while the artifact was stored", where=file.where)
            with os.fdopen(os.dup(file.descriptor), "rb") as source:
                outline = blobs.put(source, known[file.path])
            pieces = None
            if outline.size > PIECE:
                pieces = _digest(outline.digests)
                blobs.put(io.BytesIO(outline.digests), pieces)
            parts.append(Part(file.path, outline.size, known[file.path], pieces))
    return Listing(tuple(sorted(parts, key=lambda part: part.path.encode())))


def _check_name(name: str) -> None:
    check_artifact_name(name)
    if name == STORE or is_digest(name) or name.startswith("/") or ".." in name.split("/"):
        raise BlobError("an artifact cannot be called so in the store", where=ascii(name), remedy="Give another --as.")


def _digest(data: bytes) -> Digest:
    return Digest(SHA256, hashlib.sha256(data).hexdigest())
