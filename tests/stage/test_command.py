"""Running a command: how it ends is told, what it makes arrives, what it leaves behind goes."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.core.errors import StageError
from assay.stage.command import CommandSpec, Outcome, run_command
from assay.stage.process import TAIL

Run = Callable[..., Outcome]
Processes = Callable[[str], list[int]]


@pytest.mark.parametrize("status", [0, 127])
def test_exit_status_comes_through(run: Run, way: str, status: int) -> None:
    """Every exit status is told as it was, 127 of the command's own too."""
    outcome = run(f"raise SystemExit({status})", backend=way)
    assert (outcome.exit_status, outcome.signal, outcome.succeeded) == (status, None, status == 0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_signal_comes_through(run: Run, way: str, number: int) -> None:
    """A command that a signal killed is told as such, not as one that exited."""
    outcome = run(f"import os; os.kill(os.getpid(), {int(number)})", backend=way)
    assert (outcome.exit_status, outcome.signal) == (128 + number, number)


def test_output_is_heard_hashed_and_kept(run: Run, way: str) -> None:
    """All of standard output and error reaches the listener and the digest; the last 64 KiB are kept."""
    heard: list[bytes] = []
    code = "import sys\nfor n in range(3000): print(n, 'x' * 40, file=sys.stderr if n % 2 else sys.stdout, flush=True)"
    outcome = run(code, backend=way, on_output=heard.append)
    whole = b"".join(heard)
    assert whole == b"".join(b"%d %s\n" % (n, b"x" * 40) for n in range(3000))
    assert outcome.output_tail == whole[-TAIL:]
    assert outcome.output_digest.value == hashlib.sha256(whole).hexdigest()


def test_clock_is_the_callers(project: Path) -> None:
    """Start and end are read from the clock that was given."""
    times = iter([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)])
    spec = CommandSpec(("true",), project, (), (), Path(sys.executable), project / ".assay" / "work", isolate=False)
    outcome = run_command(spec, now=lambda: next(times))
    assert (outcome.started.day, outcome.finished.day) == (1, 2)


def test_standard_input_is_empty(run: Run, way: str) -> None:
    """A command that asks a question gets no answer, and does not wait for one."""
    assert run("import sys; print(repr(sys.stdin.read()))", backend=way).output_tail == b"''\n"


@pytest.mark.parametrize("word", ["python", "python3"])
def test_bare_python_is_the_interpreter_that_was_named(run: Run, way: str, word: str) -> None:
    """``python`` means the stage's interpreter, as itself and on the command's path."""
    code = "import sys, shutil; print(sys.executable, shutil.which('python'), sep='\\n')"
    outcome = run("", backend=way, argv=(word, "-c", code))
    expected = Path(sys.executable).parent
    assert [Path(path).parent for path in outcome.output_tail.decode().splitlines()] == [expected, expected]


def test_words_are_never_read_by_a_shell(run: Run, way: str, project: Path) -> None:
    """Command injection: what a shell would act on is passed as it stands."""
    words = ("$(touch made)", "; touch made", "`touch made`", "*", "a b", "")
    outcome = run("", backend=way, argv=("python", "-c", "import sys; print(sys.argv[1:])", *words))
    assert outcome.output_tail.decode().strip() == str(list(words))
    assert not (project / "made").exists()


@pytest.mark.parametrize("argv", [("no-such-program",), ("./data/in.txt",), ("data",)])
def test_command_that_cannot_be_started_is_an_error(run: Run, way: str, argv: tuple[str, ...]) -> None:
    """Not an exit status that a command could have given itself."""
    with pytest.raises(StageError, match="could not be started") as caught:
        run("", backend=way, argv=argv)
    assert argv[0] in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("argv", [(), ("python", "a\0b")])
def test_command_that_is_none_is_refused(run: Run, argv: tuple[str, ...]) -> None:
    """No words, or a word that no command line can hold."""
    with pytest.raises(StageError, match="no command"):
        run("", argv=argv)


@pytest.mark.parametrize("name", ["", "A=B", "A\0"])
def test_variable_that_cannot_be_is_refused(run: Run, way: str, name: str) -> None:
    """A malformed variable is a mistake in the stage, told with a remedy."""
    with pytest.raises(StageError, match="environment variable"):
        run("", backend=way, environment={name: "x"})


def test_open_command_inherits_the_environment_but_not_assays(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The passphrase of the signing key never reaches a stage, in the open either, unless the stage names it."""
    monkeypatch.setenv("ASSAY_PASSPHRASE", "secret")
    monkeypatch.setenv("ORDINARY", "kept")
    code = "import os; print(os.environ.get('ASSAY_PASSPHRASE'), os.environ['ORDINARY'], os.environ.get('ASSAY_NAMED'))"
    assert run(code, environment={"ASSAY_NAMED": "yes"}).output_tail == b"None kept yes\n"


def test_time_limit_stops_the_command(run: Run, way: str, processes: Processes, project: Path) -> None:
    """in-toto-run's trap is a limit nobody asked for; this one is asked for, and leaves nothing running."""
    word = f"assay-limit-{os.getpid()}-{way or 'open'}"
    code = f"import time; '{word}'; open('out', 'w').write('half'); time.sleep(60)"
    with pytest.raises(StageError, match=r"limit of 0\.4 seconds"):
        run(code, backend=way, timeout=0.4, outputs=("out",))
    assert processes(word) == []
    assert list((project / ".assay" / "work").iterdir()) == []


_DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", {word!r}])
    os._exit(0)
os.wait()
time.sleep(0.2)
"""


def test_processes_left_behind_die(run: Run, way: str, processes: Processes) -> None:
    """A daemon of its own session, holding the output open: gone when the command is, and not waited for."""
    word = f"assay-daemon-{os.getpid()}-{way or 'open'}"
    started = time.monotonic()
    assert run(_DAEMON.format(word=word), backend=way).exit_status == 0
    assert time.monotonic() - started < 30
    assert processes(word) == []


def test_listener_that_fails_stops_the_command(run: Run, way: str, processes: Processes) -> None:
    """An error of the caller's own passes through, and the command does not outlive it."""
    word = f"assay-listener-{os.getpid()}-{way or 'open'}"

    def fail(_: bytes) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(f"import time; '{word}'; print('x', flush=True); time.sleep(60)", backend=way, on_output=fail)
    assert processes(word) == []


_RUNNER = """
import signal
import sys
from pathlib import Path
from assay.stage.command import CommandSpec, run_command
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs and nohup leave them ignored
signal.signal(signal.SIGHUP, signal.SIG_DFL)
root, way, word = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
code = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: None); print('up', flush=True); time.sleep(60)"
code = code if way == "stubborn" else "import time; print('up', flush=True); time.sleep(60)"
way = "" if way in ("open", "stubborn") else way
spec = CommandSpec(("python", "-c", code, word), root, (), (), Path(sys.executable), root / ".assay" / "work",
                   isolate=bool(way), backend=way)
try:
    run_command(spec, on_output=lambda piece: print(piece.decode(), flush=True))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def _start(project: Path, way: str, word: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _RUNNER, str(project), way or "open", word]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def _gone(processes: Processes, word: str) -> bool:
    deadline = time.monotonic() + 10
    while processes(word) and time.monotonic() < deadline:
        time.sleep(0.02)
    return processes(word) == []


def test_interruption_stops_the_command_first(project: Path, way: str, processes: Processes) -> None:
    """Ctrl-C, a service manager's request, a closed terminal: the command is gone before KeyboardInterrupt is seen."""
    number = {"": signal.SIGINT, "bubblewrap": signal.SIGTERM, "namespaces": signal.SIGHUP}[way]
    word = f"assay-interrupted-{os.getpid()}-{way or 'open'}"
    process = _start(project, way, word)
    process.send_signal(number)
    said, _ = process.communicate(timeout=30)
    assert "interrupted" in said
    assert processes(word) == []
    assert list((project / ".assay" / "work").iterdir()) == []


def test_kill_of_assay_kills_the_command(project: Path, way: str, processes: Processes) -> None:
    """SIGKILL cannot be handled: the kernel takes the command down with us, so nothing writes on unseen."""
    word = f"assay-killed-{os.getpid()}-{way or 'open'}"
    process = _start(project, way, word)
    assert processes(word)
    process.kill()
    process.communicate(timeout=30)
    assert _gone(processes, word)


def test_outputs_arrive(run: Run, way: str, project: Path) -> None:
    """A file, a folder and a deeper file, with their contents, in the project; nothing is left in the workspace."""
    code = (
        "import os\nopen('out.txt', 'w').write('1')\nos.makedirs('set/inner')\nopen('set/inner/a', 'w').write('2')\n"
        "open('models/deep/m.bin', 'wb').write(b'3')"
    )
    outcome = run(code, backend=way, outputs=("out.txt", "set", "models/deep/m.bin")) if way else None
    if outcome is None:
        (project / "models" / "deep").mkdir(parents=True)
        outcome = run(code, outputs=("out.txt", "set", "models/deep/m.bin"))
    assert outcome.exit_status == 0, outcome.output_tail
    assert outcome.undeclared == ()
    read = [(project / name).read_text() for name in ("out.txt", "set/inner/a", "models/deep/m.bin")]
    assert read == ["1", "2", "3"]
    assert list((project / ".assay" / "work").iterdir()) == []


def test_failed_command_leaves_nothing(run: Run, backend: str, project: Path) -> None:
    """What an isolated command wrote before it failed never reaches the project."""
    outcome = run("open('out', 'w'); raise SystemExit(3)", backend=backend, outputs=("out",))
    assert outcome.exit_status == 3
    assert not (project / "out").exists()


def test_undeclared_files_are_told_and_discarded(run: Run, backend: str, project: Path) -> None:
    """Writing beside the outputs is no failure, but it is on record, and gone."""
    code = "import os; os.mkdir('d'); open('d/x', 'w'); open('data/y', 'w'); os.symlink('/etc', 'z'); open('out', 'w');"
    code += "open(b'\\x1b\\xff', 'w')"
    outcome = run(code, backend=backend, outputs=("out",))
    assert outcome.undeclared == ("\\x1b\\udcff", "d/x", "data/y", "z")
    assert not (project / "d").exists()
    assert not (project / "data" / "y").exists()


def test_leftovers_of_any_shape_are_removed(run: Run, backend: str, project: Path) -> None:
    """Denial of service: folders deeper than a path may be long, without permissions, names that are no text."""
    code = (
        "import os\nfor n in range(1100):\n os.mkdir('deep'); os.chdir('deep')\n"
        "os.chdir(os.environ['ROOT']); os.mkdir('closed'); open('closed/x', 'w'); os.chmod('closed', 0)\n"
        "open(b'\\xff\\xfe', 'w'); os.mkfifo('pipe')"
    )
    outcome = run(code, backend=backend, environment={"ROOT": str(project)})
    assert outcome.exit_status == 0, outcome.output_tail
    assert list((project / ".assay" / "work").iterdir()) == []


def test_swapped_folder_cannot_pull_a_file_of_the_host(run: Run, backend: str, project: Path, tmp_path: Path) -> None:
    """Confused deputy: a link in place of an output's folder must not make assay move what it points to."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "m.bin").write_text("host")
    code = f"import os; os.rmdir('models'); os.symlink({str(outside)!r}, 'models')"
    with pytest.raises(StageError, match="symbolic link"):
        run(code, backend=backend, outputs=("models/m.bin",))
    assert (outside / "m.bin").read_text() == "host"
    assert not (project / "models").exists() or list((project / "models").iterdir()) == []


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import os; os.mkfifo('out')", "special file"),
        ("import os; os.mkdir('out'); os.mkfifo('out/pipe')", "special file"),
        ("import os; open('out', 'w'); os.chmod('out', 0o4755)", "owner's rights"),
        ("import os; os.mkdir('out'); open('out/x', 'w'); os.chmod('out/x', 0o2755)", "owner's rights"),
    ],
)
def test_output_that_would_be_a_trap_is_refused(run: Run, backend: str, project: Path, code: str, problem: str) -> None:
    """A pipe would hang whoever reads it; a set-uid program would be root's when root ran the stage."""
    with pytest.raises(StageError, match=problem):
        run(code, backend=backend, outputs=("out",))
    assert not (project / "out").exists()


def test_output_that_is_there_already_is_not_replaced(run: Run, backend: str, project: Path) -> None:
    """Without a transaction around it, an isolated run does not overwrite."""
    (project / "out").write_text("old")
    with pytest.raises(StageError, match="already there"):
        run("open('out', 'w').write('new')", backend=backend, outputs=("out",))
    assert (project / "out").read_text() == "old"


def test_input_that_is_not_there_is_an_error(run: Run, backend: str, project: Path) -> None:
    """Told by name, before anything runs; a link is not followed."""
    with pytest.raises(StageError, match="not there") as caught:
        run("", backend=backend, inputs=("data/none",))
    assert caught.value.where == "data/none"
    (project / "link").symlink_to("/etc")
    with pytest.raises(StageError, match="symbolic link"):
        run("", backend=backend, inputs=("link",))
    with pytest.raises(StageError, match="symbolic link"):
        run("", backend=backend, inputs=("link/passwd",))


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        (("data",), ("data/out",)),
        (("data/in.txt",), ("data",)),
        ((), ("out", "out/x")),
        ((), ("out", "out")),
        ((), ("../out",)),
        ((), ("/tmp/out",)),
        ((), ("./out",)),
        ((), ("out/",)),
        ((), (".",)),
        ((), ("",)),
        ((), (".git/hooks/pre-commit",)),
        ((), (".assay/trust.toml",)),
        ((".assay/key",), ()),
        ((".",), ()),
    ],
)
def test_paths_that_contradict_or_leave_are_refused(
    run: Run, way: str, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> None:
    """Path traversal, keys as an input, hooks as an output: refused in either mode, before anything runs."""
    with pytest.raises(StageError):
        run("", backend=way, inputs=inputs, outputs=outputs)


def test_inputs_keep_their_modes(run: Run, backend: str, project: Path) -> None:
    """A script that is an input can be run as a program."""
    script = project / "data" / "run.sh"
    script.write_text("#!/bin/sh\necho ran\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    outcome = run("", backend=backend, argv=("data/run.sh",), inputs=("data",))
    assert outcome.output_tail == b"ran\n"


def test_stubborn_open_command_is_killed(project: Path, processes: Processes) -> None:
    """One that does not heed the request to stop is killed after the grace."""
    word = f"assay-stubborn-{os.getpid()}"
    process = _start(project, "stubborn", word)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    assert "interrupted" in said
    assert processes(word) == []


_ORDINARY = """
import json, sys
from pathlib import Path
from assay.stage.command import CommandSpec, run_command
from assay.stage.isolation import BACKENDS, why_not
root = Path(sys.argv[1])
told = {}
for name in BACKENDS:
    if why_not(name):
        told[name] = why_not(name)
        continue
    code = f"import os; open('out-{name}', 'w').write(open('in').read()); print(os.getuid(), os.path.exists('hidden'))"
    spec = CommandSpec(("python", "-c", code), root, ("in",), (f"out-{name}",), Path(sys.executable), root / "work",
                       backend=name)
    outcome = run_command(spec)
    told[name] = [outcome.exit_status, outcome.output_tail.decode(), (root / f"out-{name}").read_text()]
print(json.dumps(told))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests run as an ordinary user already")
def test_ordinary_user_can_isolate(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Root is not needed: the same isolation from unprivileged user namespaces, tried as the user ``nobody``."""
    import json
    import tempfile

    import assay

    source = Path(assay.__file__).parents[1]
    drop = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "env",
        "-i",
        f"PYTHONPATH={source}",
        "HOME=/",
    ]
    for python in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        check = [*drop, "PATH=/usr/bin:/bin", python, "-c", "import sys, assay; assert sys.version_info >= (3, 11)"]
        try:
            usable = subprocess.run(check, capture_output=True, timeout=60, check=False).returncode == 0
        except FileNotFoundError:
            pytest.skip("setpriv is not installed")
        if usable:
            break
    else:
        pytest.skip("no Python 3.11 that every user may run")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "in").write_text("input")
        (root / "hidden").write_text("")
        (root / "work").mkdir()
        for path in (root, root / "in", root / "work"):
            os.chown(path, 65534, 65534)
        command = [*drop, "PATH=/usr/bin:/bin", python, "-c", _ORDINARY, str(root)]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    working = {name: said for name, said in told.items() if isinstance(said, list)}
    if not working:
        pytest.skip(f"no back end works for an ordinary user here: {told}")
    assert working == {name: [0, "65534 False\n", "input"] for name in working}


def test_undeclared_files_are_told_up_to_a_thousand(run: Run, backend: str) -> None:
    """A command that litters cannot fill the record with names."""
    outcome = run("for n in range(1200): open(f'x{n}', 'w')", backend=backend)
    assert len(outcome.undeclared) == 1000


def test_inputs_may_lie_in_each_other(run: Run, backend: str, project: Path) -> None:
    """A folder and a file in it, both declared; moving their folder away changes nothing in the project."""
    code = "import os; print(open('data/in.txt').read()); os.mkdir('x')"
    outcome = run(code, backend=backend, inputs=("data", "data/in.txt", "data"))
    assert outcome.output_tail == b"input\n"
    moved = run("import os; os.rename('data', 'moved')", backend=backend)
    assert moved.undeclared == ("moved/in.txt",)
    assert (project / "data" / "in.txt").read_text() == "input"


def test_commands_run_in_threads(run: Run, way: str) -> None:
    """Several at once, from threads that cannot handle signals, each with an output of its own."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(lambda n: run("", argv=("echo", str(n)), backend="").output_tail, range(6)))
    assert told == [b"%d\n" % n for n in range(6)]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run, "", argv=("echo", "x"), backend=way).result().output_tail == b"x\n"


def test_workspace_is_apart_from_what_is_declared(project: Path, way: str) -> None:
    """A workspace inside an input or output would show what was set aside, or be moved away."""
    (project / "work").mkdir()
    for inputs, outputs in ((("work",), ()), ((), ("work/out",))):
        spec = CommandSpec(
            ("true",), project, inputs, outputs, Path(sys.executable), project / "work", isolate=bool(way), backend=way
        )
        with pytest.raises(StageError, match="workspace"):
            run_command(spec)


def test_workspace_that_is_not_empty_is_left_alone(run: Run, backend: str, project: Path) -> None:
    """What an earlier run left is for recovery to judge, not to be overwritten."""
    left = project / ".assay" / "work" / "staging" / "left"
    left.parent.mkdir()
    left.write_text("kept")
    with pytest.raises(StageError, match="earlier run"):
        run("", backend=backend)
    assert left.read_text() == "kept"
