"""Jupyter notebooks: the code of their cells, seen as Python, and the lines that go to a shell."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository.document import Findings, Node
from assay.formats.repository.json_document import parse as parse_json
from assay.formats.repository.python_effects import Effect, When
from assay.formats.repository.python_source import parse
from assay.formats.repository.python_walk import effects_of
from assay.formats.repository.text import decode, read_all
from assay.formats.source import Source
from assay.formats.view import NotThisFormat, Problem, View

MAX_BYTES: Final = 128 << 20
MAX_CELLS: Final = 20_000
#: Code of a notebook that is looked at.
MAX_CODE: Final = 8 << 20
_SHELL_MAGICS: Final = re.compile(r"%%(?:bash|sh|script|cmd|powershell|system|!)\b.*")
_OTHER_LANGUAGE: Final = re.compile(r"%%(?!(?:time|timeit|capture|prun|memit)\b)\w+.*")


@dataclass(frozen=True, slots=True)
class Shell:
    """A line that a cell hands to a shell."""

    cell: int
    command: str


class Notebook(View):
    """A notebook.

    :param effects: cell, counted from 1 → what its code does; lines are those of the cell
    :param shell: what goes to a shell
    :param unparsed: cells that are no Python, although they say so
    """

    kind: ClassVar[str] = "notebook"

    def __init__(self, effects: list[tuple[int, Effect]], shell: list[Shell], unparsed: list[int]) -> None:
        super().__init__()
        self.effects = effects
        self.shell = shell
        self.unparsed = unparsed


def read(source: Source, budget: Budget, name: str) -> Notebook:  # noqa: ARG001 - every reader is given the name
    """See :class:`assay.formats.signature.Reader`."""
    text = decode(read_all(source, budget, MAX_BYTES)).removeprefix("\ufeff")
    try:
        root = parse_json(text, Findings())
    except json.JSONDecodeError as error:
        raise NotThisFormat("no notebook: not valid JSON") from error
    cells = _cells(root)
    if cells is None:
        raise NotThisFormat("no notebook: it has no cells")
    effects: list[tuple[int, Effect]] = []
    shell: list[Shell] = []
    unparsed: list[int] = []
    left = MAX_CODE
    for number, cell in enumerate(cells[:MAX_CELLS], 1):
        budget.check_time()
        code = _code(cell)
        left -= len(code)
        if left < 0:
            break
        if not code:
            continue
        python, commands = _split(code)
        shell += [Shell(number, command) for command in commands]
        try:
            tree = parse(python.encode("utf-8", "replace"))
            effects += [(number, replace(effect, when=_when(effect))) for effect in effects_of(tree, "", budget)]
        except FormatError:
            unparsed.append(number)
    view = Notebook(effects, shell, unparsed)
    if left < 0:
        view.problems.append(Problem(f"LIMIT code ({MAX_CODE:,})"))
    elif len(cells) > MAX_CELLS:
        view.problems.append(Problem(f"LIMIT cells ({MAX_CELLS:,})"))
    return view


def _when(effect: Effect) -> When:
    """Cells run when somebody runs them: nothing of them runs on its own."""
    return When.CALLED if effect.when is When.CALLED else When.SCRIPT


def _cells(root: Node) -> list[Node] | None:
    if not isinstance(root, dict):
        return None
    cells = root.get("cells")
    if not isinstance(cells, list):  # notebooks of version 3 have sheets
        sheets = root.get("worksheets")
        first = sheets[0] if isinstance(sheets, list) and sheets else None
        cells = first.get("cells") if isinstance(first, dict) else None
    known = isinstance(cells, list) and ("nbformat" in root or "metadata" in root)
    return cells if known and isinstance(cells, list) else None


def _code(cell: Node) -> str:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return ""
    lines = cell.get("source", cell.get("input"))
    if isinstance(lines, list):
        return "".join(line for line in lines if isinstance(line, str))
    return lines if isinstance(lines, str) else ""


def _split(code: str) -> tuple[str, list[str]]:
    """The Python of a cell, and its commands for a shell; lines keep their numbers."""
    first = code.lstrip().partition("\n")[0]
    if _SHELL_MAGICS.fullmatch(first.rstrip()):
        return "", [line for line in code.lstrip().splitlines()[1:] if line.strip()]
    if _OTHER_LANGUAGE.fullmatch(first.rstrip()):
        return "", []
    python: list[str] = []
    commands: list[str] = []
    for line in code.splitlines():
        bare = line.lstrip()
        indent = line[: len(line) - len(bare)]
        if bare.startswith("!") and not bare.startswith("!="):
            commands.append(bare[1:].strip())
            python.append(f"{indent}pass")
        elif bare.startswith(("%", "?")) or (bare.endswith("?") and "=" not in bare):
            word = bare.lstrip("%").partition(" ")
            if word[0] in ("sx", "system", "sc", "bash", "sh", "pip"):
                commands.append(f"pip {word[2]}" if word[0] == "pip" else word[2])
            python.append(f"{indent}pass")
        elif found := re.fullmatch(r"(\s*[\w, ]+=\s*)!(.*)", line):
            commands.append(found[2])
            python.append(f"{found[1]}None")
        else:
            python.append(line)
    return "\n".join(python), commands
