"""Every build of the chain was signed by somebody who may.

## What it demands

The artifact's own build and every build in its chain carry a signature that verified, by one of the identities
listed. ``true`` stands for any identity that the trust file lets build. The names are those of the trust file.

## Example

```toml
signed_by = ["ml-team", "ci"]
```

## When it fails

Run the stage again with the key of an identity that the policy names, or, if the identity that signed may build this
artifact, add it to the policy. A chain that is not known from end to end does not hold either: nobody can say who
made the missing part.
"""

from __future__ import annotations

from assay.core.evidence import Evidence
from assay.gate import facts, reading, words
from assay.gate.requirement import Outcome, Requirement, Verdict, settle

#: ``None`` means any trusted identity.
Identities = tuple[str, ...] | None


def _parse(value: object, where: str) -> Identities:
    if isinstance(value, bool):
        reading.switch(value, where)
        return None
    return reading.names(value, where, example='["ml-team"], or true')


def _check(allowed: Identities, evidence: Evidence) -> tuple[Outcome, ...]:
    expected = f"every build is signed by {'a trusted identity' if allowed is None else words.listing(allowed)}"
    builds = facts.chain(evidence)
    problems = [
        Outcome(
            Verdict.FAILS,
            expected,
            f"{words.run(build)} is signed by {words.shown(build.signer)}",
            f"Run stage {words.shown(build.stage)} again with the key of an identity that the policy names.",
        )
        for build in builds
        if not build.signer or (allowed is not None and build.signer not in allowed)
    ]
    problems += facts.untold(evidence, expected=expected)
    signers = words.listing(sorted({build.signer for build in builds}))
    return settle(problems, expected=expected, found=f"{words.count(len(builds), 'build')}, signed by {signers}")


REQUIREMENT = Requirement("signed_by", _parse, _check, __doc__)
