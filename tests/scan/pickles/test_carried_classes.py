"""Classes of ``__main__`` that cloudpickle and dill carry are no attack; what their functions reach still is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import cloudpickle
import pytest

from assay.core.finding import Severity
from assay.scan.pickles import carried
from assay.scan.pickles.carried import Code

ORDINARY = "import os, re\ndef f(x):\n    return os.path.join('a', re.sub('a', 'b', x))\n"
RENAMED = "import os as helper\ndef f(x):\n    return helper.system(x)\n"


def function(source: str) -> Callable[..., Any]:
    """The function that a text defines, as if in a notebook."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "<notebook>", "exec"), names)
    made: Callable[..., Any] = names["f"]
    return made


def worst(found: Any) -> Severity:
    """The highest severity of all hits."""
    return max((severity for hits in found.values() for severity, _ in hits), default=Severity.INFO)


def test_a_data_class_of_main(judged):
    """Its methods are generated code that uses `_thread`, and cloudpickle imports that for them."""
    made = dataclasses.make_dataclass("Settings", [("rate", float)])
    made.__module__ = "__main__"
    assert worst(judged(cloudpickle.dumps(made(0.1)))) is Severity.LOW


def test_modules_that_ordinary_code_uses(judged):
    """A function with `os.path` imports `os`: the import alone is *low*."""
    assert worst(judged(cloudpickle.dumps(function(ORDINARY)))) is Severity.LOW


def test_a_module_for_no_function(asm, judged):
    """What carries no function has no use for a module."""
    assert worst(judged(asm.whole(asm.call("cloudpickle.cloudpickle.subimport", "os")))) is Severity.HIGH


def test_a_module_under_another_name(judged):
    """`import os as helper`: the function names neither `os` nor anything bad by itself."""
    found = judged(cloudpickle.dumps(function(RENAMED)))
    assert worst(found) is Severity.CRITICAL
    assert any("os.system" in message for _, message in found["pickle-embedded-code"])


def test_a_method_of_that_name_beside_the_module():
    """Where one function uses `os` by its name, another's `.rename` may be a table's; its `.system` is told."""
    code = function("def f(x):\n    return x.rename('a').system\n").__code__
    carried_code = Code("f", code.co_names, (), code.co_code)
    assert [name for name, _ in carried.aliased(carried_code, "os", anywhere=False)] == ["os.system"]
    own = function("import os\ndef f(x):\n    return os.system\n").__code__
    assert list(carried.aliased(Code("f", own.co_names, (), own.co_code), "os", anywhere=True)) == []


@pytest.mark.parametrize("module", ["subprocess", "socket", "ctypes", "os.system", "random._os"])
def test_other_modules_are_still_told(asm, judged, module: str):
    """What no preprocessing needs, and what dill looks up behind a dot."""
    assert worst(judged(asm.whole(asm.call("dill._dill._import_module", module)))) >= Severity.HIGH


def test_what_is_done_with_an_ordinary_module_is_judged(asm, judged):
    """The import is *low*; a call of something in it is not."""
    module = asm.call("cloudpickle.cloudpickle.subimport", "os")
    found = judged(asm.whole(asm.call(asm.call("builtins.getattr", module, "system"), "true")))
    assert worst(found) is Severity.CRITICAL


def test_globals_of_data_classes(asm, judged):
    """dill names everything in a module whose globals a method has; calling it is another thing."""
    names = [asm.fetch("dataclasses._create_fn"), asm.fetch("dataclasses._MISSING_TYPE")]
    assert worst(judged(asm.whole(*names))) < Severity.MEDIUM
    found = judged(asm.whole(asm.call("dataclasses._create_fn", "f", [], ["import os"])))
    assert worst(found) is Severity.CRITICAL


def test_types_by_their_names(asm, judged):
    """dill's `_load_type('object')` is Python's own `object`."""
    new = asm.call("dill._dill._get_attr", asm.call("dill._dill._load_type", "object"), "__new__")
    assert worst(judged(asm.whole(new))) < Severity.MEDIUM


def test_a_cache_around_a_function(asm, judged):
    """`lru_cache(f)` keeps `f`; what is called through it is still told."""
    kept = asm.call("functools.lru_cache", asm.fetch("math.sqrt"))
    assert worst(judged(asm.whole(kept))) < Severity.MEDIUM
    found = judged(asm.whole(asm.call(asm.call("functools.lru_cache", asm.fetch("os.system")), "true")))
    assert worst(found) >= Severity.HIGH


def test_an_instance_is_no_part_of_a_name(asm, judged):
    """Python's unpickler takes only texts for a name: what follows an array in joblib's files is no attack."""
    made = asm.name("sklearn.preprocessing._discretization.KBinsDiscretizer") + b")\x81"
    assert judged(asm.whole(made + asm.text("dtype") + b"\x93)R")) == {}
    text = asm.call("builtins.str.join", "", ["o", "s"])
    assert worst(judged(asm.whole(text + asm.text("system") + b"\x93)R"))) >= Severity.HIGH
