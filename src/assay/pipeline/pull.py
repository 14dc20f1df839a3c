"""Pull: find an artifact by what the ledger says, write it aside while it is verified, then put it in its place."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

from assay.blobs.access import Access, AccessLog, NoAccessLog, Wish
from assay.blobs.blobs import Blobs
from assay.blobs.listing import MAX_BYTES, Listing, Part, parse_listing
from assay.blobs.pieces import Outline
from assay.core.errors import BlobError, Error, HashingError, IntegrityError
from assay.hashing.artifact import hash_artifact
from assay.hashing.names import check_names
from assay.pipeline.project import Project
from assay.pipeline.records import Records
from assay.pipeline.retire import read_retirements
from assay.pipeline.stored import Stored, find_stored
from assay.store.ledger import Ledger


def pull(
    project: Project, ledger: Ledger, blobs: Blobs, wanted: str, destination: Path, *, access: AccessLog | None = None
) -> Stored:
    """Put the artifact that ``wanted`` names (see :func:`find_stored`) at ``destination``, where nothing may lie yet.

    Files get mode 0600, folders 0700. Whatever goes wrong, there is nothing at ``destination`` then.

    :raises IntegrityError: the store holds other bytes than were pushed
    :raises BlobError: it was retired, is not there, or cannot be read
    """
    if os.path.lexists(destination):
        raise HashingError("something is there already", where=str(destination), remedy="Give a name that is free.")
    stored, listing = find_readable(project, ledger, blobs, wanted, access or NoAccessLog())
    with tempfile.TemporaryDirectory(prefix=".assay-pull-", dir=destination.absolute().parent) as aside:
        place = Path(aside) / "artifact"
        for part in listing.parts:
            _write(blobs, part, place / part.path if part.path else place)
        found = hash_artifact(place, name=stored.name).digest
        if found != stored.digest:
            raise IntegrityError(
                "what was written is not the artifact that was pushed",
                where=stored.name,
                expected=str(stored.digest),
                actual=str(found),
            )
        place.rename(destination)
    return stored


def open_file(
    project: Project, ledger: Ledger, blobs: Blobs, wanted: str, path: str = "", *, access: AccessLog | None = None
) -> io.BufferedReader:
    """One file of an artifact for random access, without fetching it: each piece is verified before it is seen.

    :param path: the file's in the artifact; empty for an artifact that is a file
    :raises BlobError: as :func:`pull`, or there is no such file in it
    """
    _, listing = find_readable(project, ledger, blobs, wanted, access or NoAccessLog())
    part = next((part for part in listing.parts if part.path == path), None)
    if part is None:
        raise BlobError("there is no such file in the artifact", where=ascii(path))
    outline = part.single() if part.pieces is None else Outline(part.size, blobs.read(part.pieces, limit=part.size))
    return blobs.open(part.digest, outline)


def find_readable(
    project: Project, ledger: Ledger, blobs: Blobs, wanted: str, access: AccessLog
) -> tuple[Stored, Listing]:
    """The version that ``wanted`` names and its files, if they may be used; the access log has it before anybody else.

    :raises BlobError: it was retired, or its listing cannot be used
    :raises IntegrityError: its listing is another one than was pushed
    """
    try:
        stored = find_stored(project, ledger, wanted)
    except Error as error:
        access.record(Access(Wish.READ, wanted, None, error.what))
        raise
    try:
        listing = parse_listing(blobs.read(stored.listing, limit=MAX_BYTES))
        _check(stored, listing)
        _refuse_retired(project, ledger, stored, listing)
    except Error as error:
        access.record(Access(Wish.READ, stored.name, stored.digest, error.what))
        raise
    access.record(Access(Wish.READ, stored.name, stored.digest))
    return stored, listing


def _check(stored: Stored, listing: Listing) -> None:
    if listing.digest != stored.digest:
        raise IntegrityError(
            "the listing in the store is not of the artifact that was pushed",
            where=stored.name,
            remedy="Push the artifact again.",
            expected=str(stored.digest),
            actual=str(listing.digest),
        )
    folders: dict[str, set[str]] = {}
    for part in listing.parts:
        names = part.path.split("/")
        for depth, name in enumerate(names):
            folders.setdefault("/".join(names[:depth]), set()).add(name)
    for folder, found in folders.items():
        if found != {""}:
            check_names(sorted(found), within=folder or stored.name)


def _refuse_retired(project: Project, ledger: Ledger, stored: Stored, listing: Listing) -> None:
    records = Records(ledger, project.trust)
    digests = {stored.digest, *(part.digest for part in listing.parts)}
    retirements = read_retirements(records, ledger, digests)
    project.check(ledger, records.used)
    for item in retirements.standing:
        if item.starts <= project.now():
            raise BlobError(
                f"{item.subject.name} was retired by {item.signer}: {item.reason}",
                where=stored.name,
                remedy=f"Pull {item.replaced_by}." if item.replaced_by else "Pull a version that is not retired.",
            )
    for problem in retirements.rejected:
        raise BlobError(
            f"entry {problem.entry} of the ledger retires it, and does not verify: {problem.reason}", where=stored.name
        )


def _write(blobs: Blobs, part: Part, place: Path) -> None:
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise HashingError(f"it cannot be written: {error.strerror}", where=str(place)) from error
    with os.fdopen(descriptor, "wb") as file:
        blobs.fetch(part.digest, file.write)
        file.flush()
        os.fsync(file.fileno())
