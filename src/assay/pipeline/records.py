"""Reading the ledger as evidence: every statement verified against the trust file before a word of it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from assay.attest.predicates.evaluation import parse_evaluation
from assay.attest.predicates.provenance import claimed_stage, parse_build
from assay.attest.predicates.summary import parse_approval
from assay.attest.sign import Verified, verify_envelope
from assay.attest.trust import Role, Trust
from assay.core.digest import Digest
from assay.core.envelope import parse_envelope
from assay.core.errors import SignatureError, StatementError
from assay.core.evidence import Approval, Build, Evaluation, Rejected
from assay.core.statement import PROVENANCE, TEST_RESULT, VERIFICATION_SUMMARY, Statement, parse_statement
from assay.store.ledger import Ledger

T = TypeVar("T")


class Records:
    """The verified statements of a ledger.

    ``used`` collects the entries that were relied on, ``rejected`` those that did not verify; each entry is read and
    verified once.
    """

    def __init__(self, ledger: Ledger, trust: Trust) -> None:
        self.used: set[int] = set()
        self.rejected: dict[int, Rejected] = {}
        self._ledger = ledger
        self._trust = trust
        self._verified: dict[int, Verified | None] = {}

    def builds(self, *, name: str | None = None, digest: Digest | None = None) -> Iterator[Build]:
        """The trusted builds of a name or digest, newest first."""
        return self._read(PROVENANCE, Role.BUILDER, parse_build, name=name, digest=digest)

    def evaluations(self, *, digest: Digest) -> Iterator[Evaluation]:
        """The trusted evaluations of a digest, newest first."""
        return self._read(TEST_RESULT, Role.BUILDER, parse_evaluation, digest=digest)

    def approvals(self, *, name: str | None = None, digest: Digest | None = None) -> Iterator[Approval]:
        """The trusted approvals of a name or digest, newest first."""
        return self._read(VERIFICATION_SUMMARY, Role.VERIFIER, parse_approval, name=name, digest=digest)

    def statement(self, entry: int) -> Statement:
        """The statement of an entry that :meth:`builds` or its siblings yielded."""
        verified = self._verified[entry]
        assert verified is not None, "only entries that verified are yielded"
        return verified.statement

    def _read(
        self,
        predicate_type: str,
        role: Role,
        parse: Callable[..., T | None],
        *,
        name: str | None = None,
        digest: Digest | None = None,
    ) -> Iterator[T]:
        for entry in self._ledger.find(name=name, digest=digest, predicate_type=predicate_type):
            try:
                verified = self._verify(entry, role)
                value = parse(verified.statement, entry=entry, signer=verified.identity.name) if verified else None
            except StatementError as error:
                self._reject(entry, error.what)
                continue
            # The index is not part of the tree: what it led to is checked against the statement itself.
            if (
                value is not None
                and verified is not None
                and _concerns(verified.statement, predicate_type, name, digest)
            ):
                self.used.add(entry)
                yield value

    def _verify(self, entry: int, role: Role) -> Verified | None:
        if entry not in self._verified:
            try:
                self._verified[entry] = verify_envelope(self._ledger.entry(entry).envelope, self._trust, role)
            except (SignatureError, StatementError) as error:
                self._verified[entry] = None
                self._reject(entry, error.what)
        return self._verified[entry]

    def _reject(self, entry: int, reason: str) -> None:
        self.rejected[entry] = Rejected(entry, _claimed_stage(self._ledger.entry(entry).envelope), reason)


def _claimed_stage(envelope: bytes) -> str:
    """The stage that an envelope says it is about, believed by nobody; empty when it says none."""
    try:
        statement = parse_statement(parse_envelope(envelope).payload)
    except StatementError:
        return ""
    evaluated_by = statement.predicate.get("assay_stage")
    return claimed_stage(statement) or (evaluated_by if isinstance(evaluated_by, str) else "")


def _concerns(statement: Statement, predicate_type: str, name: str | None, digest: Digest | None) -> bool:
    return statement.predicate_type == predicate_type and any(
        (name is None or subject.name == name) and (digest is None or subject.digest == digest)
        for subject in statement.subjects
    )
