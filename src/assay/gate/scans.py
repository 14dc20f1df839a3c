"""What follows from the evidence about inspections of the artifact.

The newest trusted scan of exactly the artifact's bytes counts, by its place in the ledger: an older one that found less
does not outweigh it. Absent, or followed by a statement that was rejected, nothing can be told.
"""

from __future__ import annotations

from assay.core.evidence import Evidence, Scan
from assay.gate import facts, words
from assay.gate.requirement import Outcome, Verdict

_AGAIN = "Scan it and record the result: `assay scan PATH --record`."


def newest_scan(evidence: Evidence) -> Scan | None:
    """The trusted scan that counts; ``None`` when there is none of these bytes."""
    if evidence.artifact is None:
        return None
    digest = evidence.artifact.digest
    return max((scan for scan in evidence.scans if scan.subject.digest == digest), key=_entry, default=None)


def untold(evidence: Evidence, *, expected: str) -> tuple[Outcome, ...]:
    """Why nothing can be told from a scan of the artifact; empty when something can."""
    if facts.own_build(evidence) is None:
        return facts.untold(evidence, expected=expected)
    scan = newest_scan(evidence)
    problems = [
        Outcome(
            Verdict.UNKNOWN,
            expected,
            f"a scan that does not count may have found more (entry {item.entry}): {words.shown(item.reason)}",
            "Find out who made it and why; then scan again, with the key of an identity that may.",
        )
        for item in evidence.rejected_scans
        if scan is None or item.entry > scan.entry
    ]
    if scan is None:
        name = words.shown(evidence.name)
        problems.append(Outcome(Verdict.UNKNOWN, expected, f"no trusted scan of {name} as it is now", _AGAIN))
    return tuple(problems)


def told(scan: Scan) -> str:
    """A scan and where to look it up in the ledger."""
    return f"the scan by {words.shown(scan.signer)} (entry {scan.entry}, rules {words.shown(scan.rules)})"


def _entry(scan: Scan) -> int:
    return scan.entry
