"""What is wrong with an archive is named; what any common tool writes is silent."""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import tarfile
import zipfile
import zlib

import pytest

from assay.core.finding import Severity
from assay.formats.archive import streams, tar, zip_records
from assay.formats.archive import zip as zip_reader
from assay.formats.archive.archive import Archive
from assay.formats.budget import Budget, Limits
from assay.formats.source import Memory
from assay.formats.view import View
from assay.scan.rules import rules_for

PICKLE = b"\x80\x02cos\nsystem\n(X\x04\0\0\0truetR."
ELF = b"\x7fELF\2\1\1" + bytes(60)


def found(view: View) -> dict[str, Severity]:
    """Rule → the worst severity, once the members were read."""
    for member in view.members():
        member.source.read(0, 64)
    worst: dict[str, Severity] = {}
    for rule in rules_for(view.kind):
        for hit in rule.check(view):
            assert hit.message[0].islower() or hit.message[0].isdigit() or hit.message[0] == "'"
            assert not hit.message.endswith(".")
            severity = rule.severity if hit.severity is None else hit.severity
            worst[rule.id] = max(severity, worst.get(rule.id, severity))
    return worst


def read_zip(data: bytes, limits: Limits | None = None) -> Archive:
    return zip_reader.read(Memory(data), Budget(limits), "m.pt")


def read_tar(data: bytes) -> Archive:
    return tar.read(Memory(data), Budget(), "m.tar")


def read_stream(data: bytes) -> Archive:
    return streams.read(Memory(data), Budget(), "m.pkl.gz")


def packed(entries: dict[str, bytes], method: int = zipfile.ZIP_STORED, attributes: int = 0) -> bytes:
    """A zip as the standard library writes it; of a name that is repeated, both."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = attributes << 16, method
            archive.writestr(info, data)
    return buffer.getvalue()


def changed(data: bytes, offset: int, value: bytes) -> bytes:
    return data[:offset] + value + data[offset + len(value) :]


def in_directory(data: bytes, offset: int, value: bytes) -> bytes:
    """Changed in the last entry of the directory."""
    return changed(data, data.rindex(zip_records.CENTRAL) + offset, value)


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(data) + packer.flush()


def tar_of(*members: tuple[str, str, str], data: bytes = b"") -> bytes:
    """Members as name, type, link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind, link in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind.encode(), link
            member.size = len(data) if kind == "0" else 0
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


MODEL = {"archive/data.pkl": PICKLE, "archive/data/0": bytes(64)}


def duplicate(second: str, data: bytes) -> bytes:
    """A zip whose second entry is renamed, in both places, to what the first is called or nearly so."""
    first = "archive/data.pkl"
    return packed({first: PICKLE, "archive/xxxx.pkl": data}).replace(b"archive/xxxx.pkl", second.encode())


ONE = packed({"a": PICKLE})
ONE_DEFLATED = packed({"a": PICKLE}, zipfile.ZIP_DEFLATED)
HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW

#: What is wrong, the rule, how bad, the bytes.
ZIPS = [
    ("a name that climbs", "archive-path-escape", HIGH, packed({"../../evil.py": b"pass"})),
    ("an absolute name", "archive-path-escape", HIGH, packed({"/etc/cron.d/job": b"x"})),
    ("a drive", "archive-path-escape", HIGH, packed({"C:evil.dll": b"x"})),
    ("backslashes that climb", "archive-path-escape", HIGH, packed({"a\\..\\..\\evil": b"x"})),
    ("a link away", "archive-link-escape", HIGH, packed({"l": b"/etc/passwd"}, attributes=0o120777)),
    ("a device", "archive-special-file", MEDIUM, packed({"d": b""}, attributes=0o020666)),
    ("a NUL", "archive-odd-name", MEDIUM, packed({"data.pklX.txt": PICKLE}).replace(b"pklX", b"pkl\0")),
    ("a device's name", "archive-odd-name", LOW, packed({"aux.txt": b"x"})),
    ("reversed writing", "archive-odd-name", MEDIUM, packed({"a\u202egpj.pkl": b"x"})),
    ("a name twice", "archive-duplicate-entry", HIGH, duplicate("archive/data.pkl", b"N.")),
    ("a name twice, same content", "archive-duplicate-entry", LOW, duplicate("archive/data.pkl", PICKLE)),
    ("a name twice but for case", "archive-duplicate-entry", HIGH, duplicate("archive/DATA.pkl", b"N.")),
    ("a name twice when resolved", "archive-duplicate-entry", HIGH, packed({"a/./b": b"1", "a//b": b"2"})),
    ("a library in a model", "archive-program-in-model", HIGH, packed({**MODEL, "archive/extra/helper.bin": ELF})),
    ("a library among arrays", "archive-program-in-model", HIGH, packed({"a.npy": b"\x93NUMPY", "b.npy.so": ELF})),
    ("a checksum, CVE-2025-10156", "archive-wrong-checksum", MEDIUM, in_directory(packed(MODEL), 16, b"\1\2\3\4")),
    ("data behind it", "archive-trailing-data", MEDIUM, packed(MODEL) + PICKLE),
    ("a bomb of zeros", "archive-bomb", MEDIUM, packed({"a": bytes(40 << 20)}, zipfile.ZIP_DEFLATED)),
    ("a bomb beyond the limit", "archive-bomb", HIGH, packed({"a": bytes(8 << 20)}, zipfile.ZIP_BZIP2)),
    ("two names, CVE-2025-1944", "zip-header-mismatch", HIGH, changed(packed(MODEL), 30, b"archive/note.txt")),
    ("two sizes", "zip-header-mismatch", HIGH, in_directory(ONE_DEFLATED, 24, b"\x05\0\0\0")),
    ("two methods", "zip-header-mismatch", HIGH, in_directory(ONE, 10, b"\x08\0")),
    ("flag bits, CVE-2025-1945", "zip-false-encryption", HIGH, in_directory(packed(MODEL), 8, b"\1\0")),
    ("a size too small", "zip-wrong-size", MEDIUM, in_directory(ONE_DEFLATED, 24, b"\x05\0\0\0")),
    ("an unlisted entry", "zip-hidden-entry", HIGH, ONE[: ONE.index(zip_records.CENTRAL)] + packed({"b": b"text"})),
    ("a picture before it", "zip-prefix-data", MEDIUM, b"\x89PNG\r\n\x1a\n" + packed(MODEL)),
    ("two zips in a row", "zip-several-directories", HIGH, packed(MODEL) + packed({"a": b"text"})),
    ("a wrong count", "zip-several-directories", HIGH, changed(packed(MODEL), len(packed(MODEL)) - 12, b"\1\0")),
    ("an unknown method", "zip-unsupported-compression", MEDIUM, ONE.replace(b"\x14\0\0\0\0\0", b"\x14\0\0\0\x61\0")),
]


@pytest.mark.parametrize(("rule", "severity", "data"), [case[1:] for case in ZIPS], ids=[case[0] for case in ZIPS])
def test_what_is_wrong_with_a_zip_is_named(rule: str, severity: Severity, data: bytes) -> None:
    """Each by its own rule, whatever else is said."""
    assert found(read_zip(data))[rule] == severity


def test_entries_that_share_their_data_are_named() -> None:
    """Fifield's bomb: many entries, one block of data."""
    data = packed({"a": PICKLE, "b": PICKLE})
    second = data.rindex(zip_records.CENTRAL)
    assert found(read_zip(changed(data, second + 42, bytes(4))))["zip-overlapping-entries"] == Severity.HIGH


HONEST = {
    "a PyTorch zip": packed(MODEL | {"archive/version": b"3\n", "archive/byteorder": b"little"}),
    "an npz": packed({"a.npy": b"\x93NUMPY", "b.npy": bytes(99)}, zipfile.ZIP_DEFLATED),
    "a wheel with a library": packed({"pkg/_core.so": ELF, "pkg/tests/a.npy": b"x", "pkg-1.dist-info/RECORD": b""}),
    "folders and resource forks": packed({"a/": b"", "a/b.txt": b"x", "__MACOSX/a/._b.txt": b"x", "a/..b": b""}),
    "a link inside": packed({"a/l": b"../b"}, attributes=0o120777),
    "backslashes of old Windows tools": packed({"a\\b.txt": b"x"}),
    "nothing": packed({}),
    "a program that unpacks itself": b"#!/usr/bin/env python3\n" + packed({"__main__.py": b""}),
    "a TensorFlow Lite model with metadata": b"\x1c\0\0\0TFL3" + bytes(90) + packed({"labels.txt": b"cat"}),
    "zeros at the end": packed(MODEL) + bytes(512),
    "an AOTInductor package": packed({"m/data/aotinductor/model/x.so": ELF, "m/data/w.pkl": b"N."}),
    "no checksum": packed({"a": PICKLE}).replace(struct.pack("<I", zlib.crc32(PICKLE)), bytes(4)),
}  # fmt: skip


@pytest.mark.parametrize("what", HONEST)
def test_an_honest_zip_is_silent(what: str) -> None:
    """Nothing at or above medium, nothing that could not be told."""
    view = read_zip(HONEST[what])
    assert max(found(view).values(), default=Severity.INFO) < Severity.MEDIUM
    assert not view.problems


TARS = [
    ("a name that climbs", "archive-path-escape", HIGH, tar_of(("../../evil.py", "0", ""))),
    ("an absolute name", "archive-path-escape", HIGH, tar_of(("/etc/cron.d/job", "0", ""))),
    ("a link that climbs", "archive-link-escape", HIGH, tar_of(("a/l", "2", "../../x"))),
    ("a hard link that climbs", "archive-link-escape", HIGH, tar_of(("h", "1", "../x"))),
    ("a file through a link", "archive-link-escape", HIGH, tar_of(("w", "2", "/root/.ssh"), ("w/keys", "0", ""))),
    ("a device", "archive-special-file", MEDIUM, tar_of(("d", "4", ""))),
    ("data behind it", "archive-trailing-data", MEDIUM, tar_of(("a", "0", "")) + PICKLE.ljust(512, b"\0")),
    (
        "a library in a model",
        "archive-program-in-model",
        HIGH,
        tar_of(("model_config.yaml", "0", ""), ("w.bin", "0", ""), data=ELF),
    ),
    ("a name twice", "archive-duplicate-entry", LOW, tar_of(("a", "0", ""), ("./a", "0", ""))),
]


@pytest.mark.parametrize(("rule", "severity", "data"), [case[1:] for case in TARS], ids=[case[0] for case in TARS])
def test_what_is_wrong_with_a_tar_is_named(rule: str, severity: Severity, data: bytes) -> None:
    """Each by its own rule, whatever else is said."""
    assert found(read_tar(data))[rule] == severity


def test_a_tar_of_two_sizes_is_named() -> None:
    """CVE-2025-62518, TARmageddon."""
    record = b"16 size=1048576\n"
    pax = tarfile.TarInfo("pax")
    pax.type, pax.size = b"x", len(record)
    inner = tar_of(("hidden", "0", ""), data=PICKLE)
    data = pax.tobuf(tarfile.USTAR_FORMAT) + record.ljust(512, b"\0") + tar_of(("a", "0", ""), data=inner)
    assert found(read_tar(data))["tar-size-conflict"] == Severity.HIGH


HONEST_TARS = {
    "files, folders and links inside": tar_of(
        ("a", "5", ""), ("a/b", "0", ""), ("a/l", "2", "../a/b"), ("a/h", "1", "a/b")
    ),
    "a layer of a container": tar_of(("etc", "5", ""), ("usr", "5", ""), ("var", "5", ""), ("var/run", "2", "/run")),
}


@pytest.mark.parametrize("what", HONEST_TARS)
def test_an_honest_tar_is_silent(what: str) -> None:
    """Nothing at or above medium, nothing that could not be told."""
    view = read_tar(HONEST_TARS[what])
    assert max(found(view).values(), default=Severity.INFO) < Severity.MEDIUM
    assert not view.problems


def test_a_file_through_a_link_of_a_layer_is_still_named() -> None:
    """A layer may link from its root; nothing may be written through such a link."""
    members = [("etc", "5", ""), ("usr", "5", ""), ("var", "5", ""), ("var/run", "2", "/run"), ("var/run/x", "0", "")]
    assert found(read_tar(tar_of(*members)))["archive-link-escape"] == Severity.HIGH


NAMED = b"\x1f\x8b\x08\x08" + bytes(6) + b"/etc/x\0" + gzip.compress(b"", mtime=0)[10:]
STREAMS = [
    ("data behind it", "archive-trailing-data", MEDIUM, gzip.compress(b"text", mtime=0) + PICKLE),
    ("a checksum", "archive-wrong-checksum", MEDIUM, changed(gzip.compress(b"text", mtime=0), 16, b"\1\2")),
    ("a bomb", "archive-bomb", HIGH, bz2.compress(bytes(8 << 20))),
    ("an absolute name", "archive-path-escape", LOW, NAMED),
]


@pytest.mark.parametrize(
    ("rule", "severity", "data"), [case[1:] for case in STREAMS], ids=[case[0] for case in STREAMS]
)
def test_what_is_wrong_with_a_stream_is_named(rule: str, severity: Severity, data: bytes) -> None:
    """Each by its own rule."""
    assert found(read_stream(data)) == {rule: severity}


HONEST_STREAMS = {
    "two members": gzip.compress(PICKLE, mtime=0) * 2,
    "zlib": zlib.compress(PICKLE),
    "padding": gzip.compress(PICKLE, mtime=0) + bytes(99),
}


@pytest.mark.parametrize("what", HONEST_STREAMS)
def test_an_honest_stream_is_silent(what: str) -> None:
    """Several members and padding are ordinary."""
    assert found(read_stream(HONEST_STREAMS[what])) == {}


def test_every_rule_of_archives_is_tested_here() -> None:
    """So that none is forgotten."""
    tested = {case[1] for case in (*ZIPS, *TARS, *STREAMS)} | {
        "archive-closed-model",  # in test_surroundings_rules.py
        "tar-size-conflict",
        "zip-overlapping-entries",
    }
    assert {rule.id for rule in rules_for("archive")} == tested


def test_a_bomb_of_shared_data_is_not_expanded_to_its_end() -> None:
    """Two hundred entries whose data are the same block: what is clear after some need not be repeated."""
    block = packed({"a": bytes(4 << 20)}, zipfile.ZIP_DEFLATED)
    start = block.index(zip_records.CENTRAL)
    line = block[start : block.index(zip_records.END)]
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 200, 200, len(line) * 200, start, 0)
    view = read_zip(block[:start] + line * 200 + end)
    assert found(view)["archive-bomb"] == Severity.HIGH
    assert view.problems


def test_a_bomb_of_bombs_is_named() -> None:
    """Each member grows by little, all together by hundreds."""
    inner = packed({"a": bytes(4 << 20)}, zipfile.ZIP_DEFLATED)
    budget = Budget()
    view = zip_reader.read(Memory(packed({f"{i}.zip": inner for i in range(9)}, zipfile.ZIP_DEFLATED)), budget, "m")
    for member in view.members():
        budget.depth += 1
        list(zip_reader.read(member.source, budget, "m").members())
        budget.depth -= 1
    assert found_again(view)["archive-bomb"] == Severity.MEDIUM


def found_again(view: View) -> dict[str, Severity]:
    """What the rules say, when the members were read already."""
    return {rule.id: rule.severity for rule in rules_for(view.kind) for _ in rule.check(view)}
