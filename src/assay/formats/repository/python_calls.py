"""Calls in Python source: what they do, by what is called and with what."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace
from typing import Final, Protocol

from assay.formats.repository import python_effects as effects
from assay.formats.repository.python_constants import Made, Named, Value, constant, is_secret_place, origins
from assay.formats.repository.python_effects import Does, Effect, When
from assay.formats.repository.python_imports import is_foreign
from assay.formats.repository.python_values import Evaluator

#: Effects of one kind that are kept of a function, and of one kind and time that are kept of a file: many mild ones
#: must not use up the room of the one that is not.
MAX_EFFECTS: Final = 500
_DETAIL: Final = 120
#: Labels of what runs on import, and of what runs as a program only; functions are labelled ``.Class.method``.
TOP: Final = ""
SCRIPT: Final = "<script>"

#: What a function's namespace is searched for by those who must not name it.
_REACHED: Final = frozenset({"__builtins__", "os", "sys", "subprocess", "eval", "exec", "__import__"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Origin:
    """A function, a class body or the file's top.

    :ivar found: what it does
    :ivar met: how often it does something of a kind
    :ivar calls: labels of what it calls
    :ivar traits: what only together with something else is worth telling
    """

    def __init__(self) -> None:
        self.found: list[Effect] = []
        self.met: Counter[Does] = Counter()
        self.calls: set[str] = set()
        self.traits: set[str] = set()


class Walk(Protocol):
    """What a body knows of the file it stands in."""

    name: str
    top: dict[str, Value]
    entries: set[str]
    stars: list[str]
    classes: dict[str, list[str]]
    waiting: list[tuple[Function, str, str]]
    properties: set[str]
    lazy: bool

    def step(self) -> None:
        """Count a step; now and then the time is looked at."""

    def origin(self, label: str) -> Origin:
        """What is known of a function."""

    def lookup(self, name: str) -> Value:
        """What a name stands for at the file's top."""

    def payload(self, line: int, data: bytes) -> None:
        """Bytes that are unpickled: they are looked at as a file of their own."""

    def nested_effects(self, source: object) -> list[Effect]:
        """What a text would do if it were executed."""


class Calls:
    """What calls in one body do.

    :param label: the body's function, :data:`TOP` or :data:`SCRIPT`
    :param evaluator: says what its expressions stand for
    """

    def __init__(self, walk: Walk, label: str, evaluator: Evaluator) -> None:
        self.walk = walk
        self.label = label
        self.evaluator = evaluator
        #: Names that stand for a list that is written out, as command lines are.
        self.lists: dict[str, ast.List | ast.Tuple] = {}

    def calls(self, value: Value) -> None:
        """Something of this file is called: from here on its body counts."""
        if isinstance(value, Named | Made) and (value.dotted.startswith(".") or is_foreign(value.dotted)):
            self.walk.origin(self.label).calls.add(value.dotted.partition("(")[0])

    def call(self, node: ast.Call) -> None:  # noqa: PLR0912 - one branch for each sort of call
        target = self.evaluator.value(node.func)
        dotted = target.dotted if isinstance(target, Named | Made) else ""
        values = [self.evaluator.value(argument) for argument in [*node.args, *(k.value for k in node.keywords)][:50]]
        if isinstance(target, Made) and isinstance(node.func, ast.Attribute) and (target.dotted or not target.parts):
            dotted = f"{dotted}().{node.func.attr}" if "()." not in dotted else dotted
        if dotted.startswith(".") or not dotted:
            self.calls(target)
            self._unnamed(node, values)
            return
        self.calls(target)
        if dotted in effects.CALLERS or dotted.endswith(effects.CALLING_METHODS):
            for value in values:
                self.calls(value)
        self._traits(dotted, values)
        self._reaches(dotted, node, values)
        does = effects.does(dotted)
        if does is Does.NATIVE and dotted.startswith(("ctypes.", "cffi.")) and _is_of_system(node, values):
            does = None
        if dotted in ("builtins.open", "io.open", "codecs.open", "pathlib.Path", "os.path.expanduser"):
            mode = next((constant(value) for value in values[1:2]), None)
            does = effects.opens(constant(values[0]) if values else None, mode)
        elif dotted.startswith("pathlib.Path") and isinstance(node.func, ast.Attribute):
            mode = (
                constant(values[0]) if values and node.func.attr == "open" else "w" * node.func.attr.startswith("write")
            )
            does = effects.opens(constant(self.evaluator.value(node.func.value)), mode)
        elif dotted in ("sys.meta_path.insert", "sys.meta_path.append"):
            self._installs_finder(values)
        if effects.sends(dotted) and any(origins(value) & {"environment", "credentials"} for value in values):
            does = Does.EXPOSES
        if does is Does.EXECUTES:
            self._executes(dotted, node, values)
        elif does is Does.COMMAND:
            command = self._command(node)
            listed = command and isinstance(self._words(node), ast.List | ast.Tuple)
            does = Does.NETWORK if listed and effects.fetches(command) else does
            does = Does.INSTALLS if effects.installs(command) else Does.ASKS if effects.asks(command) else does
            self._note(does, dotted, [command], node.lineno)
        elif (does is Does.UNPICKLES and not _is_weights_only(node)) or (
            does is not None and does is not Does.UNPICKLES
        ):
            self._note(does, dotted, values, node.lineno)
        if does is Does.UNPICKLES and values and isinstance(payload := constant(values[0]), bytes):
            self.walk.payload(node.lineno, payload)
        if does is None:
            self._unnamed(node, values)

    def _installs_finder(self, values: list[Value]) -> None:
        """What finds modules is asked for each that is imported from then on."""
        for value in values:
            if isinstance(value, Named | Made) and value.dotted.startswith("."):
                for method in ("find_spec", "find_module", "exec_module", "load_module", "create_module"):
                    self.calls(Named(f"{value.dotted}.{method}"))

    def _reaches(self, dotted: str, node: ast.Call, values: list[Value]) -> None:
        """A name put together, so that nobody finds it by searching: ``getattr(builtins, "ex" + "ec")``."""
        if dotted == "builtins.getattr" and len(node.args) > 1:
            found = self.evaluator.value(node)
            hidden = isinstance(node.args[1], ast.BinOp | ast.Call | ast.JoinedStr | ast.Subscript)
            if hidden and isinstance(found, Named) and effects.is_worth_hiding(found.dotted):
                self._note(Does.HIDDEN, found.dotted, [], node.lineno)
        elif dotted in ("operator.methodcaller", "operator.attrgetter") and values:
            name = constant(values[0])
            if isinstance(name, str) and effects.does(f"os.{name}") is Does.COMMAND:
                self._note(Does.HIDDEN, f"os.{name}", [], node.lineno)

    def looks_up(self, node: ast.Subscript) -> None:
        """A function taken out of a namespace by its name: ``globals()["__builtins__"]["eval"]``."""
        found = self.evaluator.value(node)
        written = isinstance(node.value, ast.List | ast.Tuple | ast.Dict)
        if isinstance(node.value, ast.Attribute) and node.value.attr == "__globals__":
            key = constant(self.evaluator.value(node.slice))
            if isinstance(key, str) and (key in _REACHED or effects.is_worth_hiding(f"os.{key}")):
                self._note(Does.HIDDEN, f"__globals__[{key!r}]", [], node.lineno)
                return
        if (
            isinstance(found, Named)
            and not isinstance(self.evaluator.value(node.value), Made)
            and not written
            and effects.is_worth_hiding(found.dotted)
        ):
            self._note(Does.HIDDEN, found.dotted, [], node.lineno)

    def _unnamed(self, node: ast.Call, values: list[Value]) -> None:
        """A call of something not told about: perhaps it is given what is, to call it."""
        for value in values:
            if isinstance(value, Named) and value.dotted in effects.SINKS:
                self._note(effects.does(value.dotted) or Does.EXECUTES, value.dotted, [], node.lineno)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "exec_module":
            self._note(Does.EXECUTES, "importlib.util.module_from_spec", [], node.lineno)

    def _words(self, node: ast.Call) -> ast.expr | None:
        given = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in ("args", "cmd")), None)
        return self.lists.get(given.id, given) if isinstance(given, ast.Name) else given

    def _word(self, node: ast.expr) -> str:
        """A word of a command line, or at least how it ends."""
        known = constant(self.evaluator.value(node))
        if isinstance(known, str):
            return known
        match node:
            case ast.BinOp(op=ast.Add(), right=last) | ast.JoinedStr(values=[*_, last]):
                ending = constant(self.evaluator.value(last))
                return f"…{ending}" if isinstance(ending, str) else "…"
        return "…"

    def _command(self, node: ast.Call) -> str:
        """The command line a call runs, as far as it is known."""
        match self._words(node):
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return " ".join(map(self._word, parts[:50]))
            case ast.expr() as whole:
                known = constant(self.evaluator.value(whole))
                return known if isinstance(known, str) else ""
        return ""

    def _executes(self, dotted: str, node: ast.Call, values: list[Value]) -> None:
        first = values[0] if values else None
        known = constant(first)
        if dotted in ("builtins.__import__", "importlib.import_module", "pkgutil.resolve_name"):
            if isinstance(known, str) and dotted != "pkgutil.resolve_name":
                return
            if not origins(first):
                return  # imports by name are ordinary; what is done with them is told
        if isinstance(first, Made) and first.dotted == "builtins.compile" and node.args:
            first = self._compiled(node.args[0]) or first
            known = constant(first)
        found = origins(first)
        does = (
            Does.DOWNLOADED if "downloaded" in found
            else Does.HIDDEN if found & {"decoded", "unpickled"}
            else Does.EXECUTES
        )  # fmt: skip
        inner = self._inner(known, node.lineno)
        if does is not Does.EXECUTES or inner or not isinstance(known, str | bytes):
            self._note(does, dotted, values, node.lineno)

    def _compiled(self, node: ast.expr) -> Value:
        match node:
            case ast.Call(args=[source, *_]):
                return self.evaluator.value(source)
        return None

    def _inner(self, source: object, line: int) -> bool:
        """What a text that is executed does in turn; whether it does anything."""
        inner = self.walk.nested_effects(source)
        self.walk.origin(self.label).found += [
            replace(effect, line=line) for effect in inner if effect.when is When.IMPORT
        ]
        return bool(inner)

    def _traits(self, dotted: str, values: list[Value]) -> None:
        traits = self.walk.origin(self.label).traits
        if dotted in ("socket.socket", "socket.create_connection"):
            traits.add("connects")
        elif dotted == "os.dup2" or dotted.endswith("().fileno"):
            traits.add("redirects")
        if any("environment" in origins(value) for value in values):
            traits.add("takes environment")
        if dotted in ("builtins.open", "io.open") and values and is_secret_place(constant(values[0])):
            traits.add("takes credentials")

    def _note(self, does: Does, target: str, values: list[Value], line: int) -> None:
        origin = self.walk.origin(self.label)
        origin.met[does] += 1
        if origin.met[does] <= MAX_EFFECTS:
            detail = constant(values[0]) if values else None
            text = detail[:_DETAIL] if isinstance(detail, str) else ""
            origin.found.append(Effect(does, When.CALLED, target, text, "", line))


def _is_of_system(node: ast.Call, values: list[Value]) -> bool:
    """Whether a native library is one of the system's: found by its bare name, or the program itself."""
    if not node.args or (isinstance(node.args[0], ast.Constant) and node.args[0].value is None):
        return True
    first = values[0]
    if isinstance(first, Made) and first.dotted == "ctypes.util.find_library":
        return True
    name = constant(first)
    return isinstance(name, str) and "/" not in name and "\\" not in name


def _is_weights_only(node: ast.Call) -> bool:
    return any(
        keyword.arg == "weights_only" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in node.keywords
    )
