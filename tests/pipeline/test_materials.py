"""What a stage reads counts only as what was attested, never as what is merely on disk."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.core.errors import ConfigError, IntegrityError, RefusedPath, StageError
from assay.core.evidence import MaterialKind
from assay.pipeline.materials import Materials, read_materials
from assay.pipeline.project import open_project
from assay.pipeline.records import Records

Assay = Callable[..., "subprocess.CompletedProcess[str]"]


def read(folder: Path, stage: str) -> Materials:
    project = open_project(folder)
    with project.open_ledger() as ledger:
        return read_materials(project, Records(ledger, project.trust), project.settings.stage(stage))


def test_a_product_is_what_its_producer_attested(project: Path) -> None:
    """And is recorded as a product, with the build that vouches for it."""
    found = read(project, "train")
    assert [(item.name, item.kind) for item in found.items] == [
        ("data/raw.txt", MaterialKind.PRODUCT),
        ("train.py", MaterialKind.CODE),
    ]
    assert found.makers["data/raw.txt"].stage == "collect"


def test_a_product_that_was_altered_after_it_was_attested_is_refused(project: Path) -> None:
    """Between two stages somebody changed the data: the digests of both are named."""
    (project / "data" / "raw.txt").write_text("9 9 9\n")
    with pytest.raises(IntegrityError, match="the stage collect \\(entry 0\\) says sha256:") as caught:
        read(project, "train")
    assert caught.value.expected != caught.value.actual
    assert caught.value.expected in str(caught.value)
    assert caught.value.actual in str(caught.value)


def test_a_file_added_to_a_product_is_refused(project: Path) -> None:
    """A folder is attested as a whole."""
    (project / "model" / "extra.txt").write_text("x")
    with pytest.raises(IntegrityError, match="model was altered"):
        read(project, "evaluate")


def test_a_folder_in_place_of_a_file_is_refused(project: Path) -> None:
    """Another kind of thing under the same name."""
    (project / "data" / "raw.txt").unlink()
    (project / "data" / "raw.txt").mkdir()
    (project / "data" / "raw.txt" / "x").write_text("x")
    with pytest.raises(IntegrityError):
        read(project, "train")


def test_a_link_in_place_of_a_product_is_refused(project: Path, tmp_path: Path) -> None:
    """Even to the same bytes."""
    (project / "data" / "raw.txt").rename(tmp_path / "raw.txt")
    (project / "data" / "raw.txt").symlink_to(tmp_path / "raw.txt")
    with pytest.raises(RefusedPath, match="symbolic link"):
        read(project, "train")


def test_what_nobody_attested_is_refused(fresh: Path, assay: Assay) -> None:
    """It lies there, and no trusted run of its stage says so."""
    (fresh / "data").mkdir()
    (fresh / "data" / "raw.txt").write_text("1 2 3\n")
    with pytest.raises(StageError, match="no trusted run of collect"):
        read(fresh, "train")


def test_a_part_of_a_product_is_attested_if_it_is_a_file(project: Path) -> None:
    """One file of a folder has a digest of its own; a folder in it has none."""
    settings = project / "assay.toml"
    text = settings.read_text()
    settings.write_text(text.replace('inputs = ["model"]', 'inputs = ["model", "model/card.txt"]'))
    assert [item.name for item in read(project, "evaluate").items][:2] == ["model", "model/card.txt"]
    (project / "model" / "deep").mkdir()
    (project / "model" / "deep" / "x").write_text("x")
    settings.write_text(
        text.replace('inputs = ["model"]', 'inputs = ["model/deep"]').replace('evaluates = "model"', "")
    )
    with pytest.raises(ConfigError, match="attests no 'model/deep' of its own"):
        read(project, "evaluate")
