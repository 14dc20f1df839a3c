"""A key in a token signs a model as a user would, and ``model-signing`` verifies it: against SoftHSM2."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed (the extra pkcs11)")
verifying = pytest.importorskip("model_signing.verifying", reason="model-signing is not installed")

PIN = "1234-secret"
_MODULES = (
    os.environ.get("SOFTHSM2_MODULE", ""),
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
)


def test_a_tokens_key_signs_what_model_signing_verifies(model: Path, tmp_path: Path) -> None:
    """In a process of its own: the token's library reads its settings only once."""
    module = next((path for path in _MODULES if path and Path(path).is_file()), None)
    if module is None or shutil.which("pkcs11-tool") is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM2 or pkcs11-tool is not installed (Debian: softhsm2, opensc)")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path}/tokens\nlog.level = ERROR\n")
    variables = {**os.environ, "SOFTHSM2_CONF": str(tmp_path / "softhsm2.conf"), "ASSAY_PASSPHRASE": PIN}

    def run(*command: str) -> bytes:
        return subprocess.run(command, check=True, capture_output=True, env=variables).stdout

    run("softhsm2-util", "--init-token", "--free", "--label", "release", "--so-pin", "5678", "--pin", PIN)
    tool = ("pkcs11-tool", "--module", module, "--token-label", "release", "--login", "--pin", PIN)
    run(*tool, "--keypairgen", "--key-type", "EC:prime256v1", "--label", "ada", "--id", "01")
    der = tmp_path / "public.der"
    run(*tool, "--read-object", "--type", "pubkey", "--id", "01", "--output-file", str(der))
    public = tmp_path / "public.pem"
    public.write_bytes(
        load_der_public_key(der.read_bytes()).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    uri = f"pkcs11:token=release;object=ada?module-path={module}"
    run(sys.executable, "-m", "assay", "sign", str(model), "--pkcs11", uri)
    signature = tmp_path / "model.sig"
    verifying.Config().use_elliptic_key_verifier(public_key=public).verify(model, signature)
    verify = (sys.executable, "-m", "assay", "verify", str(model), "--signature", str(signature))
    assert run(*verify, "--public-key", str(public)).startswith(b"verified  ")
