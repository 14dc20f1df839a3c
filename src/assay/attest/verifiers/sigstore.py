"""An identity that is proved by an identity provider: whoever a Sigstore authority gave a certificate for a name.

Verified without a network: the log's signed word about its entry is in the bundle, and the trusted root in a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from sigstore.errors import Error as SigstoreError
from sigstore.models import Bundle as SigstoreBundle
from sigstore.models import ClientTrustConfig, TrustedRoot
from sigstore.verify import Verifier, policy

from assay.attest.certificates import key_of
from assay.attest.verifiers import Proven
from assay.core.bundle import Bundle, SigningCertificate
from assay.core.errors import KeyFileError, SignatureError
from assay.core.visible import visible


@dataclass(frozen=True)
class SigstoreVerifier:
    """Accepts what ``identity`` (an email address or a URI, letter by letter) signed, as ``issuer`` vouched for it."""

    root: TrustedRoot
    identity: str
    issuer: str

    @cached_property
    def _verifier(self) -> Verifier:
        return Verifier(trusted_root=self.root)

    def verify(self, bundle: Bundle, *, at: datetime) -> Proven:  # noqa: ARG002 - the log proves the time itself
        """Verify ``bundle``: certificate, its log, name and issuer, signature, entry in the log and its time.

        :raises SignatureError: any of them does not hold
        """
        if not isinstance(bundle.material, SigningCertificate):
            raise SignatureError("it is not signed through Sigstore")
        wanted = policy.AllOf(
            [
                policy.Identity(identity=self.identity),
                policy.AnyOf([policy.OIDCIssuerV2(self.issuer), policy.OIDCIssuer(self.issuer)]),
            ]
        )
        try:
            read = SigstoreBundle.from_json(bundle.render())
            payload_type, payload = self._verifier.verify_dsse(read, wanted)
            # Which of the bundle's times were verified, verify_dsse does not say.
            times = sorted(result.time.astimezone(UTC) for result in self._verifier._establish_time(read))
            key = key_of(read.signing_certificate)
        except SignatureError:
            raise
        except (SigstoreError, ValueError) as error:
            raise SignatureError(f"Sigstore's proof does not hold: {_reason(error)}") from error
        except Exception as error:  # what its parts raise on bytes that they did not expect
            raise SignatureError(f"Sigstore's proof cannot be read ({type(error).__name__})") from error
        if (payload_type, payload) != (bundle.envelope.payload_type, bundle.envelope.payload):
            raise SignatureError("Sigstore's proof is about another payload")
        return Proven(f"{self.identity} ({self.issuer})", key, tuple(times))


def read_trusted_root(path: Path | None) -> TrustedRoot:
    """The trusted root in the file at ``path``; of the public services, as last fetched, without one.

    :raises KeyFileError: it cannot be read
    """
    try:
        if path is None:
            return ClientTrustConfig.production(offline=True).trusted_root
        return TrustedRoot.from_file(str(path))
    except (OSError, ValueError, SigstoreError) as error:
        where = str(path) if path else "Sigstore's public services"
        raise KeyFileError("the Sigstore trusted root cannot be read", where=where) from error


def _reason(error: Exception) -> str:
    return visible((str(error) or type(error).__name__).splitlines()[0])
