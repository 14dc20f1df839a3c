"""The store from the command line: only what is proved goes in, only what was pushed comes out."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from assay.blobs.access import Access, Wish
from assay.blobs.blobs import KEY_NAME
from assay.blobs.pieces import PIECE
from assay.core.errors import BlobError
from assay.pipeline.project import open_project
from assay.pipeline.pull import open_file, pull
from assay.pipeline.storing import open_store

Assay = Callable[..., "subprocess.CompletedProcess[str]"]


def configure(folder: Path, *, encrypted: bool = False, require: str = '["signed"]') -> None:
    """Give the project a store."""
    text = f'\n[store]\nurl = "kept"\nrequire = {require}\n'
    if encrypted:
        identity = pyrage.x25519.Identity.generate()
        path = folder / ".assay" / "identity"
        path.write_text(f"{identity}\n")
        path.chmod(0o600)
        text += f'encrypt = {{ recipients = ["{identity.to_public()}"], identity = ".assay/identity" }}\n'
    settings = folder / "assay.toml"
    settings.write_text(settings.read_text() + text)


@pytest.fixture(params=["plain", "encrypted"])
def kept(project: Path, assay: Assay, request: pytest.FixtureRequest) -> Path:
    """The small project with a store, encrypted or not, and its model in it."""
    configure(project, encrypted=request.param == "encrypted")
    ok(assay(project, "store", "init"))
    ok(assay(project, "push", "model"))
    return project


def ok(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def objects(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "kept" / "objects").rglob("*") if path.is_file())


def test_what_was_pushed_comes_back(kept: Path, assay: Assay, tmp_path: Path) -> None:
    """Push and pull are each other's inverse, by name and by digest; the log stays whole, the audit finds nothing."""
    digest = ok(assay(kept, "store", "list")).split()[2]
    for number, wanted in enumerate(("model", digest, digest.partition(":")[2])):
        place = tmp_path / f"copy{number}"
        ok(assay(kept, "pull", wanted, place))
        assert (place / "weights.txt").read_bytes() == (kept / "model" / "weights.txt").read_bytes()
        assert sorted(item.name for item in place.iterdir()) == ["card.txt", "weights.txt"]
    ok(assay(kept, "store", "audit"))
    ok(assay(kept, "log", "audit"))


def test_a_file_can_be_pushed_under_another_name(kept: Path, assay: Assay, tmp_path: Path) -> None:
    """--as names it; the same bytes are kept once."""
    before = len(objects(kept))
    ok(assay(kept, "push", "model", "--as", "prod/model"))
    assert len(objects(kept)) == before
    ok(assay(kept, "pull", "prod/model", tmp_path / "copy"))


def test_a_changed_model_is_not_pushed(kept: Path, assay: Assay) -> None:
    """What nobody signed is denied with reasons, and nothing of it is stored."""
    before = objects(kept)
    (kept / "model" / "weights.txt").write_text("other")
    done = assay(kept, "push", "model")
    assert done.returncode == 1
    assert "signed_by" in done.stderr
    assert objects(kept) == before


def test_an_unscanned_model_is_not_pushed(project: Path, assay: Assay) -> None:
    """Where the settings demand a scan, a push needs one in the ledger; with it, the push goes through."""
    configure(project, require='["signed", "scanned"]')
    ok(assay(project, "store", "init"))
    done = assay(project, "push", "model")
    assert done.returncode == 1
    assert "scanned_by" in done.stderr
    ok(assay(project, "scan", "model", "--record"))
    ok(assay(project, "push", "model"))


@pytest.mark.parametrize("name", ["../up", "/etc/x", "a" * 64, "sha256:" + "A" * 64, "assay store", "a\u202eb", ""])
def test_a_name_that_could_deceive_is_refused(kept: Path, assay: Assay, name: str) -> None:
    """Attack: a name that leads out, reads as a digest, or turns the direction of writing."""
    assert assay(kept, "push", "model", "--as", name).returncode == (0 if not name else 2)


def test_altered_blobs_are_refused_and_found(kept: Path, assay: Assay, tmp_path: Path) -> None:
    """Attack: every object of the store changed by one bit in its turn; nothing is pulled, the audit names it."""
    for path in objects(kept):
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        done = assay(kept, "pull", "model", tmp_path / "copy")
        assert done.returncode in (1, 2), path
        assert not (tmp_path / "copy").exists()
        assert not list(tmp_path.glob(".assay-pull-*"))
        if path.name != KEY_NAME:
            audit = assay(kept, "store", "audit")
            assert audit.returncode == 1
            assert "store-blob-altered" in audit.stdout or "store-blob-unencrypted" in audit.stdout
            assert path.name in audit.stdout
        path.write_bytes(data)


def test_swapped_blobs_are_refused(kept: Path, assay: Assay, tmp_path: Path) -> None:
    """Attack: objects exchanged for each other on the backend, listings among them."""
    found = [path for path in objects(kept) if path.name != KEY_NAME]
    contents = [path.read_bytes() for path in found]
    for path, content in zip(found, contents[1:] + contents[:1], strict=True):
        path.write_bytes(content)
    assert assay(kept, "pull", "model", tmp_path / "copy").returncode in (1, 2)
    assert not (tmp_path / "copy").exists()
    audit = assay(kept, "store", "audit")
    assert "store-blob-altered" in audit.stdout
    # The listing is among what was swapped: what only it needs must not be called needless, and then be removed.
    assert "store-blob-unreferenced" not in audit.stdout


def test_unknown_objects_and_open_files_are_found(kept: Path, assay: Assay) -> None:
    """The audit tells an object that nothing needs, and a file that others can read."""
    objects(kept)[0].chmod(0o644)
    stray = kept / "kept" / "objects" / "ee" / ("ee" + "0" * 62)
    stray.parent.mkdir(exist_ok=True, mode=0o700)
    stray.write_bytes(b"stray")
    stray.chmod(0o600)
    done = assay(kept, "store", "audit")
    assert done.returncode == 1
    assert "store-blob-unreferenced" in done.stdout
    assert "store-open-to-others" in done.stdout
    assert stray.name in done.stdout


def test_missing_objects_are_found(kept: Path, assay: Assay) -> None:
    """Whichever object is gone, listings among them, the audit tells it."""
    for path in objects(kept):
        if path.name != KEY_NAME:
            data = path.read_bytes()
            path.unlink()
            done = assay(kept, "store", "audit")
            assert done.returncode == 1
            assert "store-blob-missing" in done.stdout
            assert "store-blob-unreferenced" not in done.stdout
            path.write_bytes(data)
            path.chmod(0o600)


def test_a_push_mends_a_damaged_blob(kept: Path, assay: Assay) -> None:
    """Pushing again puts right what the audit found."""
    next(path for path in objects(kept) if path.name != KEY_NAME).write_bytes(b"damaged")
    assert assay(kept, "store", "audit").returncode == 1
    ok(assay(kept, "push", "model"))
    ok(assay(kept, "store", "audit"))


def rebuild(kept: Path, assay: Assay) -> None:
    settings = kept / "assay.toml"
    settings.write_text(settings.read_text().replace("weight = 3", "weight = 4"))
    ok(assay(kept, "run"))
    ok(assay(kept, "push", "model"))


def test_a_name_cannot_be_rolled_back(kept: Path, assay: Assay, tmp_path: Path) -> None:
    """Attack: the store's folder put back as it was before the newest push: the old version is not handed out."""
    shutil.copytree(kept / "kept", tmp_path / "old")
    rebuild(kept, assay)
    shutil.rmtree(kept / "kept")
    shutil.copytree(tmp_path / "old", kept / "kept")
    done = assay(kept, "pull", "model", tmp_path / "copy")
    assert done.returncode == 2
    assert "not in the store" in done.stderr


def test_a_ledger_that_was_rolled_back_is_noticed(kept: Path, assay: Assay, tmp_path: Path) -> None:
    """Attack: store and ledger put back together; the witness remembers the newer one."""
    shutil.copy(kept / ".assay" / "ledger.db", tmp_path / "ledger.db")
    rebuild(kept, assay)
    shutil.copy(tmp_path / "ledger.db", kept / ".assay" / "ledger.db")
    assert assay(kept, "pull", "model", tmp_path / "copy").returncode == 2
    assert not (tmp_path / "copy").exists()


def test_what_is_there_is_never_overwritten(kept: Path, assay: Assay, tmp_path: Path) -> None:
    """A destination that exists, or is a link to nowhere, is left as it is."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    for place in (tmp_path, link):
        assert assay(kept, "pull", "model", place).returncode == 2
    assert not (tmp_path / "nowhere").exists()


def test_a_push_by_a_stranger_counts_for_nothing(kept: Path, assay: Assay, tmp_path: Path) -> None:
    """Once its signer is not trusted any more, what he pushed cannot be pulled, and no older version replaces it."""
    trust = kept / "trust.toml"
    trust.write_text(trust.read_text().replace('"builder", ', "").replace(', "verifier"', ""))
    done = assay(kept, "pull", "model", tmp_path / "copy")
    assert done.returncode == 2
    assert "does not give the role" in done.stderr


def test_an_encrypted_store_cannot_become_an_open_one(project: Path, assay: Assay) -> None:
    """Attack: encryption taken out of the settings, or the key of names replaced: nothing more is stored."""
    configure(project, encrypted=True)
    ok(assay(project, "store", "init"))
    ok(assay(project, "push", "model"))
    settings = project / "assay.toml"
    text = settings.read_text()
    settings.write_text("".join(line for line in text.splitlines(keepends=True) if not line.startswith("encrypt")))
    done = assay(project, "push", "model")
    assert done.returncode == 2
    assert "not the one that was made" in done.stderr
    settings.write_text(text)
    recipient = pyrage.x25519.Recipient.from_str(text.partition('recipients = ["')[2].partition('"')[0])
    (project / "kept" / "objects" / KEY_NAME[:2] / KEY_NAME).write_bytes(pyrage.encrypt(b"k" * 32, [recipient]))
    done = assay(project, "push", "model")
    assert done.returncode == 2
    assert "not the one that was made" in done.stderr


def test_an_identity_with_a_passphrase(project: Path, assay: Assay, tmp_path: Path) -> None:
    """The passphrase is asked where it is needed; a wrong one is a clear error and leaves nothing."""
    configure(project, encrypted=True)
    path = project / ".assay" / "identity"
    path.write_bytes(pyrage.passphrase.encrypt(path.read_bytes(), "right"))
    for name in ("right", "wrong"):
        (tmp_path / name).write_text(f"{name}\n")
    right = {"ASSAY_STORE_PASSPHRASE_FILE": str(tmp_path / "right")}
    ok(assay(project, "store", "init", **right))
    ok(assay(project, "push", "model", **right))
    ok(assay(project, "pull", "model", tmp_path / "copy", **right))
    done = assay(project, "pull", "model", tmp_path / "other", ASSAY_STORE_PASSPHRASE_FILE=str(tmp_path / "wrong"))
    assert done.returncode == 2
    assert "does not open with this passphrase" in done.stderr
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "store"),
        ("[store]\n", "url"),
        ('[store]\nurl = "kept"\nrequire = ["blessed"]\n', "blessed"),
        ('[store]\nurl = "kept"\nencrypt = { recipients = ["age1x"] }\n', "identity"),
        ('[store]\nurl = "kept"\ncolour = "red"\n', "colour"),
        ('[store]\nurl = "kept"\n', "store init"),
    ],
)
def test_settings_that_make_no_store_are_told(fresh: Path, assay: Assay, table: str, said: str) -> None:
    """Missing or wrong settings are an error that says which, and what to do."""
    settings = fresh / "assay.toml"
    settings.write_text(f"{settings.read_text()}\n{table}")
    done = assay(fresh, "pull", "model", fresh / "copy")
    assert done.returncode == 2
    assert said in done.stderr


class Remembered:
    """An access log that keeps what it is told."""

    def __init__(self) -> None:
        self.accesses: list[Access] = []

    def record(self, access: Access) -> None:
        self.accesses.append(access)


def test_every_access_is_told_to_the_access_log(kept: Path, tmp_path: Path) -> None:
    """Allowed and refused reads reach the log before any byte is handed out; one that refuses stops the read."""
    project, log = open_project(kept), Remembered()
    with project.open_ledger() as ledger:
        blobs = open_store(project, ledger, lambda _: b"")
        pull(project, ledger, blobs, "model", tmp_path / "copy", access=log)
        with pytest.raises(BlobError):
            pull(project, ledger, blobs, "nothing", tmp_path / "other", access=log)
        assert [(item.wish, item.name, item.allowed) for item in log.accesses] == [
            (Wish.READ, "model", True),
            (Wish.READ, "nothing", False),
        ]


def test_one_file_can_be_read_without_the_rest(kept: Path, assay: Assay) -> None:
    """Random access into a file of several pieces reads what lies there, verified."""
    big = kept / "big.bin"
    big.write_bytes(bytes(range(256)) * (2 * PIECE // 256) + b"end")
    settings = kept / "assay.toml"
    settings.write_text(settings.read_text().replace('require = ["signed"]', "require = []"))
    ok(assay(kept, "push", "big.bin"))
    project = open_project(kept)
    with project.open_ledger() as ledger:
        blobs = open_store(project, ledger, lambda _: b"")
        with open_file(project, ledger, blobs, "big.bin") as file:
            file.seek(-5, 2)
            assert file.read() == b"\xfe\xffend"
        with open_file(project, ledger, blobs, "model", "card.txt") as file:
            assert file.read() == b"a small model\n"
        with pytest.raises(BlobError, match="no such file"):
            open_file(project, ledger, blobs, "model", "nothing")
