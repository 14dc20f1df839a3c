"""A manifest names a layer by a digest that is none.

## Why it matters
Tools that pull models keep each layer in a file that they name for its digest. A server of Ollama before 0.1.34 took
whatever stood there: a "digest" with `../` in it made it write, and later read and send, any file of its machine.

## Example
`"digest": "../../../../etc/ld.so.preload"` in a manifest that a registry serves.

## Remedy
Do not pull it, and do not use the registry that serves it. A digest is `sha256:` and 64 hexadecimal digits.

## References
CVE-2024-37032 (Ollama). OCI Image Specification, *Content Descriptors*. CWE-22.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document, Mapping
from assay.scan.rule import Hit, Rule

_DIGEST: Final = re.compile(r"sha256[:-][0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}|blake3:[0-9a-f]{64}")
#: What the specification allows for algorithms that it does not know.
_GRAMMAR: Final = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+")
_REGISTERED: Final = ("sha256", "sha384", "sha512")
_LISTS: Final = frozenset({"layers", "config", "manifests", "blobs"})
_PATH: Final = re.compile(r"\.\.[/\\]|[/\\]\.\.|^[/\\~]|^[A-Za-z]:\\|\0")


def check(view: Document) -> Iterator[Hit]:
    """Digests of descriptors; a path under that key wherever it stands."""
    for mapping in view.mappings:
        digest = mapping.entries.get("digest")
        if not isinstance(digest, str) or _DIGEST.fullmatch(digest):
            continue
        place, line, shown = str(mapping.place.below("digest")), view.line(digest), f"{digest[:120]!a}"
        if _PATH.search(digest):
            message = f"the digest {shown} is a path: what is pulled is written there"
            yield Hit(message, member=place, line=line, severity=Severity.HIGH)
        elif not _is_descriptor(mapping):
            continue
        elif _GRAMMAR.fullmatch(digest) and not digest.startswith(_REGISTERED):
            message = f"the digest {shown} is of an algorithm that is not registered"
            yield Hit(message, member=place, line=line, severity=Severity.LOW)
        else:
            yield Hit(f"the digest {shown} is none", member=place, line=line)


def _is_descriptor(mapping: Mapping) -> bool:
    above = mapping.place.above
    return isinstance(mapping.entries.get("mediaType"), str) and (
        mapping.place.key in _LISTS or (above is not None and above.key in _LISTS)
    )


RULE = Rule(
    id="oci-bad-digest",
    reads=Document.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
