"""What becomes of one file: each part accounted for, and nothing bad lost among much that is harmless."""

from __future__ import annotations

import cloudpickle
import pytest

from assay.core.finding import Finding, Outcome, Severity
from assay.formats.budget import Budget
from assay.formats.source import Memory
from assay.scan.inspector import TOLD, Inspector


def inspected(data: bytes, name: str) -> tuple[Outcome, tuple[Finding, ...]]:
    """The outcome and the findings."""
    inspector = Inspector(name, Budget())
    outcome, _ = inspector.inspect(Memory(data), name)
    return outcome, inspector.findings


def function(number: int, body: str) -> object:
    """A function that cloudpickle carries as code."""
    names: dict[str, object] = {"__name__": "__main__"}
    exec(f"def f{number}(x):\n    {body}\n    return x + {number}\n", names)
    return names[f"f{number}"]


MANY = [function(number, "pass") for number in range(3 * TOLD)]
EVIL = function(-1 % 10_000, "import os; os.system('true')")


@pytest.mark.parametrize("together", [True, False], ids=["in one pickle", "one after the other"])
def test_much_that_is_harmless_does_not_hide_what_is_not(together: bool) -> None:
    """A rule stops telling at some number, of each severity by itself: the last function runs a command."""
    objects = [*MANY, EVIL]
    data = cloudpickle.dumps(objects) if together else b"".join(map(cloudpickle.dumps, objects))
    _, findings = inspected(data, "m.pkl")
    assert [finding.message for finding in findings if finding.severity >= Severity.MEDIUM] == [
        "carries the Python function f9999 as code, which uses os.system and so runs commands"
    ]


def test_what_is_not_told_one_by_one_is_counted() -> None:
    """Exactly as many as are allowed stand alone; one more is a line that says so, with the same severity."""
    line = "{{{{ messages._x{} }}}}\n"
    full = "".join(map(line.format, range(TOLD)))
    _, findings = inspected(full.encode(), "t.jinja")
    assert len(findings) == TOLD
    _, findings = inspected((full + line.format(TOLD)).encode(), "t.jinja")
    assert len(findings) == TOLD + 1
    (rest,) = (finding for finding in findings if finding.message == "and 1 more of the same")
    assert rest.severity is Severity.LOW


def test_a_harmless_type_with_a_finding_is_no_harmless_file() -> None:
    """It was inspected, and something was found: nobody may count it among what is no model."""
    assert inspected(b"just a note\n", "notes.txt")[0] is Outcome.HARMLESS
    outcome, findings = inspected(b"the key is AKIA" + b"Q4ZT7Y2LMN5BX3WK\n", "notes.txt")
    assert findings
    assert outcome is Outcome.INSPECTED
