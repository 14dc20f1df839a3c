"""`assay data verify`: 0 for a match, 1 for other bytes, an error when it cannot be told."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assay.cli import data as data_command
from assay.core.errors import DigestError, Error, HashingError

KNOWN = hashlib.sha256(b"1,2\n").hexdigest()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A file whose digest is KNOWN."""
    file = tmp_path / "data" / "table.csv"
    file.parent.mkdir()
    file.write_bytes(b"1,2\n")
    return file


def invoke(*arguments: str) -> Result:
    """Run it; an error of assay's comes out as itself."""
    result = CliRunner().invoke(data_command.command, ["verify", *arguments])
    if isinstance(result.exception, Error):
        raise result.exception
    return result


@pytest.mark.parametrize("known", [KNOWN, KNOWN.upper(), f"sha256:{KNOWN}", f" SHA256:{KNOWN} "])
def test_a_match_says_what_matched(table: Path, known: str) -> None:
    """Exit status 0, the digest and the path."""
    result = invoke(str(table), known)
    assert (result.exit_code, result.stdout) == (0, f"match  sha256:{KNOWN}  {table}\n")


def test_a_mismatch_names_both_digests(table: Path) -> None:
    """Exit status 1."""
    result = invoke(str(table), "0" * 64)
    assert result.exit_code == 1
    assert f"expected  sha256:{'0' * 64}" in result.stdout
    assert f"found     sha256:{KNOWN}" in result.stdout


@pytest.mark.parametrize(("known", "match"), [(KNOWN, True), ("0" * 64, False)])
def test_json_says_the_same(table: Path, known: str, match: bool) -> None:
    """As docs/hashing.md says."""
    result = invoke(str(table), known, "--format", "json")
    assert json.loads(result.stdout) == {
        "path": str(table),
        "match": match,
        "expected": f"sha256:{known}",
        "actual": f"sha256:{KNOWN}",
    }
    assert result.exit_code == (0 if match else 1)


@pytest.mark.parametrize("known", ["", KNOWN[:12], KNOWN * 2, f"md5:{KNOWN[:32]}"])
def test_a_digest_that_cannot_be_used_is_an_error(table: Path, known: str) -> None:
    """Neither match nor mismatch."""
    with pytest.raises(DigestError):
        invoke(str(table), known)


def test_a_folder_is_verified_by_its_dirhash(table: Path) -> None:
    """The digest that `assay hash` prints on standard error."""
    known = hashlib.sha256(f"{KNOWN}  table.csv\n".encode()).hexdigest()
    assert invoke(str(table.parent), known).stdout == f"match  dirHash:{known}  {table.parent}\n"
    assert invoke(str(table.parent), KNOWN).exit_code == 1


def test_what_cannot_be_read_is_an_error(table: Path) -> None:
    """A link may point at the right bytes now and at others later."""
    link = table.with_name("link")
    link.symlink_to(table)
    for path in (link, table.with_name("missing")):
        with pytest.raises(HashingError):
            invoke(str(path), KNOWN)
