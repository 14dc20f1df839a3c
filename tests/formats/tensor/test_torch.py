"""PyTorch's files, new and old: which numbers a pickle refers to, what belongs there, and which code they carry."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget, Limits
from assay.formats.source import Memory
from assay.formats.tensor import torch_legacy, torch_tar, torch_zip, torchscript
from assay.formats.tensor.torch_zip import Torch, Variant
from assay.formats.view import NotThisFormat

MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
HEADER = b"\x80\x02M\xe9\x03.\x80\x02}."


def text(value: str) -> bytes:
    """A string constant."""
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def storage(key: str, count: int, kind: str = "Float") -> bytes:
    """The persistent id of a storage."""
    where = text(key) + text("cpu") + b"J" + struct.pack("<i", count)
    return b"(" + text("storage") + f"ctorch\n{kind}Storage\n".encode() + where + b"tQ"


def tensor(stored: bytes, shape: tuple[int, int]) -> bytes:
    """The call that makes a matrix of a storage."""
    sizes = b"K" + bytes((shape[0],)) + b"K" + bytes((shape[1],)) + b"\x86"
    stride = b"K" + bytes((shape[1],)) + b"K\x01\x86"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + stored + b"K\x00" + sizes + stride + b"\x89}tR"


def state(**tensors: bytes) -> bytes:
    """A pickled dict of tensors."""
    return b"\x80\x02}(" + b"".join(text(name) + made for name, made in tensors.items()) + b"u."


def zipped(entries: dict[str, bytes]) -> bytes:
    """A zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return stream.getvalue()


def checkpoint(**more: bytes) -> dict[str, bytes]:
    """The entries of a small checkpoint."""
    return {
        "m/data.pkl": state(w=tensor(storage("0", 6), (2, 3))),
        "m/byteorder": b"little",
        "m/data/0": struct.pack("<6f", *range(6)),
        "m/version": b"3\n",
        "m/.data/serialization_id": b"1234",
    } | {f"m/{name}": content for name, content in more.items()}


def read(entries: dict[str, bytes]) -> Torch:
    """Read a zip of these entries."""
    return torch_zip.read(Memory(zipped(entries)), Budget(), "m.pt")


def test_a_checkpoint() -> None:
    """Its storages, the tensors made of them by name, and nothing that does not belong."""
    view = read(checkpoint())
    assert (view.variant, view.mismatches, view.unreferenced, view.problems) == (Variant.STATE, [], [], [])
    assert [(found.name, found.dtype, found.shape) for found in view.tensors()] == [("m/data/0", "float32", (6,))]
    (named,) = view.named_tensors()
    assert (named.name, named.shape, named.source.size) == ("w", (2, 3), 24)
    assert view.covers() == {"m/data/0"}


def test_big_endian_checkpoints() -> None:
    """The entry ``byteorder`` says so."""
    assert all(found.big_endian for found in read(checkpoint() | {"m/byteorder": b"big"}).tensors())


def test_storages_that_disagree_with_the_pickle() -> None:
    """One is missing, one has more bytes than the pickle says."""
    entries = checkpoint() | {"m/data.pkl": state(a=tensor(storage("0", 4), (2, 2)), b=tensor(storage("1", 4), (2, 2)))}
    found = {mismatch.entry: (mismatch.expected, mismatch.found) for mismatch in read(entries).mismatches}
    assert found == {"m/data/0": (16, 24), "m/data/1": (16, None)}


def test_what_pytorch_does_not_write_is_unreferenced() -> None:
    """A second pickle beside the first, and numbers that nothing refers to."""
    entries = checkpoint(**{"extra/opt.pkl": b"\x80\x02N.", "data/7": bytes(4), "code/x.py": b""})
    assert [entry.name for entry in read(entries).unreferenced] == ["m/extra/opt.pkl", "m/data/7"]


def test_torchscript_is_read_as_text() -> None:
    """Operators and native classes by namespace; what stands in strings and comments is neither."""
    source = """
def forward(self: __torch__.M, x: Tensor) -> Tensor:
  # torch.save(x, "a")
  y = torch.add(x, ops.acme.fused (x))
  _0 = ops.prim.RaiseException("torch.save(x)")
  torch . save(y, "/tmp/x")
  z = annotate(__torch__.torch.classes.tensorrt.Engine, x)
"""
    uses = [(use.space, use.name, use.is_class, use.line) for use in torchscript.uses(source)]
    assert uses == [
        ("aten", "add", False, 4),
        ("acme", "fused", False, 4),
        ("prim", "RaiseException", False, 5),
        ("aten", "save", False, 6),
        ("tensorrt", "Engine", True, 7),
    ]
    view = read(checkpoint(**{"code/__torch__.py": source.encode(), "constants.pkl": b"\x80\x02)."}))
    assert view.variant is Variant.SCRIPT
    assert len(view.scripts) == len(uses)


def test_compiled_functions_name_their_operators() -> None:
    """PyTorch's loader for phones runs ``bytecode.pkl`` alone: ``code`` need not be there."""
    compiled = b"\x80\x02(X\x0f\0\0\0aten::from_fileX\x09\0\0\0aten::addX\x09\0\0\0aten::add"
    compiled += b"X\x24\0\0\0__torch__.torch.classes.acme.Engine1t."
    view = read(checkpoint(**{"bytecode.pkl": compiled, "constants.pkl": b"\x80\x02)."}))
    found = [(script.use.space, script.use.name, script.use.is_class) for script in view.scripts]
    assert found == [("aten", "from_file", False), ("aten", "add", False), ("acme", "Engine1", True)]


def test_exported_programs() -> None:
    """Size expressions that are more than arithmetic, and the graph's operators."""
    graph = (
        rb'{"target": "torch.ops.aten.add.Tensor", "a": {"expr_str": "Max(1, 2*s0 + u1//3)"},'
        rb' "b": {"expr_str": "__import__(\"os\").system(\"id\")"}, "c": {"expr_str": "s0.__class__"}}'
    )
    view = read({"serialized_exported_program.json": graph, "version": b"1.0"})
    assert view.variant is Variant.EXPORT
    assert [found for _, found in view.expressions] == ['__import__("os").system("id")', "s0.__class__"]
    assert [found for _, found in view.operators] == ["torch.ops.aten.add.Tensor"]


def test_packages_and_archives_carry_code() -> None:
    """Python that runs is a fact for the rules of the folder, native code is told."""
    package = read({"p/.data/extern_modules": b"", "p/model/net.py": b"", "p/model/model.pkl": b"\x80\x02N."})
    assert (package.variant, [fact.value for fact in package.facts()]) == (Variant.PACKAGE, ["p/model/net.py"])
    served = read({"MAR-INF/MANIFEST.json": b"{}", "handler.py": b"", "lib/x.so": b""})
    assert (served.variant, [entry.name for entry in served.native]) == (Variant.ARCHIVE, ["lib/x.so"])


def test_other_zips_are_not_pytorchs() -> None:
    """Without any of its marks."""
    with pytest.raises(NotThisFormat):
        read({"a.txt": b"data.pkl"})


def legacy(key: str = "94", count: int = 6, numbers: int = 6, first: bytes = MAGIC, tail: bytes = b"") -> bytes:
    """A file as PyTorch wrote it before 1.6."""
    keys = b"\x80\x02](" + text(key) + b"e."
    numbered = struct.pack("<q", numbers) + struct.pack(f"<{numbers}f", *range(numbers))
    return first + HEADER + state(w=tensor(storage(key, count), (2, 3))) + keys + numbered + tail


def test_a_legacy_checkpoint() -> None:
    """Five pickles, then the numbers, then nothing."""
    view = torch_legacy.read(Memory(legacy()), Budget(), "m.pth")
    assert [(found.dtype, found.source.size) for found in view.tensors()] == [("float32", 24)]
    assert [(found.shape, found.source.read(4, 4)) for found in view.named_tensors()] == [
        ((2, 3), struct.pack("<f", 1))
    ]
    assert (view.computed_magic, view.mismatches, view.trailing, view.problems) == (False, [], 0, [])


def test_a_computed_magic_number_is_seen() -> None:
    """picklescan's bypass: the first pickle calls something that gives the number."""
    first = b"\x80\x02cbuiltins\nint\n(" + text("0x1950a86a20f9469cfc6c") + b"K\x10tR."
    view = torch_legacy.read(Memory(legacy(first=first)), Budget(), "m.bin")
    assert view.computed_magic
    assert [found.source.size for found in view.tensors()] == [24]


def test_legacy_numbers_that_disagree_and_what_follows_them() -> None:
    """The pickle says four, the file has six, and a script comes behind."""
    view = torch_legacy.read(Memory(legacy(count=4, tail=b"#!/bin/sh\n")), Budget(), "m.pth")
    assert [count for _, count in view.mismatches] == [6]
    assert [member.source.read(0, 99) for member in view.members()] == [b"#!/bin/sh\n"]


def test_a_legacy_file_that_claims_more_than_it_has() -> None:
    """It cannot be told."""
    data = legacy()[:-4]
    assert torch_legacy.read(Memory(data), Budget(), "m.pth").problems


def test_other_pickles_are_not_pytorchs() -> None:
    """The second pickle is not its version."""
    with pytest.raises(NotThisFormat):
        torch_legacy.read(Memory(b"\x80\x02N.\x80\x02N."), Budget(), "m.pth")


def test_the_parts_of_a_tar_are_pickles_between_numbers() -> None:
    """A payload between two storages is a member: ``torch.load`` runs it, with ``weights_only`` or without."""
    described = b"\x80\x02(" + text("0") + text("cpu") + b"ctorch\nFloatStorage\nt."
    payload = b"\x80\x02cos\nsystem\n(" + text("id") + b"tR0(" + text("1") + text("cpu") + b"ctorch\nFloatStorage\nt."
    numbers = struct.pack("<q2f", 2, 0.5, 0.5)
    view = torch_tar.read(Memory(b"\x80\x02K\x02." + described + numbers + payload + numbers), Budget(), "storages")
    assert [member.source.read(0, 999) for member in view.members()] == [b"\x80\x02K\x02.", described, payload]
    assert [found.shape for found in view.tensors()] == [(2,), (2,)]
    tensors = b"\x80\x02K\x01." + described + struct.pack("<ii2q2qq", 2, 0, 2, 3, 3, 1, 0)
    assert len(list(torch_tar.read(Memory(tensors), Budget(), "tensors").members())) == 2
    with pytest.raises(NotThisFormat):
        torch_tar.read(Memory(b"\x80\x02N."), Budget(), "storages")


@given(st.data())
def test_it_ends_on_changed_files(data: st.DataObject) -> None:
    """Some bytes of good files changed: a view, or an error of the format's own."""
    described = b"\x80\x02(" + text("0") + text("cpu") + b"ctorch\nFloatStorage\nt."
    files = [
        (torch_zip.read, zipped(checkpoint())),
        (torch_legacy.read, legacy()),
        (torch_tar.read, b"\x80\x02K\x01." + described + struct.pack("<q2f", 2, 0.5, 0.5)),
    ]
    reader, content = data.draw(st.sampled_from(files))
    changed = bytearray(content)
    for _ in range(3):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        view = reader(Memory(bytes(changed)), Budget(Limits(members=100, opcodes=10_000)), "storages")
        assert all(part.source.size <= len(changed) for part in (*view.tensors(), *view.members()))
    except FormatError:
        return
