"""Several whole PyTorch zips in a row are files of their own; any other row of zips contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest

from assay.formats.archive import zip as zips
from assay.formats.archive import zip_row
from assay.formats.budget import Budget, LimitReached, Limits
from assay.formats.catalogue import recognise
from assay.formats.signature import Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat


@pytest.fixture
def shard(zip_entry: Any, zip_file: Any) -> Any:
    """What ``torch.save`` writes to a stream, as far as the zip goes."""

    def make(content: bytes, name: bytes = b"archive/data.pkl", comment: bytes = b"") -> bytes:
        return zip_file(
            entries=[zip_entry(name, content), zip_entry(b"archive/version", b"3\n")], comment=comment
        ).render()

    return make


def test_each_zip_of_a_row_is_a_member(shard: Any) -> None:
    """A shard of torch.distributed.checkpoint: every zip is inspected by itself, and the whole is no zip."""
    parts = [shard(b"first"), shard(b"second one"), shard(b"third")]
    source = Memory(b"".join(parts))
    assert "zip-row" in [signature.name for signature, _ in recognise(Head(source, "__0_0.distcp"))]
    members = list(zip_row.read(source, Budget(), "__0_0.distcp").members())
    assert [member.source.read(0, 1 << 20) for member in members] == parts
    assert {member.expected for member in members} == {("zip", "torch")}
    with pytest.raises(NotThisFormat):
        zips.read(source, Budget(), "__0_0.distcp")


@pytest.mark.parametrize("change", ["one", "other names", "gap", "comment", "prefix"])
def test_any_other_row_is_no_row(shard: Any, change: str) -> None:
    """A single zip, zips that are not PyTorch's, bytes between or before them: the zip reader sees all of it."""
    one = shard(b"first")
    data = {
        "one": one,
        "other names": shard(b"a", b"evil/data.pkl") + shard(b"b", b"evil/data.pkl"),
        "gap": one + b"\0" + shard(b"second"),
        "comment": one + shard(b"second", comment=b"hi"),
        "prefix": b"#!" + one + shard(b"second"),
    }[change]
    with pytest.raises(NotThisFormat):
        zip_row.read(Memory(data), Budget(), "m.pt")
    assert zips.read(Memory(data), Budget(), "m.pt").entries


def test_a_row_is_bounded(shard: Any) -> None:
    """More zips than a file may have members end in the limit."""
    with pytest.raises(LimitReached):
        zip_row.read(Memory(shard(b"x") * 9), Budget(Limits(members=5)), "m.distcp")
