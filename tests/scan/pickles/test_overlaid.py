"""Arrays of objects in joblib's files: a plain unpickler meets the outer pickle's memo in the inner one."""

from __future__ import annotations

import struct

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.pickle import pickle
from assay.formats.source import Memory
from assay.scan.pickles.judgement import judge


def text(value: str) -> bytes:
    """A string constant."""
    return b"X" + struct.pack("<I", len(value)) + value.encode()


WRAPPER = (
    b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}("
    + text("shape") + b"(K\x01t" + text("dtype") + b"cnumpy\ndtype\n(" + text("O8")
    + b"\x89\x88tR(K\x03X\x01\x00\x00\x00|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb" + b"ub"
)  # fmt: skip


def file(memoized: bytes, name: str = "dtype") -> bytes:
    """An outer pickle whose first memo entry is this, and an array of objects that memoizes ``numpy`` there."""
    inner = b"\x80\x05" + text("numpy") + b"q\x000h\x00" + text(name) + b"\x93(" + text("O8") + b"\x89\x88tR."
    fixed = inner.replace(b"q\x000h\x00", b"\x940h\x00")  # MEMOIZE: another entry when the outer memo is kept
    return b"\x80\x04" + memoized + b"\x94" + WRAPPER + fixed + b"0."


def worst(data: bytes) -> Severity:
    """The worst that is said of the file's plain and of its own reading, without the inner pickle."""
    view = pickle.read(Memory(data), Budget(), "m.joblib")
    assert view.overlaid
    hits = [hit for found in judge(view).hits.values() for hit in found]
    return max((Severity.HIGH if hit.severity is None else hit.severity for hit in hits), default=Severity.INFO)


@pytest.mark.parametrize(
    "memoized",
    [
        text("penalty"),
        b"csklearn.linear_model._logistic\nLogisticRegression\n",
        b"csklearn.linear_model._logistic\nLogisticRegression\n)\x81",
        b"cacme.models\nScaler\n",
        b"cacme.models\nScaler\n)\x81",
        b"]",
        b"K\x05",
    ],
)
def test_what_only_the_outer_memo_makes_of_a_name_is_no_alarm(memoized: bytes) -> None:
    """joblib 1.6 writes object arrays with protocol 5: their names for NumPy are recalled from a memo of their own."""
    assert worst(file(memoized)) <= Severity.LOW


def test_a_name_that_the_outer_memo_makes_dangerous_is_told() -> None:
    """``numpy.system`` for joblib is ``os.system`` for a plain unpickler."""
    assert worst(file(text("os"), "system")) >= Severity.HIGH


def test_a_name_put_together_by_calls_is_told() -> None:
    """A call may give a text, so nothing ends there."""
    assert worst(file(b"cacme.names\nmodule\n)R")) >= Severity.HIGH
