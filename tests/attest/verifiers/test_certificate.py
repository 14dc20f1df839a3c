"""A certificate proves an identity: only its own, only under its authority, only in its time."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from assay.attest.certificates import parse_name
from assay.attest.keys import PrivateKey, generate_key
from assay.attest.signers.certificate import CertificateSigner, certificate_signer
from assay.attest.signers.local import LocalSigner
from assay.attest.verifiers.certificate import CertificateVerifier
from assay.core.bundle import Bundle, CertificateChain, parse_record
from assay.core.envelope import Envelope, Signature, pre_authentication_encoding
from assay.core.errors import KeyFileError, SignatureError
from assay.core.statement import PAYLOAD_TYPE

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ADA = x509.RFC822Name("ada@bank.example")
ADA_NAME = parse_name("email:ada@bank.example", where="test")
Anything = Any  # what conftest.py makes; its classes cannot be imported here


def signed(issued: Anything, *others: bytes) -> Bundle:
    """A bundle signed with the key of a certificate, read back from its bytes."""
    signer = CertificateSigner(LocalSigner("ada", PrivateKey(issued.key)), (issued.der, *others))
    return parse_record(signer.sign(b"{}", PAYLOAD_TYPE).render())


def verifier(*authorities: Anything, name: object = ADA_NAME) -> CertificateVerifier:
    return CertificateVerifier(tuple(item.certificate for item in authorities), name)  # type: ignore[arg-type]


def test_a_certificate_proves_the_name_in_it(authority: Anything) -> None:
    """And whose key it was."""
    issued = authority.issue(ADA)
    proven = verifier(authority).verify(signed(issued), at=NOW)
    assert proven.identity == "email:ada@bank.example"
    assert proven.key == PrivateKey(issued.key).public
    assert proven.times == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (x509.UniformResourceIdentifier("https://ci.example/job/7"), "uri:https://ci.example/job/7"),
        (x509.DNSName("Build.bank.example"), "dns:build.bank.EXAMPLE"),
    ],
)
def test_addresses_of_jobs_and_machines_are_names_too(authority: Anything, name: x509.GeneralName, text: str) -> None:
    """A DNS name in any case; a URI letter by letter."""
    bundle = signed(authority.issue(name, x509.RFC822Name("other@bank.example")))
    assert verifier(authority, name=parse_name(text, where="test")).verify(bundle, at=NOW)


def test_another_name_is_refused(authority: Anything) -> None:
    """Same authority, somebody else: also a longer, a shorter and a wildcard name, and no name at all."""
    for names in (
        (x509.RFC822Name("eve@bank.example"),),
        (x509.RFC822Name("ada@bank.example.evil.example"),),
        (x509.RFC822Name("da@bank.example"),),
        (x509.DNSName("*.bank.example"),),
        (x509.UniformResourceIdentifier("mailto:ada@bank.example"),),
        (),
    ):
        with pytest.raises(SignatureError, match="not for email:ada@bank"):
            verifier(authority).verify(signed(authority.issue(*names)), at=NOW)


def test_an_intermediate_leads_to_the_authority(make_authority: Anything, authority: Anything) -> None:
    """In the bundle, in whatever order after the signer's own; without it the path is broken."""
    middle = make_authority("Middle", authority)
    lower = make_authority("Lower", middle)
    issued = lower.issue(ADA)
    for others in ((lower.der, middle.der), (middle.der, lower.der), (middle.der, lower.der, authority.der)):
        assert verifier(authority).verify(signed(issued, *others), at=NOW)
    for others in ((), (lower.der,), (middle.der,)):
        with pytest.raises(SignatureError, match="does not lead to an authority"):
            verifier(authority).verify(signed(issued, *others), at=NOW)


def test_a_shuffled_chain_is_refused(make_authority: Anything, authority: Anything) -> None:
    """The signer's certificate stands first, or the signature is by another key than the first."""
    middle = make_authority("Middle", authority)
    issued = middle.issue(ADA)
    bundle = replace(signed(issued), material=CertificateChain((middle.der, issued.der)))
    with pytest.raises(SignatureError, match="no signature on it is by the key in the certificate of CN=Middle"):
        verifier(authority).verify(bundle, at=NOW)


def test_another_authority_of_the_same_name_is_refused(make_authority: Anything, authority: Anything) -> None:
    """Names are written by whoever makes a certificate; and an attacker's root in the bundle is not an authority."""
    false = make_authority()
    with pytest.raises(SignatureError, match="does not lead to an authority"):
        verifier(authority).verify(signed(false.issue(ADA), false.der), at=NOW)


def test_a_certificate_before_and_after_its_time_is_refused(authority: Anything) -> None:
    """Research: model-signing 1.1.1 accepts a certificate that expired five years ago, or is valid in 300 years."""
    expired = authority.issue(ADA, start=NOW - 30 * DAY, end=NOW - DAY)
    early = authority.issue(ADA, start=NOW + DAY, end=NOW + 2 * DAY)
    with pytest.raises(SignatureError, match="expired on 2026-10-31"):
        verifier(authority).verify(signed(expired), at=NOW)
    with pytest.raises(SignatureError, match="not valid before 2026-11-02"):
        verifier(authority).verify(signed(early), at=NOW)
    assert verifier(authority).verify(signed(expired), at=NOW - 2 * DAY), "when it is known to have been there earlier"


def test_an_authority_that_expired_is_refused(make_authority: Anything, authority: Anything) -> None:
    """The root's time counts, and that of everything between."""
    for end in (NOW - DAY,):
        old_root = make_authority(end=end)
        old_middle = make_authority("Middle", authority, end=end)
        with pytest.raises(SignatureError, match="does not lead"):
            verifier(old_root).verify(signed(old_root.issue(ADA)), at=NOW)
        with pytest.raises(SignatureError, match="does not lead"):
            verifier(authority).verify(signed(old_middle.issue(ADA), old_middle.der), at=NOW)


def test_an_authority_cannot_sign_in_its_own_name(make_authority: Anything, authority: Anything) -> None:
    """A CA's certificate is for certificates: as the signer's it is refused, with any key usage."""
    for usage in (None, authority.issue(ADA).certificate.extensions.get_extension_for_class(x509.KeyUsage).value):
        with pytest.raises(SignatureError, match="does not lead"):
            verifier(authority).verify(signed(authority.issue(ADA, is_authority=True, usage=usage)), at=NOW)
    root = make_authority()
    signer = CertificateSigner(LocalSigner("ada", PrivateKey(root.key)), (root.der,))
    with pytest.raises(SignatureError, match="does not lead"):
        verifier(root, name=None).verify(signer.sign(b"{}", PAYLOAD_TYPE), at=NOW)


def test_a_certificate_that_signs_itself_is_refused(make_authority: Anything, authority: Anything) -> None:
    """Even where somebody put it among the authorities: it is none."""
    itself = make_authority("A signer", is_authority=False)
    own = itself.issue(ADA, key=itself.key)
    for trusted in (authority, own):
        with pytest.raises(SignatureError, match="does not lead"):
            verifier(trusted).verify(signed(own), at=NOW)


def test_a_signer_cannot_vouch_for_others(make_authority: Anything, authority: Anything) -> None:
    """A certificate without the authority flag issues nothing (Moxie Marlinspike, 2002)."""
    ordinary = make_authority("Middle", authority, is_authority=False)
    with pytest.raises(SignatureError, match="does not lead"):
        verifier(authority).verify(signed(ordinary.issue(ADA), ordinary.der), at=NOW)


def test_the_path_length_is_honoured(make_authority: Anything) -> None:
    """An authority that may have no other below it."""
    root = make_authority(path_length=0)
    assert verifier(root).verify(signed(root.issue(ADA)), at=NOW)
    middle = make_authority("Middle", root)
    with pytest.raises(SignatureError, match="does not lead"):
        verifier(root).verify(signed(middle.issue(ADA), middle.der), at=NOW)


def test_name_constraints_are_honoured(make_authority: Anything, authority: Anything) -> None:
    """An authority for one domain vouches for nobody in another; constraints that cannot be judged are a refusal."""

    def under(constraints: x509.NameConstraints, name: x509.GeneralName) -> object:
        middle = make_authority("Middle", authority, constraints=constraints)
        return verifier(authority, name=None).verify(signed(middle.issue(name), middle.der), at=NOW)

    only_bank = x509.NameConstraints([x509.DNSName("bank.example")], None)
    assert under(only_bank, x509.DNSName("ci.bank.example"))
    with pytest.raises(SignatureError, match="does not lead"):
        under(only_bank, x509.DNSName("ci.evil.example"))
    not_bank = x509.NameConstraints(None, [x509.DNSName("bank.example")])
    with pytest.raises(SignatureError, match="does not lead"):
        under(not_bank, x509.DNSName("ci.bank.example"))
    uris = x509.NameConstraints([x509.UniformResourceIdentifier("bank.example")], None)
    with pytest.raises(SignatureError, match="does not lead"):
        under(uris, x509.UniformResourceIdentifier("https://evil.example/job"))
    emails = x509.NameConstraints([x509.RFC822Name("bank.example")], None)
    with pytest.raises(SignatureError, match="does not lead"):
        under(emails, x509.RFC822Name("ada@evil.example"))


def test_a_certificate_for_something_else_is_refused(make_authority: Anything, authority: Anything) -> None:
    """A web server's, one that may not sign, one that says nothing about its use, one of an authority for servers."""
    server = [ExtendedKeyUsageOID.SERVER_AUTH]
    no_signatures = x509.KeyUsage(False, False, True, False, False, False, False, False, False)
    for issued in (
        authority.issue(ADA, purposes=server),
        authority.issue(ADA, usage=no_signatures),
        authority.issue(ADA, usage=None, purposes=()),
    ):
        with pytest.raises(SignatureError, match="does not lead"):
            verifier(authority).verify(signed(issued), at=NOW)
    middle = make_authority("Middle", authority, purposes=server)
    with pytest.raises(SignatureError, match="does not lead"):
        verifier(authority).verify(signed(middle.issue(ADA), middle.der), at=NOW)
    assert verifier(authority).verify(signed(authority.issue(ADA, purposes=())), at=NOW), "digitalSignature is enough"
    assert verifier(authority).verify(signed(authority.issue(ADA, usage=None)), at=NOW), "so is codeSigning"


@pytest.fixture(scope="module")
def weak() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def strong() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)


def test_rsa_2048_is_refused_wherever_it_stands(
    make_authority: Anything, authority: Anything, weak: rsa.RSAPrivateKey
) -> None:
    """As the signer's key, as an authority's, as one between; the library alone would let it through."""
    leaf = authority.issue(ADA, key=weak)
    bundle = replace(signed(authority.issue(ADA)), material=CertificateChain((leaf.der,)))
    with pytest.raises(SignatureError, match="3072 to 8192 bits, this one has 2048"):
        verifier(authority).verify(bundle, at=NOW)
    root, middle = make_authority(key=weak), make_authority("Middle", authority, key=weak)
    for trusted, below in ((root, root), (authority, middle)):
        with pytest.raises(SignatureError, match="3072 to 8192 bits, this one has 2048"):
            verifier(trusted).verify(signed(below.issue(ADA), below.der), at=NOW)


def test_algorithms_off_the_list_are_refused(make_authority: Anything, authority: Anything) -> None:
    """A certificate that is signed over SHA-224, and an authority's key on a curve that nobody accepts."""
    with pytest.raises(SignatureError, match="does not lead"):
        verifier(authority).verify(signed(authority.issue(ADA, digest=hashes.SHA224())), at=NOW)
    odd = make_authority("Odd", authority, key=ec.generate_private_key(ec.SECP256K1()))
    with pytest.raises(SignatureError):
        verifier(authority).verify(signed(odd.issue(ADA), odd.der), at=NOW)


def test_a_certificate_over_sha1_is_refused(tmp_path: Path, authority: Anything) -> None:
    """The library makes none, so OpenSSL does: right in all but its digest, and right with the other digest."""
    key = ec.generate_private_key(ec.SECP256R1())
    for name, private in (("ca.key", authority.key), ("leaf.key", key)):
        (tmp_path / name).write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    for digest in ("-sha256", "-sha1"):
        words = "openssl req -x509 -new -key leaf.key -CA ca.pem -CAkey ca.key -days 30 -out leaf.pem -subj /CN=ada"
        extensions = ("subjectAltName=email:ada@bank.example", "keyUsage=critical,digitalSignature")
        added = [word for extension in (*extensions, "basicConstraints=CA:FALSE") for word in ("-addext", extension)]
        subprocess.run([*words.split(), digest, *added], cwd=tmp_path, check=True, capture_output=True)
        leaf = x509.load_pem_x509_certificate((tmp_path / "leaf.pem").read_bytes())
        bundle = signed(SimpleNamespace(key=key, der=leaf.public_bytes(Encoding.DER)))
        moment = leaf.not_valid_before_utc + DAY
        if digest == "-sha256":
            assert verifier(authority).verify(bundle, at=moment)
        else:
            with pytest.raises(SignatureError, match="does not lead"):
                verifier(authority).verify(bundle, at=moment)


def test_every_key_on_the_list_works_in_certificates(make_authority: Anything, strong: rsa.RSAPrivateKey) -> None:
    """Whatever the authority's and the signer's keys are; authorities with Ed25519 the library does not know."""
    curves = [ec.generate_private_key(curve()) for curve in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)]
    keys = (*curves, strong)
    for root_key, leaf_key in zip(keys, (Ed25519PrivateKey.generate(), *curves), strict=True):
        root = make_authority(key=root_key)
        assert verifier(root).verify(signed(root.issue(ADA, key=leaf_key)), at=NOW)


def test_the_signature_must_be_by_the_certificates_key(authority: Anything) -> None:
    """Somebody else's certificate on one's own signature; and a payload that was changed."""
    ada, eve = authority.issue(ADA), authority.issue(x509.RFC822Name("eve@bank.example"))
    stolen = replace(signed(eve), material=CertificateChain((ada.der,)))
    with pytest.raises(SignatureError, match="no signature on it is by the key"):
        verifier(authority).verify(stolen, at=NOW)
    bundle = signed(ada)
    with pytest.raises(SignatureError, match="no signature on it is by the key"):
        verifier(authority).verify(replace(bundle, envelope=replace(bundle.envelope, payload=b"{ }")), at=NOW)
    with pytest.raises(SignatureError, match="no signature on it is by the key"):
        verifier(authority).verify(replace(bundle, envelope=replace(bundle.envelope, payload_type="x")), at=NOW)


def test_malformed_certificates_are_one_clear_error(authority: Anything) -> None:
    """Noise, a truncated certificate, none at all in the bundle."""
    issued = authority.issue(ADA)
    for der in (b"\x30\x03noise", issued.der[:-20], issued.der + b"\0"):
        with pytest.raises(SignatureError):
            verifier(authority).verify(replace(signed(issued), material=CertificateChain((der,))), at=NOW)
    with pytest.raises(SignatureError):
        verifier(authority).verify(signed(issued, b"noise"), at=NOW)
    payload = pre_authentication_encoding(PAYLOAD_TYPE, b"{}")
    bare = Bundle(Envelope(b"{}", PAYLOAD_TYPE, (Signature("", PrivateKey(issued.key).sign(payload)),)))
    with pytest.raises(SignatureError, match="not signed with a certificate"):
        verifier(authority).verify(bare, at=NOW)


def test_a_key_and_its_certificate_are_put_together(make_authority: Anything, authority: Anything) -> None:
    """The certificate of the key stands first and is valid now; anything else is told before anything is signed."""
    middle = make_authority("Middle", authority)
    issued = middle.issue(ADA)
    key = LocalSigner("ada", PrivateKey(issued.key))
    signer = certificate_signer(key, issued.pem + middle.pem, now=NOW, where="chain.pem")
    assert verifier(authority).verify(signer.sign(b"{}", PAYLOAD_TYPE), at=NOW)
    assert signer.public == key.public
    with pytest.raises(KeyFileError, match="another key") as caught:
        certificate_signer(key, middle.pem + issued.pem, now=NOW, where="chain.pem")
    assert "first" in caught.value.remedy
    with pytest.raises(KeyFileError, match="another key"):
        certificate_signer(LocalSigner("eve", generate_key()), issued.pem, now=NOW, where="chain.pem")
    with pytest.raises(KeyFileError, match="not now"):
        certificate_signer(key, issued.pem, now=NOW + 60 * DAY, where="chain.pem")
    for wrong in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", issued.pem[:200]):
        with pytest.raises(KeyFileError, match="not certificates"):
            certificate_signer(key, wrong, now=NOW, where="chain.pem")
    with pytest.raises(KeyFileError, match="private key stands"):
        certificate_signer(key, key.key.render(None), now=NOW, where="chain.pem")


@pytest.mark.parametrize("text", ["", "ada@bank.example", "email:", "ip:10.0.0.1", "uri", "email:a\nb"])
def test_a_name_that_names_nobody_is_refused(text: str) -> None:
    """A typo in a trust file must not match anybody."""
    with pytest.raises(KeyFileError, match="names nobody"):
        parse_name(text, where="trust.toml")
