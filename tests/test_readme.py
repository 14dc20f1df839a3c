"""The README says what is true."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Assay = Callable[..., "subprocess.CompletedProcess[str]"]

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```\w*\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_first_two_blocks_are_one_command_each() -> None:
    """Set-up and main job, set-up and tests."""
    assert BLOCKS[0].splitlines() == ["python3 dev.py example"]
    assert BLOCKS[1].splitlines() == ["python3 dev.py test"]
    assert BLOCKS[1].strip() in (ROOT / ".ci" / "run").read_text()


def test_the_help_text_is_the_programs_own(tmp_path: Path, assay: Assay) -> None:
    """Copied by hand once, held to it for ever."""
    (block,) = [block for block in BLOCKS if block.startswith("$ assay --help")]
    assert block.partition("\n")[2].strip() == assay(tmp_path, "--help").stdout.strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link on every page."""
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target
