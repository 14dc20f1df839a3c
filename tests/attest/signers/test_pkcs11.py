"""A key in a token signs there: against SoftHSM2, which is a real PKCS #11 token in software."""

from __future__ import annotations

import os
import subprocess
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.attest.checkpoints import NoteSigner, NoteVerifier
from assay.attest.public_key import Scheme
from assay.attest.signers.pkcs11_uri import KeyUri, parse_key_uri
from assay.attest.trust import Identity, Role, Trust
from assay.attest.verifiers.key import KeyVerifier
from assay.core.bundle import parse_record
from assay.core.errors import KeyFileError
from assay.core.note import Checkpoint
from assay.core.statement import PAYLOAD_TYPE

pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed (the extra pkcs11)")
signers = pytest.importorskip("assay.attest.signers.pkcs11")

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PIN, LABEL = "1234-secret", "assay test"
_MODULES = (
    os.environ.get("SOFTHSM2_MODULE", ""),
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
Pkcs11Signer = Callable[..., object]


@pytest.fixture(scope="module")
def module() -> Path:
    """SoftHSM2's module, as the system's packages install it."""
    found = next((Path(path) for path in _MODULES if path and Path(path).is_file()), None)
    if found is None:
        pytest.skip("SoftHSM2 is not installed (Debian: softhsm2); set SOFTHSM2_MODULE to its module")
    return found


@pytest.fixture(scope="module")
def token(module: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A token with a key of each kind, in a folder of its own; the module."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")  # read once, when the module is loaded
    initialise = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--so-pin", "5678", "--pin", PIN]
    subprocess.run(initialise, check=True, capture_output=True)
    library = pkcs11.lib(str(module))
    library.reinitialize()
    with library.get_token(token_label=LABEL).open(rw=True, user_pin=PIN) as session:
        curves = {"p256": "secp256r1", "p384": "secp384r1", "p521": "secp521r1", "odd": "secp256k1"}
        for number, (label, curve) in enumerate(curves.items(), start=1):
            parameters = {pkcs11.Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters(curve)}
            domain = session.create_domain_parameters(pkcs11.KeyType.EC, parameters, local=True)
            domain.generate_keypair(store=True, label=label, id=bytes([number]))
        for label, bits in (("rsa", 3072), ("short", 2048)):
            session.generate_keypair(pkcs11.KeyType.RSA, bits, store=True, label=label, id=label.encode())
        for number in (98, 99):
            domain.generate_keypair(store=True, label="twins", id=bytes([number]))
    return module


def uri(token: Path, key: str, **attributes: str) -> KeyUri:
    path = "".join(f";{name.replace('_', '-')}={value}" for name, value in attributes.items())
    return parse_key_uri(f"pkcs11:token=assay%20test;{key}{path}?module-path={token}", where="test")


def pin(asked: str) -> str:
    return PIN


@pytest.mark.parametrize(
    ("key", "scheme"),
    [
        ("object=p256", Scheme.P256),
        ("id=%02", Scheme.P384),
        ("object=p521;id=%03;type=private", Scheme.P521),
        ("object=rsa", Scheme.RSA),
    ],
)
def test_a_token_signs_what_the_public_key_verifies(token: Path, key: str, scheme: Scheme) -> None:
    """Statements and checkpoints, read back from their bytes."""
    signer = signers.Pkcs11Signer("ada", uri(token, key), pin)
    assert signer.public.scheme is scheme
    bundle = parse_record(signer.sign(b"{}", PAYLOAD_TYPE).render())
    assert KeyVerifier(signer.public).verify(bundle, at=NOW).key == signer.public
    note = NoteSigner(signer).sign_note(Checkpoint("x/log", 7, b"\1" * 32).render())
    trust = Trust("x/log", (Identity("ada", signer.public, frozenset({Role.LOG})),))
    assert NoteVerifier(trust).verify_note(note).size == 7
    signer.close()


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("object=odd", "curve secp256k1"),
        ("object=short", "3072 to 8192 bits, this one has 2048"),
        ("object=none", "no private key fits"),
        ("object=twins", "2 private keys fit"),
        ("object=p256;id=%02", "no private key fits"),
    ],
)
def test_a_key_that_is_not_the_one_or_not_accepted_is_refused(token: Path, key: str, reason: str) -> None:
    """Nothing is guessed, and the list of keys holds for tokens, too."""
    with pytest.raises(KeyFileError, match=reason):
        signers.Pkcs11Signer("ada", uri(token, key), pin)


def test_a_wrong_pin_is_told_without_it(token: Path) -> None:
    """And tried once."""
    asked: list[str] = []

    def wrong(what: str) -> str:
        asked.append(what)
        return "9999-mistaken"

    with pytest.raises(KeyFileError, match="the PIN is wrong") as caught:
        signers.Pkcs11Signer("ada", uri(token, "object=p256"), wrong)
    assert "9999-mistaken" not in "".join(traceback.format_exception(caught.value))
    assert asked == ["key p256 on token assay test"]


def test_the_pin_may_lie_in_a_file(token: Path, tmp_path: Path) -> None:
    """As RFC 7512 has it; a file that is not there is told."""
    (tmp_path / "pin").write_text(f"{PIN}\n")
    text = f"pkcs11:token=assay%20test;object=p256?module-path={token}&pin-source=file:{tmp_path}/pin"
    signer = signers.Pkcs11Signer("ada", parse_key_uri(text, where="test"), lambda _: pytest.fail("asked"))
    assert PIN not in repr(signer)
    signer.close()
    (tmp_path / "pin").unlink()
    with pytest.raises(KeyFileError, match="file with the PIN"):
        signers.Pkcs11Signer("ada", parse_key_uri(text, where="test"), pin)


def test_another_token_or_module_is_told(token: Path, tmp_path: Path) -> None:
    """No token of that name, no module at that place, a file that is no module."""
    with pytest.raises(KeyFileError, match="no token fits"):
        text = f"pkcs11:token=other;object=p256?module-path={token}"
        signers.Pkcs11Signer("ada", parse_key_uri(text, where="test"), pin)
    with pytest.raises(KeyFileError, match="no token fits"):
        signers.Pkcs11Signer("ada", uri(token, "object=p256", slot_id="99999"), pin)
    with pytest.raises(KeyFileError, match="no PKCS #11 module"):
        signers.Pkcs11Signer("ada", parse_key_uri("pkcs11:?module-path=/nowhere.so", where="test"), pin)
    (tmp_path / "text.so").write_text("not a library")
    with pytest.raises(KeyFileError, match="can be loaded"):
        signers.Pkcs11Signer("ada", parse_key_uri(f"pkcs11:?module-path={tmp_path}/text.so", where="test"), pin)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pkcs11:token=x?pin-value=1234", "holds the PIN itself"),
        ("pkcs11:token=x;colour=red", "'colour' is not known"),
        ("pkcs11:token", "'token' is not known"),
        ("pkcs11:token=x;token=y", "token twice"),
        ("pkcs11:type=cert", "no private key"),
        ("pkcs11:slot-id=one", "no number"),
        ("pkcs11:token=%ff", "not UTF-8"),
        ("http://example.org", "no pkcs11: URI"),
    ],
)
def test_a_uri_that_cannot_be_meant_is_refused(text: str, reason: str) -> None:
    """A typo must not pick another key; a PIN in a URI ends in somebody's log."""
    with pytest.raises(KeyFileError, match=reason) as caught:
        parse_key_uri(text, where="assay.toml")
    assert "1234" not in str(caught.value)


def test_a_uri_says_what_it_picks() -> None:
    """Percent-encoding undone, for text and for bytes."""
    read = parse_key_uri("pkcs11:token=My%20Token;serial=0a;object=k%3b;id=%01%ff;slot-id=3", where="test")
    assert read == KeyUri(token="My Token", serial="0a", slot=3, label="k;", identifier=b"\x01\xff")
    assert str(read) == "key k; on token My Token"
