"""A format that is not asked because of the first byte would have said no."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.formats.catalogue import SIGNATURES, recognise
from assay.formats.signature import Claim, Head, Signature
from assay.formats.source import Memory

QUICK = [signature for signature in SIGNATURES if signature.first_bytes is not None]
SUFFIXES = frozenset[str]().union(*(signature.suffixes | signature.endings for signature in SIGNATURES))
NAMES = [
    *(f"m{suffix}" for suffix in sorted(SUFFIXES)),
    "saved_model.pb", "keras_metadata.pb", "__model__", "MLmodel", "storages", "setup.py", "chat_template.jinja",
    "requirements.txt", "w.data-00000-of-00001", "n-symbol.json",
]  # fmt: skip
STARTS = [b'{"a": 1}', b"a: 1\n", b"[x]\n", b"<net>", b"K\x03\x04", b'"pir"', bytes(40)]


@pytest.mark.parametrize("signature", QUICK, ids=lambda signature: signature.name)
@given(data=st.data())
def test_no_claim_is_hidden(signature: Signature, data: st.DataObject) -> None:
    """Whatever follows the byte, and whatever the file is called, but for the endings that a format is asked for."""
    starts = signature.first_bytes
    assert starts is not None
    other = data.draw(st.sampled_from(sorted(set(range(0x100)) - starts)))
    content = bytes([other]) + data.draw(st.binary(max_size=64) | st.sampled_from(STARTS))
    head = Head(Memory(content), data.draw(st.sampled_from(NAMES)))
    if head.suffix not in signature.endings:
        assert signature.claims(head) is Claim.NO


@given(st.binary(min_size=1, max_size=64) | st.sampled_from(STARTS), st.sampled_from(NAMES))
def test_all_that_claim_are_found(content: bytes, name: str) -> None:
    """Those that are asked are all that would say anything but no, in their order."""
    head = Head(Memory(content), name)
    asked = [(signature, claim) for signature in SIGNATURES if (claim := signature.claims(head))]
    assert recognise(head) == asked
