"""Reading what people approved from the ledger, and what they withdrew."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from assay.attest.predicates.approval import Withdrawn
from assay.core.digest import Digest
from assay.core.evidence import Rejected, SignOff
from assay.pipeline.project import Project
from assay.pipeline.records import Records
from assay.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class SignOffs:
    """``standing`` were not withdrawn (their end may have come); ``rejected`` are by nobody who may approve."""

    standing: tuple[SignOff, ...]
    withdrawn: tuple[SignOff, ...]
    rejected: tuple[Rejected, ...]


def read_sign_offs(records: Records, digests: Collection[Digest] | None = None) -> SignOffs:
    """What people approved, oldest first; of the ``digests`` only, when they are given."""
    if digests is None:
        said = list(records.sign_offs())
    else:
        said = [item for digest in sorted(digests) for item in records.sign_offs(digest=digest)]
    ended = {item.ends for item in said if isinstance(item, Withdrawn)}
    given = sorted((item for item in said if isinstance(item, SignOff)), key=lambda item: item.entry)
    return SignOffs(
        tuple(item for item in given if item.entry not in ended),
        tuple(item for item in given if item.entry in ended),
        tuple(records.rejected_sign_offs[entry] for entry in sorted(records.rejected_sign_offs)),
    )


def standing(project: Project, ledger: Ledger, digests: Collection[Digest] | None = None) -> SignOffs:
    """Every approval, or those of ``digests``, from a ledger that is whole.

    :raises LedgerTampered: it is not
    """
    records = Records(ledger, project.trust)
    found = read_sign_offs(records, digests)
    project.check(ledger, records.used)
    return found
