"""A timestamp proves when a signature was there: by a real authority (OpenSSL's) that answers on loopback."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from assay.attest.keys import PrivateKey, generate_key
from assay.attest.signers.certificate import CertificateSigner
from assay.attest.signers.local import LocalSigner
from assay.attest.timestamp_authorities import TimestampVerifier, parse_timestamp_authorities
from assay.attest.timestamp_client import request_timestamp
from assay.attest.timestamps import add_timestamp
from assay.attest.verifiers.certificate import CertificateVerifier
from assay.attest.verifiers.key import KeyVerifier
from assay.core.bundle import parse_record
from assay.core.errors import KeyFileError, SignatureError
from assay.core.statement import PAYLOAD_TYPE

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
STAMPING = [ExtendedKeyUsageOID.TIME_STAMPING]
ADA = LocalSigner("ada", generate_key())
MESSAGE = b"the bytes of a signature"
_CONFIGURATION = """
[tsa]
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.1
digests = sha1, sha256, sha384, sha512
signer_digest = sha256
ess_cert_id_alg = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
crypto_device = builtin
"""


class Stamper:
    """An authority with a certificate, and OpenSSL to do the stamping."""

    def __init__(self, folder: Path, authority: Any, issued: Any) -> None:
        self.authority, self.issued, self.folder = authority, issued, folder
        (folder / "tsa.cnf").write_text(_CONFIGURATION)
        (folder / "serial").write_text("01\n")
        (folder / "tsa.pem").write_bytes(issued.pem)
        private = issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "tsa.key").write_bytes(private)

    @property
    def verifier(self) -> TimestampVerifier:
        return TimestampVerifier([self.authority.certificate])

    def answer(self, query: bytes, *options: str) -> bytes:
        """The response to a TimeStampReq."""
        (self.folder / "query").write_bytes(query)
        words = "openssl ts -reply -config tsa.cnf -section tsa -signer tsa.pem -inkey tsa.key -queryfile query"
        (self.folder / "serial").write_text("01\n")
        place = self.folder / "tsa.cnf"
        place.write_text(f"serial = serial\n{_CONFIGURATION}serial = {self.folder}/serial\n")
        done = subprocess.run([*words.split(), *options], cwd=self.folder, capture_output=True, check=True)
        return done.stdout

    def stamp(self, message: bytes = MESSAGE, *, digest: str = "-sha256", options: tuple[str, ...] = ()) -> bytes:
        """A token over ``message``."""
        (self.folder / "message").write_bytes(message)
        query = ["openssl", "ts", "-query", "-data", "message", digest, "-cert"]
        done = subprocess.run(query, cwd=self.folder, capture_output=True, check=True)
        return self.answer(done.stdout, *options)


@pytest.fixture(scope="module")
def stamper(tmp_path_factory: pytest.TempPathFactory, make_authority: Any) -> Stamper:
    return make_stamper(tmp_path_factory, make_authority)


def make_stamper(tmp_path_factory: pytest.TempPathFactory, make_authority: Any, **changes: Any) -> Stamper:
    root = make_authority("Time Root", start=NOW - 400 * DAY, end=NOW + 400 * DAY)
    wanted = {"purposes": STAMPING, "critical_purposes": True, "start": NOW - DAY, "end": NOW + 30 * DAY, **changes}
    return Stamper(tmp_path_factory.mktemp("tsa"), root, root.issue(x509.DNSName("time.example"), **wanted))


@contextmanager
def served(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """A timestamp authority's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            data = answer(query)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_token_that_was_asked_for_proves_the_time(stamper: Stamper) -> None:
    """Over HTTP, and then from the bundle's own bytes; the statement and its signature are what they were."""
    bundle = ADA.sign(b"{}", PAYLOAD_TYPE)
    signature = bundle.envelope.signatures[0].sig
    with served(stamper.answer) as url:
        stamped = add_timestamp(bundle, request_timestamp(url, signature))
    read = parse_record(stamped.render())
    assert read == stamped
    assert read.envelope == bundle.envelope
    proven = KeyVerifier(ADA.public, stamper.verifier).verify(read, at=NOW)
    (time,) = proven.times
    assert abs(time - datetime.now(UTC)) < timedelta(minutes=2)
    assert KeyVerifier(ADA.public).verify(read, at=NOW).times == (), "nobody is trusted for it"


def test_a_token_over_other_bytes_is_refused(stamper: Stamper) -> None:
    """A stamp cannot be moved from one signature to another."""
    token = stamper.stamp(MESSAGE)
    assert stamper.verifier.time_of(token, MESSAGE)
    with pytest.raises(SignatureError, match="Mismatch"):
        stamper.verifier.time_of(token, MESSAGE + b".")
    moved = add_timestamp(ADA.sign(b"{}", PAYLOAD_TYPE), token)
    with pytest.raises(SignatureError, match="does not hold"):
        KeyVerifier(ADA.public, stamper.verifier).verify(moved, at=NOW)


def test_another_authoritys_token_is_refused(
    stamper: Stamper, tmp_path_factory: pytest.TempPathFactory, make_authority: Any
) -> None:
    """Same names, another key."""
    stranger = make_stamper(tmp_path_factory, make_authority)
    with pytest.raises(SignatureError, match="does not hold"):
        stamper.verifier.time_of(stranger.stamp(), MESSAGE)


@pytest.mark.parametrize(
    "changes",
    [
        {"end": NOW - timedelta(hours=1)},
        {"start": NOW + timedelta(hours=1)},
    ],
    ids=["expired", "not yet valid"],
)
def test_a_certificate_that_was_not_valid_when_it_stamped_is_refused(
    changes: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, make_authority: Any
) -> None:
    """OpenSSL stamps with it all the same."""
    stamper = make_stamper(tmp_path_factory, make_authority, **changes)
    with pytest.raises(SignatureError):
        stamper.verifier.time_of(stamper.stamp(), MESSAGE)


def test_weak_algorithms_are_refused(
    stamper: Stamper, tmp_path_factory: pytest.TempPathFactory, make_authority: Any
) -> None:
    """A stamp over SHA-1, one made with SHA-1, one by RSA with 2048 bits."""
    with pytest.raises(SignatureError, match="Unsupported hash"):
        stamper.verifier.time_of(stamper.stamp(digest="-sha1"), MESSAGE)
    place = stamper.folder / "weak"
    place.mkdir()
    weak = Stamper(place, stamper.authority, stamper.issued)
    with pytest.raises(SignatureError, match="not accepted"):
        weak.verifier.time_of(weak.stamp(options=("-sha1",)), MESSAGE)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    short = make_stamper(tmp_path_factory, make_authority, key=key)
    with pytest.raises(SignatureError, match="this one has 2048"):
        short.verifier.time_of(short.stamp(), MESSAGE)


def test_every_changed_byte_of_a_token_is_noticed(stamper: Stamper) -> None:
    """Or the token still says the same about the same bytes."""
    token = stamper.stamp()
    time = stamper.verifier.time_of(token, MESSAGE)
    for position in range(0, len(token), 7):
        changed = bytearray(token)
        changed[position] ^= 0x04
        try:
            assert stamper.verifier.time_of(bytes(changed), MESSAGE) == time
        except SignatureError:
            continue


@cache
def nobody() -> TimestampVerifier:
    """A verifier, for properties that ask it a hundred times."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW - DAY, NOW + DAY)
    return TimestampVerifier([builder.sign(key, hashes.SHA256())])


@given(st.binary(max_size=300))
def test_any_bytes_end_in_our_error(data: bytes) -> None:
    """No reader's own exception escapes."""
    with pytest.raises(SignatureError):
        nobody().time_of(data, MESSAGE)


def test_an_expired_certificate_stands_when_a_stamp_shows_that_it_was_valid(
    stamper: Stamper, make_authority: Any
) -> None:
    """The reason for timestamps: and without one, or with one from after the end, it falls."""
    root = make_authority()
    issued = root.issue(x509.RFC822Name("ada@bank.example"), start=NOW - 10 * DAY, end=NOW + DAY)
    signer = CertificateSigner(LocalSigner("ada", PrivateKey(issued.key)), (issued.der,))
    bundle = signer.sign(b"{}", PAYLOAD_TYPE)
    stamped = add_timestamp(bundle, stamper.stamp(bundle.envelope.signatures[0].sig))
    later = NOW + 20 * DAY
    verifier = CertificateVerifier((root.certificate,), None, stamper.verifier)
    assert verifier.verify(stamped, at=later).times
    for case in (verifier, replace(verifier, timestamps=None)):
        with pytest.raises(SignatureError, match="expired"):
            case.verify(bundle if case is verifier else stamped, at=later)
    expired = root.issue(x509.RFC822Name("ada@bank.example"), start=NOW - 10 * DAY, end=NOW - DAY)
    backdated = CertificateSigner(LocalSigner("ada", PrivateKey(expired.key)), (expired.der,)).sign(b"{}", PAYLOAD_TYPE)
    token = stamper.stamp(backdated.envelope.signatures[0].sig)
    with pytest.raises(SignatureError, match="expired"):
        verifier.verify(add_timestamp(backdated, token), at=later)


def test_what_does_not_answer_the_request_is_refused(stamper: Stamper) -> None:
    """A token for something else (replayed), a refusal, noise, nobody there, an address of another kind."""
    other = stamper.stamp(b"other")
    refusal = bytes.fromhex("30053003020102")  # TimeStampResp { status rejection }
    for answer, reason in ((other, "another request"), (refusal, "refused|something else"), (b"noise", "something")):
        with served(lambda query, data=answer: data) as url, pytest.raises(SignatureError, match=reason):  # type: ignore[misc]
            request_timestamp(url, MESSAGE)
    with pytest.raises(SignatureError, match="cannot be reached"):
        request_timestamp(url, MESSAGE, timeout=1)
    for address in ("file:///etc/passwd", "ftp://example.org/"):
        with pytest.raises(SignatureError, match="http"):
            request_timestamp(address, MESSAGE)


def test_authorities_are_read_from_pem(stamper: Stamper) -> None:
    """At least one root; anything else is told."""
    pem = stamper.authority.pem
    assert parse_timestamp_authorities(pem, where="tsa.pem").time_of(stamper.stamp(), MESSAGE)
    with pytest.raises(KeyFileError, match="root"):
        parse_timestamp_authorities(stamper.issued.pem, where="tsa.pem")
    with pytest.raises(KeyFileError, match="not certificates"):
        parse_timestamp_authorities(b"nothing", where="tsa.pem")


def test_a_token_without_a_certificate_needs_one_that_was_given(stamper: Stamper) -> None:
    """Small tokens leave it out: it may stand among those the verifier has, and must be one for stamping."""
    (stamper.folder / "message").write_bytes(MESSAGE)
    query = ["openssl", "ts", "-query", "-data", "message", "-sha256"]
    done = subprocess.run(query, cwd=stamper.folder, capture_output=True, check=True)
    token = stamper.answer(done.stdout)
    with pytest.raises(SignatureError):
        stamper.verifier.time_of(token, MESSAGE)
    both = TimestampVerifier([stamper.authority.certificate, stamper.issued.certificate])
    assert both.time_of(token, MESSAGE)
    issued = stamper.issued
    signing = {"purposes": [ExtendedKeyUsageOID.CODE_SIGNING], "critical_purposes": True}
    for changes in ({"purposes": STAMPING}, signing):
        wrong = stamper.authority.issue(
            key=issued.key, serial=issued.certificate.serial_number, start=NOW - DAY, end=NOW + DAY, **changes
        )
        with pytest.raises(SignatureError, match="does not hold"):
            TimestampVerifier([stamper.authority.certificate, wrong.certificate]).time_of(token, MESSAGE)
