"""`assay rules` and `assay explain`: what a scan looks for, from the rules themselves."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from assay.scan.rules import all_rules

Assay = Callable[..., "subprocess.CompletedProcess[str]"]


def test_every_rule_is_listed_once(tmp_path: Path, assay: Assay) -> None:
    """A line each, by name."""
    done = assay(tmp_path, "rules")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == [rule.id for rule in all_rules()]


def test_the_list_is_for_machines_too(tmp_path: Path, assay: Assay) -> None:
    """With severity, confidence, summary and threats."""
    found = json.loads(assay(tmp_path, "rules", "--format", "json").stdout)
    assert [item["rule"] for item in found] == [rule.id for rule in all_rules()]
    assert set(found[0]) == {"rule", "severity", "confidence", "summary", "threats"}


def test_every_page_can_be_read(tmp_path: Path, assay: Assay) -> None:
    """With its remedy."""
    for rule in all_rules():
        done = assay(tmp_path, "explain", rule.id)
        assert done.returncode == 0
        assert "\nRemedy\n" in done.stdout


def test_a_misspelt_rule_is_told_the_nearest(tmp_path: Path, assay: Assay) -> None:
    """Status 2, nothing on standard output."""
    name = all_rules()[0].id
    done = assay(tmp_path, "explain", f"{name}s")
    assert done.returncode == 2
    assert name in done.stderr
    assert not done.stdout
    assert "assay rules" in assay(tmp_path, "explain", "\x1b[2J").stderr
