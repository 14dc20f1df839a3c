"""What a dotted name leads to: through whom it was reached, and whether Python itself owns it."""

from __future__ import annotations

from typing import Final

from assay.formats.pickle.values import Global, Result, Value
from assay.scan.callables.harm import Harm, harm_of

#: Modules of every Python from 2.7 to 3.14, so that the answer is the same wherever we run.
PYTHON: Final = frozenset(
    """
    BaseHTTPServer Bastion CGIHTTPServer ConfigParser Cookie DocXMLRPCServer HTMLParser MimeWriter Queue
    SimpleHTTPServer SimpleXMLRPCServer SocketServer StringIO UserDict UserList UserString _LWPCookieJar
    _MozillaCookieJar __builtin__ __future__ __hello__ _abc _abcoll _aix_support _android_support _ast _asyncio
    _bisect _blake2 _bootlocale _bootsubprocess _bz2 _codecs _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp
    _codecs_kr _codecs_tw _collections _collections_abc _colorize _compat_pickle _compression _contextvars _crypt
    _csv _ctypes _ctypes_test _curses _curses_panel _datetime _dbm _decimal _dummy_thread _elementtree
    _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib _heapq _hotshot _imp _interpchannels
    _interpqueues _interpreters _io _ios_support _json _locale _lsprof _lzma _markupbase _md5 _msi _multibytecodec
    _multiprocessing _opcode _opcode_metadata _operator _osx_support _overlapped _peg_parser _pickle _posixshmem
    _posixsubprocess _py_abc _pydatetime _pydecimal _pyio _pylong _pyrepl _queue _random _scproxy _sha _sha1 _sha2
    _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics _string _strptime
    _struct _suggestions _symtable _sysconfig _testbuffer _testcapi _testclinic _testclinic_limited
    _testexternalinspection _testimportmultiple _testinternalcapi _testlimitedcapi _testmultiphase _testsinglephase
    _thread _threading_local _tkinter _tokenize _tracemalloc _typing _uuid _warnings _weakref _weakrefset _winapi
    _winreg _wmi _xxinterpchannels _xxsubinterpreters _xxtestfuzz _zoneinfo abc aifc annotationlib antigravity
    anydbm argparse array ast asynchat asyncio asyncore atexit audiodev audioop base64 bdb binascii binhex bisect
    bsddb builtins bz2 cPickle cProfile cStringIO calendar cgi cgitb chunk cmath cmd code codecs codeop collections
    colorsys commands compileall compiler compression concurrent config configparser contextlib contextvars
    cookielib copy copy_reg copyreg crypt csv ctypes curses dataclasses datetime dbhash dbm decimal difflib
    dircache dis distutils doctest dumbdbm dummy_thread dummy_threading email encodings ensurepip enum errno
    exceptions faulthandler fcntl filecmp fileinput fnmatch formatter fpformat fractions ftplib functools
    future_builtins gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac hotshot html
    htmlentitydefs htmllib http httplib idlelib ihooks imaplib imghdr imp importlib imputil inspect io ipaddress
    itertools json keyword lib2to3 linecache linuxaudiodev locale logging lzma macpath macurl2path mailbox mailcap
    markupbase marshal math md5 mhlib mimetools mimetypes mimify mmap modulefinder msilib msvcrt multifile
    multiprocessing mutex netrc new nis nntplib nt ntpath nturl2path numbers opcode operator optparse os os2emxpath
    ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil platform plistlib popen2 poplib posix posixfile
    posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re
    readline repr reprlib resource rexec rfc822 rlcompleter robotparser runpy sched secrets select selectors sets
    sgmllib sha shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre
    sre_compile sre_constants sre_parse ssl stat statistics statvfs string stringold stringprep strop struct
    subprocess sunau sunaudio symbol symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios test
    textwrap this thread threading time timeit tkinter toaiff token tokenize tomllib trace traceback tracemalloc
    tty turtle turtledemo types typing unicodedata unittest urllib urllib2 urlparse user uu uuid venv warnings wave
    weakref webbrowser whichdb winreg winsound wsgiref xdrlib xml xmllib xmlrpc xmlrpclib xxlimited xxlimited_35
    xxsubtype zipapp zipfile zipimport zlib zoneinfo
    """.split()
)

#: Modules that another module's attribute of that name can hardly be anything else than.
_UNMISTAKABLE: Final = frozenset(
    "os sys subprocess builtins importlib posix nt socket shutil ctypes marshal pty runpy imp pickle cPickle urllib requests"
    " multiprocessing threading tempfile webbrowser asyncio pdb codeop sysconfig".split()
)
#: Double-underscored names that lead on to nothing.
_HARMLESS: Final = frozenset(("__newobj__", "__newobj_ex__", "__name__", "__version__", "__doc__", "__init__"))
_STEPS: Final = 8


def is_python(dotted: str) -> bool:
    """Whether the name is in Python's own library."""
    return dotted.partition(".")[0] in PYTHON


def is_class_like(dotted: str) -> bool:
    """Whether the last part is written as classes are."""
    last = dotted.rpartition(".")[2].lstrip("_")
    return last[:1].isupper() and not last.isupper()


def reached(module: str, name: str) -> tuple[str, Harm] | None:
    """What a name reaches through another module or a double-underscored attribute, and what that does.

    ``random`` and ``_os.system`` give ``os.system``; ``numpy`` and ``__builtins__`` give themselves.
    """
    parts = name.split(".")
    for index, part in enumerate(parts):
        if part.startswith("__") and part.endswith("__") and part not in _HARMLESS:
            return f"{module}.{name}", Harm.REACH
        bare = part.lstrip("_")
        rest = ".".join([bare, *parts[index + 1 :]])
        if index == len(parts) - 1:
            if bare in _UNMISTAKABLE and (bare != part or module.partition(".")[0] != bare):
                return bare, harm_of(bare) or harm_of(f"{bare}.*") or Harm.REACH
        elif bare in PYTHON and (harm := harm_of(rest)):
            return rest, harm
    return None


def resolved(found: Value, steps: int = 0) -> str:
    """The dotted name a value stands for, followed through the usual ways of looking one up; empty when unknown."""
    if isinstance(found, Global):
        return found.dotted if found.module else ""
    if not isinstance(found, Result) or steps >= _STEPS:
        return ""
    args = found.call.args
    match resolved(found.call.target, steps + 1), args:
        case "builtins.getattr", (holder, str(name), *_):
            start = resolved(holder, steps + 1)
            return f"{start}.{name}" if start else ""
        case ("importlib.import_module" | "builtins.__import__" | "importlib.__import__" | "pydoc.locate" | "pydoc.safeimport"), (
            str(name),
            *_,
        ):
            return name
        case "pkgutil.resolve_name", (str(name), *_):
            return name.replace(":", ".")
        case ("dill._dill._import_module" | "cloudpickle.cloudpickle.subimport"), (str(name), *_):
            return name
        case "cloudpickle.cloudpickle._builtin_type", (str(name), *_):
            return f"types.{name}"
        case "dill._dill._load_type", (str(name), *_):
            return f"types.{name}"
        case ("functools.partial" | "_functools.partial"), (holder, *_):
            return resolved(holder, steps + 1)
    getter = found.call.target
    if isinstance(getter, Result) and args:
        match resolved(getter.call.target, steps + 1), getter.call.args:
            case ("operator.attrgetter" | "_operator.attrgetter" | "operator.itemgetter" | "_operator.itemgetter"), (
                str(name),
                *_,
            ):
                start = resolved(args[0], steps + 1)
                return f"{start}.{name}" if start else ""
    return ""


def owner(found: Value) -> str:
    """The module in which the search for a value's name begins; empty when unknown."""
    for _ in range(_STEPS):
        if isinstance(found, Global):
            return found.module
        if not isinstance(found, Result):
            return ""
        found = found.call.args[0] if found.call.args else None
    return ""


def split(dotted: str, module: str) -> tuple[str, str]:
    """A dotted name as its module and its name in it; the last part alone is the name when the module is not known."""
    if module and dotted.startswith(module + "."):
        return module, dotted[len(module) + 1 :]
    before, _, last = dotted.rpartition(".")
    return before, last
