"""The rules of pickles that look at more than calls: growth, what follows, what lies beside."""

from __future__ import annotations

import pickle

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.pickle.pickle import read
from assay.formats.pickle.values import Global
from assay.formats.pickle.view import Pickle
from assay.formats.source import Memory
from assay.formats.view import Fact
from assay.scan.repository import Repository
from assay.scan.rules import pickle_expansion_bomb, pickle_extension_code, pickle_sibling_module, pickle_trailing_data


def imports(*modules: str) -> tuple[Fact, ...]:
    """What a pickle makes its loader import."""
    return tuple(Fact("import", module, 2) for module in modules)


@pytest.mark.parametrize(
    "source", ["model_helper.py", "model_helper/__init__.py", "model_helper/x.py", "model_helper.cpython-311.so"]
)
def test_a_module_beside_the_pickle(source: str):
    """Loading `model.pkl` in its folder runs `model_helper`, however it lies there."""
    folder = Repository(("model.pkl", source), {"model.pkl": imports("model_helper.x", "numpy")}, {})
    hits = list(pickle_sibling_module.check(folder))
    assert [(hit.member, source in hit.message) for hit in hits] == [("model.pkl", True)]


def test_a_module_at_the_root_of_the_repository():
    """A loader starts at the root as often as beside the file."""
    folder = Repository(("weights/model.pkl", "helper.py"), {"weights/model.pkl": imports("helper")}, {})
    assert len(list(pickle_sibling_module.check(folder))) == 1


def test_no_module_beside_the_pickle():
    """Other modules, other folders and other files are no finding."""
    facts = {"model.pkl": imports("sklearn.svm", "numpy"), "config.json": (Fact("file", "helper.py"),)}
    assert not list(pickle_sibling_module.check(Repository(("model.pkl", "helper.py", "a/b/sklearn.txt"), facts, {})))


def test_growth_beyond_measure():
    """2^40 values from a few bytes are a bomb; a large honest file is not."""
    view = Pickle()
    view.expansion = 1 << 40
    assert "2^40" in next(iter(pickle_expansion_bomb.check(view))).message
    view.expansion = 1 << 30
    assert not list(pickle_expansion_bomb.check(view))


def test_bytes_after_the_last_pickle():
    """What belongs to no pickle is told; a pickle that broke off is another matter."""
    view = Pickle()
    view.streams, view.trailing, view.end = 1, 20, 100
    assert next(iter(pickle_trailing_data.check(view))).offset == 100
    view.results = [0x1950A86A20F9469CFC6C]
    assert not list(pickle_trailing_data.check(view)), "PyTorch's old form holds its numbers there"
    view.results, view.trailing = [], 0
    assert not list(pickle_trailing_data.check(view))


def test_extension_codes():
    """A number for a name that only the loading process knows."""
    view = Pickle()
    view.imports = [Global("", "", 4, extension=7)]
    hit = next(iter(pickle_extension_code.check(view)))
    assert "7" in hit.message
    assert pickle_extension_code.RULE.severity == Severity.HIGH
    view = Pickle()
    view.imports = [Global("numpy", "ndarray", 4)]
    assert not list(pickle_extension_code.check(view))


@pytest.mark.parametrize(("end", "told"), [(10**11, True), (10**6, False)])
def test_ranges_of_absurd_length(end: int, told: bool):
    """`list(range(10**11))` takes a few bytes and all memory; ordinary ranges are values like others."""
    data = pickle.dumps(range(end), protocol=4)
    view = read(Memory(data), Budget(), "m.pkl")
    assert [hit.severity for hit in pickle_expansion_bomb.check(view)] == [Severity.MEDIUM] * told
