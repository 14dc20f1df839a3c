"""What decides a scan's result besides the bytes and the rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.core.allowance import Allowance
from assay.core.digest import Digest
from assay.formats.budget import Limits


@dataclass(frozen=True, slots=True)
class Settings:
    """How to scan.

    :param limits: what one file may cost
    :param allowances: what is allowed although no list of ours has it
    """

    limits: Limits = field(default_factory=Limits)
    allowances: tuple[Allowance, ...] = ()

    @property
    def need_digest(self) -> bool:
        """Whether some allowance is for certain bytes alone, so that they are hashed before they are judged."""
        return any(allowance.digest for allowance in self.allowances)

    def allowed(self, digest: Digest | None) -> tuple[Allowance, ...]:
        """The allowances for a file with this digest."""
        if not self.allowances:
            return ()
        return tuple(item for item in self.allowances if not item.digest or item.digest == str(digest))
