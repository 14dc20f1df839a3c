"""A callable that an organisation lets the pickles of its models call, by name, with a reason and an end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """What somebody answers for.

    :param name: dotted, as in the file
    :param reason: why
    :param until: the last day it holds, ``YYYY-MM-DD``
    :param digest: the file it is for, ``sha256:<hex>``; empty for every one
    """

    name: str
    reason: str
    until: str
    digest: str = ""
