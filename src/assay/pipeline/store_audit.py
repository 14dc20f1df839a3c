"""Audit of the store: every blob that the ledger speaks of read and hashed, and what else lies there."""

from __future__ import annotations

from collections.abc import Iterator

from assay.blobs import Objects
from assay.blobs.blobs import Blobs
from assay.blobs.folder import FolderObjects
from assay.blobs.listing import MAX_BYTES, Listing, parse_listing
from assay.core.digest import Digest
from assay.core.errors import BlobError, IntegrityError, KeyFileError
from assay.core.finding import Confidence, Finding, Location, Severity
from assay.pipeline.project import Project
from assay.pipeline.stored import everything
from assay.store.ledger import Ledger

_PUSH_AGAIN = "Push the artifact again: a damaged blob is replaced. Find out who can write to the store."
_MODES = "Take the rights of group and others away: `chmod -R go= FOLDER`."


def audit_store(project: Project, ledger: Ledger, blobs: Blobs, objects: Objects) -> Iterator[Finding]:
    """Read everything in the store and yield what is wrong with it, sorted within each sort.

    Rules: ``store-blob-missing``, ``store-blob-altered``, ``store-blob-unencrypted``, ``store-blob-unreferenced``,
    ``store-open-to-others``.

    :raises LedgerTampered: the ledger is not whole, so nothing can be held against it
    """
    project.check(ledger)
    known: dict[Digest, str] = {}
    complete = True
    for stored in everything(project, ledger):
        known.setdefault(stored.listing, stored.name)
        listing = _listing(blobs, stored.listing)
        complete = complete and listing is not None
        for digest in listing.blobs() if listing is not None else ():
            known.setdefault(digest, stored.name)
    for digest in sorted(known):
        yield from _blob(blobs, objects, digest, known[digest])
    names = {blobs.object_name(digest) for digest in known}
    # While a listing cannot be read, what only it needs would look as if nobody did.
    for name in blobs.object_names() if complete else ():
        if name not in names:
            message = "no artifact in the ledger needs this object: a push that ended early, or somebody put it there"
            yield _finding("store-blob-unreferenced", Severity.LOW, name, message, "Remove it if no push is running.")
    if isinstance(objects, FolderObjects):
        for path, mode in objects.exposed():
            message = f"others than the owner can reach it (mode {mode:04o})"
            yield _finding("store-open-to-others", Severity.HIGH, path, message, _MODES)


def _blob(blobs: Blobs, objects: Objects, digest: Digest, artifact: str) -> Iterator[Finding]:
    name = blobs.object_name(digest)
    if not objects.has(name):
        message = f"a blob of {artifact} is not in the store"
        yield _finding("store-blob-missing", Severity.HIGH, name, message, _PUSH_AGAIN)
        return
    if blobs.encrypts and not blobs.is_encrypted(name):
        message = f"a blob of {artifact} lies here unencrypted"
        yield _finding("store-blob-unencrypted", Severity.HIGH, name, message, _PUSH_AGAIN)
        return
    try:
        blobs.fetch(digest, lambda _: None)
    except (IntegrityError, BlobError, KeyFileError) as error:
        message = f"a blob of {artifact} is not what was pushed: {error.what}"
        yield _finding("store-blob-altered", Severity.CRITICAL, name, message, _PUSH_AGAIN)


def _listing(blobs: Blobs, digest: Digest) -> Listing | None:
    try:
        return parse_listing(blobs.read(digest, limit=MAX_BYTES))
    except (IntegrityError, BlobError, KeyFileError):
        return None  # told when its own turn comes


def _finding(rule: str, severity: Severity, path: str, message: str, remedy: str) -> Finding:
    return Finding(rule, severity, Confidence.HIGH, path, Location(), message, remedy)
