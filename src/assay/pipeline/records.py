"""Reading the ledger as evidence: every statement verified against the trust file before a word of it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from assay.attest.predicates.allowance import Allowed, Revoked, parse_allowance
from assay.attest.predicates.approval import Withdrawn, parse_sign_off
from assay.attest.predicates.evaluation import parse_evaluation
from assay.attest.predicates.provenance import claimed_stage, parse_build
from assay.attest.predicates.retirement import Reinstated, parse_retirement
from assay.attest.predicates.scan import parse_scan
from assay.attest.predicates.summary import parse_approval
from assay.attest.sign import Verified, verify_envelope
from assay.attest.trust import Role, Trust
from assay.core.bundle import parse_record
from assay.core.digest import Digest
from assay.core.errors import SignatureError, StatementError
from assay.core.evidence import Approval, Build, Evaluation, Rejected, Retirement, Scan, SignOff
from assay.core.statement import (
    ALLOWANCE,
    APPROVAL,
    PROVENANCE,
    RETIREMENT,
    SCAN,
    TEST_RESULT,
    VERIFICATION_SUMMARY,
    Statement,
    parse_statement,
)
from assay.store.ledger import Ledger

T = TypeVar("T")


class Records:
    """The verified statements of a ledger.

    ``used`` collects the entries that were relied on, ``rejected`` those that did not verify, apart for inspections,
    allowances, people's approvals and retirements; each entry is read and verified once.
    """

    def __init__(self, ledger: Ledger, trust: Trust) -> None:
        self.used: set[int] = set()
        self.rejected: dict[int, Rejected] = {}
        self.rejected_scans: dict[int, Rejected] = {}
        self.rejected_allowances: dict[int, Rejected] = {}
        self.rejected_sign_offs: dict[int, Rejected] = {}
        self.rejected_retirements: dict[int, Rejected] = {}
        self._ledger = ledger
        self._trust = trust
        self._verified: dict[tuple[int, Role], Verified | None] = {}
        self._statements: dict[int, Statement] = {}

    def builds(self, *, name: str | None = None, digest: Digest | None = None) -> Iterator[Build]:
        """The trusted builds of a name or digest, newest first."""
        return self._read(PROVENANCE, Role.BUILDER, parse_build, name=name, digest=digest)

    def evaluations(self, *, digest: Digest) -> Iterator[Evaluation]:
        """The trusted evaluations of a digest, newest first."""
        return self._read(TEST_RESULT, Role.BUILDER, parse_evaluation, digest=digest)

    def approvals(self, *, name: str | None = None, digest: Digest | None = None) -> Iterator[Approval]:
        """The trusted approvals of a name or digest, newest first."""
        return self._read(VERIFICATION_SUMMARY, Role.VERIFIER, parse_approval, name=name, digest=digest)

    def scans(self, *, digest: Digest) -> Iterator[Scan]:
        """The trusted inspections of a digest, newest first."""
        return self._read(SCAN, Role.SCANNER, parse_scan, digest=digest)

    def allowances(self) -> Iterator[Allowed | Revoked]:
        """What trusted identities said about callables that models may call, newest first."""
        return self._read(ALLOWANCE, Role.VERIFIER, parse_allowance)

    def sign_offs(self, *, digest: Digest | None = None) -> Iterator[SignOff | Withdrawn]:
        """What people approved for an environment, and what they withdrew, newest first."""
        return self._read(APPROVAL, Role.APPROVER, parse_sign_off, digest=digest)

    def retirements(self) -> Iterator[Retirement | Reinstated]:
        """What may not be deployed any more, and what may again, newest first."""
        return self._read(RETIREMENT, Role.APPROVER, parse_retirement)

    def statement(self, entry: int) -> Statement:
        """The statement of an entry that :meth:`builds` or its siblings yielded."""
        return self._statements[entry]

    def _read(
        self,
        predicate_type: str,
        role: Role,
        parse: Callable[..., T | None],
        *,
        name: str | None = None,
        digest: Digest | None = None,
    ) -> Iterator[T]:
        apart = {
            SCAN: self.rejected_scans,
            ALLOWANCE: self.rejected_allowances,
            APPROVAL: self.rejected_sign_offs,
            RETIREMENT: self.rejected_retirements,
        }
        rejected = apart.get(predicate_type, self.rejected)
        for entry in self._ledger.find(name=name, digest=digest, predicate_type=predicate_type):
            try:
                verified = self._verify(entry, role, rejected)
                value = parse(verified.statement, entry=entry, signer=verified.identity.name) if verified else None
            except StatementError as error:
                rejected[entry] = self._rejected(entry, error.what)
                continue
            # The index is not part of the tree: what it led to is checked against the statement itself.
            if (
                value is not None
                and verified is not None
                and _concerns(verified.statement, predicate_type, name, digest)
            ):
                self.used.add(entry)
                self._statements[entry] = verified.statement
                yield value

    def _verify(self, entry: int, role: Role, rejected: dict[int, Rejected]) -> Verified | None:
        if (entry, role) not in self._verified:
            try:
                verified = verify_envelope(self._ledger.entry(entry).envelope, self._trust, role)
                self._verified[entry, role] = verified
            except (SignatureError, StatementError) as error:
                self._verified[entry, role] = None
                rejected[entry] = self._rejected(entry, error.what)
        return self._verified[entry, role]

    def _rejected(self, entry: int, reason: str) -> Rejected:
        return Rejected(entry, _claimed_stage(self._ledger.entry(entry).envelope), reason)


def _claimed_stage(envelope: bytes) -> str:
    """The stage that an envelope says it is about, believed by nobody; empty when it says none."""
    try:
        statement = parse_statement(parse_record(envelope).envelope.payload)
    except StatementError:
        return ""
    evaluated_by = statement.predicate.get("assay_stage")
    return claimed_stage(statement) or (evaluated_by if isinstance(evaluated_by, str) else "")


def _concerns(statement: Statement, predicate_type: str, name: str | None, digest: Digest | None) -> bool:
    return statement.predicate_type == predicate_type and any(
        (name is None or subject.name == name) and (digest is None or subject.digest == digest)
        for subject in statement.subjects
    )
