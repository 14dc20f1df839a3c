"""What decides a scan's result besides the bytes and the rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.formats.budget import Limits


@dataclass(frozen=True, slots=True)
class Allowance:
    """A callable that an organisation lets a model's pickles call.

    :param name: dotted, as in the file
    :param reason: why
    :param until: the last day it holds, ``YYYY-MM-DD``
    :param digest: the artifact it is for, ``sha256:<hex>``; empty for every one
    """

    name: str
    reason: str
    until: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to scan.

    :param limits: what one file may cost
    :param allowances: what is allowed although no list of ours has it
    """

    limits: Limits = field(default_factory=Limits)
    allowances: tuple[Allowance, ...] = ()
