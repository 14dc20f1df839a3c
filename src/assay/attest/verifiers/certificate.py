"""An identity that is proved by a certificate of an authority: whoever it vouches for under a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from assay.attest.certificates import Name, check_path, key_of, load_certificate, names, subject
from assay.attest.timestamps import TimestampChecker, proven_times
from assay.attest.verifiers import Proven
from assay.attest.verifiers.key import signature_by
from assay.core.bundle import Bundle, CertificateChain
from assay.core.errors import SignatureError


@dataclass(frozen=True, slots=True)
class CertificateVerifier:
    """Accepts what was signed with the key of a certificate for ``name`` under one of ``authorities``.

    ``name`` is ``None`` only where any certificate of the authorities will do. Certificates are judged at the earliest
    time that is proven for the signature: the bundle's timestamp, or what the caller knows.
    """

    authorities: tuple[x509.Certificate, ...]
    name: Name | None
    timestamps: TimestampChecker | None = None

    def verify(self, bundle: Bundle, *, at: datetime) -> Proven:
        """Verify ``bundle``.

        :raises SignatureError: no certificate in it, one that leads nowhere, has expired, is for somebody else or may
            not sign, or a signature that its key did not make
        """
        if not isinstance(bundle.material, CertificateChain):
            raise SignatureError("it is not signed with a certificate")
        leaf, *others = [load_certificate(der, where="the bundle") for der in bundle.material.certificates]
        key = key_of(leaf)
        signature = signature_by(key, bundle)
        if signature is None:
            raise SignatureError(f"no signature on it is by the key in the certificate of {subject(leaf)}")
        times = proven_times(bundle, signature, self.timestamps)
        check_path(leaf, others, self.authorities, at=min(times[0], at) if times else at)
        found = names(leaf)
        if self.name is not None and self.name not in found:
            shown = ", ".join(map(str, found)) or "nobody"
            raise SignatureError(f"the certificate is for {shown}, not for {self.name}")
        whose = (self.name,) if self.name else found
        return Proven(", ".join(map(str, whose)) or subject(leaf), key, times)
