"""Ways through the allow-list itself: states that are executed, iterators without an end, methods that opcodes call."""

from __future__ import annotations

import pytest

from assay.core.finding import Severity

NORM = "scipy.stats._continuous_distns.norm_gen"
WRITTEN = (
    "\ndef _parse_args(self, a, loc=0, scale=1):\n    return (a, ), loc, scale\n\ndef _parse_args_rvs(self, a, loc=0, "
    "scale=1, size=None):\n    return self._argcheck_rvs(a, loc, scale, size=size)\n\ndef _parse_args_stats(self, a, "
    "loc=0, scale=1, moments='mv'):\n    return (a, ), loc, scale, moments\n"
)


def built(asm, dotted: str, state: object) -> bytes:
    """An instance made without its constructor, with a state."""
    return asm.name(dotted) + b")\x81" + asm.value(state) + b"b"


@pytest.mark.parametrize(
    "text",
    [
        "import os; os.system('id')",
        WRITTEN + "print(1)\n",
        WRITTEN.replace("loc=0", "loc=f()"),
        WRITTEN.replace("return (a, ), loc, scale\n", "return (a, ), f(loc)\n"),
    ],
)
def test_the_text_that_a_distribution_executes_is_read(asm, judged, text: str):
    """SciPy hands an attribute of the state to ``exec``: anything but what SciPy writes there is code."""
    found = judged(asm.whole(built(asm, NORM, {"a": 1.0, "_parse_arg_template": text})))
    severity, message = found["pickle-executes-code"][0]
    assert severity is Severity.CRITICAL
    assert "_parse_arg_template" in message


def test_what_scipy_writes_there_is_ordinary(asm, judged):
    """Every pickled distribution has it."""
    assert not judged(asm.whole(built(asm, NORM, {"a": 1.0, "_parse_arg_template": WRITTEN})))


@pytest.mark.parametrize("state", [(("_parse_arg_template", "f()"), ("a", 1)), [["_parse_arg_template", "f()"]]])
def test_a_state_of_pairs_is_a_mapping_too(asm, judged, state: object):
    """``dict.update`` takes both."""
    assert "pickle-executes-code" in judged(asm.whole(built(asm, NORM, state)))


def test_a_state_that_cannot_be_seen_through_is_told(asm, judged):
    """A mapping that a call makes may hold anything."""
    state = asm.call("builtins.dict", [["x", 1]])
    assert "pickle-executes-code" in judged(asm.whole(asm.name(NORM) + b")\x81" + state + b"b"))


@pytest.mark.parametrize("maker", ["builtins.list", "builtins.tuple", "collections.deque", "itertools.permutations"])
def test_an_iterator_without_an_end_that_is_used_up(asm, judged, maker: str):
    """Thirty bytes that take all memory."""
    endless = asm.call("itertools.repeat", 0)
    assert "pickle-expansion-bomb" in judged(asm.whole(asm.call(maker, asm.call("builtins.zip", endless))))
    assert "pickle-expansion-bomb" in judged(asm.whole(asm.call(maker, asm.call("itertools.count", 0))))


def test_an_iterator_that_is_kept_is_ordinary(asm, judged):
    """Objects number things with one."""
    counter = asm.call("itertools.count", 3)
    assert not judged(asm.whole(asm.call("builtins.enumerate", counter)))
    assert not judged(asm.whole(asm.value({"next": counter})))


def test_items_added_to_an_object_call_its_method(asm, judged):
    """The opcode is for sets alone; numba's ``add`` evaluates what it is given."""
    target = asm.name("numba.np.ufunc.dufunc.DUFunc") + b")\x81"
    found = judged(asm.whole(target + b"(" + asm.text("f()") + b"\x90"))
    assert found["pickle-executes-code"][0][0] is Severity.CRITICAL
    other = asm.name("sklearn.svm._classes.SVC") + b")\x81"
    assert "pickle-unknown-call" in judged(asm.whole(other + b"(" + asm.text("f()") + b"\x90"))
    assert not judged(asm.whole(b"\x8f(" + asm.text("f()") + b"\x90"))


@pytest.mark.parametrize("dotted", ["imblearn.LazyLoader", "nltk.lazyimport.LazyModule"])
def test_lazy_modules_import_what_their_state_names(asm, judged, dotted: str):
    """Looking for ``__setstate__`` on one imports the module; no family of classes lets them in."""
    found = judged(asm.whole(built(asm, dotted, {"__name__": "antigravity"})))
    assert found["pickle-imports-module"][0][0] >= Severity.MEDIUM


def test_a_mapping_that_writes_itself_to_a_file_is_told(asm, judged):
    """Each item put into it writes the file that its state names."""
    target = built(asm, "ultralytics.utils.JSONDict", {"file_path": "/tmp/x"})
    found = judged(asm.whole(target + asm.text("a") + asm.text("b") + b"s"))
    assert found["pickle-file-access"][0][0] >= Severity.MEDIUM


def test_constructors_that_open_what_they_are_given(asm, judged):
    """Without arguments they are plain values."""
    assert "pickle-file-access" in judged(asm.whole(asm.call("tokenizers.models.BPE", "/etc/passwd", "/etc/group")))
    assert not judged(asm.whole(asm.call("tokenizers.models.BPE")))
    tree = "xml.etree.ElementTree.ElementTree"
    assert max(severity for severity, _ in judged(asm.whole(asm.call(tree, None, "/etc/passwd")))["pickle-file-access"])
    assert not judged(asm.whole(built(asm, tree, {"_root": None})))


@pytest.mark.parametrize(
    ("dotted", "rule"),
    [
        ("kombu.utils.imports.symbol_by_name", "pickle-imports-module"),
        ("coverage.execfile.run_python_file", "pickle-executes-code"),
        ("line_profiler.LineProfiler.run", "pickle-executes-code"),
        ("pytest.main", "pickle-runs-command"),
        ("transformers.tools.python_interpreter.evaluate", "pickle-executes-code"),
        ("prompt_toolkit.shortcuts.run_system_command", "pickle-runs-command"),
        ("pydantic.utils.import_string", "pickle-imports-module"),
        ("attr._make._eval_snippets", "pickle-executes-code"),
        ("_asyncio.Task", "pickle-executes-code"),
        ("_signal.raise_signal", "pickle-alters-process"),
        ("optparse.Values.read_file", "pickle-loads-more-code"),
        ("dataclasses._process_class", "pickle-executes-code"),
        ("_bootsubprocess.check_output", "pickle-runs-command"),
        ("uuid._ifconfig_getnode", "pickle-runs-command"),
    ],
)
def test_what_a_library_function_does_is_named(asm, judged, dotted: str, rule: str):
    """Not "unknown": the report says what it would do."""
    methods = ("LineProfiler", "Values")
    module = dotted.partition(".")[0] if any(each in dotted for each in methods) else ""
    found = judged(asm.whole(asm.call(asm.name(dotted, module), "x")))
    assert max(severity for severity, _ in found[rule]) >= Severity.HIGH, found


@pytest.mark.parametrize("protocol", range(6))
def test_a_credential_in_a_string_is_told_and_not_shown(judged, protocol: int):
    """However the string is written down."""
    token = "gh" + "p_" + "aZ3kQ9vT1xW7bN5mC8dF2gH4jL6pR0sYuEiO"
    import pickle

    found = judged(pickle.dumps({"url": "x", "token": token}, protocol))
    assert found["pickle-secret"][0][0] is Severity.HIGH
    assert token not in str(found)
    assert not judged(pickle.dumps({"token": "gh" + "p_example"}, protocol))
