"""What runs, in streams made to hide it: one test for each way that a scanner was led astray."""

from __future__ import annotations

import io
import pickle
import struct

import pytest

from assay.formats.budget import Limits
from assay.formats.pickle.state import BLOCK
from assay.formats.pickle.values import Call, Global, Opaque, Result
from assay.formats.pickle.view import Pickle

SYSTEM = b"cos\nsystem\n"
CALL = SYSTEM + b"(S'id'\ntR"


def called(view: Pickle) -> list[str]:
    """Dotted names of what is called, in order."""
    return [call.target.dotted if isinstance(call.target, Global) else "?" for call in view.calls]


def short(text: str) -> bytes:
    """SHORT_BINUNICODE."""
    return b"\x8c" + bytes([len(text)]) + text.encode()


# How a call is written.


@pytest.mark.parametrize(
    ("stream", "op"),
    [
        (b"cos\nsystem\n(S'id'\ntR.", "REDUCE"),
        (b"(S'id'\nios\nsystem\n.", "INST"),
        (b"(cos\nsystem\nS'id'\no.", "OBJ"),
        (b"\x80\x02cos\nsystem\nU\x02id\x85\x81.", "NEWOBJ"),
        (b"\x80\x04" + short("os") + short("system") + b"\x93" + short("id") + b"\x85}\x92.", "NEWOBJ_EX"),
        (b"\x80\x04" + short("os") + short("system") + b"\x93" + short("id") + b"\x85R.", "REDUCE"),
    ],
)
def test_every_way_to_call(run, stream: bytes, op: str) -> None:
    """Each opcode that calls is told with its arguments."""
    view = run(stream)
    (call,) = view.calls
    assert (call.op, call.target.dotted, call.args) == (op, "os.system", ("id",))
    assert not view.problems


def test_protocol_2_names_are_mapped(run) -> None:
    """Python 2's names are told as Python 3 imports them, with what the file writes; not above protocol 2."""
    view = run(b"\x80\x02c__builtin__\neval\nU\x011\x85R.")
    assert view.imports == [Global("builtins", "eval", 2, raw=("__builtin__", "eval"))]
    assert called(run(b"ccommands\ngetoutput\n(S'id'\ntR.")) == ["subprocess.getoutput"]
    assert called(run(b"\x80\x03c__builtin__\neval\nC\x011\x85R.")) == ["__builtin__.eval"]


@pytest.mark.parametrize(
    ("code", "number"), [(b"\x82\x07", 7), (b"\x83\x01\x02", 513), (b"\x84\x01\0\0\x01", 16777217)]
)
def test_extension_codes(run, code: bytes, number: int) -> None:
    """EXT: the name is in the registry of the program that loads; that it is called is told all the same."""
    view = run(b"\x80\x02" + code + b"U\x02id\x85R.")
    assert view.imports == [Global("", "", 2, extension=number)]
    assert view.calls[0].target == view.imports[0]


def test_extension_code_zero_is_an_error(run) -> None:
    """Both unpicklers refuse a code that is not positive."""
    assert run(b"\x80\x02\x82\x00.").broken
    assert run(b"\x80\x02\x84\xff\xff\xff\xff.").broken


def test_names_put_together_by_calls(run) -> None:
    """STACK_GLOBAL of a call's result: what it comes from is told in place of a name."""
    view = run(
        b"\x80\x04"
        + short("builtins")
        + short("str")
        + b"\x93"
        + short("o")
        + b"\x85R"
        + short("system")
        + b"\x93"
        + short("id")
        + b"\x85R."
    )
    fetched = view.imports[1]
    assert (fetched.module, fetched.name) == ("", "system")
    assert isinstance(fetched.computed[0], Result)
    assert view.calls[1].target is fetched


def test_stack_global_of_numbers_is_an_error(run) -> None:
    """STACK_GLOBAL requires text."""
    assert run(b"\x80\x04K\x01K\x02\x93.").broken
    assert run(b"\x80\x04C\x02os" + short("system") + b"\x93.").broken


# The memo.


def test_memo_filled_after_pop(run) -> None:
    """BINPUT takes what is on top of the stack, not what an opcode made last (picklescan: None.None)."""
    view = run(
        b"\x80\x04"
        + short("os")
        + b"N0q\x00"
        + short("system")
        + b"N0q\x010h\x01\x930h\x00h\x01\x93"
        + short("id")
        + b"\x85R."
    )
    assert "os.system" in [found.dotted for found in view.imports]
    assert called(view)[-1] == "os.system"


def test_memoize_twice(run) -> None:
    """MEMOIZE of the same value takes two entries (picklescan: None.None)."""
    view = run(
        b"\x80\x04"
        + short("os")
        + b"\x94\x94"
        + short("system")
        + b"\x94\x940"
        + b"0h\x01h\x03\x93"
        + short("id")
        + b"\x85R."
    )
    assert called(view) == ["os.system"]


def test_memo_is_forgotten_between_pickles(run) -> None:
    """The second pickle's memo is its own: what the first left there stands for nothing (picklescan, `--strict`)."""
    first = b"\x80\x04" + short("collections") + b"\x94" + short("OrderedDict") + b"\x94\x93."
    second = (
        b"\x80\x04" + short("os") + b"\x94" + short("system") + b"\x94" + b"00h\x00h\x01\x93" + short("id") + b"\x85R."
    )
    view = run(first + second)
    assert called(view)[0] == "os.system"
    assert view.streams == 2


def test_memo_is_kept_by_an_unpickler_used_twice(run) -> None:
    """One unpickler that loads twice keeps its memo: what only then works is seen too, and is no error."""
    first = b"\x80\x04" + short("os") + b"\x94" + short("system") + b"\x94."
    view = run(first + b"\x80\x04h\x00h\x01\x93" + short("id") + b"\x85R.")
    assert called(view) == ["os.system"]
    assert (view.problems, view.streams) == ([], 2)


def test_memo_means_two_things(run) -> None:
    """A second pickle that does different things to a new unpickler and to a used one: both are told."""
    first = b"\x80\x04" + short("os") + b"\x94" + short("system") + b"\x94."
    second = b"\x80\x04" + short("math") + b"\x940" + short("sin") + b"\x940h\x00h\x01\x93" + short("id") + b"\x85R."
    assert set(called(run(first + second))) == {"os.system", "math.sin"}


def test_huge_memo_index(run) -> None:
    """PUT with a huge index costs nothing (modelscan issue 86)."""
    index = (1 << 32) - 1
    view = run(
        b"\x80\x04"
        + short("os")
        + b"r"
        + struct.pack("<I", index)
        + b"0"
        + b"j"
        + struct.pack("<I", index)
        + short("system")
        + b"\x93."
    )
    assert [found.dotted for found in view.imports] == ["os.system"]
    assert not run(b"N" + b"p999999999999999999\n" + b"g999999999999999999\n.").problems


def test_memo_entry_never_set(run) -> None:
    """GET of nothing stops either unpickler."""
    assert run(CALL + b"g7\n.").broken
    assert called(run(CALL + b"h\x07.")) == ["os.system"]


@pytest.mark.parametrize("order", [(0, 5000, 2), (9, 3, 20_000, 4096, 4097), tuple(range(40, -1, -1))])
def test_memo_in_any_order(run, order: tuple[int, ...]) -> None:
    """Entries set in any order, near and far, keep their values, and MEMOIZE takes the number of those set."""
    puts = b"".join(b"J" + struct.pack("<i", index) + b"r" + struct.pack("<I", index) + b"0" for index in order)
    gets = b"".join(b"j" + struct.pack("<I", index) for index in order)
    view = run(b"\x80\x02(" + puts + gets + b"t.")
    assert view.results[0].items[:64] == order[:64]
    count = len(order)
    assert not run(b"\x80\x04" + puts + b"N\x94j" + struct.pack("<I", count) + b".").problems


def test_growing_over_far_entries(run) -> None:
    """Entries that were far away are found again when the memo has grown past them, and are counted once."""
    far = b"K\x07r" + struct.pack("<I", 6000) + b"0"
    near = b"".join(b"K\x01r" + struct.pack("<I", index) + b"0" for index in range(0, 12_000, 3000))
    view = run(b"\x80\x04" + far + near + b"j" + struct.pack("<I", 6000) + b".")
    assert view.results == [1]
    view = run(
        b"\x80\x04"
        + far
        + b"K\x01r"
        + struct.pack("<I", 4000)
        + b"0K\x02r"
        + struct.pack("<I", 7000)
        + b"0j"
        + struct.pack("<I", 6000)
        + b"K\x09\x94h\x03\x87."
    )
    assert view.results[0].items == (7, 9, 9)


# Arguments that other parsers take for something else.


@pytest.mark.parametrize(
    "prefix",
    [
        b"I0x10\n0",
        b"I010\n0",
        b"I0\0junk\n0",
        b"L5\0junk\n0",
        b"F1.5\0junk\n0",
        b"S'\xe9\xff'\n0",
        b'S"it\'s"\n0',
        b"I 5\n0",
    ],
    ids=[
        "hexadecimal",
        "octal",
        "zero byte",
        "zero byte in a long",
        "zero byte in a float",
        "not ASCII",
        "quotes",
        "blank",
    ],
)
def test_what_only_c_reads(run, prefix: bytes) -> None:
    """Arguments that the C unpickler reads and `pickletools` does not are no place to stop (picklescan: exit 0)."""
    view = run(prefix + CALL + b".")
    assert called(view) == ["os.system"]
    assert not view.problems


def test_raw_unicode_escape(run) -> None:
    """UNICODE undoes escapes: a name written with them is the same name."""
    view = run(b"\x80\x04V\\u006fs\nV\\u0073ystem\n\x93" + short("id") + b"\x85R.")
    assert called(view) == ["os.system"]


def test_proto_again_and_again(run) -> None:
    """PROTO may stand anywhere and changes how names are mapped; a protocol that does not exist is an error."""
    assert called(run(b"\x80\x05\x80\x04\x80\x00" + CALL + b".")) == ["os.system"]
    assert run(b"\x80\x06N.").broken
    view = run(b"\x80\x02" + CALL + b"\x80\x09.")
    assert view.broken
    assert called(view) == ["os.system"]


def test_a_result_that_is_dropped(run) -> None:
    """A call counts though its result is popped (fickling GHSA-mxhj-88fx-4pcv)."""
    assert called(run(b"(cos\nsystem\nS'id'\no0N.")) == ["os.system"]
    assert called(run(b"(" + CALL + b"1N.")) == ["os.system"]


def test_broken_tail(run) -> None:
    """What ran before the break counts (the broken pickles that were found on a hub)."""
    for tail in (b"\xff", b"", b"0000.", b"X\xff\xff\0\0", b"c", b"g9\n."):
        view = run(CALL + tail)
        assert called(view) == ["os.system"]
        assert view.broken
        assert len(view.problems) == 1


def test_payload_behind_many_opcodes(run) -> None:
    """There is no number of opcodes after which nobody looks any more."""
    assert called(run(b"\x80\x02" + b"N0" * 30_000 + CALL + b".")) == ["os.system"]


def test_payload_behind_a_large_string(run) -> None:
    """Long strings are passed over, wherever the machine's window on the bytes ends."""
    for size in (BLOCK, 3_000_000):
        view = run(b"\x80\x02B" + struct.pack("<I", size) + bytes(size) + b"0" + CALL + b".")
        assert called(view) == ["os.system"]


@pytest.mark.parametrize("before", range(-45, 3, 3))
def test_payload_across_the_window(run, before: int) -> None:
    """An opcode that lies across the end of the machine's window on the bytes is read as any other."""
    size = BLOCK - 6 + before
    view = run(b"B" + struct.pack("<I", size) + bytes(size) + b"0" + CALL + b".")
    assert called(view) == ["os.system"]
    assert not view.problems


def test_line_longer_than_the_window(run) -> None:
    """A line of protocol 0 may have any length."""
    view = run(b"S'" + b"x" * 2_500_000 + b"'\n0" + CALL + b".")
    assert called(view) == ["os.system"]
    assert not view.problems


def test_truncated_strings(run) -> None:
    """A string that claims more than there is ends the pickle there, at no cost."""
    for claim in (b"B\xff\xff\xff\xff", b"\x8e" + b"\xff" * 8, b"\x8e" + b"\xff" * 7 + b"\x7f", b"T\xff\xff\xff\xff"):
        assert run(b"\x80\x04" + claim + b"abc.").broken


# Stack and marks.


@pytest.mark.parametrize(
    "stream",
    [
        b"0.",
        b"(1.",
        b"N(R.",
        b"2.",
        b"t.",
        b"(.",
        b"a.",
        b"(e.",
        b"(u.",
        b"]N(a.",
        b"\x85.",
        b"N(\x85.",
        b"p0\n.",
        b"\x94.",
        b"}(K\x01u.",
        b"(K\x01d.",
        b"(o.",
        b"b.",
        b"Nb.",
        b"\x81.",
        b"N)R.",
        b"K\x01)R.",
        b"cbuiltins\nlen\nK\x01R.",
        b")(K\x01e.",
        b"K\x01(K\x01e.",
        b"](K\x01\x90.",
        b"\x8f(K\x01e.",
        b"]}\x92.",
    ],
)
def test_where_both_unpicklers_stop(run, stream: bytes) -> None:
    """Underflow at the stack's end and at marks, and calls of what cannot be called."""
    for unpickler in (pickle.Unpickler, pickle._Unpickler):
        with pytest.raises((pickle.UnpicklingError, IndexError, TypeError, AttributeError, KeyError, EOFError)):
            unpickler(io.BytesIO(stream)).load()
    assert run(stream).broken


def test_pop_takes_the_mark(run) -> None:
    """POP on nothing but a mark takes the mark, as both unpicklers do."""
    view = run(b"K\x01(0K\x02\x86.")
    assert view.results[0].items == (1, 2)


def test_arguments_that_are_no_tuple(run) -> None:
    """The unpickler written in Python, which joblib and dill use, calls with any iterable."""
    view = run(b"cos\nsystem\n](S'id'\neR.")
    assert view.calls[0].args == ("id",)


def test_items_replaced_in_a_list(run) -> None:
    """SETITEM on a list replaces an item: the arguments are those that are there when it is called."""
    view = run(b"\x80\x02cos\nsystem\n](U\x02okeK\x00U\x02ids\x85R.")
    (argument,) = view.calls[0].args
    assert argument.items == ("id",)


# What is called with what.


def test_filling_what_is_no_container(run) -> None:
    """APPENDS, SETITEMS and ADDITEMS on something fetched or made are calls of it."""
    for code in (b"(K\x01K\x02e", b"(K\x01K\x02u", b"(K\x01K\x02\x90"):
        view = run(b"\x80\x04csys\npath\n" + code + b".")
        assert view.calls[0].args == (1, 2)
        assert view.calls[0].target.dotted == "sys.path"
    assert not run(b"csys\npath\n(e.").calls
    view = run(b"csys\nmodules\n(K\x01K\x02K\x03u.")  # the unpickler written in Python fails behind the first pair
    assert view.calls[0].args == (1, 2)
    assert view.broken


def test_state_given_to_a_function(run) -> None:
    """BUILD on something fetched changes it for the whole program (modelscan issue 330)."""
    view = run(b"\x80\x02cnumpy\nsize\n}U\x03abcNsb.")
    (call,) = view.calls
    assert (call.op, call.target.dotted, call.args[0].items) == ("BUILD", "numpy.size", ("abc", None))


def test_attribute_chains(run) -> None:
    """Results, dotted names and keywords appear in the arguments as what they are."""
    view = run(b"\x80\x04" + short("os") + short("path.join") + b"\x93)R" + b"\x94)R0h\x00\x85" + b"h\x00R.")
    assert view.imports[0].name == "path.join"
    assert isinstance(view.calls[1].target, Result)
    assert view.calls[1].target.call is view.calls[0]


def test_persistent_ids(run) -> None:
    """PERSID and BINPERSID are what the loader is asked for."""
    view = run(b"(Pabc\n(S'storage'\nK\x01tQl.")
    assert view.persistent[0].pid == "abc"
    assert view.persistent[1].pid.items == ("storage", 1)
    assert run(b"P\xff\n.").broken


def test_containers_keep_their_first_items(run) -> None:
    """A container of any size keeps the first 64 and tells how many there were."""
    view = run(pickle.dumps((list(range(100)), tuple(range(70)), {i: i for i in range(50)}), 4))
    first, second, third = view.results[0].items
    assert (first.length, first.items) == (100, tuple(range(64)))
    assert (second.length, len(second.items), third.length, len(third.items)) == (70, 64, 100, 64)


def test_long_constants_are_cut(run) -> None:
    """A constant keeps its first 64 KiB."""
    view = run(b"\x80\x03cos\nsystem\nB" + struct.pack("<I", 200_000) + b"x" * 200_000 + b"\x85R.")
    assert view.calls[0].args == (b"x" * 65_536,)


# Bounds.


def test_expansion_bomb(run) -> None:
    """A pickle that doubles itself forty times is a trifle to read, and what it would become is told."""
    view = run(b"\x80\x04)" + b"2\x86" * 40 + b".")
    assert 1 << 40 <= view.expansion <= 1 << 42
    assert run(b"\x80\x04)" + b"2\x86" * 400 + b".").expansion == 1 << 60


def test_expansion_bomb_of_lists(run) -> None:
    """The same with lists, by the memo."""
    layer = b"](" + b"h\x00h\x00" + b"eq\x000h\x00"
    view = run(b"\x80\x02]q\x00" + layer * 40 + b".")
    assert view.expansion > 1 << 40
    assert run(pickle.dumps([(1, 2)] * 100, 4)).expansion < 1000


@pytest.mark.parametrize(
    ("limits", "stream"),
    [
        (Limits(opcodes=1000), b"N0" * 600_000 + b"N."),
        (Limits(memo=100), b"\x80\x04N" + b"\x94" * 200 + b"."),
    ],
)
def test_limits_are_told(run, limits: Limits, stream: bytes) -> None:
    """What costs too much ends in a problem that names the limit."""
    view = run(CALL + b"0" + stream, limits=limits)
    assert view.problems[0].what.startswith("LIMIT ")
    assert called(view) == ["os.system"]


def test_containers_that_nobody_wants(run) -> None:
    """A pickle of many containers is run in bounded memory, and what is called at its end is still known."""
    count = 90_000
    record = b"}\x94(" + short("k") + b"(K\x01K\x02\x8c\x01vt\x94u"
    stream = b"\x80\x04" + SYSTEM + b"\x94]\x94(" + record * count + b"e0" + short("id") + b"\x85R."
    view = run(stream)
    assert called(view) == ["os.system"]
    assert view.calls[0].args == ("id",)
    assert not view.problems


def test_forgotten_containers_are_known_by_kind(run) -> None:
    """Containers that were dropped from a huge memo are opaque, never mistaken for something else."""
    count = 80_000
    stream = b"\x80\x04" + b"]\x94(K\x01K\x02(K\x03K\x04t\x94e0" * count
    late = b"j" + struct.pack("<I", 2 * 60_000)
    early = b"j" + struct.pack("<I", 10)
    view = run(stream + SYSTEM + early + late + b"\x86R.")
    first, second = view.calls[0].args
    assert (first.items[0], first.length) == (1, 3)
    assert isinstance(second, Opaque)
    assert second.kind == "list"


def test_inert_calls_are_counted(run) -> None:
    """Calls of inert callables with constants are counted after the first few; any other argument is kept."""
    inert = frozenset(("datetime.date",))
    date = b"h\x00C\x04abcd\x85R0"
    view = run(b"\x80\x03cdatetime\ndate\nq\x00" + date * 10_000 + b"h\x00" + SYSTEM + b"\x85R.", inert=inert)
    assert sum(call.count for call in view.calls) == 10_001
    assert len(view.calls) < 100
    assert view.calls[-1].args[0].dotted == "os.system"


def test_too_many_calls_are_kept_by_target(run) -> None:
    """Calls beyond those that are kept one by one are told once for each target, with arguments that are unknown."""
    make = b"h\x00K\x01\x85R0"
    stream = b"\x80\x02capp\nmake\nq\x00" + make * 5000 + SYSTEM + b"U\x02id\x85R"
    view = run(stream + b".", calls_kept=100)
    assert called(view)[-1] == "os.system"
    assert sum(call.count for call in view.calls) == 5001
    assert len(view.calls) == 102
    assert isinstance(view.calls[-1].args[0], Opaque)
    view = run(stream + b")R" * 500 + b".", calls_kept=100)
    assert view.problems[0].what.startswith("LIMIT calls")


def test_deep_nesting(run) -> None:
    """Containers in containers, and results in results, of any depth end."""
    view = run(b"\x80\x02" + b"]" * 50_000 + b"a" * 49_999 + b"0" + SYSTEM + b"(l\x85R.")
    assert called(view) == ["os.system"]
    view = run(SYSTEM + b")R" * 20_000 + b".")
    assert len(view.calls) == 20_000


def test_streams_are_told_apart(run) -> None:
    """Where each pickle ends is told; bytes that are none trail."""
    one, two = pickle.dumps([1], 2), pickle.dumps("x", 4)
    view = run(one + two + b"\0\0rest")
    assert (view.stops, view.streams, view.trailing, view.end) == (
        [len(one), len(one) + len(two)],
        2,
        6,
        len(one + two),
    )
    view = run(b"head" + one + two, start=4, streams=1)
    assert (view.stops, view.end, view.trailing) == ([4 + len(one)], 4 + len(one), 0)


def test_pickle_interrupted_by_raw_bytes(run) -> None:
    """Who asks after BUILD says where the pickle goes on, as joblib's arrays need it."""
    seen: list[tuple[Call, int]] = []

    def skip(call: Call, end: int) -> int | None:
        seen.append((call, end))
        return end + 9

    head = b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}U\x05shapeK\x09sb"
    view = run(head + b"RAWBYTES\xff" + CALL + b".", on_build=skip)
    assert called(view)[-1] == "os.system"
    assert not view.problems
    assert seen[0][1] == len(head)
    assert seen[0][0].args[0].items == ("shape", 9)
    assert run(head + b"x", on_build=lambda call, end: end + 100).broken


def test_frames_that_differ(run) -> None:
    """A frame within a frame: the C unpickler goes on, the Python one does not; that is told, and all of it is seen."""
    frame = b"\x95" + struct.pack("<Q", 30)
    assert not run(pickle.dumps(list(range(10)), 4)).frames_differ
    view = run(b"\x80\x04" + frame + frame + CALL + b".")
    assert view.frames_differ
    assert called(view) == ["os.system"]
