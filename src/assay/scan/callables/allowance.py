"""Names that an organisation allows for its own models, each with a reason and an end."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Allowance:
    """One name that is allowed though no list has it.

    :param name: ``module.name`` as the pickle has it
    :param reason: why, in a person's words
    :param until: the last day it holds, ``YYYY-MM-DD``; whoever builds :class:`Allowances` leaves expired ones out
    :param subject: digest of the only file it is for, ``sha256:…``; empty for every file. Also left out by the builder
        where it does not match
    """

    name: str
    reason: str
    until: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Allowances:
    """All that holds for the file at hand."""

    by_name: dict[str, Allowance] = field(default_factory=dict)

    def get(self, name: str) -> Allowance | None:
        """The allowance for a dotted name."""
        return self.by_name.get(name)

    def __bool__(self) -> bool:
        return bool(self.by_name)
