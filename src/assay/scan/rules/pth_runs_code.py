"""A path file runs code whenever Python starts.

## Why it matters
Python reads every `.pth` file in its folder of packages when it starts, and executes each line that begins with
`import`. It is the favourite place of malware that wants to stay. Some honest packages use it, too, with a short line.

## Example
`import os; os.system("…")` in `site-packages/x.pth`.

## Remedy
Find out which package brought the file (its `RECORD` names it), and remove the package if you do not know why it does
so.

## References
Python, module `site`. MITRE ATT&CK T1546.018.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.errors import FormatError
from assay.core.finding import Confidence, Severity
from assay.formats.budget import Budget
from assay.formats.repository.python_source import parse
from assay.formats.repository.python_walk import effects_of
from assay.formats.repository.text import Text
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.code import severity_when_loaded


def check(view: Text) -> Iterator[Hit]:
    """Lines that are executed, judged by what they do."""
    if not view.name.lower().endswith(".pth"):
        return
    for number, line in enumerate(view.text.splitlines(), view.first_line):
        if line.startswith(("import ", "import\t")):
            yield _judged(line, number)


def _judged(line: str, number: int) -> Hit:
    try:
        found = effects_of(parse(line.encode("utf-8", "replace")), "", Budget())
    except FormatError:
        return Hit("it runs a line of code whenever Python starts, which cannot be parsed", line=number)
    worst = [effect for effect in found if severity_when_loaded(effect.does, effect.when) not in (None, Severity.LOW)]
    if not worst:
        return Hit("it runs a line of code whenever Python starts", line=number)
    message = f"whenever Python starts it {worst[0].does.value}: {worst[0].target}"
    return Hit(
        message, line=number, severity=severity_when_loaded(worst[0].does, worst[0].when), confidence=Confidence.HIGH
    )


RULE = Rule(
    id="pth-runs-code",
    reads=Text.kind,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
