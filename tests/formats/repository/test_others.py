"""Notebooks, requirements, pointers and plain text."""

from __future__ import annotations

import json

import pytest

from assay.formats.repository.python_effects import Does, When
from assay.formats.repository.requirements import Line


def notebook(*cells: str) -> bytes:
    """A notebook with these code cells."""
    made = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": ["x"]}, *made], "nbformat": 4}).encode()


def test_cells_are_python_with_magic(readings):
    """Magic lines and shell lines do not hide the rest, and nothing of a notebook runs on its own."""
    view = readings(notebook("%matplotlib inline\n!pip install x\nimport os\nos.system('true')\nx = !ls"), "a.ipynb")[
        "notebook"
    ]
    assert [(cell, effect.does, effect.when, effect.line) for cell, effect in view.effects] == [
        (2, Does.COMMAND, When.SCRIPT, 4)
    ]
    assert [shell.command for shell in view.shell] == ["pip install x", "ls"]
    assert view.unparsed == []


def test_cells_of_other_languages_are_passed_over_and_shell_cells_are_shell(readings):
    """``%%bash`` goes to a shell, ``%%html`` to nobody."""
    view = readings(notebook("%%bash\ncurl x\n", "%%html\n<b>\n"), "a.ipynb")["notebook"]
    assert [shell.command for shell in view.shell] == ["curl x"]
    assert view.unparsed == []


def test_json_that_is_no_notebook_is_none(readings):
    """A table of cells is not enough."""
    assert "notebook" not in readings('{"cells": [1]}', "a.json")


def test_requirements_are_read_line_by_line(readings):
    """Comments, continued lines, short options; and a file of another name that is nothing else."""
    text = "# a\n-i http://a/simple\n--extra-index-url=https://b # c\ntorch==2.0 \\\n  --hash=sha256:0\n-e git+https://c/d\n"
    expected = [
        Line("--index-url", "http://a/simple", 2),
        Line("--extra-index-url", "https://b", 3),
        Line("", "torch==2.0   --hash=sha256:0", 4),
        Line("--editable", "git+https://c/d", 6),
    ]
    assert readings(text, "requirements.txt")["requirements"].lines == expected
    assert readings(text, "needs")["requirements"].lines == expected


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "dev-requirements.in", "constraints.txt"])
def test_requirements_go_under_many_names(readings, name):
    """All of them are read."""
    assert "requirements" in readings("numpy\n", name)


def test_prose_is_only_text(readings):
    """Words for people are nothing else."""
    assert set(readings("Never call os.system() on what a model says.\n", "README.md")) == {"text"}


def test_text_of_other_encodings_is_text(readings):
    """UTF-16, and Latin letters of one byte each."""
    assert "text" in readings("Grüße".encode("utf-16"), "x.txt")
    assert "text" in readings("Grüße aus Köln, mit vielen Worten".encode("latin-1"), "x.txt")
    assert readings(bytes(range(256)), "x.txt") == {}


def test_a_pointer_says_what_it_stands_for(readings):
    """Size and digest."""
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12\n"
    view = readings(text, "model.safetensors")["lfs-pointer"]
    assert (view.digest, view.size) == ("a" * 64, 12)
