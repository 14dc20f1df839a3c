"""The lock files that the set-up installs from, and the one that the example records."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements/test.txt", "requirements/example.txt", "examples/loan-approval/requirements.lock")
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[\w.]+)(?: ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def lines(name: str) -> list[str]:
    """The lines of a lock that are no comments."""
    return [line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def pins(name: str) -> set[str]:
    """What a lock pins, markers included."""
    return {line for line in lines(name) if not line.startswith(" ")}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_exact_pins_with_hashes_and_nothing_else(name: str) -> None:
    """Every line is a pin or a hash: no index, no address, no local path can redirect an install."""
    before = ""
    for line in lines(name):
        assert PIN.fullmatch(line) or HASH.fullmatch(line), line
        assert not (PIN.fullmatch(before) and PIN.fullmatch(line)), f"{before} has no hash"
        before = line


def test_the_locks_agree_on_every_version() -> None:
    """The smaller locks are parts of the larger one, so that what is tested is what runs."""
    test, example, scripts = (pins(name) for name in LOCKS)
    assert scripts < example < test
    assert any(pin.startswith("setuptools==") for pin in example)
