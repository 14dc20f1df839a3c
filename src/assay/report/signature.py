"""A verified, or refused, signature as text for a person and as JSON for a program."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from assay.core.finding import Finding, Severity
from assay.core.jsontext import Json
from assay.core.visible import visible

#: Findings of one rule that the text shows one by one.
_SHOWN: Final = 10


def signature_text(
    *, path: str, signer: str, times: tuple[str, ...], covered: str, findings: tuple[Finding, ...], holds: bool
) -> str:
    """The answer in words: what, by whom, when, how much, and everything that speaks against it.

    :param signer: ``""`` where nobody is shown to have signed it
    """
    lines = [f"{'verified' if holds else 'refused'}  {visible(path)}"]
    if signer:
        lines.append(f"  signed by   {visible(signer)}")
        lines.append(f"  signed on   {times[0]} or before" if times else "  signed on   unproven")
    if covered:
        lines.append(f"  covered     {visible(covered)}")
    for (severity, rule), group in groupby(findings, key=lambda item: (item.severity, item.rule)):
        listed = list(group)
        lines += ["", f"  {severity.word:<8}  {rule}"]
        lines += [f"            {visible(item.path)}: {visible(item.message)}" for item in listed[:_SHOWN]]
        if len(listed) > _SHOWN:
            lines.append(f"            and {len(listed) - _SHOWN:,} more")
        lines.append(f"    mend    {visible(listed[0].remedy)}")
    return "\n".join(lines)


def signature_json(
    *,
    path: str,
    signer: str,
    keyid: str,
    times: tuple[str, ...],
    model: dict[str, Json] | None,
    findings: tuple[Finding, ...],
    fail_on: Severity,
    holds: bool,
) -> dict[str, Json]:
    """The same as JSON; ``docs/signature.schema.json`` is its schema."""
    listed: list[Json] = [
        {
            "rule": item.rule,
            "severity": item.severity.word,
            "path": item.path,
            "message": item.message,
            "remedy": item.remedy,
        }
        for item in findings
    ]
    proof: Json = {"identity": signer, "keyid": keyid, "times": [*times]} if signer else None
    return {
        "version": 1,
        "path": path,
        "verified": holds,
        "failOn": fail_on.word,
        "signer": proof,
        "model": model,
        "findings": listed,
    }
