"""Values of Python source that are known without running it: constants, names, and where content comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

#: Longer constants are not put together.
MAX_CONSTANT: Final = 1 << 20
NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Named:
    """Something reached by name: ``os.system``; what the file itself defines begins with a dot: ``.Model.forward``."""

    dotted: str


@dataclass(frozen=True, slots=True)
class Made:
    """What came out of a call or was put together.

    :param dotted: what was called; empty when several things were put together
    :param origins: where its content comes from: ``decoded``, ``downloaded``, ``unpickled``, ``environment``,
        ``credentials``
    :param constant: what it is, when it could be worked out
    :param parts: of something put together, what in it is reached by name, and under which key
    """

    dotted: str
    origins: frozenset[str] = NOTHING
    constant: str | bytes | None = None
    parts: tuple[tuple[object, Named], ...] = ()


Value: TypeAlias = "str | bytes | int | Named | Made | None"

#: Calls whose result is worth knowing by where it comes from.
ORIGINS: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            "base64.b64decode", "base64.b32decode", "base64.b16decode", "base64.b85decode", "base64.a85decode",
            "base64.decodebytes", "base64.standard_b64decode", "base64.urlsafe_b64decode", "binascii.unhexlify",
            "binascii.a2b_base64", "builtins.bytes.fromhex", "builtins.bytearray.fromhex", "zlib.decompress",
            "bz2.decompress", "lzma.decompress", "gzip.decompress", "codecs.decode",
        ),
        "decoded",
    ),
    **dict.fromkeys(("marshal.loads", "marshal.load", "pickle.loads", "pickle.load", "dill.loads"), "unpickled"),
    **dict.fromkeys(
        ("os.environ", "os.environb", "os.environ.items", "os.environ.copy", "os.environ.values"), "environment"
    ),
}  # fmt: skip
DOWNLOADS: Final = (
    "requests.",
    "urllib.request.",
    "urllib2.",
    "httpx.",
    "urllib3.",
    "http.client.",
    "socket.",
    "wget.",
)
_ALIASES: Final = {
    "posix": "os",
    "nt": "os",
    "__builtin__": "builtins",
    "__builtins__": "builtins",
    "commands": "subprocess",
}
BUILTINS: Final = frozenset(
    (
        "eval", "exec", "compile", "open", "__import__", "getattr", "setattr", "globals", "locals", "vars", "input",
        "map", "filter", "bytes", "bytearray", "str", "chr", "execfile", "breakpoint", "dict", "list", "print",
        "type",
    )
)  # fmt: skip


#: A module of the standard library that is reached through another module, which has imported it.
_THROUGH: Final = re.compile(
    r"(?!asyncio\.|builtins\.)[A-Za-z_][\w.]*?\._?(os|posix|nt|subprocess|builtins|pty|sys)(\.[\w.]+)"
)


def named(dotted: str) -> Named:
    """A name with what it is known as: ``posix.system`` and ``torch.os.system`` are ``os.system``."""
    if through := _THROUGH.fullmatch(dotted):
        dotted = through[1] + through[2]
    dotted = dotted.removeprefix("IPython.") if dotted == "IPython.get_ipython" else dotted
    first, dot, rest = dotted.partition(".")
    return Named(_ALIASES.get(first, first) + dot + rest)


def origins(value: Value) -> frozenset[str]:
    """Where a value's content comes from."""
    if isinstance(value, Made):
        return value.origins
    if isinstance(value, Named) and value.dotted in ORIGINS:
        return frozenset({ORIGINS[value.dotted]})
    return NOTHING


def constant(value: Value) -> str | bytes | int | None:
    """The constant that a value is, however it was put together."""
    if isinstance(value, Made):
        return value.constant
    return None if isinstance(value, Named) else value


def kept(result: str | bytes, *sources: Value) -> Value:
    """A constant, with where the values it was made of came from."""
    found = frozenset[str]().union(*map(origins, sources))
    return Made("", found, result) if found else result


_SECRET_PLACES: Final = (
    ".aws/credentials", ".ssh/id_", ".netrc", ".kube/config", ".docker/config.json", "huggingface/token",
    ".git-credentials", "/etc/shadow", ".pypirc", ".npmrc", ".config/gcloud", "wallet.dat", "login data",
    "/proc/self/environ",
)  # fmt: skip


def is_secret_place(path: object) -> bool:
    """Whether credentials are kept at such a path."""
    return isinstance(path, str) and any(place in path.lower().replace("\\", "/") for place in _SECRET_PLACES)
