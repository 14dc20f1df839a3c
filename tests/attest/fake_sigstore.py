"""Sigstore on loopback: an identity provider, an authority with its certificate log, a transparency log and, for the
log's second version, a timestamp authority. Small, and in the real wire format: the real client signs against it.

Sources: Fulcio's ``/api/v2/signingCert``; Rekor's ``/api/v1/log/entries`` and rekor-tiles' ``/api/v2/log/entries``;
RFC 6962 for the certificate's timestamp and for the log's tree.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jwt
import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

_ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_ISSUER_V2 = ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_SCT_LIST = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_TSA = """[tsa]
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
ess_cert_id_alg = sha256
crypto_device = builtin
serial = serial
"""


def spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Faults:
    """What the services do wrong, when a test asks for it."""

    sct: bool = False  # the authority's certificate log signs with another key
    log_key: bool = False  # the transparency log signs with another key
    proof: bool = False  # the inclusion proof is of another tree
    lifetime: timedelta = timedelta(minutes=10)
    integrated: timedelta = timedelta()  # the log's clock is wrong by so much


@dataclass
class FakeSigstore:
    """The services of one deployment; ``version`` is the log's, 1 or 2."""

    folder: Path
    version: int = 1
    audience: str = "sigstore"
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.provider, self.root_key, self.ct_key, self.log_key = (new_key() for _ in range(4))
        self.stranger = new_key()
        now = datetime.now(UTC).replace(microsecond=0)
        self.start = now - timedelta(days=2)
        self.root = self._authority(self.root_key, "Fake Fulcio")
        self.leaves: list[bytes] = [b"an entry of somebody else", b"another"]
        self.stamp_root_key, self.stamp_key = new_key(), new_key()
        self.stamp_root = self._authority(self.stamp_root_key, "Fake Time")
        self.stamper = self._stamper()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(lambda: owner.get(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(lambda: owner.post(self.path, body, dict(self.headers)))

            def _answer(self, made: Callable[[], tuple[int, bytes]]) -> None:
                status, data = made()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *arguments: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # What a user holds.

    def token(self, email: str = "ada@bank.example", **claims: object) -> str:
        """An identity token of the provider."""
        now = int(time.time())
        said = {"iss": self.url, "sub": email, "aud": self.audience, "iat": now, "exp": now + 300, **claims}
        return jwt.encode(said, self.provider, algorithm="ES256", headers={"kid": "1"})

    def trusted_root(self) -> dict[str, Any]:
        """TrustedRoot, as verifiers hold it."""
        valid = {"start": self.start.isoformat().replace("+00:00", "Z")}

        def log(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
            public = {"rawBytes": b64(spki(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": valid}
            identifier = {"keyId": b64(hashlib.sha256(spki(key)).digest())}
            return {"baseUrl": self.url, "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": identifier}

        def authority(*chain: x509.Certificate) -> dict[str, Any]:
            listed = [{"rawBytes": b64(item.public_bytes(Encoding.DER))} for item in chain]
            named = {"organization": "fake", "commonName": "fake"}
            return {"subject": named, "uri": self.url, "certChain": {"certificates": listed}, "validFor": valid}

        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.log_key)],
            "certificateAuthorities": [authority(self.root)],
            "ctlogs": [log(self.ct_key)],
            "timestampAuthorities": [authority(self.stamper, self.stamp_root)],
        }

    def trust_config(self) -> dict[str, Any]:
        """ClientTrustConfig, as signers hold it."""
        valid = {"start": self.start.isoformat().replace("+00:00", "Z")}

        def service(path: str, version: int) -> list[dict[str, Any]]:
            return [{"url": self.url + path, "majorApiVersion": version, "validFor": valid, "operator": "fake"}]

        return {
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": self.trusted_root(),
            "signingConfig": {
                "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
                "caUrls": service("", 1),
                "oidcUrls": service("", 1),
                "rekorTlogUrls": service("", self.version),
                "rekorTlogConfig": {"selector": "ANY"},
                "tsaUrls": service("/timestamp", 1) if self.version == 2 else [],
                "tsaConfig": {"selector": "ANY"},
            },
        }

    def write(self) -> tuple[Path, Path]:
        """Both as files: the signer's and the verifier's."""
        config, root = self.folder / "trust-config.json", self.folder / "trusted-root.json"
        config.write_text(json.dumps(self.trust_config()))
        root.write_text(json.dumps(self.trusted_root()))
        return config, root

    # The services.

    def get(self, path: str) -> tuple[int, bytes]:
        if path == "/.well-known/openid-configuration":
            found = {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/auth",
                "token_endpoint": f"{self.url}/t",
            }
            return 200, json.dumps(found).encode()
        return 404, b"{}"

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        match path:
            case "/api/v2/signingCert":
                return self._issue(json.loads(body), headers.get("Authorization", ""))
            case "/api/v1/log/entries":
                return 201, json.dumps(self._log_v1(json.loads(body))).encode()
            case "/api/v2/log/entries":
                return 201, json.dumps(self._log_v2(json.loads(body))).encode()
            case "/timestamp":
                return 200, self._stamp(body)
        return 404, b"{}"

    def _issue(self, request: dict[str, Any], authorization: str) -> tuple[int, bytes]:
        try:
            claims = jwt.decode(
                authorization.removeprefix("Bearer "), self.provider.public_key(), ["ES256"], audience=self.audience
            )
        except jwt.PyJWTError:
            return 401, json.dumps({"code": 16, "message": "the token does not hold"}).encode()
        csr = x509.load_pem_x509_csr(base64.b64decode(request["certificateSigningRequest"]))
        assert csr.is_signature_valid
        leaf = self._leaf(csr.public_key(), claims["sub"], claims["iss"])
        chain = [item.public_bytes(Encoding.PEM).decode() for item in (leaf, self.root)]
        return 200, json.dumps({"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}}).encode()

    def _leaf(self, key: Any, name: str, issuer: str) -> x509.Certificate:
        now = datetime.now(UTC).replace(microsecond=0)
        san = x509.UniformResourceIdentifier(name) if "://" in name else x509.RFC822Name(name)
        usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        issuer_der = b"\x0c" + bytes([len(issuer)]) + issuer.encode()
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.root.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(seconds=5))
            .not_valid_after(now + self.faults.lifetime)
            .add_extension(usage, True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root_key.public_key()), False)
            .add_extension(x509.SubjectAlternativeName([san]), True)
            .add_extension(x509.UnrecognizedExtension(_ISSUER, issuer.encode()), False)
            .add_extension(x509.UnrecognizedExtension(_ISSUER_V2, issuer_der), False)
        )
        without = builder.sign(self.root_key, hashes.SHA256()).tbs_certificate_bytes
        listed = self._certificate_timestamp(without)
        der = b"\x04" + (bytes([len(listed)]) if len(listed) < 128 else b"\x81" + bytes([len(listed)])) + listed
        return builder.add_extension(x509.UnrecognizedExtension(_SCT_LIST, der), False).sign(
            self.root_key, hashes.SHA256()
        )

    def _certificate_timestamp(self, tbs: bytes) -> bytes:
        """RFC 6962, 3.2 and 3.3: the certificate log's promise, as a list of one."""
        milliseconds = int(time.time() * 1000)
        issuer = hashlib.sha256(spki(self.root_key)).digest()
        entry = struct.pack("!BBQH", 0, 0, milliseconds, 1) + issuer + len(tbs).to_bytes(3) + tbs + b"\0\0"
        signature = sign(self.stranger if self.faults.sct else self.ct_key, entry)
        identifier = hashlib.sha256(spki(self.ct_key)).digest()
        promise = b"\0" + identifier + struct.pack("!QH", milliseconds, 0) + b"\x04\x03"
        promise += struct.pack("!H", len(signature)) + signature
        return struct.pack("!HH", len(promise) + 2, len(promise)) + promise

    def _log_v1(self, proposed: dict[str, Any]) -> dict[str, Any]:
        content = proposed["spec"]["proposedContent"]
        envelope = json.loads(content["envelope"])
        payload = base64.b64decode(envelope["payload"])
        body = rfc8785.dumps(
            {
                "apiVersion": "0.0.1",
                "kind": "dsse",
                "spec": {
                    "envelopeHash": {
                        "algorithm": "sha256",
                        "value": hashlib.sha256(content["envelope"].encode()).hexdigest(),
                    },
                    "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
                    "signatures": [
                        {"signature": envelope["signatures"][0]["sig"], "verifier": content["verifiers"][0]}
                    ],
                },
            }
        )
        index, size, root, proof, note = self._append(body)
        integrated = int(time.time() + self.faults.integrated.total_seconds())
        promise = {
            "body": b64(body),
            "integratedTime": integrated,
            "logID": self.log_id.hex(),
            "logIndex": index,
        }
        signed = sign(self._signing_key(), rfc8785.dumps(promise))
        inclusion = {
            "logIndex": index,
            "treeSize": size,
            "rootHash": root.hex(),
            "hashes": [item.hex() for item in proof],
            "checkpoint": note,
        }
        return {
            "0" * 80: {**promise, "verification": {"inclusionProof": inclusion, "signedEntryTimestamp": b64(signed)}}
        }

    def _log_v2(self, request: dict[str, Any]) -> dict[str, Any]:
        wanted = request["hashedRekordRequestV002"]
        spec = {"data": {"algorithm": "SHA2_256", "digest": wanted["digest"]}, "signature": wanted["signature"]}
        body = rfc8785.dumps({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": spec}})
        index, size, root, proof, note = self._append(body)
        return {
            "logIndex": str(index),
            "logId": {"keyId": b64(self.log_id)},
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"},
            "inclusionProof": {
                "logIndex": str(index),
                "treeSize": str(size),
                "rootHash": b64(root),
                "hashes": [b64(item) for item in proof],
                "checkpoint": {"envelope": note},
            },
            "canonicalizedBody": b64(body),
        }

    def _stamp(self, query: bytes) -> bytes:
        place = self.folder / f"stamp-{time.monotonic_ns()}"
        place.mkdir()
        (place / "query").write_bytes(query)
        (place / "serial").write_text("01\n")
        (place / "tsa.cnf").write_text(_TSA)
        (place / "tsa.pem").write_bytes(self.stamper.public_bytes(Encoding.PEM))
        private = self.stamp_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (place / "tsa.key").write_bytes(private)
        words = "openssl ts -reply -config tsa.cnf -section tsa -signer tsa.pem -inkey tsa.key -queryfile query"
        return subprocess.run(words.split(), cwd=place, capture_output=True, check=True).stdout

    # The transparency log.

    @property
    def log_id(self) -> bytes:
        return hashlib.sha256(spki(self.log_key)).digest()

    def _signing_key(self) -> ec.EllipticCurvePrivateKey:
        return self.stranger if self.faults.log_key else self.log_key

    def _append(self, body: bytes) -> tuple[int, int, bytes, list[bytes], str]:
        self.leaves.append(body)
        index, size = len(self.leaves) - 1, len(self.leaves)
        root, proof = _root(self.leaves), _path(index, self.leaves)
        if self.faults.proof:
            proof = [hashlib.sha256(item).digest() for item in proof]
        text = f"fake.log.example\n{size}\n{b64(root)}\n"
        line = b64(self.log_id[:4] + sign(self._signing_key(), text.encode()))
        return index, size, root, proof, f"{text}\n\N{EM DASH} fake.log.example {line}\n"

    # Certificates.

    def _authority(self, key: ec.EllipticCurvePrivateKey, name: str) -> x509.Certificate:
        called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        return (
            self._builder(called, called, key.public_key(), key)
            .add_extension(x509.BasicConstraints(True, None), True)
            .add_extension(usage, True)
            .sign(key, hashes.SHA256())
        )

    def _stamper(self) -> x509.Certificate:
        called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Fake Stamper")])
        usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        return (
            self._builder(called, self.stamp_root.subject, self.stamp_key.public_key(), self.stamp_root_key)
            .add_extension(x509.BasicConstraints(False, None), True)
            .add_extension(usage, True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
            .sign(self.stamp_root_key, hashes.SHA256())
        )

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: Any, issuer_key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.start)
            .not_valid_after(self.start + timedelta(days=365))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
        )


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    middle = _split(len(leaves))
    return hashlib.sha256(b"\1" + _root(leaves[:middle]) + _root(leaves[middle:])).digest()


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*_path(index, leaves[:middle]), _root(leaves[middle:])]
    return [*_path(index - middle, leaves[middle:]), _root(leaves[:middle])]
