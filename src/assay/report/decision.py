"""A decision and the chain under it, as text for people and as JSON for machines."""

from __future__ import annotations

import textwrap

import click

from assay.core.decision import Check, Decision
from assay.core.digest import Digest
from assay.core.evidence import Build, Evaluation, Evidence, Material, MaterialKind
from assay.core.jsontext import Json

_WIDTH = 100


def decision_text(decision: Decision) -> str:
    """The verdict, then every check: those that failed with what was expected, what was found and how to mend it."""
    verdict = (
        click.style("ALLOWED", fg="green", bold=True)
        if decision.allowed
        else click.style("DENIED", fg="red", bold=True)
    )
    digest = str(decision.digest) if decision.digest else "not readable"
    head = f"{verdict}  {click.style(decision.artifact, bold=True)}  {digest}\n  by the policy {decision.policy!r}"
    return "\n".join([head, "", *map(_check_text, decision.checks)])


def chain_text(evidence: Evidence) -> str:
    """The artifact's provenance as a tree: each output under the stage that made it, down to the sources."""
    if evidence.build is None:
        return click.style("no trusted provenance", fg="red")
    makers = {(subject.name, subject.digest): build for build in evidence.chain for subject in build.subjects}
    lines = [click.style(evidence.name, bold=True)]
    shown: set[int] = set()
    _branch(evidence, evidence.build, makers, "", shown, lines)
    return "\n".join(lines)


def decision_json(decision: Decision, evidence: Evidence, *, entry: int | None) -> Json:
    """One object: the verdict, every check, and the chain of builds, newest first."""
    return {
        "artifact": decision.artifact,
        "digest": str(decision.digest) if decision.digest else None,
        "allowed": decision.allowed,
        "policy": {"name": decision.policy, "digest": str(decision.policy_digest)},
        "checks": [
            {
                "requirement": check.requirement,
                "passed": check.passed,
                "expected": check.expected,
                "found": check.found,
                "remedy": check.remedy,
            }
            for check in decision.checks
        ],
        "chain": [_build_json(build) for build in evidence.chain],
        "evaluations": [
            {
                "entry": item.entry,
                "stage": item.stage,
                "signer": item.signer,
                "result": item.result,
                "metrics": dict(item.metrics),
                "failed": list(item.failed),
            }
            for item in evidence.evaluations
        ],
        "scans": [
            {
                "entry": scan.entry,
                "signer": scan.signer,
                "rules": scan.rules,
                "findings": len(scan.findings),
                "could_not_tell": len(scan.unknown),
                "finished": scan.finished.isoformat(),
            }
            for scan in evidence.scans
        ],
        "rejected": [{"entry": item.entry, "reason": item.reason} for item in evidence.rejected],
        "entry": entry,
    }


def _check_text(check: Check) -> str:
    if check.passed:
        return f"  {click.style('✓', fg='green')} {check.requirement:<13} {_wrapped(check.found, 18)}"
    lines = [f"  {click.style('✗', fg='red')} {click.style(check.requirement, bold=True)}"]
    for label, text in (("expected", check.expected), ("found", check.found), ("mend", check.remedy)):
        if text:
            lines.append(f"      {label:<9} {_wrapped(text, 16)}")
    return "\n".join(lines)


def _wrapped(text: str, indent: int) -> str:
    """``text`` in lines; whatever it took from a file cannot move the cursor."""
    clean = "".join(character if character.isprintable() or character == "\n" else "�" for character in text)
    parts = [
        textwrap.fill(line, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
        for line in clean.split("\n")
    ]
    return "\n".join(parts).replace("\n", "\n" + " " * indent)


def _branch(
    evidence: Evidence,
    build: Build,
    makers: dict[tuple[str, Digest], Build],
    indent: str,
    shown: set[int],
    lines: list[str],
) -> None:
    """The line of one build and everything under it; a build that stands above already is only named."""
    stage = click.style(build.stage, fg="cyan")
    place = f"{build.finished:%Y-%m-%d %H:%M}  by {build.signer}  entry {build.entry}"
    isolated = "  isolated" if build.isolation else ""
    if build.entry in shown:
        lines.append(f"{indent}└─ made by {stage}, as above")
        return
    shown.add(build.entry)
    lines.append(f"{indent}└─ made by {stage}  {place}{isolated}")
    deeper = indent + "   "
    children = [(item, makers.get((item.name, item.digest))) for item in build.materials]
    if build.source is not None:
        dirty = " with uncommitted changes" if build.source.dirty else ""
        lines.append(f"{deeper}{'├' if children else '└'}─ commit {build.source.commit.short}{dirty}")
    for number, (material, maker) in enumerate(children):
        last = number == len(children) - 1
        lines.append(f"{deeper}{'└' if last else '├'}─ {_material_text(evidence, material)}")
        if maker is not None and maker is not build:
            _branch(evidence, maker, makers, deeper + ("   " if last else "│  "), shown, lines)
    lines += [f"{deeper}   {_evaluation_text(item)}" for item in _newest_evaluations(evidence, build)]


def _newest_evaluations(evidence: Evidence, build: Build) -> list[Evaluation]:
    """The newest evaluation of what ``build`` made, by each stage that evaluates it."""
    about = [item for item in evidence.evaluations if any(subject in build.subjects for subject in item.subjects)]
    return list({item.stage: item for item in sorted(about, key=lambda item: item.entry)}.values())


def _evaluation_text(item: Evaluation) -> str:
    result = click.style(item.result, fg="green" if item.result == "PASSED" else "red")
    demands = ", ".join((*item.passed, *(f"not {demand}" for demand in item.failed)))
    return f"evaluation {result}  by {item.stage}  entry {item.entry}{f'  {demands}' if demands else ''}"


def _material_text(evidence: Evidence, material: Material) -> str:
    found = evidence.found.get(material.name)
    kind = {MaterialKind.DATA: "  source", MaterialKind.PRODUCT: ""}.get(material.kind, f"  {material.kind}")
    state = ""
    if found is None or (found.digest is None and not found.problem):
        state = click.style("  not here", fg="yellow")
    elif found.digest != material.digest:
        state = click.style("  differs on disk", fg="red")
    return f"{material.name}  {click.style(material.digest.short, dim=True)}{kind}{state}"


def _build_json(build: Build) -> Json:
    return {
        "entry": build.entry,
        "stage": build.stage,
        "signer": build.signer,
        "outputs": [{"name": item.name, "digest": str(item.digest)} for item in build.outputs],
        "materials": [
            {"name": item.name, "digest": str(item.digest), "kind": item.kind.value} for item in build.materials
        ],
        "commit": build.source.commit.value if build.source else None,
        "dirty": build.source.dirty if build.source else None,
        "isolation": list(build.isolation),
        "started": build.started.isoformat(),
        "finished": build.finished.isoformat(),
    }
