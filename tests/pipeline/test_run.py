"""Running a pipeline: everything attested, nothing run twice, nothing half done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Assay = Callable[..., "subprocess.CompletedProcess[str]"]


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def states(done: subprocess.CompletedProcess[str]) -> dict[object, object]:
    return {event["stage"]: event["event"] for event in events(done) if event.get("stage")}


def ledger_size(assay: Assay, project: Path) -> int:
    return len(assay(project, "log", "--format", "json").stdout.splitlines())


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_unchanged_stages_are_proved_and_skipped(project: Path, assay: Assay) -> None:
    """A second run runs nothing and records nothing."""
    before = ledger_size(assay, project)
    done = assay(project, "run", "--format", "json")
    assert done.returncode == 0
    assert set(states(done).values()) == {"unchanged"}
    assert ledger_size(assay, project) == before


@pytest.mark.parametrize(
    ("change", "ran"),
    [
        (lambda project: edit(project / "assay.toml", "weight = 3", "weight = 4"), {"train", "evaluate"}),
        (
            lambda project: edit(project / "assay.toml", "{ weight = 3 }", '{ weight = 3 }\nenvironment = { A = "b" }'),
            {"train", "evaluate"},
        ),
        (
            lambda project: (
                (project / "lock.txt").write_text("pytest==0.1\n"),
                edit(project / "assay.toml", "{ weight = 3 }", '{ weight = 3 }\nlock = "lock.txt"'),
            ),
            {"train", "evaluate"},
        ),
        (lambda project: edit(project / "evaluate.py", "import json", "import json, os"), {"evaluate"}),
        (lambda project: edit(project / "assay.toml", "score >= 3", "score >= 2"), {"evaluate"}),
        (lambda project: (project / "model" / "weights.txt").write_text("evil 9\n"), {"train", "evaluate"}),
        (lambda project: (project / "model" / "extra.txt").write_text("x"), {"train", "evaluate"}),
        (lambda project: (project / "data" / "raw.txt").unlink(), {"collect", "train", "evaluate"}),
    ],
)
def test_what_changed_runs_again_and_what_rests_on_it(
    project: Path, assay: Assay, change: Callable[[Path], object], ran: set[str]
) -> None:
    """Parameters, code, demands, and outputs that are not what was attested: each runs the stages it touches."""
    change(project)
    done = assay(project, "run", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {stage for stage, state in states(done).items() if state == "passed"} == ran


def test_a_stage_and_what_it_rests_on_can_be_named(fresh: Path, assay: Assay) -> None:
    """`assay run train` runs collect and train, and not evaluate."""
    done = assay(fresh, "run", "train", "--format", "json")
    assert list(states(done)) == ["collect", "train"]
    unknown = assay(fresh, "run", "trian")
    assert unknown.returncode == 2
    assert "collect, train, evaluate" in unknown.stderr


def test_a_failing_stage_leaves_the_outputs_of_the_run_before(project: Path, assay: Assay) -> None:
    """The command writes half an output and fails: the old output is back, and the failure is on the ledger."""
    before = (project / "model" / "weights.txt").read_bytes()
    edit(project / "train.py", "(folder / 'card.txt')", "sys.exit(7)\n(folder / 'card.txt')")
    done = assay(project, "run")
    assert done.returncode == 2
    assert "exit status 7" in done.stderr
    assert (project / "model" / "weights.txt").read_bytes() == before
    assert (project / "model" / "card.txt").exists()
    last = json.loads(assay(project, "log", "--format", "json").stdout.splitlines()[-1])
    assert (last["kind"], last["summary"]) == ("event", "stage-failed")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda project: edit(project / "train.py", "folder.mkdir()", "sys.exit(0)"), "did not make model"),
        (
            lambda project: edit(
                project / "train.py", "folder.mkdir()", "folder.mkdir(); open(sys.argv[1], 'a').write('x')"
            ),
            "changed while the stage that reads it ran",
        ),
        (
            lambda project: edit(project / "evaluate.py", "{'score': score}", "{'score': 'high'}"),
            "names and finite numbers",
        ),
        (
            lambda project: edit(project / "evaluate.py", "{'score': score}", "{'score': float('nan')}"),
            "finite numbers",
        ),
        (
            lambda project: edit(project / "train.py", "folder.mkdir()", "import os; os.kill(os.getpid(), 9)"),
            "signal 9",
        ),
        (
            lambda project: edit(
                project / "train.py", "folder.mkdir()", "folder.mkdir(); (folder / 'l').symlink_to('/')"
            ),
            "l",
        ),
        (
            lambda project: edit(project / "assay.toml", 'command = "python train.py', 'command = "no-such-program'),
            "no-such",
        ),
    ],
)
def test_what_cannot_be_attested_is_not(
    project: Path, assay: Assay, change: Callable[[Path], object], reason: str
) -> None:
    """Missing outputs, inputs written to, metrics that are none, a killed command: exit 2, and no provenance."""
    before = [line for line in assay(project, "log", "--format", "json").stdout.splitlines() if "provenance" in line]
    change(project)
    done = assay(project, "run")
    assert done.returncode == 2, done.stdout
    assert reason in done.stderr
    after = [line for line in assay(project, "log", "--format", "json").stdout.splitlines() if "provenance" in line]
    assert after == before


def test_an_evaluation_that_falls_short_stops_the_run(fresh: Path, assay: Assay) -> None:
    """Exit 1, the test result says FAILED, and the gate refuses the model."""
    edit(fresh / "assay.toml", "weight = 3", "weight = 2")
    done = assay(fresh, "run")
    assert done.returncode == 1
    assert "score >= 3 (is 2)" in done.stdout
    gated = assay(fresh, "gate", "model", "--format", "json")
    assert gated.returncode == 1
    failed = {check["requirement"] for check in json.loads(gated.stdout)["checks"] if not check["passed"]}
    assert failed == {"evaluation"}


def test_code_that_the_command_names_counts_without_being_declared(project: Path, assay: Assay) -> None:
    """Forgetting to declare a script must not make it invisible: it is recorded, and its change runs the stage."""
    edit(project / "assay.toml", 'code = ["train.py"]\n', "")
    assert "train" in states(assay(project, "run", "--format", "json"))
    statement = assay(project, "log", "show", "1").stdout
    assert '"train.py"' in statement
    edit(project / "train.py", "a small model", "another small model")
    assert states(assay(project, "run", "--format", "json"))["train"] == "passed"
    (project / "train.py").write_text("changed afterwards")
    done = assay(project, "verify", "model", "--format", "json")
    assert done.returncode == 1
    assert "train.py" in done.stdout


def test_an_input_that_is_not_what_is_known_is_refused(project: Path, assay: Assay) -> None:
    """A stage's own known digest of its input is held against the bytes that it is about to read."""
    known = f'inputs = ["data/raw.txt"]\nsha256 = {{ "data/raw.txt" = "{"0" * 64}" }}'
    edit(project / "assay.toml", 'inputs = ["data/raw.txt"]', known)
    done = assay(project, "run", "train", "--force")
    assert done.returncode == 1
    assert "data/raw.txt was altered" in done.stderr


def test_a_known_digest_is_demanded_of_the_data(fresh: Path, assay: Assay) -> None:
    """Poisoned at the source: what is collected is not what was known, so nothing is attested."""
    edit(
        fresh / "assay.toml",
        'outputs = ["data/raw.txt"]',
        f'outputs = ["data/raw.txt"]\nsha256 = {{"data/raw.txt" = "{"0" * 64}"}}',
    )
    done = assay(fresh, "run")
    assert done.returncode == 1, "other bytes than were promised: an answer, not the lack of one"
    assert "0000000" in done.stderr
    assert not (fresh / "data" / "raw.txt").exists()


def test_secrets_do_not_reach_a_stage_or_the_ledger(fresh: Path, assay: Assay) -> None:
    """The passphrase is in the environment of assay, and nowhere else."""
    (fresh / "collect.py").write_text(
        "import os, sys, pathlib\n"
        "pathlib.Path(sys.argv[1]).write_text(str(sorted(os.environ)))\n"
        "print(dict(os.environ))\n"
    )
    done = assay(fresh, "run", "collect", ASSAY_PASSPHRASE="open sesame", ASSAY_PASSPHRASE_FILE=os.devnull)
    assert done.returncode == 0
    for text in (done.stdout, done.stderr, (fresh / "data" / "raw.txt").read_text()):
        assert "sesame" not in text
        assert "ASSAY_" not in text
    assert b"sesame" not in (fresh / ".assay" / "ledger.db").read_bytes()


def test_killed_in_the_middle_of_a_stage_nothing_is_lost(project: Path, assay: Assay) -> None:
    """kill -9 while train runs: the next run puts things right, and the ledger is whole."""
    edit(
        project / "train.py", "folder.mkdir()", "folder.mkdir(); print('half', flush=True); import time; time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", "run", "--format", "json"],
        cwd=project,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "half" in line:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    edit(project / "train.py", "; print('half', flush=True); import time; time.sleep(60)", "")
    done = assay(project, "run", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert set(states(done).values()) == {"unchanged"}, "the outputs and attestations of the run before are all back"
    assert assay(project, "log", "audit").returncode == 0
    assert assay(project, "verify", "model").returncode == 0


def test_two_runs_at_once_take_turns(fresh: Path, assay: Assay) -> None:
    """Both end well, every stage ran once, and the ledger is whole."""
    edit(fresh / "collect.py", "print('collected')", "import time; time.sleep(0.5)")
    command = [sys.executable, "-m", "assay", "run", "--format", "json"]
    running = [subprocess.Popen(command, cwd=fresh, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    passed = [json.loads(line)["event"] for output in outputs for line in output.splitlines()].count("passed")
    assert passed == 3
    assert assay(fresh, "log", "audit").returncode == 0


def test_a_clock_that_went_backwards_records_nothing(project: Path, assay: Assay) -> None:
    """The newest entry is from the future: exit 2, and the ledger stays as it is."""
    from datetime import UTC, datetime, timedelta

    from assay.attest.predicates.event import event_statement
    from assay.core.digest import Digest
    from assay.core.statement import Subject
    from assay.pipeline.project import load_signer, open_project
    from assay.pipeline.record import record

    later = open_project(project, now=lambda: datetime.now(UTC) + timedelta(hours=2))
    subject = Subject("x", Digest("sha256", "0" * 64))
    event = event_statement(action="test", stage="", subjects=[subject], time=later.now(), details={})
    with later.open_ledger(writable=True) as ledger:
        record(later, ledger, load_signer(later, lambda _: b""), [event])
    before = ledger_size(assay, project)
    done = assay(project, "run", "--force")
    assert done.returncode == 2
    assert "clock went backwards" in done.stderr
    assert ledger_size(assay, project) == before
    assert assay(project, "gate", "model").returncode == 2


def test_progress_is_shown_as_it_happens(fresh: Path) -> None:
    """A stage's line is there before its command has ended."""
    edit(fresh / "collect.py", "print('collected')", "print('begun', flush=True); import time; time.sleep(5)")
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "assay", "run"], cwd=fresh, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "collect" in process.stdout.readline()
    assert "begun" in process.stdout.readline()
    assert time.monotonic() - begun < 5
    process.terminate()
    process.communicate()
