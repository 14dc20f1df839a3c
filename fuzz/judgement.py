"""Fuzz the judgement of pickles: ``python fuzz/judgement.py READER [libFuzzer arguments]``.

``judge`` reads bytes as a pickle and runs every rule over what was seen; ``marshalled`` reads code objects. A crash is
any exception but :class:`~assay.core.errors.FormatError`; libFuzzer itself watches time and memory
(``-timeout=5 -rss_limit_mb=1024``). Needs ``atheris``.
"""

from __future__ import annotations

import collections
import fractions
import functools
import marshal
import operator
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ["ASSAY_PURE"] = "1"  # what is compiled cannot be instrumented

import atheris

with atheris.instrument_imports(include=["assay"]):
    from assay.core.errors import FormatError
    from assay.formats.budget import Budget, Limits
    from assay.formats.pickle import pickle as reader
    from assay.formats.source import Memory
    from assay.scan.pickles import marshalled
    from assay.scan.rules import rules_for

LIMITS = Limits(seconds=4, members=10_000, held=16 << 20, expanded=64 << 20, opcodes=1_000_000)
#: Names that the judgement treats in a way of their own.
NAMES = (
    "os system", "builtins getattr", "functools partial", "copyreg _reconstructor", "dill._dill _create_code",
    "dill._dill _create_function", "dill._dill _unmarshal", "torch._tensor _rebuild_from_type_v2",
    "torch.storage _load_from_bytes",
    "cloudpickle.cloudpickle _builtin_type", "torch.fx.graph_module reduce_graph_module", "operator attrgetter",
    "numpy.random._pickle __randomstate_ctor", "types MethodType", "random _os.system", "numpy __builtins__",
)  # fmt: skip


def _pickles() -> list[bytes]:
    code = compile("import os\ndef f(x):\n    return os.system(x)\n", "x", "exec")
    values = [
        {"a": [1, "x", 2.5], "b": (None, True)}, functools.partial(max, 1), operator.attrgetter("a.b"),
        operator.itemgetter(1),
        collections.defaultdict(list), fractions.Fraction(1, 3), [1].append, range(3), collections.OrderedDict(a=1),
    ]  # fmt: skip
    seeds = [pickle.dumps(value, protocol) for value in values for protocol in (0, 2, 4)]
    for name in NAMES:
        fetched = b"\x80\x02c" + name.replace(" ", "\n").encode() + b"\n"
        seeds.append(fetched + b"(X\x01\x00\x00\x00aK\x01C\x02ab(X\x02\x00\x00\x00ost}tR(K\x01tR}b.")
        seeds.append(fetched + b"q\x00(h\x00h\x00(h\x00tNtR0h\x00)\x81h\x00b.")
    marshalled_bytes = marshal.dumps(code)
    body = b"B" + len(marshalled_bytes).to_bytes(4, "little") + marshalled_bytes
    return [*seeds, b"\x80\x03cdill._dill\n_unmarshal\n" + body + b"\x85R."]


def _codes() -> list[bytes]:
    sources = (
        "import os\nos.system('x')\n",
        "def f(x, *, y=1):\n    def g():\n        return x + y\n    return g\n",
        "lambda: {1, 2}\n",
    )
    return [marshal.dumps(compile(source, "x", "exec"), version) for source in sources for version in (2, 3, 4)]


def _judge(data: bytes) -> None:
    view = reader.read(Memory(data), Budget(LIMITS), "model.pkl")
    for rule in rules_for("pickle"):
        for hit in rule.check(view):
            assert hit.message.isprintable(), hit


def _read_code(data: bytes) -> None:
    marshalled.read(data)


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[], list[bytes]]]] = {
    "judge": (_judge, _pickles),
    "marshalled": (_read_code, _codes),
}


def main() -> None:
    """Write the seeds and hand over to libFuzzer."""
    target, seeds = TARGETS[sys.argv[1]]

    def once(data: bytes) -> None:
        try:
            target(data)
        except FormatError:
            return

    folder = Path(tempfile.mkdtemp(prefix="fuzz-judgement-"))
    for number, seed in enumerate(seeds()):
        (folder / f"seed{number}").write_bytes(seed)
        once(seed)
    atheris.Setup([sys.argv[0], *sys.argv[2:], str(folder)], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
