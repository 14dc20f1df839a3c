"""`assay sign` and `assay verify --signature`: exit statuses, what is printed, and what does not go together."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from assay.attest.keys import generate_key, write_key
from assay.attest.public_key import Scheme

Assay = Callable[..., subprocess.CompletedProcess[str]]
SCHEMA = Path(__file__).parents[2] / "docs" / "signature.schema.json"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a model and a key."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_bytes(b"weights")
    key = generate_key(Scheme.P256)
    write_key(key, tmp_path / "key", b"secret")
    (tmp_path / "key.pub").write_text(key.public.pem())
    return tmp_path


def sign(assay: Assay, place: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return assay(place, "sign", "model", "--key", "key", *more, ASSAY_PASSPHRASE="secret")


def verify(assay: Assay, place: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return assay(place, "verify", "model", "--signature", "model.sig", "--public-key", "key.pub", *more)


def test_sign_and_verify(assay: Assay, place: Path) -> None:
    """The signature lies beside the model; 0 for verified, 1 for anything that speaks against it."""
    signed = sign(assay, place)
    assert (signed.returncode, signed.stderr) == (0, "")
    assert "written   " in signed.stdout and (place / "model.sig").is_file()
    found = verify(assay, place)
    assert found.returncode == 0 and found.stdout.startswith("verified  model\n  signed by   key ")
    (place / "model" / "weights").write_bytes(b"weightz")
    refused = verify(assay, place)
    assert refused.returncode == 1
    assert refused.stdout.startswith("refused  model\n") and "signature-altered-file" in refused.stdout


def test_what_is_not_covered_is_told_when_it_is_signed(assay: Assay, place: Path) -> None:
    """By its path, before anybody relies on it."""
    (place / "model" / ".git").mkdir()
    assert "left out  .git" in sign(assay, place).stdout
    assert verify(assay, place).returncode == 1
    assert verify(assay, place, "--fail-on", "high").returncode == 0
    copied = verify(assay, place, "--copy-to", "copy")
    assert copied.returncode == 0 and [path.name for path in (place / "copy").iterdir()] == ["weights"]


def test_json_follows_its_schema(assay: Assay, place: Path) -> None:
    """Verified and refused."""
    schema = json.loads(SCHEMA.read_text())
    document = json.loads(sign(assay, place, "--format", "json").stdout)
    assert document["signature"].endswith("model.sig") and document["uncovered"] == []
    for status in (0, 1):
        found = verify(assay, place, "--format", "json")
        jsonschema.validate(json.loads(found.stdout), schema)
        assert (found.returncode, json.loads(found.stdout)["verified"]) == (status, status == 0)
        (place / "model" / "added").touch()
    (place / "key.pub").write_text(generate_key().public.pem())
    jsonschema.validate(json.loads(verify(assay, place, "--format", "json").stdout), schema)


@pytest.mark.parametrize(
    "arguments",
    [
        ("sign", "model", "--key", "key", "--sigstore"),
        ("sign", "model", "--certificate", "key.pub"),
        ("verify", "model", "--public-key", "key.pub"),
        ("verify", "model", "--fail-on", "low"),
        ("verify", "model", "--signature", "s", "--policy", "p"),
        ("verify", "model", "--signature", "s", "--san", "email:a@b.example"),
        ("verify", "model", "--signature", "s", "--identity", "a"),
        ("verify", "model", "--signature", "s", "--public-key", "key.pub", "--ca", "key.pub"),
        ("verify", "model", "--signature", "s", "--public-key", "key.pub", "--trust", "t"),
        ("verify", "model", "--signature", "s", "--public-key", "key.pub", "--copy-to", "c", "--ignore-unsigned-files"),
    ],
)
def test_what_does_not_go_together_is_refused(assay: Assay, place: Path, arguments: tuple[str, ...]) -> None:
    """Nobody has to guess which of two things was meant."""
    found = assay(place, *arguments)
    assert found.returncode == 2 and "Usage" in found.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("sign", "model", "--key", "none"),
        ("sign", "model", "--kms", "awskms:alias/x"),
        ("sign", "none", "--key", "key"),
        ("verify", "model", "--signature", "none", "--public-key", "key.pub"),
        ("verify", "model", "--signature", "key", "--public-key", "key.pub"),
        ("verify", "model", "--signature", "key", "--public-key", "none"),
        ("verify", "model", "--signature", "key", "--ca", "key.pub", "--san", "ada"),
    ],
)
def test_bad_input_is_an_error_of_one_sentence(assay: Assay, place: Path, arguments: tuple[str, ...]) -> None:
    """Exit status 2, no traceback, and nothing written."""
    found = assay(place, *arguments, ASSAY_PASSPHRASE="secret")
    assert found.returncode == 2 and found.stderr.startswith("error  ")
    assert not (place / "model.sig").exists()


def test_a_wrong_passphrase_is_told_and_not_shown(assay: Assay, place: Path) -> None:
    """Nothing is signed."""
    found = assay(place, "sign", "model", "--key", "key", ASSAY_PASSPHRASE="not-the-secret")
    assert found.returncode == 2 and "passphrase is wrong" in found.stderr and "not-the-secret" not in found.stderr


def test_a_key_that_others_cannot_verify_is_told(assay: Assay, place: Path) -> None:
    """model_signing knows ECDSA only."""
    write_key(generate_key(), place / "ed", None)
    assert "ECDSA only" in assay(place, "sign", "model", "--key", "ed").stderr


def test_by_the_projects_own_key_and_trust_file(assay: Assay, tmp_path: Path) -> None:
    """No option says who: the project does."""
    assay(tmp_path, "init", "--no-passphrase")
    (tmp_path / "model").write_bytes(b"weights")
    assert assay(tmp_path, "sign", "model").returncode == 0
    assert assay(tmp_path, "verify", "model", "--signature", "model.sig").returncode == 0
    write_key(generate_key(), tmp_path / "other", None)
    assay(tmp_path, "sign", "model", "--key", "other")
    found = assay(tmp_path, "verify", "model", "--signature", "model.sig")
    assert found.returncode == 1 and "signature-not-trusted" in found.stdout
