"""Much that is harmless does not use up the room of what is not: each case is found, or told as not read to its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.core.finding import Severity
from assay.scan.scanner import scan
from assay.scan.settings import Settings

REACH = "{{ ''.__class__.__base__.__subclasses__() }}"
RUN = "os.system('true')"
CONFIG = json.dumps({"auto_map": {"AutoModel": "modeling.M"}})
MODELING = "from .helper import zz\nzz()\nclass M: pass\n"


def functions(body: str, count: int = 700) -> str:
    """A module with as many functions that do the same, and a last one that runs a command."""
    return "import os\n" + "".join(f"def a{n}():\n    {body}\n" for n in range(count)) + f"def zz():\n    {RUN}\n"


def notebook(cells: list[str]) -> str:
    """A notebook of such cells."""
    written = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": [cell]} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": written})


def templates(count: int) -> str:
    """A tokenizer's templates, the last of which is the bad one."""
    named = [{"name": f"t{number}", "template": f"{{{{ messages }}}} {number}"} for number in range(count)]
    return json.dumps({"chat_template": [*named, {"name": "z", "template": REACH}]})


FOUND: dict[str, dict[str, str]] = {
    "removals before a command": {"setup.py": "import os\n" + "os.remove('x')\n" * 2500 + RUN},
    "commands nobody calls before one that runs": {"setup.py": functions(RUN, 2500) + "zz()\n"},
    "functions of a helper": {"config.json": CONFIG, "modeling.py": MODELING, "helper.py": functions("os.remove('x')")},
    "worse functions of a helper": {"config.json": CONFIG, "modeling.py": MODELING, "helper.py": functions(RUN)},
    "imports": {
        "config.json": CONFIG,
        "modeling.py": "".join(f"import a{number}\n" for number in range(400)) + "import zz\nclass M: pass\n",
        "zz.py": f"import os\n{RUN}\n",
    },
    "mild names in a template": {
        "chat_template.jinja": "".join(f"{{{{ messages._x{number} }}}}\n" for number in range(1500)) + REACH
    },
    "templates": {"tokenizer_config.json": templates(900)},
}
TOLD: dict[str, dict[str, str]] = {
    "more templates than are read": {"tokenizer_config.json": templates(1001)},
    "more cells than are read": {"a.ipynb": notebook(["x = 1"] * 20_000 + ["!true"])},
    "a long recipe": {"Modelfile": "FROM x\n" + "PARAMETER seed 1\n" * 70_000 + "ADAPTER ../../../x\n"},
    "a long gin file": {"a.gin": "a.b = 1\n" * 150_000 + "import os\n"},
}


def written(folder: Path, files: dict[str, str]) -> str:
    """Put the files there; gives the folder's name."""
    for name, text in files.items():
        (folder / name).write_text(text)
    return str(folder)


@pytest.mark.parametrize("case", FOUND)
def test_it_is_found(case: str, tmp_path: Path) -> None:
    """As if the rest was not there."""
    findings, _, _ = scan([written(tmp_path, FOUND[case])], Settings(), jobs=1)
    assert max(found.severity for found in findings) is Severity.CRITICAL


@pytest.mark.parametrize("case", TOLD)
def test_it_is_told(case: str, tmp_path: Path) -> None:
    """What lies beyond a limit is no clean file."""
    _, unknown, _ = scan([written(tmp_path, TOLD[case])], Settings(), jobs=1)
    assert any("LIMIT" in reason.reason for reason in unknown)
