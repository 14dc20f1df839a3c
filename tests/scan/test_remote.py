"""Files elsewhere are fetched, hashed and inspected like those on disk; what cannot be reached is told."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest

from assay.core.errors import HashingError
from assay.formats.budget import Limits
from assay.scan.remote import Remote, open_remotes, shown
from assay.scan.scanner import scan
from assay.scan.settings import Settings

TEXT = b"nothing but a few words of text\n"


@pytest.fixture
def store() -> Iterator[str]:
    """A folder in fsspec's file system in memory."""
    system = fsspec.filesystem("memory")
    system.pipe({"/bucket/model/readme.txt": TEXT, "/bucket/model/more/words.txt": TEXT})
    yield "memory://bucket/model"
    system.rm("/bucket", recursive=True)


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server with one file."""
    (tmp_path / "readme.txt").write_bytes(TEXT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(tmp_path))) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_every_file_below_an_address_is_inspected(store: str) -> None:
    """With the digest of the bytes that were fetched."""
    _, unknown, files = scan([store], Settings())
    assert unknown == ()
    assert [file.path for file in files] == [f"{store}/more/words.txt", f"{store}/readme.txt"]
    assert {str(file.digest) for file in files} == {f"sha256:{hashlib.sha256(TEXT).hexdigest()}"}


def test_a_single_file_is_inspected(store: str) -> None:
    """An address may name a file as well."""
    _, unknown, files = scan([f"{store}/readme.txt"], Settings())
    assert unknown == ()
    assert [file.path for file in files] == [f"{store}/readme.txt"]


def test_the_web_is_reached(server: str) -> None:
    """The way a user would: by the command, from a real server."""
    ran = subprocess.run(
        [sys.executable, "-m", "assay", "scan", "--no-cache", "--format", "json", f"{server}/readme.txt?token=hidden"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    answer = json.loads(ran.stdout)
    assert ran.returncode == 0
    assert answer["files"][0]["path"] == f"{server}/readme.txt"
    assert "hidden" not in ran.stdout + ran.stderr


def test_what_is_not_there_could_not_be_told(store: str, server: str) -> None:
    """Neither is ever an empty, clean result."""
    for target in (f"{store}/no", f"{server}/no"):
        findings, unknown, files = scan([target], Settings())
        assert (findings, len(unknown)) == ((), 1)
        assert [file.outcome.value for file in files] == ["could not tell"]


def test_what_is_larger_than_allowed_is_not_fetched(store: str) -> None:
    """The limit is named, and the rest of the folder is inspected."""
    _, unknown, _ = scan([store], Settings(Limits(expanded=8)))
    assert [item.reason for item in unknown] == ["LIMIT expanded (8): it is larger than what may be fetched"] * 2


@pytest.mark.parametrize("url", ["zip://a::memory://b", "simplecache::memory://b", "python://x", "://x"])
def test_only_stores_are_fetched_from(url: str) -> None:
    """Wrapping file systems would open archives by somebody else's code."""
    with pytest.raises(HashingError, match="no store that assay fetches from"):
        Remote(url, Settings())


def test_no_credentials_are_shown() -> None:
    """They stand in front of the host, or in the query of a signed address."""
    secret = "https://user:password@host/model.pt?X-Signature=abc#d"
    assert shown(secret) == "https://host/model.pt"
    _, unknown, files = scan(["https://user:password@127.0.0.1:1/model.pt?X-Signature=abc"], Settings())
    told = str(unknown) + str(files)
    assert "https://127.0.0.1:1/model.pt" in told
    assert "password" not in told
    assert "abc" not in told


def test_a_store_without_its_library_says_what_to_install() -> None:
    """Extras are optional; the message names what is missing."""
    _, unreached = open_remotes(["oci://bucket/model"], Settings())
    assert "pip install" in unreached[0].reason
