"""Fuzz the pickle machine: ``python fuzz/pickles.py read|differential [libFuzzer arguments]``.

``read`` wants nothing but an end: a crash is any exception but :class:`~assay.core.errors.FormatError`, more than five
seconds or a gigabyte. ``differential`` also runs CPython's unpicklers on stand-ins that only log, and wants what they
fetched and called at the start of what the machine saw. Needs ``atheris``.

(The module is not named ``pickle`` since Python would then find it in place of its own.)
"""

from __future__ import annotations

import collections
import datetime
import importlib
import os
import pickle
import resource
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
    from assay.formats.pickle.signatures import SIGNATURES
    from assay.formats.pickle.stream import run
    from assay.formats.signature import Head
    from assay.formats.source import Memory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "formats" / "pickle"))

LIMITS = Limits(seconds=4, opcodes=500_000, memo=100_000, members=1000, held=16 << 20, expanded=64 << 20)


def seeds() -> list[bytes]:
    """Pickles of all protocols that reach most opcodes."""
    value = [
        {"a": (1, 2.5, "x" * 20, b"y"), "b": {1, 2}, "c": frozenset("z"), 70000: 1 << 80},
        datetime.datetime(2024, 1, 1),
        collections.OrderedDict(a=1),
        bytearray(b"abc"),
        pickle.dumps(collections.OrderedDict(b=2), 2),
    ]
    found = [pickle.dumps(value, protocol) for protocol in range(6)]
    found += [found[2] + found[4], found[0] + b"trailing", b"junk\n" + found[2], found[3][:-9]]
    return [
        *found,
        b"(S'a'\nI0x10\nL5L\nF1.5\nV\\u0061\nios\nsystem\np0\n0g0\n.",
        b"\x80\x04(cos\nsystem\n\x8c\x02ido0N.",
        b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93h\x00h\x01\x93(\x82\x01\x83\x01\x00Pid\n\x8c\x01kQtR}\x92b.",
        b"\x80\x02cos\nsystem\n)\x81}(U\x01ak\x01ub](K\x01e\x8f(K\x02\x90(K\x03\x91\x97\x98\x96\0\0\0\0\0\0\0\0.",
    ]


def read(data: bytes) -> None:
    """Recognise and read it as a file, and look at all that came out."""
    for name in ("m.pkl", "m.txt"):
        SIGNATURES[0].claims(Head(Memory(data), name))
        try:
            view = reader.read(Memory(data), Budget(LIMITS, inert=frozenset(("os.system",))), name)
        except FormatError:
            continue
        list(view.members())
        list(view.facts())
        assert 0 <= view.end <= len(data)
        assert view.trailing >= 0


def differential(data: bytes) -> None:
    """Compare the machine with both unpicklers."""
    real = importlib.import_module("test_differential")  # beside the tests; loaded before the clock starts
    if any(code in data for code in b"\x82\x83\x84"):
        return  # this process has registered no extensions
    if len(data) > 400:
        return  # the machine keeps the start of long containers only
    view = run(Memory(data), 0, Budget(LIMITS), streams=1, strings=False)
    for unpickler in (pickle.Unpickler, pickle._Unpickler):
        log: list[tuple] = []
        try:
            error = real.real(unpickler, data, log)
        except (MemoryError, RecursionError):
            continue
        if view.frames_differ:  # it depends on the unpickler, and on its file, what is done: the view holds all of it
            continue
        assert real.agrees(view, log, complete=not error), (data, unpickler, error)
        if not error:
            assert not view.problems, (data, view.problems)


TARGETS: dict[str, Callable[[bytes], None]] = {"read": read, "differential": differential}


def main() -> None:
    """Fuzz the target that the first argument names."""
    name, *arguments = sys.argv[1:]
    if name == "differential":  # CPython's unpickler allocates what a memo index or a length claims
        resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))
    for seed in seeds():
        TARGETS[name](seed)
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds()):
            Path(folder, f"seed-{number}").write_bytes(seed)
        atheris.Setup([sys.argv[0], "-timeout=5", "-max_len=4096", *arguments, folder], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
