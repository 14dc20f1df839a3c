"""What an isolated command can and cannot do, tried for real in both back ends."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.core.errors import IsolationError
from assay.stage.command import Outcome
from assay.stage.isolation import CONTROLS

Run = Callable[..., Outcome]
Facts = dict[str, Any]

_PRELUDE = """
import ctypes, errno, json, os, pathlib, platform, resource, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def attempt(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode[error.errno]
    return ""
def call(result):
    return "" if result >= 0 else errno.errorcode[ctypes.get_errno()]
"""


@pytest.fixture
def look(run: Run, backend: str) -> Callable[[str], Any]:
    """Evaluate an expression inside and bring its value out."""

    def evaluate(expression: str, **fields: Any) -> Any:
        code = f"{_PRELUDE}\nprint(json.dumps({expression}))"
        outcome = run(code, backend=backend, **fields)
        assert outcome.exit_status == 0, outcome.output_tail.decode()
        return json.loads(outcome.output_tail)

    return evaluate


Look = Callable[..., Any]


@pytest.fixture
def listener() -> Iterator[int]:
    """A port of this machine's loopback that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_network_is_out_of_reach(look: Look, listener: int) -> None:
    """Exfiltration: neither a loopback server nor an abstract socket of the host, nor any route, can be reached."""
    with socket.create_connection(("127.0.0.1", listener)):
        pass
    name = f"\0assay-{os.getpid()}-{listener}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        facts = look(
            f"[attempt(lambda: socket.create_connection(('127.0.0.1', {listener}), 2)),"
            f" attempt(lambda: socket.socket(socket.AF_UNIX).connect({name!r})),"
            " attempt(lambda: socket.create_connection(('192.0.2.1', 80), 2)),"
            " sorted(name for _, name in socket.if_nameindex())]"
        )
    assert facts == ["ECONNREFUSED", "ECONNREFUSED", "ENETUNREACH", ["lo"]]


def test_loopback_works_inside(look: Look) -> None:
    """A command may talk to itself: worker processes of numerical libraries do."""
    talk = "(lambda server: socket.create_connection(server.getsockname()).getsockname()[0])"
    assert look(f"{talk}(socket.create_server(('127.0.0.1', 0)))") == "127.0.0.1"


def test_project_holds_only_what_is_declared(look: Look, project: Path) -> None:
    """Undeclared files, assay's keys and Git's folder are not there; the declared input is."""
    seen = look("[sorted(str(path) for path in pathlib.Path('.').rglob('*')), open('data/in.txt').read(), os.getcwd()]")
    assert seen == [["data", "data/in.txt"], "input", str(project)]


def test_home_directories_are_not_there(
    look: Look, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credential theft: a key in the home directory, and every other home, cannot be seen."""
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519").write_text("private")
    monkeypatch.setenv("HOME", str(tmp_path))
    seen = look(
        f"[os.path.exists({str(tmp_path / '.ssh')!r}), os.listdir({str(tmp_path)!r}), os.environ['HOME'],"
        " os.listdir(os.environ['HOME']), os.path.exists('/home'), os.path.exists(os.path.expanduser('~root/.bashrc'))]"
    )
    # A checkout or an installation under /tmp stays in view, and the folders that lead to it with it.
    led_to = {path.parts[2] for path in (tmp_path, Path(sys.prefix), Path(assay.__file__)) if path.parts[1] == "tmp"}
    assert seen[:3] == [False, [project.name], "/tmp"]
    assert set(seen[3]) <= led_to
    assert seen[4:] == [False, False]


def test_host_places_are_not_there(look: Look) -> None:
    """Sockets of services, mounted disks, logs and private settings are outside the view."""
    hidden = [
        "/etc/shadow",
        "/etc/ssh",
        "/etc/ssl/private",
        "/mnt",
        "/srv",
        "/var/log",
        "/run/user",
        "/boot",
        "/sys/class",
    ]
    assert look(f"[path for path in {hidden!r} if os.path.lexists(path)]") == []
    assert look("[os.listdir('/var/tmp'), sorted(os.listdir('/run')), sorted(os.listdir('/dev'))]") == [
        [],
        ["assay"],
        sorted(["fd", "full", "null", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero"]),
    ]


def test_environment_holds_no_variable_of_the_parent(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token in the environment of the pipeline stays there; what the stage names is passed, threads are."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("ASSAY_PASSPHRASE", "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    seen = look("dict(os.environ)", environment={"SEED": "7"})
    fixed = {"HOME": "/tmp", "LANG": "C.UTF-8", "TMPDIR": "/tmp", "TZ": "UTC"}
    python = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    for name in ("MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LC_CTYPE"):
        seen.pop(name, None)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    assert seen == {**fixed, **python, "SEED": "7", "OMP_NUM_THREADS": "3", "PATH": path}


def test_inputs_cannot_be_written(look: Look, project: Path) -> None:
    """Silent poisoning: a stage cannot alter, replace or remove what it reads, nor what was declared as a folder."""
    (project / "set").mkdir()
    (project / "set" / "a").write_text("a")
    tried = look(
        "[attempt(lambda: open('data/in.txt', 'a')), attempt(lambda: os.unlink('data/in.txt')),"
        " attempt(lambda: os.replace('data/in.txt', 'x')), attempt(lambda: os.chmod('data/in.txt', 0o777)),"
        " attempt(lambda: open('set/b', 'w')), attempt(lambda: os.unlink('set/a')),"
        " attempt(lambda: os.link('data/in.txt', 'y'))]",
        inputs=("data/in.txt", "set"),
    )
    assert tried == ["EROFS", "EBUSY", "EBUSY", "EROFS", "EROFS", "EROFS", "EXDEV"]
    assert (project / "data" / "in.txt").read_text() == "input"
    assert [path.name for path in (project / "set").iterdir()] == ["a"]


def test_system_cannot_be_written(look: Look) -> None:
    """Persistence: programs, settings, devices and the kernel's switches are read-only, for root as well."""
    places = ["/usr/bin/x", "/etc/x", "/x", "/dev/x", "/run/x", "/etc/passwd", "/run/assay/launcher.py"]
    places += ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/self/oom_score_adj"]
    tried = look(f"[attempt(lambda: open(path, 'r+' if os.path.exists(path) else 'w')) for path in {places!r}]")
    assert set(tried) <= {"EROFS", "EACCES", "ENOENT"}
    cpu = "/sys/devices/system/cpu/online"
    assert look(f"attempt(lambda: open({cpu!r}, 'r+'))") in ("EROFS", "EACCES", "ENOENT")


def test_temporary_places_can_be_written(look: Look) -> None:
    """Private memory is there for what libraries need: temporary files and shared memory."""
    assert (
        look("[attempt(lambda: open(path + '/x', 'w')) for path in ('/tmp', '/var/tmp', '/dev/shm', '.')]") == [""] * 4
    )


def test_no_capability_is_left(look: Look) -> None:
    """Privilege escalation: no capability in any set, none to be had by running a privileged program."""
    status = look("dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines() if ':' in line)")
    sets = {name: int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
    assert sets == dict.fromkeys(sets, 0)
    assert status["NoNewPrivs"].strip() == "1"
    assert look("bool(os.statvfs('.').f_flag & os.ST_NOSUID and os.statvfs('/usr').f_flag & os.ST_NOSUID)") is True


def test_nothing_can_be_mounted_or_unshared(look: Look) -> None:
    """Escape by a namespace of one's own (CVE-2022-0185, CVE-2023-0386 began so): refused, as is every mount."""
    tried = look(
        "[call(libc.unshare(0x10000000)), call(libc.unshare(0x20000)),"
        " call(libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)),"
        " call(libc.mount(b'none', b'/usr', None, 32 | 4096, None)), call(libc.umount2(b'data/in.txt', 2))]"
    )
    assert tried[0] in ("ENOSPC", "EPERM", "EUSERS")
    assert tried[1:] == ["EPERM"] * 4


def test_processes_of_the_host_are_not_there(look: Look) -> None:
    """Nothing to signal or to trace: the command sees itself and process 1, into which it cannot look."""
    seen = look(
        "[[int(name) for name in os.listdir('/proc') if name.isdigit()], os.getpid(),"
        " attempt(lambda: open('/proc/1/environ').read()), attempt(lambda: open('/proc/1/mem', 'r+'))]"
    )
    assert sorted(seen[0]) == [1, seen[1]]
    assert set(seen[2:]) <= {"EACCES", "EPERM", "EROFS"}


def test_no_descriptor_is_inherited(look: Look) -> None:
    """A descriptor of assay's would lead out of any isolation (CVE-2024-21626): only the three standard ones."""
    with Path("/etc/passwd").open("rb") as stream:
        os.set_inheritable(stream.fileno(), True)
        assert look(
            "[int(name) for name in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + name)]"
        ) == [
            0,
            1,
            2,
        ]


_AT_TERMINAL = """
import os, pty, sys
from pathlib import Path
from assay.stage.command import CommandSpec, run_command
root, backend = Path(sys.argv[1]), sys.argv[2]
code = "try: print(open('/dev/tty', 'w').write('x'))\\nexcept OSError as error: print('told', error.errno)"
spec = CommandSpec(("python", "-c", code), root, (), (), Path(sys.executable), root / ".assay" / "work",
                   isolate=bool(backend), backend=backend)
child, terminal = pty.fork()
if child == 0:
    open("/dev/tty").close()
    print(run_command(spec).output_tail.decode(), flush=True)
    os._exit(0)
said = b""
try:
    while piece := os.read(terminal, 4096):
        said += piece
except OSError:
    pass
os.waitpid(child, 0)
print(said.decode())
"""


def test_terminal_is_out_of_reach(project: Path, way: str) -> None:
    """CVE-2017-5226 (TIOCSTI): with assay at a terminal, the command has none to push keystrokes into."""
    command = [sys.executable, "-c", _AT_TERMINAL, str(project), way]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert answer.stdout.split() == ["told", str(errno.ENXIO)], answer.stderr


def test_standard_streams_are_no_terminal(look: Look) -> None:
    """Nor is there a folder of terminals to take one from."""
    assert look("[[os.isatty(number) for number in (0, 1, 2)], 'pts' in os.listdir('/dev')]") == [[False] * 3, False]


def test_shared_memory_of_the_host_is_not_there(look: Look) -> None:
    """System V IPC: a segment of the host is not listed inside."""
    libc = ctypes.CDLL(None, use_errno=True)
    segment = libc.shmget(0, 4096, 0o600)
    assert segment >= 0
    try:
        assert len(Path("/proc/sysvipc/shm").read_text().splitlines()) > 1
        assert look("len(open('/proc/sysvipc/shm').read().splitlines())") == 1
    finally:
        libc.shmctl(segment, 0, None)


_ADD_KEY = {"x86_64": 248, "aarch64": 217}


@pytest.mark.skipif(platform.machine() not in _ADD_KEY, reason="the number of add_key is not known here")
def test_keys_of_the_host_are_not_there(look: Look) -> None:
    """Kernel keyrings hold Kerberos tickets and disk passwords: the session's keyring is left behind."""
    libc = ctypes.CDLL(None, use_errno=True)
    number = _ADD_KEY[platform.machine()]
    if libc.syscall(number + 2, 1, None) < 0:
        pytest.skip("this kernel has no keyrings")
    added = libc.syscall(number, b"user", b"assay-test-key", b"secret", ctypes.c_size_t(6), -3)
    assert added > 0
    assert "assay-test-key" in Path("/proc/keys").read_text()
    seen = look(
        f"[call(libc.syscall({number + 2}, 10, -3, b'user', b'assay-test-key', 0)),"
        f" call(libc.syscall({number + 2}, 11, {added}, ctypes.create_string_buffer(6), ctypes.c_size_t(6))),"
        " attempt(lambda: open('/proc/keys').read())]"
    )
    assert seen[0] in ("ENOKEY", "EKEYREVOKED")
    assert seen[1] in ("EACCES", "ENOKEY", "EPERM")
    assert seen[2] == "EACCES"


def test_name_and_limits_are_fixed(look: Look) -> None:
    """The same surroundings everywhere: host name, file mode mask; no core dump leaves the isolation."""
    assert look("[socket.gethostname(), os.umask(0), list(resource.getrlimit(resource.RLIMIT_CORE))]") == [
        "assay",
        0o022,
        [0, 0],
    ]


def test_virtual_environment_in_the_project_is_seen(look: Look, project: Path, run: Run, backend: str) -> None:
    """The interpreter's own folders stay visible, read-only, though they lie in the project."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project / ".venv"], check=True)
    packages = next((project / ".venv" / "lib").glob("python*")) / "site-packages"
    (packages / "shown.py").write_text("VALUE = 5")
    python = project / ".venv" / "bin" / "python"
    seen = look(
        "[__import__('shown').VALUE, sys.prefix, attempt(lambda: open('.venv/x', 'w')), sorted(os.listdir('.'))]",
        python=python,
    )
    assert seen == [5, str(project / ".venv"), "EROFS", [".venv", "data"]]
    assert run("", backend=backend, python=python).undeclared == ()


def test_interpreter_that_is_the_project_is_refused(run: Run, project: Path, backend: str) -> None:
    """A virtual environment that is the project's folder itself would show all of it: refused, with the remedy."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project], check=True)
    with pytest.raises(IsolationError, match="also holds"):
        run("", backend=backend, python=project / "bin" / "python")


def test_what_was_in_force_is_told(run: Run, backend: str) -> None:
    """The outcome names the back end and every control; an open run names none."""
    isolated, opened = run("", backend=backend), run("")
    assert (isolated.backend, isolated.isolation) == (backend, CONTROLS)
    assert (opened.backend, opened.isolation) == ("", ())


_REFUSED = """
import sys
from pathlib import Path
from assay.core.errors import IsolationError
from assay.stage.command import CommandSpec, run_command
root = Path(sys.argv[1])
try:
    run_command(CommandSpec(("touch", "made"), root, (), ("made",), Path(sys.executable), root / ".assay" / "work"))
except IsolationError as error:
    print(error)
"""


def test_stage_is_refused_where_nothing_isolates(project: Path) -> None:
    """Fail closed: without user namespaces the command is not run open; the error says why and what to do."""
    inside = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    command = ["unshare", "-U", "-r", "sh", "-c", inside, "-", sys.executable, "-c", _REFUSED, str(project)]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    assert answer.returncode == 0, answer.stderr
    assert "cannot isolate a stage" in answer.stdout
    assert "isolate = false" in answer.stdout
    assert not (project / "made").exists()


def test_interpreter_behind_links_is_seen(look: Look, tmp_path: Path) -> None:
    """uv and pyenv name an installation by a link to its folder: the whole way to it is there."""
    (tmp_path / "current").symlink_to(sys.base_prefix)
    program = tmp_path / "current" / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    subprocess.run([program, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (tmp_path / "shims").mkdir()
    (tmp_path / "shims" / "python").symlink_to(program)
    for python in (tmp_path / "venv" / "bin" / "python", tmp_path / "shims" / "python"):
        assert look("json.loads('1')", python=python) == 1


def test_private_memory_is_not_shared_between_runs(look: Look) -> None:
    """A covert channel: what one stage leaves in temporary places, the next does not find."""
    expression = "[os.path.exists(path + '/x') or open(path + '/x', 'w').close() for path in ('/tmp', '/dev/shm', '.')]"
    assert look(expression) == look(expression) == [None, None, None]
