"""What is in the store, as the ledger says it: names lead to bytes only through signed statements."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from assay.attest.predicates import fields
from assay.attest.predicates.event import event_statement
from assay.attest.sign import verify_envelope
from assay.attest.trust import Role, Trust
from assay.blobs import Objects
from assay.blobs.folder import FolderObjects
from assay.config import Settings, StoreSettings
from assay.core.bundle import parse_record
from assay.core.digest import DIR_HASH, SHA256, Digest
from assay.core.errors import BlobError, ConfigError, SignatureError, StatementError
from assay.core.statement import EVENT, Statement, Subject, digest_from_set, parse_statement
from assay.pipeline.project import Project
from assay.store.ledger import Ledger

MADE: Final = "store-made"
PUSHED: Final = "store-pushed"
#: The name under which the ledger keeps what is known of the store itself.
STORE: Final = "assay store"
_DIGEST: Final = re.compile(rf"(?:({SHA256}|{DIR_HASH}):)?([0-9a-f]{{64}})", re.IGNORECASE)
_ALGORITHMS: Final = {name.lower(): name for name in (SHA256, DIR_HASH)}
_STATED_BY: Final = (Role.BUILDER, Role.VERIFIER)

Passphrase = Callable[[Path], bytes]


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of an artifact in the store; ``listing`` is the blob that lists its files."""

    entry: int
    name: str
    digest: Digest
    listing: Digest
    size: int
    signer: str
    time: datetime


def store_settings(settings: Settings) -> StoreSettings:
    """The settings of the store.

    :raises ConfigError: the project has none
    """
    if settings.store is None:
        raise ConfigError(
            "the project has no store",
            where="assay.toml: store",
            remedy='Add a [store] table with url = "FOLDER", or an address such as s3://bucket/models.',
        )
    return settings.store


def open_objects(store: StoreSettings) -> Objects:
    """The place where the store's objects lie."""
    if "://" not in store.url:
        return FolderObjects(Path(store.url))
    from assay.blobs.remote import RemoteObjects  # noqa: PLC0415 - an extra

    return RemoteObjects(store.url)


def made_statement(name_key: bytes, time: datetime) -> Statement:
    """The store was made; its key of names is held to this digest from now on (of nothing, if it is not encrypted)."""
    return event_statement(
        action=MADE, stage="store", subjects=[Subject(STORE, _commitment(name_key))], time=time,
        details={"encrypted": bool(name_key)},
    )  # fmt: skip


def pushed_statement(name: str, digest: Digest, *, listing: Digest, size: int, time: datetime) -> Statement:
    """The artifact ``digest`` is in the store, under ``name``."""
    return event_statement(
        action=PUSHED,
        stage="store",
        subjects=[Subject(name, digest)],
        time=time,
        details={"listing": {listing.algorithm: listing.value}, "size": size},
    )


def check_made(project: Project, ledger: Ledger, name_key: bytes) -> None:
    """Make sure that the store is the one that was made: encrypted as it was then, with the same key of names.

    :raises BlobError: it is not, or no trusted identity made it
    """
    for entry, statement, _ in _events(project.trust, ledger, MADE, name=STORE):
        project.check(ledger, [entry])
        if statement.subjects[0].digest != _commitment(name_key):
            raise BlobError(
                "the store is not the one that was made: its encryption or its key of names is another",
                where=f"entry {entry} of the ledger",
                remedy="Nothing was read or written. If you changed it on purpose, run `assay store init`.",
            )
        return
    raise BlobError("the store was not made yet", where="assay.toml: store", remedy="Run `assay store init`.")


def is_digest(text: str) -> bool:
    """Whether ``text`` would be taken for a digest, and so can be no name."""
    return _DIGEST.fullmatch(text.strip()) is not None


def everything(project: Project, ledger: Ledger) -> Iterator[Stored]:
    """Every version that was pushed, newest first."""
    for entry, statement, signer in _events(project.trust, ledger, PUSHED):
        yield _stored(entry, statement, signer)


def find_stored(project: Project, ledger: Ledger, wanted: str) -> Stored:
    """The version that ``wanted`` names: a digest, or a name, which stands for what was pushed last under it.

    :raises BlobError: there is none
    :raises SignatureError: the newest statement about it is by nobody who is trusted; an older one never replaces it
    :raises LedgerTampered: the ledger is not whole
    """
    match = _DIGEST.fullmatch(wanted.strip())
    searches: list[tuple[str | None, Digest | None]] = [(wanted, None)]
    if match:
        algorithms = [_ALGORITHMS[match[1].lower()]] if match[1] else [SHA256, DIR_HASH]
        searches = [(None, Digest(algorithm, match[2].lower())) for algorithm in algorithms]
    for name, digest in searches:
        for entry, statement, signer in _events(project.trust, ledger, PUSHED, name=name, digest=digest):
            project.check(ledger, [entry])
            return _stored(entry, statement, signer)
    project.check(ledger)
    raise BlobError("nothing of this name or digest was pushed", where=ascii(wanted), remedy="See `assay store list`.")


def _events(
    trust: Trust, ledger: Ledger, action: str, *, name: str | None = None, digest: Digest | None = None
) -> Iterator[tuple[int, Statement, str]]:
    for entry in ledger.find(name=name, digest=digest, predicate_type=EVENT):
        envelope = ledger.entry(entry).envelope
        if parse_statement(parse_record(envelope).envelope.payload).predicate.get("action") != action:
            continue
        statement, signer = _verified(envelope, trust, entry)
        # The index is not part of the tree: what it led to is checked against the statement itself.
        if len(statement.subjects) == 1 and all(
            (name is None or subject.name == name) and (digest is None or subject.digest == digest)
            for subject in statement.subjects
        ):
            yield entry, statement, signer


def _verified(envelope: bytes, trust: Trust, entry: int) -> tuple[Statement, str]:
    for role in _STATED_BY:
        try:
            verified = verify_envelope(envelope, trust, role)
        except SignatureError as error:
            problem = error
        else:
            return verified.statement, verified.identity.name
    raise SignatureError(
        problem.what,
        where=f"entry {entry} of the ledger",
        remedy="Somebody who is trusted has to push the artifact again, or `assay store init` the store.",
    ) from problem


def _stored(entry: int, statement: Statement, signer: str) -> Stored:
    details = fields.mapping(statement.predicate, "details")
    size = fields.optional_integer(details, "size")
    if size is None:
        raise StatementError("a push must say the artifact's size", where=f"entry {entry} of the ledger")
    return Stored(
        entry=entry,
        name=statement.subjects[0].name,
        digest=statement.subjects[0].digest,
        listing=digest_from_set(details.get("listing"), what="the listing"),
        size=size,
        signer=signer,
        time=fields.time(statement.predicate, "time"),
    )


def _commitment(name_key: bytes) -> Digest:
    return Digest(SHA256, hashlib.sha256(name_key).hexdigest())
