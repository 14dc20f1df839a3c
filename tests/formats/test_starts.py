"""A format that is not asked because of the first byte would have said no."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.formats.catalogue import SIGNATURES
from assay.formats.signature import Claim, Head, Signature
from assay.formats.source import Memory

QUICK = [signature for signature in SIGNATURES if signature.first_bytes is not None]
NAMES = ["m.bin", "config.json", "a.yaml", "x.toml", "setup.py", "chat_template.jinja", "requirements.txt", "n.ipynb"]


@pytest.mark.parametrize("signature", QUICK, ids=lambda signature: signature.name)
@given(data=st.data())
def test_no_claim_is_hidden(signature: Signature, data: st.DataObject) -> None:
    """Whatever follows the byte, and whatever the file is called."""
    starts = signature.first_bytes
    assert starts is not None
    other = data.draw(st.sampled_from(sorted(set(range(0x100)) - starts)))
    content = bytes([other]) + data.draw(st.binary(max_size=64) | st.sampled_from([b'{"a": 1}', b"a: 1\n", b"[x]\n"]))
    assert signature.claims(Head(Memory(content), data.draw(st.sampled_from(NAMES)))) is Claim.NO
