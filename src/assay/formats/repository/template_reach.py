"""What a Jinja template could get at when it is rendered, judged by its syntax tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from jinja2 import nodes

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository.template_danger import Danger, Reach
from assay.formats.repository.template_trigger import triggers

MAX_DEPTH: Final = 150
#: A repetition beyond this is no layout.
MAX_COUNT: Final = 1_000_000
#: Functions that Jinja and the model libraries give to templates.
#: Reaches of one kind that are kept.
MAX_REACHES: Final = 1_000

_KNOWN: Final = frozenset(
    (
        "range", "dict", "lipsum", "cycler", "joiner", "namespace", "raise_exception", "strftime_now", "tojson",
        "caller", "super", "loop", "_", "gettext", "ngettext", "pgettext", "npgettext", "varargs", "kwargs", "len",
        "str", "int", "float", "bool", "list", "zip", "enumerate", "isinstance", "bos_token", "eos_token", "now",
        "date_string",
    )
)  # fmt: skip
#: Names that lead from a harmless object to the interpreter without an underscore in front.
_INNER: Final = frozenset(
    (
        "mro", "func_globals", "func_code", "gi_frame", "gi_code", "cr_frame", "cr_code", "ag_frame", "ag_code",
        "f_globals", "f_locals", "f_builtins", "f_back", "tb_frame", "tb_next", "co_code", "environment",
        "exported_vars", "eval_ctx",
    )
)  # fmt: skip
_SPELLED: Final = ("__", "\\x5f\\x5f", "import", "popen", "builtins", "subprocess", "globals")


def reach(tree: nodes.Template, budget: Budget) -> list[Reach]:
    """Everything a template gets at that layout does not need.

    :raises FormatError: it is nested too deeply
    """
    return sorted(_Walk(tree, budget).found, key=lambda found: (found.line, found.danger.name, found.what))


class _Walk:
    def __init__(self, tree: nodes.Template, budget: Budget) -> None:
        self.found: set[Reach] = set()
        self._met: Counter[tuple[Danger, bool]] = Counter()
        self.known = set(_KNOWN)
        self.texts: dict[str, str] = {}
        parts = list(_walk(tree, budget))
        for node in parts:
            if isinstance(node, nodes.Macro) or (isinstance(node, nodes.Name) and node.ctx in ("store", "param")):
                self.known.add(node.name)
        for node in parts:
            self._look(node)
        for found in triggers(parts):
            self._add(found.danger, found.what, found.line)

    def _look(self, node: nodes.Node) -> None:
        match node:
            case nodes.Assign(target=nodes.Name(name=name), node=value):
                text = self._text(value)
                if text is not None:
                    self.texts[name] = text
            case nodes.Getattr(attr=attr):
                self._attribute(attr, node.lineno)
            case nodes.Getitem(arg=arg):
                self._item(arg, node.lineno)
            case nodes.Filter(name=name, args=arguments):
                self._filter(name, arguments, node)
            case nodes.Call():
                self._call(node)
            case nodes.Name(name="self", ctx="load"):
                self._add(Danger.INTERNALS, "self", node.lineno)
            case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends():
                target = self._text(node.template)
                self._add(Danger.LOADS, target or "one named by an expression", node.lineno)
            case nodes.Mul() | nodes.Pow():
                self._repeated(node)

    def _attribute(self, attr: str, line: int) -> None:
        if attr.startswith("_") or attr in _INNER:
            self._add(Danger.INTERNALS, attr, line)

    def _item(self, key: nodes.Expr, line: int) -> None:
        text = self._text(key)
        if text is not None and text.startswith("__"):
            danger = Danger.INTERNALS if isinstance(key, nodes.Const) else Danger.HIDDEN_NAME
            self._add(danger, text, line)

    def _filter(self, name: str, arguments: list[nodes.Expr], node: nodes.Filter) -> None:
        if name == "attr":
            text = self._text(arguments[0]) if arguments else None
            if text is None:
                self._add(Danger.HIDDEN_NAME, "attr filter", node.lineno)
            elif text.startswith("_") or text in _INNER:
                self._add(Danger.INTERNALS, text, node.lineno)
        elif name in ("map", "selectattr", "rejectattr", "groupby", "sort", "sum", "unique", "min", "max"):
            named = [keyword.value for keyword in node.kwargs if keyword.key == "attribute"]
            for argument in [*arguments, *named]:
                text = self._text(argument)
                if text is not None and any(part.startswith("__") or part in _INNER for part in text.split(".")):
                    self._add(Danger.INTERNALS, text, node.lineno)
            first = self._text(arguments[0]) if arguments else None
            if name == "map" and first == "attr":
                self._filter("attr", arguments[1:], node)
        elif name == "format" and node.node is not None:
            self._formatted(node.node, node.lineno)
        elif name in ("center", "indent", "wordwrap") and arguments:
            self._counted(arguments[0], node.lineno)

    def _call(self, node: nodes.Call) -> None:
        match node.node:
            case nodes.Getattr(node=inner, attr="format" | "format_map"):
                self._formatted(inner, node.lineno)
            case nodes.Name(name="range"):
                for argument in node.args:
                    self._counted(argument, node.lineno)
            case nodes.Name(name="lipsum"):
                for argument in [*node.args, *(keyword.value for keyword in node.kwargs)]:
                    self._counted(argument, node.lineno, most=10_000)
            case nodes.Name(name=name) if name not in self.known:
                self._add(Danger.CALLS_UNKNOWN, name, node.lineno)

    def _formatted(self, pattern: nodes.Expr, line: int) -> None:
        text = self._text(pattern)
        if text is not None and "{" in text and ("._" in text or "[_" in text or "__" in text):
            self._add(Danger.FORMAT, text, line)

    def _counted(self, argument: nodes.Expr, line: int, *, most: int = MAX_COUNT) -> None:
        value = _number(argument)
        if value is not None and value > most:
            self._add(Danger.EXHAUSTS, f"{value:,.0f} repetitions", line)

    def _repeated(self, node: nodes.Mul | nodes.Pow) -> None:
        value = _number(node)
        other = max((_number(side) or 0 for side in (node.left, node.right)), default=0)
        texts = any(isinstance(side, nodes.List | nodes.Tuple) or self._text(side) for side in (node.left, node.right))
        if (texts and other > MAX_COUNT) or (isinstance(node, nodes.Pow) and value is not None and value > 10.0**300):
            self._add(Danger.EXHAUSTS, f"{other:,.0f} repetitions", node.lineno)

    def _text(self, node: nodes.Node, depth: int = 0) -> str | None:  # noqa: PLR0911, PLR0912 - one branch for each expression
        """The text an expression makes, however it is put together."""
        if depth > 50:
            return None
        match node:
            case nodes.Const(value=str() as value):
                return value
            case nodes.TemplateData(data=data):
                return data
            case nodes.Name(name=name):
                return self.texts.get(name)
            case nodes.Concat(nodes=parts):
                return _joined([self._text(part, depth + 1) for part in parts])
            case nodes.Add(left=left, right=right):
                return _joined([self._text(left, depth + 1), self._text(right, depth + 1)])
            case nodes.Filter(name="join", node=nodes.List(items=items) | nodes.Tuple(items=items)):
                return _joined([self._text(item, depth + 1) for item in items])
            case nodes.Filter(name="reverse", node=nodes.Node() as inner):
                text = self._text(inner, depth + 1)
                return text[::-1] if text is not None else None
            case nodes.Filter(name="lower" | "trim" | "string" | "safe", node=nodes.Node() as inner):
                text = self._text(inner, depth + 1)
                return text.lower().strip() if text is not None else None
            case nodes.Filter(name="replace", node=nodes.Node() as inner, args=[old, new]):
                texts = [self._text(part, depth + 1) for part in (inner, old, new)]
                if texts[0] is not None and texts[1] and texts[2] is not None and len(texts[0]) < 4096:
                    return texts[0].replace(texts[1], texts[2][:64])
            case (
                nodes.Filter(name="format", node=nodes.Node() as inner, args=arguments)
                | nodes.Mod(left=inner, right=arguments)
            ):
                return self._percent(inner, arguments, depth)
            case nodes.Getitem(node=inner, arg=nodes.Slice(start=None, stop=None, step=nodes.Neg())):
                text = self._text(inner, depth + 1)
                return text[::-1] if text is not None else None
        return None

    def _percent(self, pattern: nodes.Node, arguments: object, depth: int) -> str | None:
        text = self._text(pattern, depth + 1)
        listed = arguments if isinstance(arguments, list) else [arguments]
        if len(listed) == 1 and isinstance(listed[0], nodes.Tuple):
            listed = listed[0].items
        if text is None or not text.isascii() or len(text) > 4096:
            return None
        for argument in listed:
            piece = self._text(argument, depth + 1) if isinstance(argument, nodes.Node) else None
            if piece is None and isinstance(argument, nodes.Const) and isinstance(argument.value, int):
                piece = chr(argument.value) if 0 <= argument.value < 0x110000 and "%c" in text else str(argument.value)
            if piece is None:
                return None
            first = min((at for at in (text.find("%s"), text.find("%c"), text.find("%d")) if at >= 0), default=-1)
            if first < 0:
                break
            text = text[:first] + piece[:256] + text[first + 2 :]
        return text

    def _add(self, danger: Danger, what: str, line: int) -> None:
        # A single underscore is mild: many of them must not use up the room of what is not.
        kind = danger, what[:1] == "_" != what[1:2]
        if self._met[kind] < MAX_REACHES:
            before = len(self.found)
            self.found.add(Reach(danger, what[:80], line))
            self._met[kind] += len(self.found) - before


def _walk(tree: nodes.Node, budget: Budget) -> Iterator[nodes.Node]:
    """Every node, in the order of the text.

    :raises FormatError: they are nested too deeply
    """
    pending: list[tuple[nodes.Node, int]] = [(tree, 0)]
    steps = 0
    while pending:
        node, depth = pending.pop()
        steps += 1
        if depth > MAX_DEPTH:
            raise FormatError(f"a Jinja template nested deeper than {MAX_DEPTH} levels")
        if steps % 1024 == 0:
            budget.check_time()
        yield node
        pending += [(child, depth + 1) for child in reversed(list(node.iter_child_nodes()))]


def _joined(parts: list[str | None]) -> str | None:
    texts = [part for part in parts if part is not None]
    return "".join(texts)[:4096] if len(texts) == len(parts) else None


def _number(node: nodes.Node, depth: int = 0) -> float | None:  # noqa: PLR0911 - one branch for each expression
    """What a number in the template comes to; infinite when it is too large to be worth knowing."""
    if depth > 50:
        return None
    match node:
        case nodes.Const(value=bool()):
            return None
        case nodes.Const(value=int() | float() as value):
            return float(value) if abs(value) < 10**300 else float("inf")
        case nodes.Pow(left=left, right=right) | nodes.Mul(left=left, right=right) | nodes.Add(left=left, right=right):
            one, other = _number(left, depth + 1), _number(right, depth + 1)
            if one is None or other is None:
                return None
            try:
                return (
                    one**other
                    if isinstance(node, nodes.Pow)
                    else one * other
                    if isinstance(node, nodes.Mul)
                    else one + other
                )
            except (OverflowError, ZeroDivisionError):
                return float("inf")
    return None
