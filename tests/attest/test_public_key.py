"""One list says which keys are accepted, and a signature verifies only as that list has it."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from assay.attest.keys import generate_key
from assay.attest.public_key import Scheme, load_public_key, parse_public_key, public_key
from assay.core.errors import KeyFileError

SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
KEYS = {scheme: generate_key(scheme) for scheme in (Scheme.ED25519, Scheme.P256, Scheme.P384, Scheme.P521)}


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)


@pytest.mark.parametrize("scheme", KEYS)
def test_a_key_reads_back_from_pem_and_der(scheme: Scheme) -> None:
    """Its name is SHA-256 over the DER SubjectPublicKeyInfo, whatever it was read from."""
    key = KEYS[scheme].public
    assert parse_public_key(key.pem(), where="x") == load_public_key(key.der, where="x") == key
    assert key.scheme is scheme
    assert key.keyid == hashlib.sha256(key.der).hexdigest()


@given(st.sampled_from(sorted(KEYS)), st.binary(max_size=40), st.integers(0, 200), st.integers(1, 255))
def test_any_changed_byte_fails(scheme: Scheme, message: bytes, position: int, change: int) -> None:
    """Of the signature, of the message; and every other key says no."""
    private = KEYS[scheme]
    signature = private.sign(message)
    assert private.public.verifies(signature, message)
    changed = bytearray(signature)
    changed[position % len(signature)] ^= change
    assert not private.public.verifies(bytes(changed), message)
    assert not private.public.verifies(signature, message + b"\0")
    assert not any(other.public.verifies(signature, message) for other in KEYS.values() if other is not private)


@given(st.sampled_from(sorted(KEYS)), st.binary(max_size=160))
def test_noise_is_no_signature(scheme: Scheme, noise: bytes) -> None:
    """And ends in no, not in an error."""
    assert not KEYS[scheme].public.verifies(noise, b"message")


@pytest.mark.parametrize(
    ("curve", "weak"), [(ec.SECP256R1, hashes.SHA1), (ec.SECP384R1, hashes.SHA256), (ec.SECP521R1, hashes.SHA256)]
)
def test_each_curve_has_its_digest(curve: type[ec.SECP256R1], weak: type[hashes.SHA256]) -> None:
    """A signature over a shorter digest is none, nor is one over SHA-1."""
    private = ec.generate_private_key(curve())
    try:
        signature = private.sign(b"x", ec.ECDSA(weak()))
    except Exception:
        digest = hashlib.sha1(b"x").digest()
        from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

        signature = private.sign(digest.ljust(32, b"\0"), ec.ECDSA(Prehashed(hashes.SHA256())))
    assert not public_key(private.public_key()).verifies(signature, b"x")


def test_rsa_verifies_both_paddings_over_sha256_alone(rsa_key: rsa.RSAPrivateKey) -> None:
    """PKCS #1 v1.5 and PSS; nothing over SHA-1, SHA-224 or raw."""
    key = public_key(rsa_key.public_key())
    assert key.scheme is Scheme.RSA
    digest = hashes.SHA256()
    assert key.verifies(rsa_key.sign(b"x", padding.PKCS1v15(), digest), b"x")
    for salt in (32, padding.PSS.MAX_LENGTH, 0):
        assert key.verifies(rsa_key.sign(b"x", padding.PSS(padding.MGF1(digest), salt), digest), b"x")
    for other in (hashes.SHA224(), hashes.SHA512()):
        assert not key.verifies(rsa_key.sign(b"x", padding.PKCS1v15(), other), b"x")
    assert not key.verifies(b"\0" * 384, b"x")
    assert not key.verifies(b"", b"x")


def test_what_is_not_on_the_list_is_named_and_refused(rsa_key: rsa.RSAPrivateKey) -> None:
    """In PEM and in DER: short RSA, tiny exponents, other curves, other kinds."""
    small = rsa.RSAPublicNumbers(3, rsa_key.public_key().public_numbers().n).public_key()
    for key, reason in (
        (rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key(), "this one has 2048"),
        (small, "exponent"),
        (ec.generate_private_key(ec.SECP256K1()).public_key(), "secp256k1"),
        (ec.generate_private_key(ec.SECP224R1()).public_key(), "secp224r1"),
        (Ed448PrivateKey.generate().public_key(), "Ed448"),
        (X25519PrivateKey.generate().public_key(), "X25519"),
        (dsa.generate_private_key(2048).public_key(), "DSA"),
    ):
        with pytest.raises(KeyFileError, match=reason) as caught:
            parse_public_key(key.public_bytes(serialization.Encoding.PEM, SPKI).decode(), where="trust.toml")
        assert caught.value.where == "trust.toml"
        with pytest.raises(KeyFileError, match=reason):
            load_public_key(key.public_bytes(serialization.Encoding.DER, SPKI), where="x")


@given(st.binary(max_size=100))
def test_any_bytes_end_in_a_key_or_our_error(data: bytes) -> None:
    """Nothing else escapes."""
    with suppress(KeyFileError):
        load_public_key(data, where="x")
    with suppress(KeyFileError):
        parse_public_key(data.decode("latin-1"), where="x")
    with suppress(KeyFileError):
        pem = f"-----BEGIN PUBLIC KEY-----\n{data.hex()}\n-----END PUBLIC KEY-----\n"
        parse_public_key(pem, where="x")
