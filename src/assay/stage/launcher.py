"""The program that stands between assay and a stage's command; run as ``python -I -S launcher.py ORDER STATUS``.

It is no module of the package: it imports the standard library only, and nothing imports it. ``ORDER`` is the number of
a descriptor to read the order from (one JSON object, :class:`Order`), ``STATUS`` of one to write a line of JSON to:
``{"exit": 0}``, ``{"signal": 9}``, or ``{"failed": "what it was doing", "errno": 2}`` when the command never started.

Three modes. *open* starts the command as it is and makes sure that nothing of it stays behind. *namespaces* first
builds the isolation by itself. *inside* is process 1 in the isolation that bubblewrap has built.

Sources: user_namespaces(7), mount_namespaces(7), pid_namespaces(7), capabilities(7), mount_setattr(2), pivot_root(2).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import struct
import sys
from typing import Final, NamedTuple, NoReturn

#: Seconds between asking an open command to stop and killing it.
GRACE: Final = 2

_NEW_MOUNTS, _NEW_CGROUP, _NEW_UTS, _NEW_IPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
_NEW_USER, _NEW_PID, _NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
_READ_ONLY, _NO_SETUID, _NO_DEVICES, _NO_EXECUTION, _REMOUNT = 1, 2, 4, 8, 32
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18
_DETACH: Final = 2
_SET_DEATH_SIGNAL, _SET_DUMPABLE, _DROP_BOUND, _SET_SECURE_BITS = 1, 4, 24, 28
_SUBREAPER, _NO_NEW_PRIVILEGES, _AMBIENT, _AMBIENT_CLEAR = 36, 38, 47, 4
#: SECBIT_NOROOT, NO_SETUID_FIXUP, no KEEP_CAPS, NO_CAP_AMBIENT_RAISE, each with its lock.
_SECURE_BITS: Final = 0b11101111
_CAPABILITY_VERSION: Final = 0x20080522
_SYS_MOUNT_SETATTR: Final = 442
_SYS_KEYCTL: Final = {"x86_64": 250, "aarch64": 219, "riscv64": 219, "s390x": 280, "ppc64le": 271}
_JOIN_SESSION_KEYRING: Final = 1
_HERE, _WHOLE_TREE = -100, 0x8000
_FLAGS_UP: Final = 0x1
_GET_INTERFACE_FLAGS, _SET_INTERFACE_FLAGS = 0x8913, 0x8914

_libc = ctypes.CDLL(None, use_errno=True)


class Order(NamedTuple):
    """What to run and how. ``parent`` is assay's process id; ``mounts`` are (kind, source, target) in order."""

    mode: str
    argv: list[str]
    environment: dict[str, str]
    directory: str
    parent: int
    mounts: list[tuple[str, str, str]]


class Failure(Exception):  # noqa: N818 - it is written as {"failed": ...}
    """The command could not be started; ``code`` is the errno."""

    def __init__(self, doing: str, code: int) -> None:
        super().__init__(doing)
        self.doing = doing
        self.code = code


def main() -> int:
    order_descriptor, status = int(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(status, False)
    with os.fdopen(order_descriptor, "rb") as stream:
        order = Order(**json.load(stream))
    try:
        if order.mode == "namespaces":
            return _enter_namespaces(order, status)
        if order.mode == "inside":
            _seal_process()
        elif sys.platform == "linux":
            _prctl("becoming the reaper", _SUBREAPER, 1)
            _die_with(order.parent)
        return _supervise(order, status)
    except Failure as failure:
        return _report_failure(status, failure)


def _supervise(order: Order, status: int) -> int:
    """Start the command, wait for it, kill what it left behind, say how it ended."""
    supervisor = os.getpid()
    command = os.fork()
    if command == 0:
        _become_command(order, status, supervisor)

    def ask(*_: object) -> None:
        _signal_group(command, signal.SIGTERM)
        signal.alarm(GRACE)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, ask)
    signal.signal(signal.SIGALRM, lambda *_: _signal_group(command, signal.SIGKILL))
    ended, how = os.wait()
    while ended != command:
        ended, how = os.wait()
    signal.alarm(0)
    if order.mode == "open":
        _signal_group(command, signal.SIGKILL)
        _kill_children()
    if os.WIFSIGNALED(how):
        _report(status, {"signal": os.WTERMSIG(how)})
    else:
        _report(status, {"exit": os.WEXITSTATUS(how)})
    return 0


def _become_command(order: Order, status: int, supervisor: int) -> NoReturn:
    try:
        os.setpgid(0, 0)
        if order.mode == "open" and sys.platform == "linux":
            _die_with(supervisor)
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        if order.mode != "open":
            os.umask(0o022)
        try:
            os.chdir(order.directory)
        except OSError as error:
            raise Failure("entering the project's folder", error.errno or 0) from error
        try:
            os.execvpe(order.argv[0], order.argv, order.environment)  # noqa: S606 - no shell, on purpose
        except OSError as error:
            raise Failure("starting the command", error.errno or 0) from error
    except Failure as failure:
        _report_failure(status, failure)
    finally:
        os._exit(127)


def _signal_group(leader: int, number: int) -> None:
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        return


def _kill_children() -> None:
    """Kill every process that was left to us, and theirs as they become ours, until there is none."""
    while True:
        try:
            with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as stream:  # noqa: PTH123
                for child in stream.read().split():
                    os.kill(int(child), signal.SIGKILL)
        except OSError:
            return
        try:
            os.wait()
        except ChildProcessError:
            return


def _enter_namespaces(order: Order, status: int) -> int:
    """Leave every namespace of the host, and supervise the command as process 1 of the new ones."""
    user, group = os.geteuid(), os.getegid()
    _check("leaving the user namespace", _libc.unshare(_NEW_USER))
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")
    others = _NEW_MOUNTS | _NEW_PID | _NEW_NETWORK | _NEW_IPC | _NEW_UTS | _NEW_CGROUP
    _check("leaving the other namespaces", _libc.unshare(others))
    _die_with(order.parent)
    ready, ready_here = os.pipe()
    go, go_here = os.pipe()
    init = os.fork()
    if init == 0:
        os.close(ready)
        os.close(go_here)
        os._exit(_run_init(order, status, ready_here, go))
    os.close(ready_here)
    os.read(ready, 1)
    os.write(go_here, b"g")
    return os.waitstatus_to_exitcode(os.waitpid(init, 0)[1])


def _run_init(order: Order, status: int, ready: int, go: int) -> int:
    try:
        _prctl("tying the command to assay", _SET_DEATH_SIGNAL, signal.SIGKILL)
        # Only an outer process that lived when the line above had run can answer.
        os.write(ready, b"r")
        if os.read(go, 1) != b"g":
            return 1
        os.close(ready)
        os.close(go)
        _start_network()
        _build_root(order.mounts)
        _drop_capabilities()
        _seal_process()
        return _supervise(order, status)
    except Failure as failure:
        return _report_failure(status, failure)
    except OSError as error:
        return _report_failure(status, Failure("entering the isolation", error.errno or 0))


def _build_root(mounts: list[tuple[str, str, str]]) -> None:
    """Build the file system that the command will see on an empty root, move there, let go of the host's."""
    _mount("detaching the mounts", "/", flags=_RECURSIVE | _PRIVATE)
    _mount("making the new root", "/tmp", kind="tmpfs", flags=_NO_SETUID | _NO_DEVICES)  # noqa: S108
    os.chdir("/tmp")  # noqa: S108 - hidden under the mount of the line above
    _make_place("host", folder=True)
    _make_place("root", folder=True)
    _mount("making the new root", "root", source="root", flags=_BIND)
    _check("leaving the host's root", _libc.pivot_root(b".", b"host"))
    os.chdir("/")
    for kind, source, target in mounts:
        _place(kind, source, "/root" + target)
    os.chdir("/root")
    _check("letting go of the host's files", _libc.umount2(b"/host", _DETACH))
    _check("entering the new root", _libc.pivot_root(b".", b"."))
    _check("letting go of the old root", _libc.umount2(b".", _DETACH))
    os.chdir("/")


def _place(kind: str, source: str, target: str) -> None:
    doing = f"placing {target.removeprefix('/root')}"
    if kind in ("read-only", "writable", "device"):
        _make_place(target, folder=os.path.isdir("/host" + source))  # noqa: PTH112
        _mount(doing, target, source="/host" + source, flags=_BIND | _RECURSIVE)
        limits = {"read-only": _READ_ONLY | _NO_SETUID | _NO_DEVICES, "writable": _NO_SETUID | _NO_DEVICES}
        # struct mount_attr: attributes to set, to clear, propagation, user namespace
        attributes = struct.pack("=QQQQ", limits.get(kind, _NO_SETUID), 0, 0, 0)
        number = (_SYS_MOUNT_SETATTR, _HERE, target.encode(), _WHOLE_TREE, attributes, ctypes.c_size_t(len(attributes)))
        _check(doing, _libc.syscall(*number))
    elif kind == "tmpfs":
        _make_place(target, folder=True)
        _mount(doing, target, kind="tmpfs", flags=_NO_SETUID | _NO_DEVICES)
    elif kind == "proc":
        _make_place(target, folder=True)
        _mount(doing, target, kind="proc", flags=_NO_SETUID | _NO_DEVICES | _NO_EXECUTION)
        # No user namespace inside: with one, a command would have capabilities again.
        _write(f"{target}/sys/user/max_user_namespaces", "0")
    elif kind == "symlink":
        _make_place(os.path.dirname(target), folder=True)  # noqa: PTH120
        os.symlink(source, target)  # noqa: PTH211
    elif kind == "seal":
        flags = _REMOUNT | _BIND | _READ_ONLY | _NO_SETUID | _NO_DEVICES
        # A remount must repeat the flags that stand; only /proc has one more.
        _mount(doing, target, flags=flags | (_NO_EXECUTION if target == "/root/proc" else 0))
    else:
        raise Failure(f"{doing}: unknown kind {kind}", errno.EINVAL)


def _make_place(target: str, *, folder: bool) -> None:
    os.makedirs(target if folder else os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    if not folder and not os.path.exists(target):  # noqa: PTH110
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))


def _start_network() -> None:
    """Give the new namespaces their loopback and their name."""
    import socket  # noqa: PLC0415 - a tenth of the start-up, for one of the three modes

    socket.sethostname("assay")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as interface:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(interface, _GET_INTERFACE_FLAGS, request))[1]
        fcntl.ioctl(interface, _SET_INTERFACE_FLAGS, struct.pack("16sh14x", b"lo", flags | _FLAGS_UP))


def _drop_capabilities() -> None:
    """Give up every capability, and every way to get one back."""
    _prctl("clearing ambient capabilities", _AMBIENT, _AMBIENT_CLEAR)
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as stream:  # noqa: PTH123
        last = int(stream.read())
    for capability in range(last + 1):
        _prctl("bounding capabilities", _DROP_BOUND, capability)
    _prctl("locking capabilities", _SET_SECURE_BITS, _SECURE_BITS)
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _check("dropping capabilities", _libc.capset(header, bytes(24)))


def _seal_process() -> None:
    """What holds for the command and all that it starts, in either back end."""
    _prctl("refusing new privileges", _NO_NEW_PRIVILEGES, 1)
    _prctl("hiding process 1", _SET_DUMPABLE)
    keyctl = _SYS_KEYCTL.get(os.uname().machine)
    if keyctl is None:
        raise Failure(f"leaving the keyring on {os.uname().machine}", errno.ENOSYS)
    joined = _libc.syscall(keyctl, _JOIN_SESSION_KEYRING, None)
    # A kernel without keyrings has none to hide.
    if joined < 0 and ctypes.get_errno() != errno.ENOSYS:
        raise Failure("leaving the keyring", ctypes.get_errno())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with(parent: int) -> None:
    _prctl("tying the command to assay", _SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        raise Failure("finding assay still there", errno.ESRCH)


def _mount(doing: str, target: str, *, source: str = "none", kind: str = "", flags: int) -> None:
    options = b"mode=0755" if kind == "tmpfs" else None
    arguments = (source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), options)
    _check(doing, _libc.mount(*arguments))


def _prctl(doing: str, option: int, *values: int) -> None:
    # The kernel takes whole words and wants the unused ones to be zero.
    words = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    _check(doing, _libc.prctl(option, *words))


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="ascii") as stream:  # noqa: PTH123
            stream.write(text)
    except OSError as error:
        raise Failure(f"writing {path}", error.errno or 0) from error


def _check(doing: str, result: int) -> None:
    if result < 0:
        raise Failure(doing, ctypes.get_errno())


def _report_failure(status: int, failure: Failure) -> int:
    _report(status, {"failed": failure.doing, "errno": failure.code})
    return 127


def _report(status: int, what: dict[str, str | int]) -> None:
    os.write(status, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
