"""The judgement itself: once for each view, with what an organisation allows, and ending on anything."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from assay.core.allowance import Allowance
from assay.core.errors import FormatError
from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.pickle import pickle as reader
from assay.formats.pickle.values import Call, Global, Items, Opaque, Persistent, Result, Value
from assay.formats.pickle.view import Pickle
from assay.formats.source import Memory
from assay.scan.pickles.judgement import judge
from assay.scan.rules import rules_for


def test_what_is_allowed_stays_visible(asm, read):
    """An allowed name is no finding but information, with the reason; every rule sees the same judgement."""
    view = read(asm.whole(asm.call("acme_internal_lib.loaders.restore", "x")))
    allowed = Allowance("acme_internal_lib.loaders.restore", "read by the platform team", "2027-01-31")
    made = judge(view, (allowed,))
    assert list(made.hits) == ["pickle-allowed-callable"]
    assert "read by the platform team" in made.of("pickle-allowed-callable")[0].message
    assert judge(view) is made, "rules ask without the allowances and get the same"


def test_an_allowance_is_for_that_name_alone(asm, read):
    """Allowing one function of a package allows no other."""
    view = read(asm.whole(asm.call("acme_internal_lib.loaders.run_cmd", "x")))
    allowed = Allowance("acme_internal_lib.loaders", "a whole module", "2027-01-31")
    assert "pickle-unknown-call" in judge(view, (allowed,)).hits


def test_a_view_is_judged_once(asm, read):
    """Eighteen rules share one look."""
    view = read(asm.whole(asm.call("os.system", "true")))
    assert judge(view) is judge(view)


def test_the_same_thing_is_told_once(asm, read):
    """A thousand calls of the same name are one finding that says how often."""
    view = read(asm.whole(*[asm.call("os.system", "true")] * 1000))
    hits = judge(view).of("pickle-runs-command")
    assert [hit.message for hit in hits] == ["calls os.system('true'), which runs commands (1,000 times)"]


def test_many_different_things_are_told_in_part(asm, read):
    """A finding for each of the first hundred names, and a word on the rest."""
    view = read(asm.whole(*[asm.call(f"acme.module{number}.run", "x") for number in range(300)]))
    hits = judge(view).of("pickle-unknown-call")
    assert len(hits) == 101
    assert "200 more" in hits[-1].message


def test_the_verdict_does_not_depend_on_what_is_installed(asm, read):
    """The same bytes give the same hits; nothing is imported to judge them."""
    import sys

    before = set(sys.modules)
    judge(read(asm.whole(asm.call("antigravity.fly", 1), asm.call("this.that"), asm.fetch("turtledemo.clock.main"))))
    assert not {"antigravity", "this", "turtledemo"} & (set(sys.modules) - before)


NAMES = st.sampled_from(
    [("os", "system"), ("builtins", "getattr"), ("functools", "partial"), ("copyreg", "_reconstructor"), ("builtins",
    "object"),
     ("numpy.core.multiarray", "_reconstruct"), ("dill._dill", "_create_code"), ("dill._dill", "_create_type"),
     ("a.b", "C"),
     ("torch._tensor", "_rebuild_from_type_v2"), ("operator", "attrgetter"), ("torch.storage", "_load_from_bytes"),
     ("collections", "defaultdict"), ("torch.fx.graph_module", "reduce_graph_module"), ("io", "BytesIO"), ("", ""),
     ("x", "")]
)  # fmt: skip
LEAVES: st.SearchStrategy[Value] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.binary(max_size=8),
    st.builds(lambda name, at: Global(name[0], name[1], at), NAMES, st.integers(0, 99)),
    st.builds(Opaque, st.sampled_from(["list", "str", "result"]), st.integers(0, 99)),
)  # fmt: skip


def calls_of(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Call]:
    """Calls of such values with such values."""
    ops = st.sampled_from(["REDUCE", "NEWOBJ", "NEWOBJ_EX", "OBJ", "INST", "BUILD", "SETITEM", "APPENDS", "ADDITEMS"])
    return st.builds(Call, ops, values, st.lists(values, max_size=4).map(tuple), st.none(), st.integers(0, 99))


VALUES: st.SearchStrategy[Value] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Result, calls_of(inner)),
        st.builds(Persistent, inner, st.integers(0, 99)),
        st.builds(
            lambda kind, items: Items(kind, tuple(items), len(items), 0),
            st.sampled_from(["tuple", "list", "dict", "set"]),
            st.lists(inner, max_size=4),
        ),
    ),
    max_leaves=12,
)


@given(st.lists(calls_of(VALUES), max_size=6))
def test_any_calls_are_judged(calls: list[Call]):
    """Whatever a machine may see, every rule ends and says something that can be shown."""
    view = Pickle()
    view.streams = 1
    view.calls = calls
    view.imports = [call.target for call in calls if isinstance(call.target, Global)]
    for rule in rules_for("pickle"):
        for hit in rule.check(view):
            assert hit.message.isprintable()
            assert isinstance(hit.severity or rule.severity, Severity)


@given(st.binary(max_size=60), st.integers(0, 200), st.binary(max_size=3))
def test_any_bytes_are_judged(noise: bytes, place: int, patch: bytes):
    """Any bytes, and a real pickle with some changed: the reader gives a view or a FormatError, and the rules end."""
    real = pickle.dumps({"a": [1, "x"], "b": complex(1, 2), "c": range(3)}, 4)
    for data in (noise, b"\x80\x04" + noise + b".", real[:place] + patch + real[place + len(patch) :]):
        try:
            view = reader.read(Memory(data), Budget(), "model.pkl")
        except FormatError:
            continue
        for rule in rules_for("pickle"):
            list(rule.check(view))
