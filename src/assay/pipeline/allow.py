"""What models may call although no list of ours knows it: written by who decides, read back only if it verifies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from assay.attest.predicates.allowance import Allowed, Revoked, allowance_statement, revocation_statement
from assay.attest.signers import Signer
from assay.attest.trust import Role
from assay.core.allowance import Allowance
from assay.core.artifact import Artifact
from assay.core.digest import SHA256
from assay.core.errors import StatementError
from assay.core.evidence import Rejected
from assay.core.ignore import LONGEST
from assay.core.statement import Subject
from assay.pipeline.project import Project
from assay.pipeline.record import record
from assay.pipeline.records import Records
from assay.store.ledger import Ledger

_NAME: Final = re.compile(r"[^\W\d]\w*(\.(?:[^\W\d]\w*|<locals>|<lambda>))+")


@dataclass(frozen=True, slots=True)
class Allowances:
    """``standing`` hold today; ``ended`` ran out or were taken back; ``rejected`` are by nobody who may allow."""

    standing: tuple[Allowed, ...]
    ended: tuple[Allowed, ...]
    rejected: tuple[Rejected, ...]

    def for_scanning(self) -> tuple[Allowance, ...]:
        """One for each name and file, as the scanner asks for them; one for everything has no digest."""
        found: dict[Allowance, None] = {}
        for item in self.standing:
            if item.everything:
                found[Allowance(item.callable, item.reason, item.until)] = None
                continue
            for subject in item.subjects:
                if subject.digest.algorithm == SHA256:
                    found[Allowance(item.callable, item.reason, item.until, str(subject.digest))] = None
        return tuple(found)


def read_allowances(project: Project, ledger: Ledger) -> Allowances:
    """What trusted identities said may be called, oldest first, from a ledger that is whole.

    :raises LedgerTampered: it is not
    """
    records = Records(ledger, project.trust)
    said = list(records.allowances())
    project.check(ledger, records.used)
    taken_back = {item.ends for item in said if isinstance(item, Revoked)}
    today = project.now().date().isoformat()
    allowed = sorted((item for item in said if isinstance(item, Allowed)), key=lambda item: item.entry)
    standing = tuple(item for item in allowed if item.entry not in taken_back and item.until >= today)
    return Allowances(
        standing,
        tuple(item for item in allowed if item not in standing),
        tuple(records.rejected_allowances[entry] for entry in sorted(records.rejected_allowances)),
    )


def allow(
    project: Project,
    ledger: Ledger,
    signer: Signer,
    name: str,
    *,
    artifact: Artifact | None,
    reason: str,
    until: date,
) -> int:
    """Write to the ledger that models may call ``name``. Returns the entry.

    :param name: dotted, as pickles name it; no patterns
    :param artifact: the only one it is for, with the files in it; ``None`` for every one
    :raises TrustError: ``signer`` may not decide what is allowed
    :raises StatementError: a name, a reason or an end that cannot be used
    """
    project.demand_role(signer, Role.VERIFIER, "decide what models may call")
    if not _NAME.fullmatch(name):
        raise StatementError(
            f"{name!a} is no callable's name", remedy="Write it as findings do, dotted: package.module.name."
        )
    today = project.now().date()
    if not today <= until <= today + LONGEST:
        raise StatementError(f"{until} is no usable end", remedy="Give a day from today on, at most a year away.")
    statement = allowance_statement(
        callable_name=name, subjects=_subjects(artifact), reason=_checked(reason), until=until, time=project.now()
    )
    (entry,) = record(project, ledger, signer, [statement])
    return entry


def revoke(project: Project, ledger: Ledger, signer: Signer, entry: int, *, reason: str) -> int:
    """Take back what ``entry`` allowed. Returns the entry that says so.

    :raises TrustError: ``signer`` may not decide what is allowed
    :raises StatementError: the entry allows nothing
    """
    project.demand_role(signer, Role.VERIFIER, "decide what models may call")
    found = next((item for item in read_allowances(project, ledger).standing if item.entry == entry), None)
    if found is None:
        raise StatementError(f"entry {entry} allows nothing", remedy="`assay allow --list` shows those that do.")
    statement = revocation_statement(found, reason=_checked(reason), time=project.now())
    (written,) = record(project, ledger, signer, [statement])
    return written


def _subjects(artifact: Artifact | None) -> Sequence[Subject]:
    if artifact is None:
        return ()
    whole = Subject(artifact.path, artifact.digest)
    if artifact.manifest is None:
        return (whole,)
    return (whole, *(Subject(name, digest) for name, digest in artifact.files()))


def _checked(reason: str) -> str:
    if not reason.strip():
        raise StatementError("a reason is missing", remedy="Say why; people will read it when it ends.")
    return reason.strip()
