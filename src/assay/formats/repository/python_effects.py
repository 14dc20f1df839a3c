"""What calls in Python source do, by the name of what is called; whether and when they run is another matter."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from assay.formats.repository.python_constants import is_secret_place


class Does(enum.Enum):
    """What code does, worst first."""

    HIDDEN = "runs code that it hides from readers"
    DOWNLOADED = "runs code that it downloads"
    EXPOSES = "sends credentials or the environment away"
    SHELL = "hands a shell to somebody at the other end of a connection"
    COMMAND = "runs a command"
    PLANTS = "writes where programs are started from"
    UNPICKLES = "loads a pickle"
    RUNS_FILE = "runs another file as code"
    EXECUTES = "executes text as code"
    INSTALLS = "installs packages"
    NATIVE = "loads a native library"
    EXTENDS = "builds or loads a native extension of its framework"
    DELETES = "deletes files"
    CREDENTIALS = "reads credentials"
    NETWORK = "opens a connection"
    ASKS = "asks a tool about the machine"


class When(enum.Enum):
    """When code runs, earliest first."""

    IMPORT = "when it is imported"
    LOAD = "when a framework loads or calls it"
    MADE = "when an object of its class is made or used"
    SCRIPT = "when it is run as a program"
    CALLED = "when something calls it"


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that code does.

    :param target: the dotted name of what is called
    :param detail: its first argument, cut, when that is known
    :param where: the function it stands in, as the file names it; empty at its top
    """

    does: Does
    when: When
    target: str
    detail: str
    where: str
    line: int


_COMMANDS: Final = frozenset(
    (
        "os.system", "os.popen", "os.popen2", "os.popen3", "os.popen4", "os.startfile", "os.posix_spawn",
        "os.posix_spawnp", "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
        "subprocess.Popen", "subprocess.getoutput", "subprocess.getstatusoutput", "pty.spawn",
        "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell",
        "asyncio.subprocess.create_subprocess_exec", "asyncio.subprocess.create_subprocess_shell", "platform.popen",
        "pexpect.run", "pexpect.spawn", "popen2.popen2", "_posixsubprocess.fork_exec", "distutils.spawn.spawn",
        "ctypes.windll.shell32.ShellExecuteW", "get_ipython().system", "multiprocessing.util.spawnv_passfds",
        "get_ipython().getoutput", "get_ipython().system_raw",
        "torch.utils.collect_env.run", "uuid._get_command_stdout", "invoke.run", "ctypes.CDLL().system",
        "ctypes.cdll.LoadLibrary().system", "win32api.ShellExecute",
    )
)  # fmt: skip
_COMMAND_FAMILIES: Final = ("os.exec", "os.spawn", "sh.", "popen2.")
_EXECUTORS: Final = frozenset(
    (
        "builtins.eval", "builtins.exec", "code.interact",
        "code.InteractiveInterpreter", "code.InteractiveConsole", "types.FunctionType", "types.CodeType",
        "timeit.timeit", "timeit.repeat", "cProfile.run", "profile.run", "pdb.run",
        "trace.Trace().run", "numpy.testing.runstring", "builtins.__import__", "importlib.import_module",
        "pkgutil.resolve_name",
    )
)  # fmt: skip
_RUNNERS: Final = frozenset(("builtins.execfile", "runpy.run_path", "runpy.run_module", "imp.load_source"))
_UNPICKLERS: Final = frozenset(
    (
        "pickle.load", "pickle.loads", "pickle.Unpickler", "_pickle.load", "_pickle.loads", "cPickle.load",
        "cPickle.loads", "dill.load", "dill.loads", "cloudpickle.load", "cloudpickle.loads", "joblib.load",
        "torch.load", "marshal.load", "marshal.loads", "shelve.open", "pandas.read_pickle", "yaml.unsafe_load",
        "yaml.full_load", "jsonpickle.decode",
    )
)  # fmt: skip
_NETWORK: Final = frozenset(
    (
        "socket.socket", "socket.create_connection", "socket.gethostbyname", "socket.getaddrinfo",
        "urllib.request.urlopen", "urllib.request.urlretrieve", "urllib.request.Request", "urllib2.urlopen",
        "urllib.urlopen", "urllib.urlretrieve", "http.client.HTTPConnection", "http.client.HTTPSConnection",
        "ftplib.FTP", "smtplib.SMTP", "smtplib.SMTP_SSL", "telnetlib.Telnet", "paramiko.SSHClient",
        "websocket.create_connection", "websockets.connect", "urllib3.PoolManager", "aiohttp.ClientSession",
        "httpx.Client", "requests.Session", "dns.resolver.resolve", "wget.download",
    )
)  # fmt: skip
_NETWORK_FAMILIES: Final = {
    family + verb
    for family in ("requests.", "httpx.")
    for verb in ("get", "post", "put", "patch", "delete", "head", "request", "stream", "options")
}
_SENDING: Final = (
    "().post",
    "().put",
    "().get",
    "().request",
    "().send",
    "().sendall",
    "().sendto",
    "().connect",
    "().urlopen",
)
_NATIVE: Final = frozenset(
    (
        "ctypes.CDLL", "ctypes.PyDLL", "ctypes.WinDLL", "ctypes.cdll.LoadLibrary", "ctypes.windll.LoadLibrary",
        "cffi.FFI().dlopen", "torch.ops.load_library", "torch.classes.load_library", "tensorflow.load_op_library",
        "tensorflow.load_library",
    )
)  # fmt: skip
_EXTENSIONS: Final = frozenset(
    (
        "torch.utils.cpp_extension.load", "torch.utils.cpp_extension.load_inline",
    )
)  # fmt: skip
_DELETERS: Final = frozenset(("shutil.rmtree", "os.remove", "os.unlink", "os.rmdir", "os.removedirs"))
_INSTALLERS: Final = frozenset(("pip.main", "pip._internal.main", "pip._internal.cli.main.main", "ensurepip.bootstrap"))
#: Where what is written is started later.
_STARTED: Final = (
    ".bashrc", ".bash_profile", ".profile", ".zshrc", "authorized_keys", "/etc/cron", "/var/spool/cron", "/etc/passwd",
    "/etc/sudoers", "/etc/init.d", "/etc/rc.local", "systemd/system", "systemd/user", "autostart", "launchagents",
    "launchdaemons", "start menu/programs/startup", "sitecustomize.py", "usercustomize.py", "/etc/ld.so.preload",
    ".git/hooks/", "ipython/profile_default/startup",
)  # fmt: skip
#: What calls the functions it is given.
CALLERS: Final = frozenset(
    (
        "threading.Thread", "threading.Timer", "multiprocessing.Process", "atexit.register", "builtins.map",
        "builtins.filter", "builtins.sorted", "builtins.max", "builtins.min", "functools.reduce", "weakref.finalize",
        "sys.settrace", "sys.setprofile", "sys.addaudithook", "signal.signal", "asyncio.run",
        "contextlib.ExitStack().callback", "_thread.start_new_thread",
        "concurrent.futures.ThreadPoolExecutor().submit", "sched.scheduler().enter",
    )
)  # fmt: skip
CALLING_METHODS: Final = ("().submit", "().apply_async", "().run_until_complete", "().call_soon")
#: Everything that is told about even when it is only handed on, not called.
SINKS: Final = _COMMANDS | frozenset(("builtins.eval", "builtins.exec"))


def does(dotted: str) -> Does | None:  # noqa: PLR0911 - one branch for each kind
    """What calling this does; ``None`` for what does nothing that is told."""
    if dotted in _COMMANDS or dotted.startswith(_COMMAND_FAMILIES):
        return Does.COMMAND
    if dotted in _INSTALLERS:
        return Does.INSTALLS
    if dotted in _EXECUTORS:
        return Does.EXECUTES
    if dotted in _RUNNERS:
        return Does.RUNS_FILE
    if dotted in _UNPICKLERS:
        return Does.UNPICKLES
    if dotted in _NETWORK or dotted in _NETWORK_FAMILIES:
        return Does.NETWORK
    if dotted in _NATIVE:
        return Does.NATIVE
    if dotted in _EXTENSIONS:
        return Does.EXTENDS
    if dotted in _DELETERS:
        return Does.DELETES
    return None


def is_worth_hiding(dotted: str) -> bool:
    """Whether code that reaches this name in a roundabout way hides what it does."""
    return (dotted != "builtins.__import__" and dotted in _EXECUTORS) or does(dotted) in (Does.COMMAND, Does.NATIVE)


def sends(dotted: str) -> bool:
    """Whether what it is given goes over the network."""
    return does(dotted) is Does.NETWORK or (dotted.endswith(_SENDING) and _begins_with_network(dotted))


def _begins_with_network(dotted: str) -> bool:
    return dotted.startswith(
        ("socket.", "requests.", "urllib", "http.", "httpx.", "aiohttp.", "smtplib.", "ftplib.", "websocket")
    )


def opens(path: object, mode: object) -> Does | None:
    """What opening a file does."""
    if not isinstance(path, str):
        return None
    written = isinstance(mode, str) and any(letter in mode for letter in "wax+")
    plain = path.lower().replace("\\", "/")
    if written and (any(place in plain for place in _STARTED) or ("site-packages" in plain and plain.endswith(".pth"))):
        return Does.PLANTS
    return Does.CREDENTIALS if is_secret_place(path) else None


_TOGETHER: Final = (";", "|", "&", "`", "$(", ">", "<", "\n")
_ELSEWHERE: Final = ("://", "index-url", "trusted-host", " -i ", "find-links")
#: Programs that tell about the machine, and what they may be asked.
_TOOLS: Final = frozenset(
    (
        "gcc", "g++", "cc", "clang", "nvcc", "nvidia-smi", "rocm-smi", "rocminfo", "uname", "sw_vers", "lscpu",
        "sysctl", "which", "where", "ldconfig", "meson", "cmake", "ninja", "hostname", "getconf", "arch", "nproc",
        "lsb_release", "fc-list", "xcode-select", "pkg-config", "ffmpeg", "ffprobe", "java",
    )
)  # fmt: skip
_GIT: Final = frozenset(
    {"describe", "rev-parse", "log", "status", "--version", "rev-list", "show", "config", "diff", "branch"}
)
_PROGRAM: Final = re.compile(r"(?:/(?:usr/(?:local/)?)?s?bin/)?([\w+.-]+?)(?:\.exe)?")
#: A program in a folder that only the machine knows, which is asked what it is: ``[CUDA_HOME + "/bin/nvcc", "-V"]``.
_VERSION: Final = re.compile(
    r"\u2026/?bin/(?:nvcc|hipcc|gcc|g\+\+|clang|ptxas|rocminfo)(?:\.exe)? (?:-V|-v|--version|-version)"
)
#: Programs that fetch a file, and what they are told that sends nothing away.
_FETCHERS: Final = re.compile(
    r"(?:pget|wget|curl|aria2c)"
    r"(?: (?:-x|-xf|-f|-fL|-L|-s|-sS|-fsSL|-sSL|-q|-nc|-c|-O|-o|-P|--output|--quiet|--log-level|[^\s-]\S*))*"
)


def installs(command: str) -> bool:
    """Whether a command only installs Python packages, from where they usually come from."""
    words = command.split()
    return "pip" in words and "install" in words and not any(part in command for part in (*_TOGETHER, *_ELSEWHERE))


def fetches(command: str) -> bool:
    """Whether a command, handed over as a list of words, only downloads a file to where nothing is started from."""
    plain = command.lower()
    return bool(_FETCHERS.fullmatch(command)) and not any(place in plain for place in _STARTED)


def asks(command: str) -> bool:
    """Whether a command only asks a common tool about the machine or a checkout."""
    words = command.split()
    if _VERSION.fullmatch(command):
        return True
    program = _PROGRAM.fullmatch(words[0]) if words else None
    if program is None or any(part in command for part in _TOGETHER):
        return False
    return program[1] in _TOOLS or (program[1] == "git" and len(words) > 1 and words[1] in _GIT)
