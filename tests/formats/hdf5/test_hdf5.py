"""The HDF5 reader: everything that the library would follow is found, whatever the version of the structures."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.core.errors import FormatError
from assay.formats.budget import Budget, Limits
from assay.formats.hdf5.hdf5 import Hdf5, read
from assay.formats.hdf5.signatures import hdf5
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat

Writer = Any


def opened(data: bytes, limits: Limits | None = None) -> Hdf5:
    """The view, its members and tensors looked at."""
    view = read(Memory(data), Budget(limits), "m.h5")
    list(view.members())
    list(view.tensors())
    return view


def whole(writer: Writer) -> bytes:
    """A file with one of everything."""
    data = writer.dataset(bytes(range(16)))
    outside = writer.dataset(
        bytes(4), layout=bytes([3, 1]) + b"\xff" * 8 + bytes(8), more=(writer.external_files(("/etc/hostname", 3, 4)),)
    )
    virtual = writer.dataset(bytes(4), layout=writer.virtual("/secret.h5", "/weights"))
    chunked = writer.dataset(
        bytes(4), layout=bytes([3, 2, 2]) + b"\xff" * 8 + bytes(8), more=(writer.filters((1, ""), (40000, "acme")),)
    )
    group = writer.header(writer.link("data", data), writer.text("model_config", b'{"class_name": "Sequential"}'))
    old = writer.old_header(writer.old_group(data=data, group=group), writer.attribute("a", b"eight by", version=1))
    dense = writer.header(writer.dense_links(writer.soft("s", "/nowhere"), writer.external("e", "x.h5", "/y")))
    return bytes(
        writer.file(
            writer.header(
                writer.link("group", group), writer.link("old", old), writer.link("dense", dense),
                writer.link("outside", outside), writer.link("virtual", virtual), writer.link("chunked", chunked),
                writer.attribute("keras_version", b"3.10.0 or whatever"),
            )
        )
    )  # fmt: skip


def test_everything_that_hard_links_reach_is_found(writer: Writer) -> None:
    """Groups of both kinds, datasets, links and attributes come out with their paths, and nothing is a problem."""
    view = opened(whole(writer))
    assert view.problems == []
    assert {"/", "/group", "/old", "/dense"} <= set(view.groups)
    assert {dataset.path for dataset in view.datasets} == {"/group/data", "/outside", "/virtual", "/chunked"}
    assert {(link.path, link.kind, link.file, link.target) for link in view.links} == {
        ("/dense/s", "soft", "", "/nowhere"),
        ("/dense/e", "external", "x.h5", "/y"),
    }
    assert {attribute.path for attribute in view.attributes} == {"/@keras_version", "/group@model_config", "/old@a"}


def test_tensors_are_windows_on_the_file(writer: Writer) -> None:
    """Raw numbers in one piece are given with type and shape, at their place."""
    data = whole(writer)
    (tensor,) = read(Memory(data), Budget(), "m.h5").tensors()
    assert (tensor.name, tensor.dtype, tensor.shape) == ("/group/data", "uint8", (16,))
    assert tensor.source.read(0, 16) == bytes(range(16)) == data[tensor.offset or 0 :][:16]


def test_configurations_are_members_that_keras_reads(writer: Writer) -> None:
    """A text of variable length is looked up in the global heap and given on as a Keras configuration."""
    members = {member.name: member for member in read(Memory(whole(writer)), Budget(), "m.h5").members()}
    config = members["/group@model_config"]
    assert config.source.read(0, 100) == b'{"class_name": "Sequential"}'
    assert config.expected == ("keras-config",)


def test_a_file_of_the_first_version_is_read(writer: Writer) -> None:
    """The old superblock with an old root group, as most Keras files have it."""
    writer.data += bytes(64)
    data = writer.dataset(b"12345678")
    root = writer.old_header(writer.old_group(weights=data), writer.attribute("backend", b"tensorflow", version=1))
    view = opened(writer.old_file(root))
    assert [dataset.path for dataset in view.datasets] == ["/weights"]
    assert not view.problems


def test_what_stands_before_and_behind_is_a_member(writer_class: type[Writer]) -> None:
    """A block of the user's and bytes behind the end are given on: each may be another file altogether."""
    writer = writer_class(userblock=b"#!/bin/sh\nid\n".ljust(512, b"\0"))
    data = bytes(writer.file(writer.header())) + b"PK\x03\x04 and so on"
    assert hdf5(Head(Memory(data), "m.bin")) is Claim.PLAUSIBLE
    members = {member.name: member.source.read(0, 9) for member in read(Memory(data), Budget(), "").members()}
    assert members == {"userblock": b"#!/bin/sh", "trailing data": b"PK\x03\x04 and "}


def test_cycles_of_links_end(writer: Writer) -> None:
    """A group that contains itself is walked once."""
    root = writer.header(writer.link("a", 0))
    at = writer.data.find(struct.pack("<Q", 0), root)
    writer.data[at : at + 8] = struct.pack("<Q", root)
    assert opened(writer.file(root)).groups == ["/"]


def test_one_broken_object_does_not_hide_another(writer: Writer) -> None:
    """A link into nowhere is told, and the external link beside it is found."""
    root = writer.header(writer.link("broken", 1 << 40), writer.external("e", "/etc/passwd", "/"))
    view = opened(writer.file(root))
    assert [link.file for link in view.links] == ["/etc/passwd"]
    assert view.problems


def test_a_dataset_beyond_the_file_is_told(writer: Writer) -> None:
    """Bytes that are not there make the file one that we cannot tell about."""
    data = writer.dataset(bytes(4), layout=bytes([3, 1]) + struct.pack("<QQ", 64, 1 << 50))
    assert "ends beyond the file" in opened(writer.file(writer.header(writer.link("d", data)))).problems[0].what


def test_many_links_meet_the_limit(writer: Writer) -> None:
    """The number of members is bounded, and what was found until then stands."""
    links = [writer.external(f"e{number}", "x.h5", "/") for number in range(50)]
    view = opened(writer.file(writer.header(*links)), Limits(members=20))
    assert "LIMIT members" in view.problems[0].what
    assert view.links


@pytest.mark.parametrize("data", [b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes([9]) * 100])
def test_a_broken_superblock_is_an_error(data: bytes) -> None:
    """A file that begins as HDF5 and cannot be read is never passed over."""
    assert hdf5(Head(Memory(data), "m.h5")) is Claim.CERTAIN
    with pytest.raises(FormatError):
        read(Memory(data), Budget(), "m.h5")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 6000), st.binary(min_size=1, max_size=9)), max_size=8),
    cut=st.integers(0, 9000),
)
def test_mutated_files_end(writer_class: type[Writer], changes: list[tuple[int, bytes]], cut: int) -> None:
    """Whatever is changed or cut off, reading ends, and with nothing but our own error."""
    data = bytearray(whole(writer_class()))
    for place, piece in changes:
        data[place : place + len(piece)] = piece
    with contextlib.suppress(FormatError):
        opened(bytes(data[: len(data) - cut if cut < 4000 else len(data)]), Limits(members=5_000, seconds=20))


@given(st.binary(max_size=300))
def test_any_bytes_end(data: bytes) -> None:
    """The same for bytes that only begin as HDF5."""
    for start in (
        b"",
        b"\x89HDF\r\n\x1a\n",
        b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0",
        b"\x89HDF\r\n\x1a\n\x02\x08\x08\0",
    ):
        hdf5(Head(Memory(start + data), "m"))
        try:
            opened(start + data)
        except FormatError:
            continue


def test_a_file_in_a_zip_is_not_read_beside_it(writer_class: type[Any]) -> None:
    """Keras stores its weights as they are: where they begin at byte 512 the whole zip looks like HDF5."""
    writer = writer_class()
    inner = writer.file(writer.header(writer.text("name", b"weights of a model")))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("config.json", b" " * (512 - 41 - 30 - len("model.weights.h5")))
        made.writestr("model.weights.h5", inner)
    data = buffer.getvalue()
    assert data.index(b"\x89HDF") == 512
    with pytest.raises(NotThisFormat):
        read(Memory(data), Budget(), "m.keras")
    other = data.replace(b"PK\x03\x04", b"PK\x03\x05")
    assert read(Memory(other), Budget(), "m.keras").end == 512 + len(inner)
