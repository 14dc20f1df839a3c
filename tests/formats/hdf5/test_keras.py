"""The reader of Keras configurations: every object, in whatever JSON Python's own reader takes."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.hdf5.keras import Keras, read
from assay.formats.hdf5.signatures import keras_config
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat

MODEL = {"class_name": "Sequential", "config": {"layers": [{"module": "os", "class_name": "A", "config": {}}]}}


def opened(data: bytes) -> Keras:
    """The view."""
    return read(Memory(data), Budget(), "config.json")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_encoding_of_json_is_read(encoding: str) -> None:
    """Keras hands bytes to Python's reader, which tells these apart by itself."""
    data = json.dumps(MODEL).encode(encoding)
    assert keras_config(Head(Memory(data), "config.json")) is Claim.PLAUSIBLE
    assert [found.name for found in opened(data).objects] == ["Sequential", "A"]


def test_keys_written_as_escapes_are_read() -> None:
    """``class_name`` hides behind escapes from whoever searches the bytes."""
    data = json.dumps(MODEL).replace("class_name", "cl\\u0061ss_n\\u0061me").encode()
    assert len(opened(data).objects) == 2


def test_of_keys_that_stand_twice_both_values_are_seen() -> None:
    """Two parsers may take either."""
    data = b'{"class_name": "A", "config": {"layers": [{"class_name": "Bad", "config": {}}]}, "config": {}}'
    view = opened(data)
    assert {found.name for found in view.objects} >= {"A", "Bad"}
    assert view.repeated == ["config"]


def test_leading_white_space_hides_nothing() -> None:
    """However much of it there is."""
    data = b" " * 10_000 + json.dumps(MODEL).encode()
    assert keras_config(Head(Memory(data), "config.json")) is Claim.PLAUSIBLE
    assert opened(data).objects


@pytest.mark.parametrize(
    "text", ["{}", '{"model_type": "bert"}', "[1, 2]", '{"class_name": 3}', '{"a": "class_name"}', "{class_name"]
)
def test_other_json_is_another_format(text: str) -> None:
    """What names no class is not ours."""
    with pytest.raises(NotThisFormat):
        opened(text.encode())


def test_deep_nesting_ends() -> None:
    """A hundred thousand brackets do not exhaust the stack."""
    with pytest.raises(FormatError):
        opened(b'{"class_name":' * 100_000)


KEYS = st.sampled_from(["class_name", "config", "module", "layers", "function", "vocabulary", "x"])
TREES = st.recursive(
    st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=30
)


@given(TREES)
def test_any_json_ends(tree: object) -> None:
    """Whatever types stand where others belong."""
    from assay.scan.rules import rules_for

    with contextlib.suppress(FormatError):
        view = opened(json.dumps(tree).encode())
        list(view.members())
        for rule in rules_for("keras"):
            list(rule.check(view))


@given(st.binary(max_size=200))
def test_any_bytes_end(data: bytes) -> None:
    """Recognising never raises, reading only our own error."""
    keras_config(Head(Memory(data), "config.json"))
    with contextlib.suppress(FormatError):
        opened(b'{"class_name": ' + data)
