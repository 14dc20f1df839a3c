"""The hot modules in their two forms."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay.formats import compiled
from assay.formats.pickle import machine
from assay.formats.pickle.hot import HOT

SOURCES = Path(compiled.__file__).parents[2]
BUILT = Path(compiled.__file__).with_name("compiled.txt")


@pytest.mark.skipif(not compiled.is_compiled(machine), reason="nothing was compiled here")
def test_what_was_compiled_is_what_lies_here() -> None:
    """The compiled form was made of these very sources; after a change, install anew."""
    lines = [line.split() for line in BUILT.read_text(encoding="utf-8").splitlines()]
    assert {name.removesuffix(".py").replace("/", ".") for _, name in lines} >= set(HOT)
    for digest, name in lines:
        found = hashlib.sha256((SOURCES / name).read_bytes()).hexdigest()
        assert found == digest, f"{name} changed since it was compiled: pip install --no-build-isolation -e ."


def test_the_source_on_request() -> None:
    """ASSAY_PURE=1 runs the source, whatever was compiled."""
    command = "from assay.formats.pickle import stream, machine; print(machine.__file__)"
    environment = {**os.environ, "ASSAY_PURE": "1"}
    done = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("machine.py")


def test_both_forms_side_by_side() -> None:
    """A second, pure form can be had, and leaves the first as it was."""
    with compiled.pure(HOT) as modules:
        assert all(not compiled.is_compiled(module) for module in modules.values())
        assert modules[HOT[-1]] is not machine
    assert sys.modules[HOT[-1]] is machine
