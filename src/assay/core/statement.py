"""The in-toto Statement v1: what is said (a predicate) about which artifacts (subjects).

Source: in-toto Attestation Framework, ``spec/v1/statement.md`` and ``digest_set.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from assay.core import jsontext
from assay.core.digest import DIR_HASH, GIT_COMMIT, SHA256, Digest
from assay.core.errors import DigestError, StatementError
from assay.core.jsontext import Json

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"

#: Predicate types, from the in-toto and SLSA catalogues; the last five are ours, for what none of them can say.
PROVENANCE: Final = "https://slsa.dev/provenance/v1"
TEST_RESULT: Final = "https://in-toto.io/attestation/test-result/v0.1"
VERIFICATION_SUMMARY: Final = "https://slsa.dev/verification_summary/v1"
EVENT: Final = "tag:assay,2026:event/v1"
SCAN: Final = "tag:assay,2026:scan/v1"
ALLOWANCE: Final = "tag:assay,2026:allowance/v1"
APPROVAL: Final = "tag:assay,2026:approval/v1"
RETIREMENT: Final = "tag:assay,2026:retirement/v1"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """An artifact by name and digest. ``name`` is its path in the project, ``/`` between parts."""

    name: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class Statement:
    """``subjects`` in the order they were stated, never empty; ``predicate`` is a JSON object of ``predicate_type``."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Json]

    def render(self) -> bytes:
        """The statement as the bytes to be signed; the same statement gives the same bytes."""
        return jsontext.dumps(
            {
                "_type": STATEMENT_TYPE,
                "subject": [
                    {"name": subject.name, "digest": {subject.digest.algorithm: subject.digest.value}}
                    for subject in self.subjects
                ],
                "predicateType": self.predicate_type,
                "predicate": dict(self.predicate),
            }
        )


def parse_statement(payload: bytes) -> Statement:
    """Read a statement from verified bytes.

    A subject's DigestSet may hold algorithms that we do not know; one that we do know must be there.

    :raises StatementError: not a Statement v1, or a field is missing or of the wrong type
    """
    document = jsontext.loads(payload, what="a statement")
    if not isinstance(document, dict) or document.get("_type") != STATEMENT_TYPE:
        raise StatementError(f'a statement must be a JSON object with "_type": "{STATEMENT_TYPE}"')
    predicate_type, predicate = document.get("predicateType"), document.get("predicate", {})
    if not isinstance(predicate_type, str) or not predicate_type:
        raise StatementError("a statement must name its predicateType")
    if not isinstance(predicate, dict):
        raise StatementError("a statement's predicate must be a JSON object")
    listed = document.get("subject")
    if not isinstance(listed, list) or not listed:
        raise StatementError("a statement must have at least one subject")
    return Statement(tuple(_subject(item) for item in listed), predicate_type, predicate)


def digest_from_set(digests: Json, *, what: str) -> Digest:
    """The digest that we rely on from an in-toto DigestSet: SHA-256, else ``dirHash``, else a Git commit."""
    if not isinstance(digests, dict):
        raise StatementError(f"the digest of {what} must be a JSON object of algorithm and value")
    for algorithm in (SHA256, DIR_HASH, GIT_COMMIT):
        value = digests.get(algorithm)
        if isinstance(value, str):
            try:
                return Digest(algorithm, value)
            except DigestError as error:
                raise StatementError(f"the digest of {what} cannot be read: {error}") from error
    raise StatementError(f"the digest of {what} has none of the algorithms that assay relies on")


def _subject(item: Json) -> Subject:
    if not isinstance(item, dict):
        raise StatementError("a subject must be a JSON object")
    name = item.get("name", "")
    if not isinstance(name, str):
        raise StatementError("a subject's name must be text")
    return Subject(name, digest_from_set(item.get("digest"), what=f"subject {name!r}"))
