"""Both ways with the installed ``model-signing``: what assay signs it verifies, and the other way round."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from assay.attest.certificates import parse_name
from assay.attest.keys import PrivateKey
from assay.attest.signers.certificate import CertificateSigner
from assay.attest.signers.local import LocalSigner
from assay.attest.verifiers.certificate import CertificateVerifier
from assay.core.finding import Severity
from assay.pipeline.sign import sign_path
from assay.pipeline.verify_signature import Demands, Verification, verify_signature

hashing = pytest.importorskip("model_signing.hashing", reason="model-signing is not installed")
signing = pytest.importorskip("model_signing.signing")
verifying = pytest.importorskip("model_signing.verifying")

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
Verify = Callable[..., Verification]
Anything = Any  # what conftest.py makes; its classes cannot be imported here


def theirs_by_key(model: Path, pair: Anything, signature: Path, config: Anything = None) -> Path:
    signing.Config().use_elliptic_key_signer(private_key=pair.private).set_hashing_config(
        config or hashing.Config().set_ignored_paths(paths=[], ignore_git_paths=True)
    ).sign(model, signature)
    return signature


def they_verify(model: Path, pair: Anything, signature: Path) -> None:
    verifying.Config().use_elliptic_key_verifier(public_key=pair.public).verify(model, signature)


def rules(result: Verification, least: Severity = Severity.LOW) -> list[str]:
    return [item.rule for item in result.findings if item.severity >= least]


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_keys_both_ways(model: Path, make_pair: Callable[..., Anything], tmp_path: Path, curve: Anything) -> None:
    """Every curve that it knows."""
    pair = make_pair(curve)
    they_verify(model, pair, sign_path(model, pair.signer).output)
    signature = theirs_by_key(model, pair, tmp_path / "theirs.sig")
    result = verify_signature(model, signature, pair.verifier, Demands(), now=NOW)
    assert result.holds(Severity.MEDIUM)
    assert (result.files, rules(result)) == (3, [])


def test_certificates_both_ways(model: Path, tmp_path: Path, authority: Anything) -> None:
    """The leaf's key signs; the authority's certificate verifies."""
    issued = authority.issue(x509.RFC822Name("ada@bank.example"))
    ca, leaf, key = (tmp_path / name for name in ("ca.pem", "leaf.pem", "leaf.key"))
    ca.write_bytes(authority.pem)
    leaf.write_bytes(issued.pem)
    key.write_bytes(issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    signer = CertificateSigner(LocalSigner("ada", PrivateKey(issued.key)), (issued.der, authority.der))
    output = sign_path(model, signer).output
    verifying.Config().use_certificate_verifier(certificate_chain=[ca]).verify(model, output)
    theirs = tmp_path / "theirs.sig"
    signing.Config().use_certificate_signer(
        private_key=key, signing_certificate=leaf, certificate_chain=[ca]
    ).set_hashing_config(hashing.Config()).sign(model, theirs)
    verifier = CertificateVerifier((authority.certificate,), parse_name("email:ada@bank.example", where="test"))
    for signature in (output, theirs):
        result = verify_signature(model, signature, verifier, Demands(), now=NOW)
        assert result.holds(Severity.MEDIUM), result.findings
        assert result.proven is not None and result.proven.identity == "email:ada@bank.example"


@pytest.mark.parametrize(
    "config",
    [
        lambda: hashing.Config().use_file_serialization(hashing_algorithm="sha256"),
        lambda: hashing.Config().use_file_serialization(hashing_algorithm="blake2"),
        lambda: hashing.Config().use_file_serialization(hashing_algorithm="blake3"),
        lambda: hashing.Config().use_shard_serialization(hashing_algorithm="sha256", shard_size=64),
        lambda: hashing.Config().use_shard_serialization(hashing_algorithm="blake2", shard_size=700),
    ],
    ids=["files", "files-blake2b", "files-blake3", "shards", "shards-blake2b"],
)
def test_every_serialization_that_it_writes(
    model: Path, pair: Anything, verify: Verify, tmp_path: Path, config: Callable[[], Anything]
) -> None:
    """Also those that it cannot verify itself; a changed byte shows in each."""
    (model / "empty").unlink()  # in shards, an empty file is not signed at all
    signature = theirs_by_key(model, pair, tmp_path / "theirs.sig", config())
    result = verify(model, signature)
    assert result.holds(Severity.MEDIUM), result.findings
    (model / "weights.bin").write_bytes(b"weightz" * 100)
    assert rules(verify(model, signature)) == ["signature-altered-file"]


NAMES = ["a b", " lead", "-dash", "ünïcode", "\U0001f600", "a:0:4", "%41", "'\"$(x)", "a.", "a-1", "a/b.bin", "a.txt",
         "日本/語", "~", "*"]  # fmt: skip


def test_odd_names_both_ways(pair: Anything, verify: Verify, tmp_path: Path) -> None:
    """Spaces, Unicode, colons, dashes, globs, and names that sort differently by parts than by code points."""
    model = tmp_path / "odd names"
    for name in NAMES:
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).write_text(name)
    they_verify(model, pair, sign_path(model, pair.signer).output)
    result = verify(model, theirs_by_key(model, pair, tmp_path / "theirs.sig"))
    assert result.holds(Severity.MEDIUM), result.findings
    assert result.files == len(NAMES)


def test_a_single_file_both_ways(pair: Anything, verify: Verify, tmp_path: Path) -> None:
    """An empty one, too."""
    for contents in (b"bytes", b""):
        file = tmp_path / "model.onnx"
        file.write_bytes(contents)
        output = sign_path(file, pair.signer).output
        assert output == tmp_path / "model.onnx.sig"
        they_verify(file, pair, output)
        assert verify(file, output).holds(Severity.MEDIUM)
        assert verify(file, theirs_by_key(file, pair, tmp_path / "theirs.sig")).holds(Severity.MEDIUM)


def test_many_files_both_ways(pair: Anything, verify: Verify, tmp_path: Path) -> None:
    """Three hundred in folders."""
    model = tmp_path / "many"
    for number in range(300):
        place = model / f"{number % 7}" / f"{number}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(str(number))
    they_verify(model, pair, sign_path(model, pair.signer).output)
    assert verify(model, theirs_by_key(model, pair, tmp_path / "theirs.sig")).files == 300


def test_a_signature_inside_the_model_is_left_out(model: Path, pair: Anything, verify: Verify) -> None:
    """As theirs is by default, and so are paths that were named."""
    (model / "notes").mkdir()
    (model / "notes" / "n").touch()
    output = sign_path(model, pair.signer, output=model / "model.sig", ignore=[Path("notes")]).output
    they_verify(model, pair, output)
    assert rules(verify(model, output)) == ["signature-ignored-path"]
    again = output.read_bytes()
    sign_path(model, pair.signer, output=output, ignore=[model / "notes"])
    payload = [json.loads(data)["dsseEnvelope"]["payload"] for data in (again, output.read_bytes())]
    assert payload[0] == payload[1]


def test_what_their_ignore_list_leaves_out_is_told(model: Path, pair: Anything, verify: Verify, tmp_path: Path) -> None:
    """Git's folders and the paths that the signer named."""
    for name in (".git/hooks", ".github"):
        (model / name).mkdir(parents=True)
    (model / ".gitattributes").write_text("* text")
    config = hashing.Config().set_ignored_paths(paths=["weights.bin"], ignore_git_paths=True)
    result = verify(model, theirs_by_key(model, pair, tmp_path / "theirs.sig", config))
    found = {item.path: item.severity.word for item in result.findings if item.rule == "signature-ignored-path"}
    assert found == {".git": "medium", ".github": "medium", ".gitattributes": "low", "weights.bin": "medium"}


def test_links_that_they_followed_are_refused(model: Path, pair: Anything, verify: Verify, tmp_path: Path) -> None:
    """What lies behind a linked folder is in no signature of theirs."""
    (tmp_path / "elsewhere").mkdir()
    (model / "linked").symlink_to(tmp_path / "elsewhere")
    config = hashing.Config().set_allow_symlinks(True)
    result = verify(model, theirs_by_key(model, pair, tmp_path / "theirs.sig", config))
    assert rules(result, Severity.MEDIUM) == ["signature-refused-path", "signature-symbolic-links"]
