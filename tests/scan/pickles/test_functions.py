"""Functions that a pickle carries as code: judged by the names they use, whichever library wrote them down."""

from __future__ import annotations

import marshal
import types
from collections.abc import Callable
from typing import Any

import cloudpickle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.core.finding import Severity
from assay.scan.callables.harm import Harm
from assay.scan.pickles import carried, marshalled
from assay.scan.pickles.carried import Code

HARMFUL = "def f(x):\n    import os\n    os.system('true')\n    return x\n"
HARMLESS = "def f(x):\n    import numpy as np\n    return np.log(x) + model.eval(x)\n"


def function(source: str) -> Callable[..., Any]:
    """The function that a text defines, as if in a notebook."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "<notebook>", "exec"), names)
    return names["f"]


def code_of(source: str) -> types.CodeType:
    """Its code."""
    return function(source).__code__


def fields(code: types.CodeType) -> tuple[Any, ...]:
    """A code object's fields as dill writes them down: the constructor's, and one more before them."""
    return (
        b"\x02\x01", code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_nlocals,
        code.co_stacksize,
        code.co_flags, code.co_code, code.co_consts, code.co_names, code.co_varnames, code.co_filename, code.co_name,
        code.co_name, code.co_firstlineno, b"", b"", code.co_freevars, code.co_cellvars,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("source", "severity"), [(HARMFUL, Severity.CRITICAL), (HARMLESS, Severity.LOW)], ids=["os", "numpy"]
)
def test_cloudpickle(judged, source: str, severity: Severity):
    """A lambda that computes is *low*; one that reaches a shell is told by what it reaches."""
    found = judged(cloudpickle.dumps(function(source)))
    assert list(found) == ["pickle-embedded-code"]
    assert [each for each, _ in found["pickle-embedded-code"]] == [severity]


@pytest.mark.parametrize(
    ("source", "severity"), [(HARMFUL, Severity.CRITICAL), (HARMLESS, Severity.LOW)], ids=["os", "numpy"]
)
def test_dill(asm, judged, source: str, severity: Severity):
    """dill's `_create_function(_create_code(…), …)`."""
    code = asm.call("dill._dill._create_code", *fields(code_of(source)))
    made = asm.call("dill._dill._create_function", code, {"__name__": "__main__"}, "f", None, None)
    found = judged(asm.whole(made))
    assert [each for each, _ in found["pickle-embedded-code"]] == [severity]
    assert list(found) == ["pickle-embedded-code"]


def test_a_code_object_by_its_type(asm, judged):
    """GHSA-565g-hwwr-4pp3: `types.CodeType` and `types.FunctionType`, called on the spot."""
    made = asm.call("types.FunctionType", asm.call("types.CodeType", *fields(code_of(HARMFUL))[1:]), {})
    found = judged(asm.whole(asm.call(made, 1)))
    assert found["pickle-executes-code"][0][0] == Severity.CRITICAL
    assert "os.system" in found["pickle-embedded-code"][0][1]


def test_marshalled_code(asm, judged):
    """Old dill wrote code as `marshal` bytes."""
    found = judged(asm.whole(asm.call("dill._dill._unmarshal", marshal.dumps(code_of(HARMFUL)))))
    assert "os.system" in found["pickle-embedded-code"][0][1]
    found = judged(asm.whole(asm.call("dill._dill._unmarshal", b"\xe3nonsense")))
    assert found["pickle-embedded-code"][0][0] == Severity.HIGH


def test_code_in_parts_that_cannot_be_read(asm, judged):
    """Code whose names are made by calls is no code that anybody can vouch for."""
    parts = list(fields(code_of(HARMFUL)))
    parts[9] = asm.call("builtins.tuple", ["os", "system"])
    found = judged(asm.whole(asm.call("dill._dill._create_code", *parts)))
    assert found["pickle-embedded-code"][0][0] == Severity.HIGH


def test_more_names_than_are_kept(asm, judged):
    """What uses more names than a container keeps is not vouched for: the last of them may be the one that counts."""
    parts = list(fields(code_of(HARMLESS)))
    parts[9] = tuple(f"name{number}" for number in range(100))
    found = judged(asm.whole(asm.call("dill._dill._create_code", *parts)))
    assert max(severity for severity, _ in found["pickle-embedded-code"]) == Severity.MEDIUM


def test_a_graph_of_torch(asm, judged):
    """`torch.fx` runs a text when its graph is loaded: definitions are *low*, what they must not reach is told."""
    honest = "\n\n\ndef forward(self, input):\n    weight = self._0(input);  input = None\n    return weight\n"
    for source, severity in ((honest, Severity.LOW), ("import os\nos.system('true')\n", Severity.CRITICAL)):
        found = judged(
            asm.whole(asm.call("torch.fx.graph_module.reduce_graph_module", {"_code": source}, "import torch"))
        )
        assert max(each for each, _ in found["pickle-embedded-code"]) == severity


def test_a_method_of_that_name_is_not_the_function():
    """`model.eval()` and `re.compile()` are not `eval` and `compile`: the instructions tell them apart."""
    for source in (HARMLESS, "def f(x):\n    import re\n    return re.compile(x)\n"):
        code = code_of(source)
        assert carried.judge(Code("f", code.co_names, (), code.co_code)).reaches == []
    code = code_of("def f(x):\n    return eval(x)\n")
    assert carried.judge(Code("f", code.co_names, (), code.co_code)).reaches == [("eval", Harm.CODE)]


@pytest.mark.parametrize(
    "body",
    ["().__class__.__base__.__subclasses__()", "getattr(__import__('o'+'s'), 'system')", "open('/etc/passwd').read()",
     "exec(x)", "__builtins__['eval'](x)", "getattr(x, 'system')('true')"],
)  # fmt: skip
def test_ways_out_are_told(body: str):
    """Code that climbs out through a class, a built-in or a text for `getattr` does not count as computing."""
    code = code_of(f"def f(x):\n    return {body}\n")
    texts = tuple(each for each in code.co_consts if isinstance(each, str))
    assert carried.judge(Code("f", code.co_names, texts, code.co_code)).reaches


def test_instructions_of_no_python_count_as_everything():
    """Where the instructions fit no Python, a name counts as a global and as an attribute."""
    uses = carried.uses(Code("f", ("eval",), (), b"\xff\xff\xff"))
    assert not uses.sure
    assert "eval" in uses.globals


def test_marshalled_code_is_read_as_python_reads_it():
    """Names, constants and nested functions are those of the code object itself."""
    code = compile("import os\ndef g(x):\n    return lambda y: os.path.join(x, 'text', y)\n", "x", "exec")
    found = marshalled.read(marshal.dumps(code))
    assert [each.name for each in found] == ["<lambda>", "g", "<module>"]
    assert found[0].names == ("os", "path", "join")
    assert found[0].texts == ("text",)
    assert found[-1].instructions == code.co_code


@given(st.binary(max_size=200), st.integers(0, 300), st.binary(max_size=4))
def test_marshalled_bytes_are_read_or_refused(noise: bytes, place: int, patch: bytes):
    """Any bytes, and real ones with some changed, end: in code objects or in a FormatError."""
    real = marshal.dumps(code_of(HARMFUL))
    for data in (noise, real[:place] + patch + real[place + len(patch) :]):
        try:
            marshalled.read(data)
        except FormatError:
            continue
