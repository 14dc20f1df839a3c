"""Policy + evidence → decision; pure functions."""

from assay.gate.decide import decide
from assay.gate.policy import DEFAULT_POLICY, Policy, parse_policy

__all__ = ["DEFAULT_POLICY", "Policy", "decide", "parse_policy"]
