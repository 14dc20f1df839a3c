"""Approvals and retirements on a real project: for exact bytes, by whom they must be, as long as they stand."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.attest.keys import generate_key, write_key
from assay.attest.trust import Identity, Role, Trust, render_trust
from assay.core.decision import DeniedError
from assay.core.digest import Digest
from assay.core.errors import StatementError, TrustError
from assay.core.statement import Subject
from assay.gate import parse_policy
from assay.hashing.artifact import hash_artifact
from assay.pipeline.approvals import standing
from assay.pipeline.approve import approve, withdraw
from assay.pipeline.project import load_signer, open_project
from assay.pipeline.prove import judge, read_policy
from assay.pipeline.retire import reinstate, retire, retired

Assay = Callable[..., "subprocess.CompletedProcess[str]"]

FOUR_EYES = 'version = 1\nname = "p"\n[require]\napproved_for = { environment = "production", threshold = 2 }\n'


@pytest.fixture
def team(project: Path, tmp_path: Path) -> Path:
    """The project, which ada built, trusting grace and bob to approve and mallory to run stages only."""
    trust = open_project(project).trust
    people = []
    for name, roles in (
        ("grace", {Role.APPROVER, Role.LOG}),
        ("bob", {Role.APPROVER, Role.LOG}),
        ("mallory", {Role.LOG}),
    ):
        key = generate_key()
        write_key(key, tmp_path / name, None)
        people.append(Identity(name, key.public, frozenset(roles)))
    (project / "trust.toml").write_text(render_trust(Trust(trust.origin, (*trust.identities, *people))))
    return project


def sign(project: Path, who: str, environment: str = "production", **options: object) -> int:
    opened = _as(project, who)
    with opened.open_ledger(writable=True) as ledger:
        return approve(
            opened,
            ledger,
            load_signer(opened, lambda _: b""),
            project / "model",
            environment=environment,
            policy=read_policy(None),
            look=lambda _: None,
            **options,  # type: ignore[arg-type]
        )


def _as(project: Path, who: str):
    opened = open_project(project)
    key = opened.settings.key if who == "ada" else project.parent / who
    return replace(opened, settings=replace(opened.settings, key=key))


def allowed(project: Path, policy: str = FOUR_EYES, *, ahead: int = 0, name: str = "model") -> tuple[bool, str]:
    opened = replace(open_project(project), now=lambda: datetime.now(UTC) + timedelta(days=ahead))
    with opened.open_ledger() as ledger:
        decision = judge(opened, ledger, project / name, parse_policy(policy.encode(), where="p")).decision
    return decision.allowed, "; ".join(check.found for check in decision.checks)


def test_two_people_who_did_not_build_it_are_enough(team: Path) -> None:
    """Each counts once, and whoever built it does not count."""
    sign(team, "ada")
    sign(team, "grace")
    sign(team, "grace")
    answer, found = allowed(team)
    assert (answer, "ada (entry 4) built it" in found) == (False, True)
    sign(team, "bob")
    assert allowed(team)[0]
    assert allowed(team, name="model/weights.txt")[0]


def test_own_work_counts_where_the_policy_says_so(team: Path) -> None:
    """A team of one cannot have four eyes, and has to say so."""
    sign(team, "ada")
    policy = FOUR_EYES.replace("threshold = 2", "own_work = true")
    assert allowed(team, policy)[0]


def test_an_approval_is_for_one_environment_and_for_exact_bytes(team: Path) -> None:
    """Neither staging's approval nor that of the version before brings anything into production."""
    for who in ("grace", "bob"):
        sign(team, who, "staging")
    assert not allowed(team)[0]
    for who in ("grace", "bob"):
        sign(team, who)
    assert allowed(team)[0]
    (team / "model" / "card.txt").write_text("another model\n")
    assert not allowed(team)[0]


def test_it_ends_on_its_day_and_when_it_is_withdrawn(team: Path) -> None:
    """The last day counts; what was withdrawn does not, and cannot be withdrawn again."""
    entry = sign(team, "grace", until=datetime.now(UTC).date() + timedelta(days=3))
    sign(team, "bob")
    assert [allowed(team, ahead=days)[0] for days in (0, 3, 4)] == [True, True, False]
    opened = _as(team, "bob")
    with opened.open_ledger(writable=True) as ledger:
        signer = load_signer(opened, lambda _: b"")
        withdraw(opened, ledger, signer, entry, reason="the report was for another version")
        assert [item.entry for item in standing(opened, ledger).withdrawn] == [entry]
        with pytest.raises(StatementError, match="approves nothing"):
            withdraw(opened, ledger, signer, entry, reason="again")
        with pytest.raises(StatementError, match="reason is missing"):
            withdraw(opened, ledger, signer, entry, reason=" ")
    assert not allowed(team)[0]


def test_only_an_approver_may_and_one_who_was_dropped_counts_no_more(team: Path) -> None:
    """The role is asked for when it is signed, and again whenever it is read."""
    with pytest.raises(TrustError, match="mallory may not approve"):
        sign(team, "mallory")
    sign(team, "grace")
    sign(team, "bob")
    text = (team / "trust.toml").read_text()
    head, _, bob = text.partition('[identities."bob"]')
    (team / "trust.toml").write_text(head + '[identities."bob"]' + bob.replace('"approver", ', "", 1))
    assert not allowed(team)[0]


def test_what_the_evidence_does_not_carry_is_approved_only_with_a_reason(team: Path) -> None:
    """And the reason is kept."""
    (team / "model" / "card.txt").write_text("another model\n")
    with pytest.raises(DeniedError, match="the evidence is not whole"):
        sign(team, "grace")
    sign(team, "grace", despite="a typing mistake in the card")
    opened = open_project(team)
    with opened.open_ledger() as ledger:
        assert [item.despite for item in standing(opened, ledger).standing] == ["a typing mistake in the card"]


def test_an_end_that_has_passed_and_a_nameless_environment_are_refused(team: Path) -> None:
    """Nothing is recorded then."""
    with pytest.raises(StatementError, match="has passed already"):
        sign(team, "grace", until=datetime.now(UTC).date() - timedelta(days=1))
    for name in ("", " production", "prod\n", "x" * 101):
        with pytest.raises(StatementError, match="no usable name"):
            sign(team, "grace", name)
    opened = open_project(team)
    with opened.open_ledger() as ledger:
        assert ledger.size == 4


def end(project: Path, subject: Subject, **options: object) -> int:
    opened = _as(project, "grace")
    with opened.open_ledger(writable=True) as ledger:
        signer = load_signer(opened, lambda _: b"")
        return retire(opened, ledger, signer, subject, reason="leaks", **options)  # type: ignore[arg-type]


def whole(project: Path, name: str = "model") -> Subject:
    found = hash_artifact(project / name, name=name)
    return Subject(found.path, found.digest)


DEFAULT = 'version = 1\nname = "p"\n[require]\nnot_retired = true\n'


def test_a_retired_version_is_denied_alone_as_a_part_and_under_another_name(team: Path) -> None:
    """Replay of an old version: all of its signatures still verify, and it does not pass."""
    assert allowed(team, DEFAULT)[0]
    entry = end(team, whole(team))
    shutil.copytree(team / "model", team / "harmless")
    for name in ("model", "model/weights.txt", "harmless"):
        answer, found = allowed(team, DEFAULT, name=name)
        assert (answer, "was retired by grace" in found) == (False, True), name
    opened = _as(team, "bob")
    with opened.open_ledger(writable=True) as ledger:
        reinstate(opened, ledger, load_signer(opened, lambda _: b""), entry, reason="it was another one")
        assert [item.entry for item in retired(opened, ledger).undone] == [entry]
        with pytest.raises(StatementError, match="retires nothing"):
            reinstate(opened, ledger, load_signer(opened, lambda _: b""), entry, reason="again")
    assert allowed(team, DEFAULT)[0]


def test_a_folder_with_a_retired_file_in_it_is_denied(team: Path) -> None:
    """A poisoned file stays out whatever lies beside it."""
    end(team, whole(team, "model/weights.txt"))
    (team / "model" / "card.txt").write_text("another model\n")
    assert not allowed(team, DEFAULT)[0]


def test_a_retirement_can_begin_later(team: Path) -> None:
    """Not before its time; and not in the past, which would rewrite what was decided."""
    end(team, whole(team), starts=datetime.now(UTC) + timedelta(days=2))
    assert [allowed(team, DEFAULT, ahead=days)[0] for days in (0, 3)] == [True, False]
    with pytest.raises(StatementError, match="has passed already"):
        end(team, whole(team), starts=datetime.now(UTC) - timedelta(days=2))
    with pytest.raises(StatementError, match="replace itself"):
        end(team, whole(team), replaced_by=whole(team).digest)


def test_a_retirement_by_somebody_dropped_leaves_it_untold(team: Path) -> None:
    """Dropping who retired it must not bring it back; for other bytes nothing changes."""
    end(team, whole(team))
    end(team, Subject("elsewhere", Digest("sha256", "7" * 64)))
    text = (team / "trust.toml").read_text()
    head, _, grace = text.partition('[identities."grace"]')
    (team / "trust.toml").write_text(head + '[identities."grace"]' + grace.replace('"approver", ', "", 1))
    answer, found = allowed(team, DEFAULT)
    assert (answer, "does not verify" in found) == (False, True)
    assert allowed(team, DEFAULT, name="data/raw.txt")[0]


def test_the_commands(team: Path, assay: Assay) -> None:
    """As a person types them, ending in what the ledger shows."""
    done = assay(team, "approve", "model", "--for", "production", "--note", "read the report", "--yes")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "recorded as entry 4")
    assert "for production by ada" in assay(team, "approve", "--list", "model").stdout
    done = assay(team, "retire", str(whole(team).digest), "--reason", "leaks")
    assert (done.returncode, done.stdout) == (0, "recorded as entry 5\n")
    assert "leaks" in assay(team, "retire", "--list").stdout
    assert assay(team, "verify", "model").returncode == 1
    assert assay(team, "retire", "--undo", "5", "--reason", "no").returncode == 0
    assert assay(team, "verify", "model").returncode == 0
    shown = assay(team, "log").stdout
    assert "approve for production" in shown
    assert "retire: leaks" in shown
    assert assay(team, "log", "audit").returncode == 0
    assert assay(team, "retire").returncode == 2
    assert assay(team, "approve", "model").returncode == 2
