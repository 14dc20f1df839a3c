"""What became of one file: everything the scanner keeps of it once its bytes are closed again."""

from __future__ import annotations

from dataclasses import dataclass

from assay.core.finding import Finding, Scanned, Unknown
from assay.formats.view import Fact


@dataclass(frozen=True, slots=True)
class Inspection:
    """One file's result.

    :param file: its path, digest and outcome
    :param facts: what it, and everything inside it, says about its surroundings
    :param unrecognised: no format claims its bytes; another file may yet say what they are
    """

    file: Scanned
    findings: tuple[Finding, ...]
    unknown: tuple[Unknown, ...]
    facts: tuple[Fact, ...] = ()
    unrecognised: bool = False
