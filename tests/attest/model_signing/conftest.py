"""Models signed by assay and by ``model-signing``, and verified by both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from assay.attest.keys import read_key
from assay.attest.signers.local import LocalSigner
from assay.attest.verifiers.key import KeyVerifier
from assay.pipeline.verify_signature import Demands, Verification, verify_signature

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Pair:
    """A key in files, as both tools take it."""

    def __init__(self, folder: Path, curve: ec.EllipticCurve | None = None) -> None:
        key = ec.generate_private_key(curve or ec.SECP256R1())
        self.private, self.public = folder / "key.pem", folder / "key.pub"
        self.private.touch(mode=0o600)
        self.private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.signer = LocalSigner("ada", read_key(self.private, None))
        self.public.write_text(self.signer.public.pem())
        self.verifier = KeyVerifier(self.signer.public)


@pytest.fixture
def make_pair(tmp_path: Path) -> Callable[..., Pair]:
    return lambda curve=None: Pair(tmp_path, curve)


@pytest.fixture
def pair(make_pair: Callable[..., Pair]) -> Pair:
    return make_pair()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small folder with an empty file and a deep one."""
    folder = tmp_path / "model"
    (folder / "a" / "b" / "c").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(b"weights" * 100)
    (folder / "empty").touch()
    (folder / "a" / "b" / "c" / "deep").write_bytes(b"deep")
    return folder


@pytest.fixture
def verify(pair: Pair) -> Callable[..., Verification]:
    """``verify(path, signature, allow_unsigned=True)``."""

    def run(path: Path, signature: Path, **demands: Any) -> Verification:
        return verify_signature(path, signature, pair.verifier, Demands(**demands), now=NOW)

    return run
