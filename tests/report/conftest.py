"""A scan with something of everything, and one with names that are out to deceive."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assay.core.allowance import Allowance
from assay.core.digest import Digest
from assay.core.finding import Confidence, Finding, Ignored, Location, Outcome, Scanned, Severity, Unknown
from assay.core.scan import ScanResult
from assay.core.threat import REMOTE_CODE, UNSAFE_DESERIALIZATION
from assay.scan.rule import Rule

HOSTILE = "evil\x1b[2J\n\u202ename\udcff\x00]](https://evil.example) & <b>.pkl"

PAGE = """The pickle calls something that is not known to be safe.

## Why it matters

Opening it runs the call.

## Example

```python
os.system("id")
```

## Remedy

Do not open it; take the weights
as safetensors.

## References

- https://docs.python.org/3/library/pickle.html
"""


def _rule(name: str, severity: Severity, threats: tuple[str, ...]) -> Rule:
    return Rule(name, "pickle", severity, Confidence.HIGH, threats, lambda _: (), PAGE)


@pytest.fixture(scope="session")
def rules() -> tuple[Rule, ...]:
    """Those that the scans below were made by, and one that found nothing."""
    return (
        _rule("pickle-unsafe-call", Severity.HIGH, UNSAFE_DESERIALIZATION),
        _rule("odd-name", Severity.LOW, ()),
        _rule("remote-code", Severity.HIGH, REMOTE_CODE),
    )


@pytest.fixture(scope="session")
def scan() -> ScanResult:
    """Findings of all kinds, an accepted one, a file that could not be told, one that is no model."""
    call = Finding(
        "pickle-unsafe-call",
        Severity.CRITICAL,
        Confidence.HIGH,
        "models/b.pt",
        Location("archive/data.pkl", 23),
        'calls os.system with "id"',
        "Do not open it.",
        UNSAFE_DESERIALIZATION,
    )
    odd = Finding(
        "odd-name", Severity.LOW, Confidence.MEDIUM, "models/a.bin", Location("", 4711), "an odd name", "Rename it."
    )
    return ScanResult(
        findings=(
            odd,
            replace(odd, rule="remote-code", severity=Severity.HIGH, ignored=Ignored("reviewed by us", "2026-12-31")),
            call,
            replace(call, location=Location("archive/data.pkl", 99)),
        ),
        unknown=(Unknown("models/c.h5", "LIMIT members (100000) at byte 8", Location("", 8)),),
        files=(
            Scanned("models/README.md", ("text",), Digest("sha256", "1" * 64), 10, Outcome.HARMLESS),
            Scanned("models/a.bin", ("pickle",), Digest("sha256", "2" * 64), 20, Outcome.INSPECTED),
            Scanned("models/b.pt", ("torch", "zip"), Digest("sha256", "3" * 64), 30, Outcome.INSPECTED),
            Scanned("models/c.h5", ("hdf5",), None, 40, Outcome.UNKNOWN),
        ),
        rules_version="2026-02-01+0123456789abcdef",
        tool_version="0.1.0",
        started=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
        finished=datetime(2026, 3, 1, 12, 0, 2, tzinfo=UTC),
        limits=(("seconds", 300.0), ("members", 200_000)),
        allowances=(Allowance("ours.Model", "our own class", "2026-06-30"),),
        notes=("the ignore of old-rule fits no finding; remove it",),
    )


@pytest.fixture(scope="session")
def hostile(scan: ScanResult) -> ScanResult:
    """The same with a name that moves the cursor, turns the writing, breaks lines, is no UTF-8, looks like a link."""
    return replace(
        scan,
        findings=tuple(
            replace(
                item,
                path=HOSTILE,
                message=HOSTILE,
                location=Location(HOSTILE, 1),
                ignored=item.ignored and Ignored(HOSTILE, "2026-12-31"),
            )
            for item in scan.findings
        ),
        unknown=tuple(replace(item, path=HOSTILE, reason=HOSTILE) for item in scan.unknown),
        files=(Scanned(HOSTILE, (HOSTILE,), None, 1, Outcome.UNKNOWN),),
        notes=(HOSTILE,),
    )
