"""What an expression of Python source stands for, as far as that can be seen without running it.

A value is a constant (``str``, ``bytes``, ``int``), :class:`Named` for something reached by name, :class:`Made` for
what some call gave, or ``None`` when nothing is known.
"""

from __future__ import annotations

import ast
import base64
import binascii
import bz2
import codecs
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

#: Longer constants are not put together.
MAX_CONSTANT: Final = 1 << 20
#: Expressions nested more deeply are not followed.
MAX_DEPTH: Final = 60
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
    """

    dotted: str
    origins: frozenset[str] = NOTHING
    constant: str | bytes | None = None


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
_DOWNLOADS: Final = (
    "requests.",
    "urllib.request.",
    "urllib2.",
    "httpx.",
    "urllib3.",
    "http.client.",
    "socket.",
    "wget.",
)
#: Attributes of text and bytes that keep what they say.
_SAME: Final = frozenset({"strip", "decode", "encode", "lstrip", "rstrip"})
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


def named(dotted: str) -> Named:
    """A name with what it is known as: ``posix.system`` is ``os.system``, ``builtins.open`` is itself."""
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


def _kept(result: str | bytes, *sources: Value) -> Value:
    """A constant, with where the values it was made of came from."""
    found = frozenset[str]().union(*map(origins, sources))
    return Made("", found, result) if found else result


class Evaluator:
    """Says what expressions stand for, given what names stand for.

    :param lookup: what a plain name stands for
    """

    def __init__(self, lookup: Callable[[str], Value]) -> None:
        self._lookup = lookup
        #: What was worked out since :meth:`forget`, so that no part of an expression is worked out twice.
        self._known: dict[ast.expr, Value] = {}

    def forget(self) -> None:
        """Names may stand for something else from here on."""
        self._known.clear()

    def value(self, node: ast.expr | None, depth: int = 0) -> Value:
        """What an expression stands for."""
        if node is None or depth > MAX_DEPTH:
            return None
        if isinstance(node, ast.Name):
            return self._lookup(node.id)
        if node not in self._known:
            self._known[node] = self._value(node, depth)
        return self._known[node]

    def _value(self, node: ast.expr, depth: int) -> Value:  # noqa: PLR0911 - one branch for each expression
        match node:
            case ast.Constant(value=str() | bytes() | int() as constant):
                return constant
            case ast.Attribute(value=inner, attr=attr):
                return _attribute(self.value(inner, depth + 1), attr)
            case ast.Subscript(value=inner, slice=index):
                return self._item(self.value(inner, depth + 1), index, depth)
            case ast.BinOp(left=left, op=op, right=right):
                return _combined(op, self.value(left, depth + 1), self.value(right, depth + 1))
            case ast.Call():
                return self._call(node, depth)
            case ast.JoinedStr(values=parts):
                return joined([self.value(part, depth + 1) for part in parts], "")
            case ast.FormattedValue(value=inner):
                return self.value(inner, depth + 1)
            case ast.NamedExpr(value=inner) | ast.Await(value=inner) | ast.Starred(value=inner):
                return self.value(inner, depth + 1)
            case ast.IfExp(body=one, orelse=other):
                return self.value(one, depth + 1) or self.value(other, depth + 1)
            case ast.BoolOp(values=several):
                return next((value for part in several if (value := self.value(part, depth + 1)) is not None), None)
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                return _mixed([self.value(item, depth + 1) for item in items[:200]])
            case ast.Dict(values=items):
                return _mixed([self.value(item, depth + 1) for item in items[:200]])
        return None

    def _item(self, whole: Value, index: ast.expr, depth: int) -> Value:  # noqa: PLR0911 - one branch for each whole
        if isinstance(index, ast.Slice):
            known = constant(whole)
            if isinstance(known, str | bytes) and _is_reversed(index):
                return _kept(known[::-1], whole)
            return Made("", origins(whole)) if origins(whole) else None
        key = constant(self.value(index, depth + 1))
        if isinstance(whole, Made) and isinstance(key, str) and whole.dotted in ("builtins.globals", "builtins.locals"):
            return self._lookup(key)
        if isinstance(whole, Named) and isinstance(key, str):
            if whole.dotted == "sys.modules":
                return named(key)
            if whole.dotted.endswith(".__dict__"):
                return _attribute(Named(whole.dotted.removesuffix(".__dict__")), key)
            if whole.dotted == "builtins":
                return Named(f"builtins.{key}")
            if whole.dotted == "os.environ":
                return None
        return Made("", origins(whole)) if origins(whole) else None

    def _call(self, node: ast.Call, depth: int) -> Value:
        target = self.value(node.func, depth + 1)
        values = [self.value(argument, depth + 1) for argument in node.args[:20]]
        if isinstance(target, Named):
            return self._named_call(target.dotted, values, node, depth)
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func, values, depth)
        return None

    def _named_call(self, dotted: str, values: list[Value], node: ast.Call, depth: int) -> Value:  # noqa: PLR0911 - one branch for each function
        whole = values[0] if values else None
        first, second = [*map(constant, values), None, None][:2]
        if dotted == "builtins.getattr" and isinstance(second, str):
            return _attribute(whole, second)
        if dotted in ("builtins.__import__", "importlib.import_module", "importlib.__import__"):
            if isinstance(first, str):
                return named(first if dotted == "importlib.import_module" else first.partition(".")[0])
            return Made(dotted)
        if dotted == "builtins.vars" and isinstance(whole, Named):
            return Named(whole.dotted + ".__dict__")
        if dotted == "builtins.chr" and isinstance(first, int) and 0 <= first < 0x110000:
            return chr(first)
        if dotted in ("builtins.str", "builtins.bytes", "builtins.bytearray") and isinstance(whole, str | bytes | Made):
            return whole
        if dotted == "builtins.bytes" and node.args:
            items = self.sequence(node.args[0], depth + 1)
            if items and all(isinstance(item, int) and 0 <= item < 256 for item in items):
                return Made(dotted, frozenset({"decoded"}), bytes(item for item in items if isinstance(item, int)))
        folded = _decoded(dotted, first, second)
        found = set[str]().union(
            *map(origins, values), *(origins(self.value(k.value, depth + 1)) for k in node.keywords)
        )
        if dotted in ORIGINS:
            found.add(ORIGINS[dotted])
        elif dotted.startswith(_DOWNLOADS):
            found = {"downloaded"}
        elif dotted == "builtins.open" and is_secret_place(first):
            found = {"credentials"}
        return Made(dotted, frozenset(found), folded)

    def _method(self, node: ast.Call, function: ast.Attribute, values: list[Value], depth: int) -> Value:
        whole = self.value(function.value, depth + 1)
        known = constant(whole)
        if isinstance(known, str | bytes):
            if function.attr == "join" and node.args and isinstance(known, str):
                items = self.sequence(node.args[0], depth + 1)
                return joined(items, known) if items is not None else _mixed([whole, *values])
            result = _text_method(known, function.attr, [constant(value) for value in values])
            return _mixed([whole, *values]) if result is None else _kept(result, whole, *values)
        if isinstance(whole, Made):
            found = whole.origins.union(*map(origins, values))
            return Made(f"{whole.dotted}().{function.attr}" if whole.dotted else "", found)
        mixed = frozenset[str]().union(*map(origins, values))
        return Made("", mixed) if mixed else None

    def sequence(self, node: ast.expr, depth: int) -> list[Value] | None:
        """The items of a list or tuple that is written out, or of ``map(chr, [...])``."""
        if isinstance(node, ast.List | ast.Tuple) and len(node.elts) <= 100_000:
            return [self.value(item, depth + 1) for item in node.elts]
        match node:
            case ast.Call(func=ast.Name(id="map"), args=[ast.Name(id="chr"), inner]):
                items = self.sequence(inner, depth + 1)
                return [chr(item) if isinstance(item, int) and 0 <= item < 0x110000 else None for item in items or ()]
            case (
                ast.ListComp(elt=ast.Call(func=ast.Name(id="chr")), generators=[one])
                | ast.GeneratorExp(elt=ast.Call(func=ast.Name(id="chr")), generators=[one])
            ):
                items = self.sequence(one.iter, depth + 1)
                return [chr(item) if isinstance(item, int) and 0 <= item < 0x110000 else None for item in items or ()]
        return None


def _attribute(whole: Value, attr: str) -> Value:
    if isinstance(whole, Named):
        if attr == "__dict__" or not attr:
            return Named(whole.dotted + ".__dict__")
        if attr in ("__builtins__", "__builtin__"):
            return Named("builtins")
        return named(f"{whole.dotted}.{attr}") if len(whole.dotted) < 500 else None
    if isinstance(whole, Made):
        if whole.dotted.startswith(".") and "(" not in whole.dotted:
            return Named(f"{whole.dotted}.{attr}")  # a method of an instance of a class of this file
        return Made(whole.dotted, whole.origins)
    return None


def _combined(op: ast.operator, one: Value, other: Value) -> Value:
    left, right = constant(one), constant(other)
    if isinstance(op, ast.Add):
        if isinstance(left, str) and isinstance(right, str) and len(left) + len(right) <= MAX_CONSTANT:
            return _kept(left + right, one, other)
        if isinstance(left, bytes) and isinstance(right, bytes) and len(left) + len(right) <= MAX_CONSTANT:
            return _kept(left + right, one, other)
    if isinstance(op, ast.Mod) and isinstance(left, str) and isinstance(right, str) and left.count("%") == 1:
        return _kept(left.replace("%s", right), one, other)
    return _mixed([one, other])


def _mixed(values: list[Value]) -> Value:
    found = frozenset[str]().union(*map(origins, values))
    return Made("", found) if found else None


def joined(parts: list[Value], between: str) -> Value:
    """The text that pieces make."""
    texts = [constant(part) for part in parts]
    if all(isinstance(text, str) for text in texts):
        text = between.join(text for text in texts if isinstance(text, str))
        return _kept(text, *parts) if len(text) <= MAX_CONSTANT else None
    return _mixed(parts)


def _text_method(whole: str | bytes, attr: str, values: list[str | bytes | int | None]) -> str | bytes | None:  # noqa: PLR0911 - one branch for each method
    """What a method of a constant gives."""
    if attr in _SAME:
        if isinstance(whole, bytes):
            return whole.decode("utf-8", "replace") if attr == "decode" else whole.strip()
        return whole.encode("utf-8", "surrogatepass") if attr == "encode" else whole.strip()
    if isinstance(whole, bytes):
        return None
    match attr, values:
        case ("lower", _):
            return whole.lower()
        case ("upper", _):
            return whole.upper()
        case ("swapcase", _):
            return whole.swapcase()
        case ("replace", [str() as old, str() as new]) if old and len(whole) * max(1, len(new)) <= MAX_CONSTANT:
            return whole.replace(old, new)
        case ("format", _) if all(isinstance(value, str) for value in values) and whole.count("{}") == len(values):
            pieces = whole.split("{}")
            filled = zip(values, pieces[1:], strict=True)
            return pieces[0] + "".join(value + piece for value, piece in filled if isinstance(value, str))
    return None


def _decoded(dotted: str, first: str | bytes | int | None, second: object) -> str | bytes | None:  # noqa: PLR0911 - one branch for each decoder
    """What a decoder would give for a constant, as far as it stays small."""
    if not isinstance(first, str | bytes) or len(first) > MAX_CONSTANT:
        return None
    raw = first.encode("utf-8", "surrogatepass") if isinstance(first, str) else first
    try:
        match dotted:
            case "base64.b64decode" | "base64.decodebytes" | "base64.standard_b64decode" | "binascii.a2b_base64":
                return binascii.a2b_base64(raw)
            case "base64.urlsafe_b64decode":
                return base64.urlsafe_b64decode(raw)
            case "base64.b85decode":
                return base64.b85decode(raw)
            case "base64.b32decode":
                return base64.b32decode(raw)
            case "base64.b16decode" | "binascii.unhexlify" | "builtins.bytes.fromhex" | "builtins.bytearray.fromhex":
                return binascii.unhexlify(b"".join(raw.split()))
            case "zlib.decompress":
                return zlib.decompressobj().decompress(raw, MAX_CONSTANT)
            case "bz2.decompress":
                return bz2.BZ2Decompressor().decompress(raw, MAX_CONSTANT)
            case "lzma.decompress":
                return lzma.LZMADecompressor(memlimit=64 << 20).decompress(raw, MAX_CONSTANT)
            case "codecs.decode" if second in ("rot13", "rot_13") and isinstance(first, str):
                return codecs.decode(first, "rot13")
            case "codecs.decode" if second in ("hex", "base64"):
                return binascii.unhexlify(raw) if second == "hex" else binascii.a2b_base64(raw)
    except (ValueError, zlib.error, OSError, EOFError, lzma.LZMAError):
        pass
    return None


def _is_reversed(index: ast.Slice) -> bool:
    match index:
        case ast.Slice(lower=None, upper=None, step=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))):
            return True
    return False


_SECRET_PLACES: Final = (
    ".aws/credentials", ".ssh/id_", ".netrc", ".kube/config", ".docker/config.json", "huggingface/token",
    ".git-credentials", "/etc/shadow", ".pypirc", ".npmrc", ".config/gcloud", "wallet.dat", "login data",
    "/proc/self/environ",
)  # fmt: skip


def is_secret_place(path: object) -> bool:
    """Whether credentials are kept at such a path."""
    return isinstance(path, str) and any(place in path.lower().replace("\\", "/") for place in _SECRET_PLACES)
