"""Rules that are not asked about mere data have nothing to say of it."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest

from assay.formats.budget import Budget
from assay.formats.pickle.pickle import read
from assay.formats.pickle.values import Opaque, Persistent
from assay.formats.pickle.view import Pickle
from assay.formats.source import Memory
from assay.scan.rules import BY_KIND, OF_CALLS, rules_for


def idle() -> Iterator[Pickle]:
    """Pickles that fetch and call nothing, whatever else is odd about them."""
    shared: list[object] = []
    for _ in range(40):
        shared = [shared, shared]
    inside = pickle.dumps(len)
    for value in ({"a": [1, 2.5, None, "x" * 50]}, shared, {"code": "import os; os.system('id')"}, inside):
        yield read(Memory(pickle.dumps(value, protocol=4)), Budget(), "m.pkl")
    yield read(Memory(pickle.dumps([1]) + b"trailing bytes" * 9), Budget(), "m.pkl")
    yield read(Memory(b"\x80\x04\x95\x05\0\0\0\0\0\0\0]\x94K\x01"), Budget(), "m.pkl")
    view = Pickle()
    view.outside, view.expansion, view.broken = [("/etc/passwd", 3)], 1 << 59, True
    view.persistent = [Persistent(Opaque("tuple", 1), 5)]
    yield view


def test_they_are_rules_of_pickles() -> None:
    """Each by the name under which it is listed."""
    assert set(BY_KIND["pickle"]) >= OF_CALLS


@pytest.mark.parametrize("view", list(idle()))
def test_they_are_silent(view: Pickle) -> None:
    """All of them, so that leaving them out hides nothing."""
    assert view.idle
    asked = rules_for(view.kind, calls=False)
    left = [rule for rule in rules_for(view.kind) if rule not in asked]
    assert len(left) == len(OF_CALLS)
    assert [hit for rule in left for hit in rule.check(view)] == []


def test_a_call_or_a_name_alone_has_all_of_them_asked() -> None:
    """Neither makes a pickle mere data."""
    for data in (b"cos\nsystem\n.", b"cos\nsystem\n(S'id'\ntR.", b"\x82\x01."):
        assert not read(Memory(data), Budget(), "m.pkl").idle
