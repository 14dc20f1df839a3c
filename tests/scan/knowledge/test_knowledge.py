"""What rules know: where paths lead, which operators are whose, what functions do."""

from __future__ import annotations

import pytest

from assay.scan.knowledge import onnx, r, words
from assay.scan.knowledge.paths import escape
from assay.scan.knowledge.text import shown


@pytest.mark.parametrize(
    "path", ["../x", "a/../../x", "..\\x", "/etc/passwd", "C:\\x", "C:x", "~/x", "file:///x", "a\0b", "a/NUL"]
)
def test_a_path_that_leaves_is_told(path: str) -> None:
    """Whatever system the file is opened on, the path is judged for all of them."""
    assert escape(path)


@pytest.mark.parametrize("path", ["x.bin", "a/b/x..bin", "./x", "a..b/c", "model.onnx.data", "con-v1/x", "..data"])
def test_a_path_that_stays_is_fine(path: str) -> None:
    """Ordinary names are left alone, dots and all."""
    assert escape(path) is None


@pytest.mark.parametrize("name", ["onnx", "openvino", "paddle", "mxnet", "torch7", "r"])
def test_lists_have_no_name_twice_in_a_section_and_no_empty_one(name: str) -> None:
    """A list that a hand spoiled would silently judge otherwise."""
    sections = words.sections(name)
    assert all(found for section, found in sections.items() if section)
    assert words.names(name)


def test_operators_that_open_or_run_are_on_no_list() -> None:
    """What a rule judges by name is not let through by a list first."""
    assert not onnx.PYTHON & words.names("onnx")


def test_domains_are_known_by_their_start() -> None:
    """A vendor's domain has many below it; a name that only looks alike is another's."""
    assert onnx.needs("com.nvidia.custom")
    assert onnx.needs("com.nvidiax") is None
    assert onnx.standard("") == onnx.standard("ai.onnx")
    assert onnx.standard("onnxruntime-extensions") is None


def test_functions_of_r_are_told_apart() -> None:
    """Arithmetic is nothing, reading files is something, running commands is worse."""
    assert r.does("exp") is None
    assert r.does("readRDS")
    assert not r.reaches("readRDS")
    assert r.reaches("system")


def test_texts_are_shown_in_one_line() -> None:
    """Control characters of a hostile file do not reach the terminal."""
    assert shown("a\x1b[31m\nb") == "'a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}b'"
    assert len(shown("x" * 1000)) == 122
