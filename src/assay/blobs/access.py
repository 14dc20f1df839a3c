"""The port through which the store tells who wanted what, and whether he got it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from assay.core.digest import Digest


class Wish(StrEnum):
    """What somebody wanted of the store."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Access:
    """One access, or one that was refused: ``reason`` says why, and is empty when it was allowed.

    ``digest`` is the artifact's; ``None`` when none could be found under ``name``.
    """

    wish: Wish
    name: str
    digest: Digest | None
    reason: str = ""

    @property
    def allowed(self) -> bool:
        return not self.reason


class AccessLog(Protocol):
    """Remembers accesses. An access that cannot be remembered must not happen: raise."""

    def record(self, access: Access) -> None:
        """Remember ``access`` before its bytes are handed out."""


class NoAccessLog:
    """Remembers nothing: for whoever has the store itself open, and so could read it without us."""

    def record(self, access: Access) -> None:
        """Do nothing."""
