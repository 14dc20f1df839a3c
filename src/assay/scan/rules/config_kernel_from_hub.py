"""A configuration makes a library download native kernels or attention code from a repository of its choice.

## Why it matters
Transformers reads the attention implementation from `config.json`, and takes a value with a slash for a repository of
kernels on a hub, which it downloads and imports. In releases before 5.3 that happened through
`_attn_implementation_internal` even with remote code forbidden: one key in a harmless looking configuration ran an
attacker's Python and native code.

## Example
`"_attn_implementation_internal": "somebody/kernels"` in `config.json`.

## Remedy
Remove the key, or set it to one of the library's own implementations (`eager`, `sdpa`, `flash_attention_2`). Say at
load time, in your own code, if you want kernels from a hub.

## References
CVE-2026-4372. Hugging Face Transformers, *Attention backends*; Kernels library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document
from assay.formats.repository.references import Loader
from assay.scan.rule import Hit, Rule

#: What libraries bring along themselves; a prefix before ``|`` says how it is paged.
_OWN: Final = re.compile(
    r"(?:paged\|)?(?:eager|sdpa|flash_attention(?:_[1-9])?|flash_attn(?:_[1-9])?|flex_attention|flash|math|mem_efficient"
    r"|xformers|ring|triton|torch|native|default|auto|grouped_mm|batched_mm|naive|mha|math_sdpa|(?:eager|sdpa|flash)_paged"
    r"|paged_attention|none|deepgemm)",
    re.IGNORECASE,
)


def check(view: Document) -> Iterator[Hit]:
    """Attention implementations and kernels that are not the library's own."""
    for reference in view.references:
        if reference.loader not in (Loader.ATTENTION, Loader.KERNEL):
            continue
        place, line = str(reference.place), view.line(reference.value)
        if reference.repository:
            trusted = reference.repository.startswith("kernels-community/")
            yield Hit(
                f"it has the library fetch and run {reference.value[:120]} as its {reference.loader.value}",
                member=place,
                line=line,
                severity=Severity.LOW if trusted else None,
            )
        elif not _OWN.fullmatch(reference.value):
            message = f"{reference.value[:80]!r} is no {reference.loader.value} of any library known to us"
            yield Hit(message, member=place, line=line, severity=Severity.LOW, confidence=Confidence.LOW)


RULE = Rule(
    id="config-kernel-from-hub",
    reads=Document.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
