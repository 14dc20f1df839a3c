"""All outputs are new or all are as they were, whenever the process is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import StageError
from assay.stage.command import Outcome
from assay.stage.journal import JOURNAL
from assay.stage.outputs import OutputTransaction, recover

OUTPUTS = ("model.bin", "set", "deep/er/out.txt")


@pytest.fixture
def workspace(project: Path) -> Path:
    """The transaction's own folder; the old outputs of the project are two of three."""
    (project / "model.bin").write_text("old model")
    (project / "set").mkdir()
    (project / "set" / "a").write_text("old a")
    return project / ".assay" / "work"


def _make(project: Path) -> None:
    (project / "model.bin").write_text("new model")
    (project / "set").mkdir()
    (project / "set" / "b").write_text("new b")
    (project / "deep" / "er" / "out.txt").write_text("new")


def _contents(project: Path) -> dict[str, str]:
    return {
        path.relative_to(project).as_posix(): path.read_text() if path.is_file() else ""
        for path in sorted(project.rglob("*"))
        if path.relative_to(project).parts[0] in ("model.bin", "set", "deep")
    }


def test_command_starts_without_the_old_outputs(project: Path, workspace: Path) -> None:
    """A stage cannot read its own old output, and finds the folders of the new ones there."""
    with OutputTransaction(project, OUTPUTS, workspace) as transaction:
        assert _contents(project) == {"deep": "", "deep/er": ""}
        assert transaction.missing == OUTPUTS


def test_commit_keeps_the_new(project: Path, workspace: Path) -> None:
    """After a commit the old outputs are gone and the workspace is empty."""
    with OutputTransaction(project, OUTPUTS, workspace) as transaction:
        _make(project)
        transaction.commit()
    assert _contents(project)["model.bin"] == "new model"
    assert sorted(_contents(project)) == ["deep", "deep/er", "deep/er/out.txt", "model.bin", "set", "set/b"]
    assert list(workspace.iterdir()) == []


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
def test_leaving_without_commit_puts_the_old_back(
    project: Path, workspace: Path, error: type[BaseException] | None
) -> None:
    """A failed stage, an exception or Ctrl-C: the project is as it was, folders made for outputs included."""
    before = _contents(project)
    with pytest.raises(error or ZeroDivisionError), OutputTransaction(project, OUTPUTS, workspace):
        _make(project)
        raise error or ZeroDivisionError
    assert _contents(project) == before
    assert list(workspace.iterdir()) == []


def test_missing_output_cannot_be_committed(project: Path, workspace: Path) -> None:
    """A stage that did not make all it declares has failed; the old outputs come back."""
    before = _contents(project)
    refused = pytest.raises(StageError, match=r"did not make set, deep/er/out\.txt")
    with refused, OutputTransaction(project, OUTPUTS, workspace) as transaction:
        (project / "model.bin").write_text("new")
        transaction.commit()
    assert _contents(project) == before


def test_commit_after_the_end_is_refused(project: Path, workspace: Path) -> None:
    """A transaction that has ended cannot be committed."""
    with OutputTransaction(project, (), workspace) as transaction:
        pass
    with pytest.raises(StageError, match="ended"):
        transaction.commit()


def test_linked_output_is_set_aside_as_a_link(project: Path, workspace: Path, tmp_path: Path) -> None:
    """An old output that is a symbolic link is moved itself; what it points to is never touched."""
    (tmp_path / "elsewhere").write_text("kept")
    (project / "link").symlink_to(tmp_path / "elsewhere")
    with OutputTransaction(project, ("link",), workspace) as transaction:
        (project / "link").write_text("new")
        transaction.commit()
    assert (tmp_path / "elsewhere").read_text() == "kept"
    assert (project / "link").read_text() == "new"


def test_linked_parent_is_refused(project: Path, workspace: Path, tmp_path: Path) -> None:
    """An output behind a symbolic link would be outside the project."""
    (tmp_path / "elsewhere").mkdir()
    (project / "models").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StageError, match="symbolic link"), OutputTransaction(project, ("models/m",), workspace):
        pass
    assert list(workspace.iterdir()) == []


def test_two_transactions_exclude_each_other(project: Path, workspace: Path) -> None:
    """A live run's journal is nobody else's to recover."""
    with OutputTransaction(project, OUTPUTS, workspace):
        with pytest.raises(StageError, match="another run"), OutputTransaction(project, ("x",), workspace):
            pass
        with pytest.raises(StageError, match="another run"):
            recover(project, workspace)


def test_recovery_without_a_run_does_nothing(project: Path, workspace: Path) -> None:
    """Called at the start of every run: no journal, nothing to do; leftovers of a command are swept."""
    before = _contents(project)
    assert recover(project, project / ".assay" / "none") is False
    (workspace / "command" / "staging").mkdir(parents=True)
    assert recover(project, workspace) is False
    assert list(workspace.iterdir()) == []
    assert _contents(project) == before


def test_linked_workspace_is_not_emptied(project: Path, tmp_path: Path) -> None:
    """A hostile checkout: ``.assay/work`` as a link to somebody's folder must not make recovery empty that."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("kept")
    (project / ".assay" / "work").rmdir()
    (project / ".assay" / "work").symlink_to(tmp_path / "precious")
    with pytest.raises(StageError):
        recover(project, project / ".assay" / "work")
    with pytest.raises(StageError), OutputTransaction(project, ("x",), project / ".assay" / "work"):
        pass
    assert (tmp_path / "precious" / "file").read_text() == "kept"


@pytest.mark.parametrize(
    "journal",
    [
        b"",
        b"{}",
        b"[]",
        b'{"outputs":["../../x"],"existed":[],"made":[]}',
        b'{"outputs":["/etc/passwd"],"existed":[],"made":[]}',
        b'{"outputs":[".git/config"],"existed":[],"made":[]}',
        b'{"outputs":[],"existed":[],"made":["../x"]}',
        b'{"outputs":[3],"existed":"x","made":[]}',
    ],
)
def test_hostile_journal_is_refused_and_changes_nothing(project: Path, workspace: Path, journal: bytes) -> None:
    """A journal that no transaction wrote must not remove anything: not outside the project, not in ``.git``."""
    (workspace / JOURNAL).write_bytes(journal)
    with pytest.raises(StageError, match="journal") as caught:
        recover(project, workspace)
    assert caught.value.remedy
    assert (project / ".git" / "config").exists()
    assert (workspace / JOURNAL).exists()


@given(st.binary(max_size=200))
def test_recovery_ends_on_any_journal(tmp_path_factory: pytest.TempPathFactory, journal: bytes) -> None:
    """Any bytes are a journal, or a StageError."""
    root = tmp_path_factory.mktemp("any")
    (root / "work").mkdir()
    (root / "work" / JOURNAL).write_bytes(journal)
    try:
        recover(root, root / "work")
    except StageError:
        assert (root / "work" / JOURNAL).read_bytes() == journal


_KILLER = """
import json, os, shutil, signal, sys
from pathlib import Path
from assay.stage import outputs

CHANGES = {"close", "fsync", "flush", "mkdir", "open", "rename", "rmdir", "unlink", "write", "chmod"}
OLD = {"model.bin": "old", "set": {"a": "old a"}}
NEW = {"model.bin": "new", "set": {"b": "new b"}, "deep": {"er": {"out": "new"}}}

def write(folder, tree):
    for name, value in tree.items():
        if isinstance(value, dict):
            (folder / name).mkdir(exist_ok=True)
            write(folder / name, value)
        else:
            (folder / name).write_text(value)

def read(folder):
    return {item.name: item.read_text() if item.is_file() else read(item) for item in folder.iterdir()}

def killed_at(step, action):
    "Run action in a child that SIGKILL ends before its step-th call that may change the disk; whether it did."
    child = os.fork()
    if child == 0:
        count = 0
        def watch(frame, event, called):
            nonlocal count
            if event == "c_call" and called.__name__ in CHANGES:
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.setprofile(watch)
        action()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
    return status != 0

def check(project, work, marker, step):
    state = read(project)
    committed = marker.exists()
    fine = state == NEW or (state == OLD and not committed)
    if not fine or list(work.iterdir()):
        print(json.dumps({"step": step, "committed": committed, "state": state, "left": os.listdir(work)}))
        sys.exit(1)
    return state == NEW

def fresh(base):
    shutil.rmtree(base, ignore_errors=True)
    (base / "work").mkdir(parents=True)
    (base / "project").mkdir()
    write(base / "project", OLD)
    return base / "project", base / "work", base / "marker"

def transaction():
    with outputs.OutputTransaction(project, ("model.bin", "set", "deep/er/out"), work) as running:
        write(project, NEW)
        running.commit()
        marker.touch()

def abandoned():
    with outputs.OutputTransaction(project, ("model.bin", "set", "deep/er/out"), work):
        write(project, NEW)
        os.kill(os.getpid(), signal.SIGKILL)

base = Path(sys.argv[1])
step, seen, told = 0, set(), {}
while True:
    step += 1
    project, work, marker = fresh(base)
    killed = killed_at(step, transaction)
    outputs.recover(project, work)
    seen.add(check(project, work, marker, step))
    if not killed:
        break
told["transaction"] = step
step = 0
while True:
    step += 1
    project, work, marker = fresh(base)
    assert killed_at(0, abandoned)
    killed = killed_at(step, lambda: outputs.recover(project, work))
    outputs.recover(project, work)
    assert not check(project, work, marker, step)
    if not killed:
        break
told["recovery"] = step
print(json.dumps({**told, "outcomes": sorted(seen)}))
"""


def test_kill_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    """SIGKILL before every call that may change the disk, in a transaction and in its recovery: old or new, always."""
    shared = Path("/dev/shm")
    base = (shared if os.access(shared, os.W_OK) else tmp_path) / f"assay-kill-{os.getpid()}-{os.urandom(4).hex()}"
    try:
        answer = subprocess.run(
            [sys.executable, "-c", _KILLER, str(base)], capture_output=True, text=True, timeout=240, check=False
        )
    finally:
        subprocess.run(["rm", "-rf", str(base)], check=True)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    told = json.loads(answer.stdout)
    assert told["transaction"] > 50
    assert told["recovery"] > 30
    assert told["outcomes"] == [False, True]


def test_isolated_and_open_runs_share_the_transaction(
    project: Path, workspace: Path, run: Callable[..., Outcome], backend: str
) -> None:
    """The outputs of an isolated command land inside the transaction, as those of an open one do."""
    code = "import os; open('model.bin', 'w').write(repr(os.path.lexists('model.bin')))"
    for way in (backend, ""):
        with OutputTransaction(project, ("model.bin",), workspace) as transaction:
            assert run(code, backend=way, outputs=("model.bin",)).exit_status == 0
            transaction.commit()
        assert (project / "model.bin").read_text() == "True"
        (project / "model.bin").write_text("altered")
    with OutputTransaction(project, ("model.bin",), workspace):
        run(code, backend=backend, outputs=("model.bin",))
    assert (project / "model.bin").read_text() == "altered"
    assert list(workspace.iterdir()) == []
