"""The machine sees what CPython's own unpicklers do, on harmless streams that were generated."""

from __future__ import annotations

import io
import pickle
import re
import struct

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assay.formats.pickle.values import Global, Items, Opaque, Persistent, Result
from assay.formats.pickle.view import Pickle

Log = list[tuple]


class Recorder:
    """A stand-in for whatever a pickle fetches or makes: it logs how it is called, and is never anything else."""

    log: Log

    def __init__(self, log: Log, what: str) -> None:
        self.log, self.what = log, what

    def __call__(self, *args: object, **keywords: object) -> Recorder:
        self.log.append(("call", self.what, shown(args), shown(keywords) if keywords else None))
        return Recorder(self.log, f"{self.what}()")

    def __setstate__(self, state: object) -> None:
        self.log.append(("build", self.what, shown(state)))

    def extend(self, items: object) -> None:
        self.log.append(("items", self.what, shown(tuple(items))))

    def append(self, item: object) -> None:
        self.log.append(("items", self.what, shown((item,))))

    def add(self, item: object) -> None:
        self.log.append(("items", self.what, shown((item,))))

    def __setitem__(self, key: object, value: object) -> None:
        self.log.append(("items", self.what, shown((key, value))))

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        return self is other


def recorder_type(log: Log, what: str) -> type:
    """A class that logs, since NEWOBJ takes nothing else."""

    def make(cls: type, *args: object, **keywords: object) -> Recorder:
        log.append(("call", what, shown(args), shown(keywords) if keywords else None))
        return Recorder(log, f"{what}()")

    class Meta(type):
        def __setstate__(cls, state: object) -> None:
            log.append(("build", what, shown(state)))

        def extend(cls, items: object) -> None:
            log.append(("items", what, shown(tuple(items))))

        def append(cls, item: object) -> None:
            log.append(("items", what, shown((item,))))

        def add(cls, item: object) -> None:
            log.append(("items", what, shown((item,))))

        def __setitem__(cls, key: object, value: object) -> None:
            log.append(("items", what, shown((key, value))))

    return Meta("Made", (), {"__new__": make, "what": what, "__init__": lambda *_, **__: None})


def shown(value: object, depth: int = 0) -> object:
    """What can be compared of a value: its type and content, and of a recorder where it comes from."""
    if depth > 6:
        return "..."
    if isinstance(value, (Recorder, type)) and hasattr(value, "what"):
        return value.what
    if isinstance(value, dict):
        return ("dict", tuple(shown(part, depth + 1) for pair in value.items() for part in pair)[:64])
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, tuple(shown(part, depth + 1) for part in value)[:64])
    if isinstance(value, (set, frozenset)):
        return (type(value).__name__, len(value))
    if isinstance(value, bool):
        return ("int", int(value))  # the two unpicklers do not agree on which lines are booleans
    if isinstance(value, bytearray):
        return ("bytes", bytes(value))
    if isinstance(value, float):
        return ("float", struct.pack(">d", value))
    return (type(value).__name__, value)


def real(unpickler: type, data: bytes, fetched_log: Log) -> str:
    """Run real pickles on recorders; what it did is in the log. Gives the error's name, or nothing."""

    class Harmless(unpickler):
        def find_class(self, module: str, name: str) -> type:
            what = f"{module}.{name}"
            fetched_log.append(("fetch", what))
            return recorder_type(fetched_log, what)

        def persistent_load(self, pid: object) -> Recorder:
            fetched_log.append(("persistent", shown(pid)))
            return Recorder(fetched_log, "persistent")

    try:
        Harmless(io.BytesIO(data), encoding="latin-1").load()
    except Exception as error:
        return type(error).__name__
    return ""


def seen(view) -> Log:
    """The machine's log in the same words, in the order of offsets; the first fetch of each name only."""
    events: list[tuple[int, int, tuple]] = []
    for fetched in view.imports:
        raw = fetched.raw or (fetched.module, fetched.name)
        events.append((fetched.offset, 0, ("fetch", f"{raw[0]}.{raw[1]}")))
    for found in view.persistent:
        events.append((found.offset, 0, ("persistent", words(found.pid))))
    for call in view.calls:
        what = origin(call.target)
        if call.op == "BUILD":
            event = ("build", what, words(call.args[0]))
        elif call.op in ("REDUCE", "NEWOBJ", "NEWOBJ_EX", "OBJ", "INST"):
            keywords = call.keywords
            named = words(keywords) if isinstance(keywords, Items) and keywords.length else None
            event = ("call", what, ("tuple", tuple(words(part, 1) for part in call.args)), named)
        elif call.op in ("SETITEM", "SETITEMS", "ADDITEMS"):
            step = 1 if call.op == "ADDITEMS" else 2
            for start in range(0, len(call.args), step):
                part = tuple(words(value, 1) for value in call.args[start : start + step])
                events.append((call.offset, start + 1, ("items", what, ("tuple", part))))
            continue
        else:
            event = ("items", what, ("tuple", tuple(words(value, 1) for value in call.args)))
        events.append((call.offset, 1, event))
    return [event for _, _, event in sorted(events, key=lambda found: found[:2])]


def origin(value: object) -> str:
    """Where a recorder would say that it comes from."""
    if isinstance(value, Global):
        raw = value.raw or (value.module, value.name)
        return f"{raw[0]}.{raw[1]}"
    if isinstance(value, Result):
        return origin(value.call.target) + "()"
    return "persistent" if isinstance(value, Persistent) else "?"


def words(value: object, depth: int = 0) -> object:
    """As :func:`shown`, of the machine's values."""
    if depth > 6:
        return "..."
    if isinstance(value, (Global, Result, Persistent)):
        return origin(value)
    if isinstance(value, Items):
        if value.kind in ("set", "frozenset"):
            return (value.kind, "?")
        items = value.items
        if value.kind == "dict":
            pairs = {}
            for key, item in zip(items[::2], items[1::2], strict=True):
                pairs[repr(words(key))] = (key, item)
            items = tuple(part for key, item in pairs.values() for part in (key, item))
        return (value.kind, tuple(words(part, depth + 1) for part in items))
    if isinstance(value, bool):
        return ("int", int(value))
    if isinstance(value, float):
        return ("float", struct.pack(">d", value))
    if isinstance(value, Opaque):
        return ("opaque", value.kind)
    return (type(value).__name__, value)


def first_fetches(log: Log) -> Log:
    """A log in which every name is fetched once, and items of sets do not count."""
    known: set[str] = set()
    kept: Log = []
    for event in log:
        if event[0] == "fetch":
            if event[1] == ".":
                break  # a GLOBAL without any argument, at the end: neither name is there
            if event[1] in known:
                continue
            known.add(event[1])
        kept.append(event)
    return kept


def plain(event: object) -> object:
    """An event without what the machine does not model: the number of different things in a set, equal dict keys."""
    if isinstance(event, tuple):
        if len(event) == 2 and event[0] in ("set", "frozenset"):
            return event[0]
        return tuple(plain(part) for part in event)
    return event


UNKNOWN = ("tuple", (("opaque", "arguments"),))


def agrees(view: Pickle, log: Log, *, complete: bool) -> bool:
    """Whether what an unpickler did is the start of what the machine saw, or, when ``complete``, all of it."""
    machine, expected = plain(tuple(first_fetches(seen(view)))), plain(tuple(first_fetches(log)))
    if len(machine) < len(expected) or (complete and len(machine) != len(expected)):
        return False
    return all(
        ours == theirs or (ours[0] == "call" and ours[2] == UNKNOWN and ours[:2] == theirs[:2])
        for ours, theirs in zip(machine, expected, strict=False)
    )


NAMES = st.sampled_from(["alpha", "beta.gamma", "__builtin__", "UserDict", "delta", "copy_reg"])
ATTRIBUTES = st.sampled_from(["make", "inner.make", "eval", "UserDict", "_reconstructor"])
TEXTS = st.sampled_from(["a", "b", "key", "über", "x" * 70, ""])
SMALL = st.integers(0, 3)


def line(code: bytes, *parts: str) -> bytes:
    """An opcode with its arguments in lines."""
    return code + b"".join(part.encode() + b"\n" for part in parts)


CONSTANTS = st.one_of(
    st.sampled_from(
        [b"N", b"\x88", b"\x89", b")", b"I00\n", b"I01\n", b"I0x10\n", b"I-7\n", b"L5L\n", b"F1.5\n", b"S'it'\n"]
    ),
    st.sampled_from(
        [
            b"S'\\x41\\n'\n",
            b'S"\xe9"\n',
            b"V\\u0061b\n",
            b"I010\n",
            b"L0x1fL\n",
            b"G?\xf8\0\0\0\0\0\0",
            b"\x8a\x02\x00\x80",
        ]
    ),
    st.binary(max_size=1).map(lambda b: b"K" + b.ljust(1, b"\0")),
    st.binary(min_size=2, max_size=2).map(lambda b: b"M" + b),
    st.binary(min_size=4, max_size=4).map(lambda b: b"J" + b),
    st.binary(max_size=90).map(lambda b: b"C" + bytes([len(b)]) + b),
    st.binary(max_size=20).map(lambda b: b"B" + struct.pack("<I", len(b)) + b),
    st.binary(max_size=20).map(lambda b: b"\x8e" + struct.pack("<Q", len(b)) + b),
    st.binary(max_size=20).map(lambda b: b"\x96" + struct.pack("<Q", len(b)) + b),
    # What is not ASCII in Python 2's strings means what the loader says.
    st.binary(max_size=20).map(lambda b: b"U" + bytes([len(b)]) + bytes(byte & 127 for byte in b)),
    st.binary(max_size=20).map(lambda b: b"T" + struct.pack("<i", len(b)) + bytes(byte & 127 for byte in b)),
    TEXTS.map(lambda t: b"\x8c" + bytes([len(t.encode())]) + t.encode()),
    TEXTS.map(lambda t: b"X" + struct.pack("<I", len(t.encode())) + t.encode()),
    TEXTS.map(lambda t: b"\x8d" + struct.pack("<Q", len(t.encode())) + t.encode()),
    st.integers(0, 40).map(lambda n: b"\x8a" + bytes([n]) + bytes(range(1, n + 1))),
    st.integers(0, 40).map(lambda n: b"\x8b" + struct.pack("<i", n) + bytes(range(1, n + 1))),
)
MEMO = st.one_of(
    st.just(b"\x94"),
    SMALL.map(lambda n: b"q" + bytes([n])),
    SMALL.map(lambda n: b"r" + struct.pack("<I", n)),
    st.sampled_from([b"p0\n", b"p 2\n", b"p1\n", b"r\xff\xff\x00\x00", b"p70000\n"]),
)
RECALL = st.one_of(
    SMALL.map(lambda n: b"h" + bytes([n])),
    SMALL.map(lambda n: b"j" + struct.pack("<I", n)),
    st.sampled_from([b"g0\n", b"g1\n", b"g+2\n", b"j\xff\xff\x00\x00", b"g70000\n"]),
)
FETCH = st.one_of(
    st.builds(lambda module, name: line(b"c", module, name), NAMES, ATTRIBUTES),
    st.builds(
        lambda module, name: (
            b"\x8c" + bytes([len(module)]) + module.encode() + b"\x8c" + bytes([len(name)]) + name.encode() + b"\x93"
        ),
        NAMES,
        ATTRIBUTES,
    ),
)
OTHER = st.sampled_from(
    [
        b"0",
        b"1",
        b"2",
        b"(",
        b"(",
        b"]",
        b"}",
        b"\x8f",
        b"l",
        b"d",
        b"t",
        b"\x85",
        b"\x86",
        b"\x87",
        b"\x91",
        b"\x80\x02",
        b"\x80\x03",
        b"\x80\x04",
        b"R",
        b"b",
        b"\x81",
        b"\x92",
        b"o",
        b"a",
        b"e",
        b"s",
        b"u",
        b"\x90",
        b"\x93",
        b"Q",
        b"Pid\n",
        b"(ialpha\nmake\n",
        b".",
        b"\x95\0\0\0\0\0\0\0\0",
    ]
)
#: Whole phrases, so that calls with real arguments are common.
PHRASES = st.one_of(
    FETCH.map(lambda fetch: fetch + b")R"),
    st.builds(lambda fetch, first: fetch + first + b"\x85R", FETCH, CONSTANTS),
    st.builds(lambda fetch, first, second: fetch + first + second + b"\x86\x81", FETCH, CONSTANTS, CONSTANTS),
    st.builds(lambda fetch, first: fetch + b"(" + first + b"t}(\x8c\x01k" + first + b"u\x92", FETCH, CONSTANTS),
    st.builds(lambda fetch, first: b"(" + fetch + first + b"o", FETCH, CONSTANTS),
    st.builds(lambda first, second: b"(" + first + second + b"ialpha\nmake\n", CONSTANTS, CONSTANTS),
    st.builds(lambda fetch, first: fetch + b")\x81}\x8c\x01k" + first + b"sb", FETCH, CONSTANTS),
    st.builds(lambda fetch, first: fetch + b")R(" + first + first + b"e", FETCH, CONSTANTS),
    st.builds(lambda fetch, first: fetch + b")R(" + first + first + b"u", FETCH, CONSTANTS),
    st.builds(lambda fetch, first: fetch + b")R(" + first + first + b"\x90", FETCH, CONSTANTS),
    st.builds(lambda fetch, first: fetch + b"](" + first + first + b"e\x85R", FETCH, CONSTANTS),
    st.builds(lambda first: first + b"Q", CONSTANTS),
)
STREAMS = st.lists(st.one_of(PHRASES, PHRASES, CONSTANTS, MEMO, RECALL, FETCH, OTHER), max_size=24).map(b"".join)


#: A memo index or a length of a bytearray that may be large.
HUGE = re.compile(rb"r(?!..?\0\0|\xff\xff\0\0)|\x96(?!.\0{7})|[pg][^\n]{6}", re.DOTALL)


def check(run, data: bytes) -> None:
    """Compare one stream."""
    view = run(data, streams=1)
    for unpickler in (pickle.Unpickler, pickle._Unpickler):
        log: Log = []
        error = real(unpickler, data, log)
        if view.frames_differ:
            continue  # what is done depends on the unpickler and on its file: see test_frames
        assert agrees(view, log, complete=not error), (data, unpickler, error)
        if not error:
            assert not view.problems, (data, view.problems)
            assert view.stops, data


@given(
    stream=STREAMS, protocol=st.sampled_from([b"", b"\x80\x02", b"\x80\x04"]), end=st.sampled_from([b"N.", b".", b""])
)
@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(stream=b"calpha\nmake\n)Rq\x000N", protocol=b"", end=b".")
@example(stream=b"(N(K\x010000", protocol=b"", end=b"N.")
@example(stream=b"I5\0x\nL5\0xL\nF1.5\0x\nI\x00\np0\0x\ng0\0x\n", protocol=b"", end=b".")
def test_what_runs_is_what_the_machine_sees(run, stream: bytes, protocol: bytes, end: bytes) -> None:
    """Everything that either unpickler fetches and calls is seen, in order; and nothing else, when it succeeds."""
    check(run, protocol + stream + end)


@given(stream=STREAMS, data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_broken_streams_too(run, stream: bytes, data: st.DataObject) -> None:
    """The same of streams with bytes changed, cut or put in."""
    mutable = bytearray(b"\x80\x04" + stream + b"N.")
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(2, len(mutable) - 1))
        what = data.draw(st.sampled_from(["change", "cut", "insert"]))
        if what == "change":
            mutable[place] = data.draw(st.integers(0, 255))
        elif what == "cut":
            del mutable[place:]
            break
        else:
            mutable[place:place] = data.draw(st.binary(min_size=1, max_size=3))
        if len(mutable) < 3:
            break
    if b"\x82" in mutable or b"\x83" in mutable or b"\x84" in mutable:
        return  # the extension registry of this process is empty
    if HUGE.search(mutable):
        return  # CPython's unpicklers allocate what a memo index or a length claims
    check(run, bytes(mutable))


@pytest.mark.parametrize("protocol", range(6))
def test_what_pickle_writes(run, protocol: int) -> None:
    """What Python itself writes is read to its end without a problem."""
    value = {"a": [1, 2.5, "x", b"y", None, True], "b": ({1, 2}, frozenset("z"), 10**30, -1), "c": complex(1, 2)}
    view = run(pickle.dumps([value, value], protocol))
    assert (view.problems, view.trailing, view.streams) == ([], 0, 1)
    assert {found.dotted for found in view.imports} <= {
        "builtins.complex",
        "builtins.set",
        "builtins.frozenset",
        "_codecs.encode",
    }
