"""The attacks that get past ``model-signing`` 1.1.1 with its defaults: assay refuses or reports each."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from assay.attest.certificates import parse_name
from assay.attest.keys import PrivateKey, generate_key
from assay.attest.model_signing.statement import state
from assay.attest.signers.certificate import CertificateSigner
from assay.attest.signers.local import LocalSigner
from assay.attest.verifiers.certificate import CertificateVerifier
from assay.attest.verifiers.key import KeyVerifier
from assay.core.bundle import parse_bundle
from assay.core.digest import SHA256, Digest
from assay.core.errors import HashingError, RefusedPath, StatementError
from assay.core.finding import Severity
from assay.hashing.pieces import hasher
from assay.pipeline.sign import sign_path
from assay.pipeline.verify_signature import Demands, Verification, copy_verified, verify_signature

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
Verify = Callable[..., Verification]
Anything = Any  # what conftest.py makes; its classes cannot be imported here


def worst(result: Verification) -> tuple[str, str]:
    return result.findings[0].rule, result.findings[0].path


def test_swapped_missing_and_added_files(model: Path, pair: Anything, verify: Verify) -> None:
    """Each is told by its name, all at once."""
    output = sign_path(model, pair.signer).output
    (model / "weights.bin").write_bytes(b"poison!" * 100)
    (model / "empty").unlink()
    (model / "added.py").touch()
    result = verify(model, output)
    assert not result.holds(Severity.MEDIUM)
    assert [(item.rule, item.path) for item in result.findings[:3]] == [
        ("signature-altered-file", "weights.bin"),
        ("signature-missing-file", "empty"),
        ("signature-unsigned-file", "added.py"),
    ]


def test_an_unsigned_file_is_told_even_where_it_is_allowed(model: Path, pair: Anything, verify: Verify) -> None:
    """--ignore-unsigned-files lets it pass, and says so."""
    output = sign_path(model, pair.signer).output
    (model / "__init__.py").touch()
    result = verify(model, output, allow_unsigned=True)
    assert result.holds(Severity.MEDIUM) and worst(result) == ("signature-unsigned-file", "__init__.py")


@pytest.mark.parametrize("place", [".git/hooks/post-checkout", ".github/x", ".gitattributes", ".gitignore"])
def test_a_payload_in_what_git_owns_is_told(model: Path, pair: Anything, verify: Verify, place: str) -> None:
    """model-signing leaves these out and says nothing."""
    output = sign_path(model, pair.signer).output
    (model / place).parent.mkdir(parents=True, exist_ok=True)
    (model / place).write_bytes(b"x" * 100_000)
    result = verify(model, output)
    assert not result.holds(Severity.MEDIUM)
    assert worst(result) == ("signature-ignored-path", place.partition("/")[0])


def test_a_git_folder_further_down_is_no_exception(model: Path, pair: Anything, verify: Verify) -> None:
    """Only the top one is left out."""
    output = sign_path(model, pair.signer).output
    (model / "a" / ".git").mkdir()
    (model / "a" / ".git" / "config").touch()
    assert worst(verify(model, output)) == ("signature-unsigned-file", "a/.git/config")


@pytest.mark.parametrize("as_folder", [False, True])
def test_a_payload_in_place_of_the_signature_in_the_folder(
    model: Path, pair: Anything, verify: Verify, tmp_path: Path, as_folder: bool
) -> None:
    """The signature is verified from a copy elsewhere, and what lies under its name is read by nobody."""
    output = sign_path(model, pair.signer, output=model / "model.sig").output
    kept = tmp_path / "kept.sig"
    output.rename(kept)
    if as_folder:
        output.mkdir()
        (output / "payload.py").touch()
    else:
        output.write_bytes(b"payload")
    result = verify(model, kept)
    assert not result.holds(Severity.MEDIUM) and worst(result) == ("signature-ignored-path", "model.sig")


def test_a_file_replaced_by_a_link(model: Path, pair: Anything, verify: Verify, tmp_path: Path) -> None:
    """Even to the same bytes: they can be changed elsewhere."""
    output = sign_path(model, pair.signer).output
    (model / "weights.bin").rename(tmp_path / "outside")
    (model / "weights.bin").symlink_to(tmp_path / "outside")
    result = verify(model, output)
    assert not result.holds(Severity.MEDIUM) and worst(result)[0] == "signature-refused-path"


@pytest.mark.parametrize(
    "names",
    [("Config.json", "config.json"), ("é", "e\u0301"), ("..\\evil", "x"), ("a\u202etxt.exe", "x"), ("a\nb", "x")],
)
def test_names_that_collide_or_deceive_are_not_signed(tmp_path: Path, pair: Anything, names: tuple[str, str]) -> None:
    """model-signing signs and verifies them without a word."""
    folder = tmp_path / "m"
    folder.mkdir()
    for name in names:
        (folder / name).touch()
    with pytest.raises(RefusedPath):
        sign_path(folder, pair.signer)


def test_names_that_collide_are_found_on_verifying(model: Path, pair: Anything, verify: Verify) -> None:
    """The twin need not be signed to do harm where case is ignored."""
    output = sign_path(model, pair.signer).output
    (model / "Weights.bin").touch()
    assert worst(verify(model, output))[0] == "signature-refused-path"


def test_modes_links_and_empty_folders_are_told(model: Path, pair: Anything, verify: Verify, tmp_path: Path) -> None:
    """None of them is signed."""
    output = sign_path(model, pair.signer).output
    (model / "empty").chmod(0o755)
    (model / "weights.bin").chmod(0o4755)
    (model / "nothing").mkdir()
    os.link(model / "a/b/c/deep", tmp_path / "other name")
    result = verify(model, output)
    assert not result.holds(Severity.MEDIUM)
    assert {(item.rule, item.severity.word, item.path) for item in result.findings} >= {
        ("signature-mode-bits", "medium", "weights.bin"),
        ("signature-mode-bits", "low", "empty"),
        ("signature-hard-link", "low", "a/b/c/deep"),
        ("signature-empty-folder", "info", "nothing"),
    }


def test_another_model_under_this_name(model: Path, pair: Anything, verify: Verify) -> None:
    """An old or another model with its own good signature: told, and refused where a name is demanded."""
    output = sign_path(model, pair.signer).output
    other = model.rename(model.with_name("production"))
    assert worst(verify(other, output)) == ("signature-name-mismatch", "production")
    assert verify(other, output).holds(Severity.MEDIUM)
    assert not verify(other, output, name="production").holds(Severity.MEDIUM)
    assert verify(other, output, name="model").holds(Severity.MEDIUM)
    assert "signature-time-unproven" in [item.rule for item in verify(other, output).findings]


@pytest.mark.parametrize(("start", "end"), [(-400, -30), (300, 400)])
def test_a_certificate_that_is_not_valid_now(model: Path, authority: Anything, start: int, end: int) -> None:
    """Expired, or not yet valid: model-signing asks at the certificate's own beginning, whatever the clock says."""
    issued = authority.issue(
        x509.RFC822Name("ada@bank.example"), start=NOW + timedelta(start), end=NOW + timedelta(end)
    )
    signer = CertificateSigner(LocalSigner("ada", PrivateKey(issued.key)), (issued.der,))
    verifier = CertificateVerifier((authority.certificate,), parse_name("email:ada@bank.example", where="test"))
    result = verify_signature(model, sign_path(model, signer).output, verifier, Demands(), now=NOW)
    assert result.model is None and worst(result)[0] == "signature-not-trusted"


def test_any_name_under_an_authority_is_not_enough(model: Path, authority: Anything) -> None:
    """model-signing cannot ask for a name."""
    issued = authority.issue(x509.RFC822Name("mallory@bank.example"))
    signer = CertificateSigner(LocalSigner("mallory", PrivateKey(issued.key)), (issued.der,))
    output = sign_path(model, signer).output
    anybody = CertificateVerifier((authority.certificate,), None)
    result = verify_signature(model, output, anybody, Demands(any_name=True), now=NOW)
    assert not result.holds(Severity.MEDIUM) and worst(result)[0] == "signature-any-name"
    ada = CertificateVerifier((authority.certificate,), parse_name("email:ada@bank.example", where="test"))
    assert worst(verify_signature(model, output, ada, Demands(), now=NOW))[0] == "signature-not-trusted"


def test_two_models_with_one_root_are_told_apart(tmp_path: Path, pair: Anything, verify: Verify) -> None:
    """The root commits to no names: a file that was disabled by its name can be enabled."""
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "1_safe.py").write_bytes(b"safe")
    (folder / "2_danger.py.disabled").write_bytes(b"danger")
    first = sign_path(folder, pair.signer)
    (folder / "2_danger.py.disabled").rename(folder / "2_danger.py")
    second = sign_path(folder, pair.signer, output=tmp_path / "second.sig")
    assert first.root == second.root and first.artifact.digest != second.artifact.digest
    assert worst(verify(folder, first.output)) == ("signature-missing-file", "2_danger.py.disabled")


def test_bytes_changed_after_the_check_do_not_reach_the_copy(model: Path, pair: Anything, tmp_path: Path) -> None:
    """What is handed out is what was hashed, without what nobody signed."""
    output = sign_path(model, pair.signer).output
    (model / ".git").mkdir()
    (model / ".git" / "config").touch()
    (model / "weights.bin").chmod(0o4755)
    copy = tmp_path / "copy"
    result = copy_verified(model, output, pair.verifier, Demands(), copy, fail_on=Severity.MEDIUM, now=NOW)
    assert result.holds(Severity.MEDIUM)
    assert sorted(path.name for path in copy.iterdir()) == ["a", "empty", "weights.bin"]
    assert (copy / "weights.bin").stat().st_mode & 0o7777 == 0o600


def test_of_a_model_that_does_not_hold_nothing_is_handed_out(model: Path, pair: Anything, tmp_path: Path) -> None:
    """No copy, and no remainder of one."""
    output = sign_path(model, pair.signer).output
    (model / "added").touch()
    before = sorted(tmp_path.iterdir())
    result = copy_verified(model, output, pair.verifier, Demands(), tmp_path / "copy", fail_on=Severity.MEDIUM, now=NOW)
    assert not result.holds(Severity.MEDIUM) and sorted(tmp_path.iterdir()) == before
    with pytest.raises(HashingError, match="already there"):
        copy_verified(model, output, pair.verifier, Demands(), model, fail_on=Severity.MEDIUM, now=NOW)


def test_a_resource_that_leaves_the_folder(model: Path, pair: Anything, verify: Verify) -> None:
    """Its signer is trusted; the file is not looked for all the same."""
    output = sign_path(model, pair.signer).output
    forged = state("model", {"../key.pem": Digest(SHA256, "0" * 64)}, []).render()
    output.write_bytes(pair.signer.sign(forged, "application/vnd.in-toto+json").render())
    with pytest.raises(StatementError, match="no path inside"):
        verify(model, output, allow_unsigned=True)


def test_signatures_of_others_and_over_other_types(model: Path, pair: Anything, verify: Verify) -> None:
    """Nothing that they say is read."""
    stranger = LocalSigner("mallory", generate_key())
    result = verify(model, sign_path(model, stranger).output)
    assert (result.model, worst(result)[0]) == (None, "signature-not-trusted")
    output = sign_path(model, pair.signer).output
    payload = parse_bundle(output.read_bytes()).envelope.payload
    output.write_bytes(pair.signer.sign(payload, "text/plain").render())
    assert worst(verify(model, output))[0] == "signature-not-trusted"


def test_a_payload_changed_after_it_was_signed(model: Path, pair: Anything, verify: Verify) -> None:
    """The signature is over every byte."""
    output = sign_path(model, pair.signer).output
    bundle = parse_bundle(output.read_bytes())
    changed = replace(bundle.envelope, payload=bundle.envelope.payload.replace(b"empty", b"emptY"))
    output.write_bytes(replace(bundle, envelope=changed).render())
    assert worst(verify(model, output))[0] == "signature-not-trusted"


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"not JSON", b'{"mediaType": 3}', b'{"payload": "", "payloadType": "x"}']
)
def test_a_malformed_signature_is_an_error(model: Path, verify: Verify, tmp_path: Path, data: bytes) -> None:
    """We could not tell; never "verified"."""
    (tmp_path / "bad.sig").write_bytes(data)
    with pytest.raises(StatementError):
        verify(model, tmp_path / "bad.sig")


def test_what_is_not_there_is_an_error(model: Path, pair: Anything, verify: Verify, tmp_path: Path) -> None:
    """A signature, a model, or a path to leave out."""
    with pytest.raises(StatementError, match="cannot be read"):
        verify(model, tmp_path / "none.sig")
    with pytest.raises(HashingError, match="nothing here"):
        sign_path(tmp_path / "none", pair.signer)
    with pytest.raises(HashingError, match="nothing to leave out"):
        sign_path(model, pair.signer, ignore=[Path("weights.*")])
    with pytest.raises(HashingError, match="replace the model"):
        sign_path(model / "empty", pair.signer, output=model / "empty")


def test_an_empty_model_is_not_signed(tmp_path: Path, pair: Anything) -> None:
    """model-signing signs and verifies one."""
    (tmp_path / "m").mkdir()
    with pytest.raises(RefusedPath):
        sign_path(tmp_path / "m", pair.signer)


def test_an_algorithm_nobody_asked_for_is_an_error() -> None:
    """Only those that signatures name."""
    with pytest.raises(HashingError, match="nothing is hashed"):
        hasher("md5")


def test_the_verifier_of_a_key_accepts_ed25519(model: Path) -> None:
    """assay's own keys sign models, too."""
    signer = LocalSigner("ada", generate_key())
    output = sign_path(model, signer).output
    assert verify_signature(model, output, KeyVerifier(signer.public), Demands(), now=NOW).holds(Severity.MEDIUM)
