"""No later version of the artifact has been approved already.

## What it demands

No gate has approved other bytes under the artifact's name whose build stands later in the ledger than the artifact's
own newest build. An older or retired version is refused so, although all of its signatures still verify (replay). A
newer build that no gate ever approved does not count: it may be an attempt that failed. Approved bytes whose build is
no longer known count as later when their approval is.

## Example

```toml
newest = true
```

## When it fails

Ship the newer version. If you mean to go back, build the older version again: its build is then the newest.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core.evidence import Evidence
from assay.gate import facts, reading, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

_EXPECTED = "no version that was built later has been approved"


def _check(_: bool, evidence: Evidence) -> tuple[Outcome, ...]:
    build = facts.own_build(evidence)
    if build is None:
        return facts.untold(evidence, expected=_EXPECTED)
    found = f"built by {words.run(build)}; nothing later was approved"
    return settle(_later(evidence, build.entry), expected=_EXPECTED, found=found)


def _later(evidence: Evidence, own: int) -> Iterator[Outcome]:
    for approval, build in evidence.approved:
        subject = approval.subject
        same = evidence.artifact is not None and subject.digest == evidence.artifact.digest
        whole = evidence.name.startswith(f"{subject.name}/")  # the folder that the artifact is one file of
        if same or not (whole or subject.name == evidence.name):
            continue
        version = (
            f"version {words.digest(subject.digest)}, approved {words.clock(approval.time)} (entry {approval.entry})"
        )
        if build is None and approval.entry > own:
            found = f"{version}, may be newer: no trusted build of it is known"
            yield Outcome(Verdict.UNKNOWN, _EXPECTED, found, "Build this version again if it is the one to ship.")
        elif build is not None and build.entry > own:
            found = f"{version}, was built later: entry {build.entry}, this one entry {own}"
            remedy = "Ship the newer version, or build this one again if you mean to go back."
            yield Outcome(Verdict.FAILS, _EXPECTED, found, remedy)


REQUIREMENT = Requirement("newest", reading.switch, _check, __doc__)
