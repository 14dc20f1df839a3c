"""A decision: what the gate said, and every reason for it."""

from __future__ import annotations

from dataclasses import dataclass

from assay.core.digest import Digest
from assay.core.errors import Error


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement of a policy and how it fared.

    ``requirement`` is its name in the policy. When it did not hold, ``expected``, ``found`` and ``remedy`` say what
    was demanded, what was there and how to mend it; when it held, ``found`` says what satisfied it.
    """

    requirement: str
    passed: bool
    expected: str
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """``allowed`` only if there is at least one check and every check passed."""

    artifact: str
    digest: Digest | None
    policy: str
    policy_digest: Digest
    checks: tuple[Check, ...]

    @property
    def allowed(self) -> bool:
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def reasons(self) -> tuple[Check, ...]:
        """The checks that did not hold, in the policy's order."""
        return tuple(check for check in self.checks if not check.passed)


class DeniedError(Error):
    """The gate said no.

    :param decision: the decision with every reason
    """

    def __init__(self, what: str, *, decision: Decision, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.decision = decision
