"""Every part of the artifact was inspected; nothing could not be told.

## What it demands

The newest trusted scan of exactly these bytes looked at every file that is in the artifact, at the bytes that are
there, and there was no part of any of them that it could not tell about. The only value is ``true``.

## Example

```toml
fully_covered = true
```

## When it fails

The reason names the file and what stopped the scan. A limit can be raised with ``assay scan --limit NAME=NUMBER``; a
broken or unknown file is better removed from the artifact. Then scan and record again.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core.artifact import Artifact
from assay.core.evidence import Evidence, Scan
from assay.core.finding import Outcome as Became
from assay.gate import reading, scans, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

_EXPECTED = "every part of every file was inspected"
_REMEDY = "Remove it from the artifact, or raise the limit that it met; then scan again and record the result."


def _check(_: bool, evidence: Evidence) -> tuple[Outcome, ...]:
    problems = [*scans.untold(evidence, expected=_EXPECTED)]
    scan = scans.newest_scan(evidence)
    if scan is None or evidence.artifact is None:
        return settle(problems, expected=_EXPECTED, found="")
    problems += (Outcome(Verdict.FAILS, _EXPECTED, words.shown(found, longest=600), _REMEDY) for found in _gaps(scan))
    problems += _never_seen(scan, evidence.artifact)
    return settle(problems, expected=_EXPECTED, found=f"{words.count(len(scan.files), 'file')} in {scans.told(scan)}")


def _gaps(scan: Scan) -> Iterator[str]:
    told = {item.path for item in scan.unknown}
    for item in scan.unknown:
        place = f", {item.location}" if str(item.location) else ""
        yield f"{item.path}{place}: {item.reason}"
    for file in scan.files:
        if file.outcome is Became.UNKNOWN and file.path not in told:
            yield f"{file.path}: it could not be told"


def _never_seen(scan: Scan, artifact: Artifact) -> Iterator[Outcome]:
    """Files of the artifact that the scan does not list with the bytes they have."""
    seen = {(file.path.removeprefix(scan.subject.name), file.digest) for file in scan.files}
    for name, digest in artifact.files():
        if (name.removeprefix(artifact.path), digest) not in seen:
            found = f"{words.shown(name)} ({words.digest(digest)}) is not among what {scans.told(scan)} looked at"
            yield Outcome(Verdict.FAILS, _EXPECTED, found, "Scan again and record the result.")


REQUIREMENT = Requirement("fully_covered", reading.switch, _check, __doc__)
