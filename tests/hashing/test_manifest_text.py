"""The text of a manifest: what `sha256sum` writes and reads, and nothing that reads in two ways."""

from __future__ import annotations

import hashlib
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assay.core.digest import Digest
from assay.core.errors import HashingError, RefusedPath
from assay.hashing.artifact import hash_artifact
from assay.hashing.manifest_text import parse_manifest, render_manifest
from assay.hashing.names import check_name

HEX = "ab" * 32
DIGESTS = st.binary(min_size=32, max_size=32).map(lambda raw: Digest("sha256", raw.hex()))


def _stands(part: str) -> bool:
    try:
        check_name(part)
    except RefusedPath:
        return False
    return part not in ("", ".", "..") and "/" not in part


PARTS = st.text(min_size=1, max_size=8).filter(_stands)
PATHS = st.tuples(st.sampled_from(["", "/", "./", "../", "../../"]), st.lists(PARTS, min_size=1, max_size=4)).map(
    lambda drawn: drawn[0] + "/".join(drawn[1])
)


@given(files=st.dictionaries(PATHS, DIGESTS, min_size=1, max_size=8))
def test_parsing_what_was_rendered_gives_it_back(files: dict[str, Digest]) -> None:
    """Law: parse after render is the identity, and rendering does not depend on the order."""
    plain = {path.removeprefix("./"): (path, digest) for path, digest in files.items()}
    files = dict(plain.values())
    text = render_manifest(files)
    assert parse_manifest(text) == files
    assert render_manifest(dict(reversed(files.items()))) == text
    assert text.splitlines() == sorted(text.splitlines(), key=lambda line: line[66:])


@given(data=st.one_of(st.binary(max_size=300), st.text(alphabet=f"ab0 *./\\\n{HEX}", max_size=300).map(str.encode)))
def test_the_reader_ends_on_any_bytes(data: bytes) -> None:
    """Law: lines, or an error of ours."""
    try:
        found = parse_manifest(data)
    except HashingError as error:
        assert error.where.startswith("manifest")
    else:
        assert found


@given(files=st.dictionaries(PARTS, DIGESTS, min_size=1, max_size=4), data=st.data())
def test_a_byte_more_less_or_other_is_seen(files: dict[str, Digest], data: st.DataObject) -> None:
    """Law: no two texts of ours name the same files with the same digests."""
    text = bytearray(render_manifest(files))
    place = data.draw(st.integers(0, len(text) - 1))
    assume(place - (text.rfind(b"\n", 0, place) + 1) != 65)  # there, a star means the same as a space
    text[place] ^= data.draw(st.integers(1, 255))
    with suppress(HashingError):
        assert parse_manifest(bytes(text)) != files or text.lower() == render_manifest(files).lower()


def test_the_digest_of_the_text_is_the_folder_s(mixed: Path) -> None:
    """For paths relative to the folder: nothing else has to be trusted to go from one to the other."""
    artifact = hash_artifact(mixed, name="d")
    assert artifact.manifest is not None
    text = render_manifest({entry.path: entry.digest for entry in artifact.manifest.entries})
    assert hashlib.sha256(text).hexdigest() == artifact.digest.value


def test_sha256sum_reads_ours_and_we_read_its(mixed: Path) -> None:
    """Both ways, text and binary mode."""
    text = render_manifest(dict(hash_artifact(mixed, name="data").files()))
    checked = subprocess.run(
        ["sha256sum", "--strict", "--quiet", "-c"], input=text, cwd=mixed.parent, check=True, capture_output=True
    )
    assert checked.stderr == b""
    names = sorted(parse_manifest(text))
    for mode in ("--text", "--binary"):
        theirs = subprocess.run(["sha256sum", mode, *names], cwd=mixed.parent, check=True, capture_output=True).stdout
        assert parse_manifest(theirs) == parse_manifest(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "names no file"),
        ("\n", "is not `<sha256>  <path>`"),
        (f"{HEX}  a", "cut off"),
        (f"{HEX[:-1]}  a\n", "is not"),
        (f"{HEX}0  a\n", "is not"),
        (f"{HEX} a\n", "is not"),
        (f"{HEX}\ta\n", "is not"),
        (f"{HEX}  \n", "is not"),
        (f"# comment\n{HEX}  a\n", "is not"),
        (f"SHA256 (a) = {HEX}\n", "is not"),
        (f"\\{HEX}  a\\nb\n", "backslash-escaped"),
        (f"{HEX}  a\r\n", "control character"),
        (f"{HEX}  a\\b\n", "backslash"),
        (f"{HEX}  a\u202eb\n", "direction"),
        (f"{HEX}  a//b\n", "shortest form"),
        (f"{HEX}  a/\n", "shortest form"),
        (f"{HEX}  a/../b\n", "shortest form"),
        (f"{HEX}  a/./b\n", "shortest form"),
        (f"{HEX}  ..\n", "shortest form"),
        (f"{HEX}  .\n", "shortest form"),
        (f"{HEX}  /\n", "shortest form"),
        (f"{HEX}  a\n{HEX}  a\n", "stands twice"),
        (f"{HEX}  a\n{'0' * 64}  ./a\n", "stands twice"),
        (f"{HEX}  {'a' * 5000}\n", "bytes"),
    ],
)
def test_lines_that_are_not_ours_are_refused(text: str, reason: str) -> None:
    """Each with its reason and, where there are lines, its line."""
    with pytest.raises(HashingError, match=reason):
        parse_manifest(text.encode())


def test_text_that_is_not_utf8_is_refused() -> None:
    """A name must read the same everywhere."""
    with pytest.raises(HashingError, match="UTF-8"):
        parse_manifest(f"{HEX}  a".encode() + b"\xe9\n")


@pytest.mark.parametrize("path", ["", "a\nb", "a//b", "a/..", "x" * 5000, "a\udcffb"])
def test_a_path_that_no_line_can_hold_is_not_rendered(path: str) -> None:
    """What cannot be read back is not written."""
    with pytest.raises(HashingError):
        render_manifest({path: Digest("sha256", HEX)})


def test_upper_case_digits_are_the_same_digest() -> None:
    """Some tools write them."""
    assert parse_manifest(f"{HEX.upper()}  a\n".encode()) == {"a": Digest("sha256", HEX)}
