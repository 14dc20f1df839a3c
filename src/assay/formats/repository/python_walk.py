"""Walk Python source: which effects it has, where they stand, and which of them run on import or when it is loaded."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository import python_effects as effects
from assay.formats.repository.python_effects import Does, Effect, When
from assay.formats.repository.python_entries import is_entry
from assay.formats.repository.python_source import parse
from assay.formats.repository.python_values import (
    BUILTINS,
    Evaluator,
    Made,
    Named,
    Value,
    constant,
    is_secret_place,
    named,
    origins,
)

#: Code inside of texts that are executed is followed so far.
MAX_NESTED: Final = 4
#: Statements in statements are followed so far.
MAX_DEPTH: Final = 100
#: Effects of one file that are kept.
MAX_EFFECTS: Final = 2_000
_DETAIL: Final = 120
TOP: Final = ""
_SCRIPT: Final = "<script>"

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class _Origin:
    """A function, a class body or the file's top: what it does and what it reaches."""

    found: list[Effect] = field(default_factory=list)
    calls: set[str] = field(default_factory=set)
    traits: set[str] = field(default_factory=set)


def effects_of(tree: ast.Module, name: str, budget: Budget, *, nested: int = 0) -> list[Effect]:
    """Everything a module does that is worth telling, with when it runs.

    :param name: the file's name; some frameworks call what stands in files of certain names
    :raises LimitReached: it took too long
    """
    walk = _Walk(name, budget, nested)
    walk.module(tree)
    return walk.judged()


class _Walk:
    def __init__(self, name: str, budget: Budget, nested: int) -> None:
        self.name = name
        self.budget = budget
        self.nested = nested
        self.origins: dict[str, _Origin] = {TOP: _Origin(), _SCRIPT: _Origin()}
        self.classes: dict[str, list[str]] = {}
        self.entries: set[str] = set()
        self.top: dict[str, Value] = {}
        self.steps = 0
        self.waiting: list[tuple[_Function, str, str]] = []

    def module(self, tree: ast.Module) -> None:
        self._declare(tree.body, TOP)
        _Body(self, TOP, {}).statements(tree.body, 0)
        # Functions see the names that the whole file has given, so they come after it.
        while self.waiting:
            function, label, owner = self.waiting.pop()
            _Body(self, label, {}, owner).function(function)

    def judged(self) -> list[Effect]:
        """Effects, each with the earliest time at which it runs."""
        on_import = self._reached({TOP})
        on_load = self._reached(self.entries)
        as_script = self._reached({_SCRIPT})
        found: list[Effect] = []
        for label, origin in self.origins.items():
            when = (
                When.IMPORT if label in on_import
                else When.LOAD if label in on_load
                else When.SCRIPT if label in as_script
                else When.CALLED
            )  # fmt: skip
            where = "" if label in (TOP, _SCRIPT) else label.lstrip(".")
            found += [replace(effect, when=when, where=effect.where or where) for effect in _joined(origin)]
        return sorted(found, key=lambda effect: (effect.line, effect.does.name, effect.target))[:MAX_EFFECTS]

    def step(self) -> None:
        self.steps += 1
        if self.steps % 1024 == 0:
            self.budget.check_time()

    def origin(self, label: str) -> _Origin:
        return self.origins.setdefault(label, _Origin())

    def lookup(self, name: str) -> Value:
        """What a name stands for at the file's top."""
        if name in self.top:
            return self.top[name]
        return named(f"builtins.{name}") if name in BUILTINS else named("builtins") if name == "__builtins__" else None

    def _declare(self, body: Iterable[ast.stmt], owner: str) -> None:
        for statement in body:
            if isinstance(statement, _Function | ast.ClassDef):
                self.top.setdefault(statement.name, Named(f"{owner}.{statement.name}"))

    def _reached(self, start: set[str]) -> set[str]:
        reached: set[str] = set()
        pending = list(start)
        while pending:
            label = pending.pop()
            if label in reached:
                continue
            reached.add(label)
            pending += self._methods(label)
            pending += self.origins[label].calls if label in self.origins else ()
        return reached

    def _methods(self, label: str) -> Iterator[str]:
        """What using a class runs: its special methods. A method that a class lacks is looked for in its bases."""
        if label in self.classes:
            yield from (
                other
                for other in self.origins
                if other.startswith(f"{label}.__") and other.count(".") == label.count(".") + 1
            )
            yield from self.classes[label]
        elif label not in self.origins:
            owner, _, method = label.rpartition(".")
            yield from (f"{base}.{method}" for base in self.classes.get(owner, ()))


class _Body:
    """One body of statements: names it gives, and what its expressions do."""

    def __init__(self, walk: _Walk, label: str, names: dict[str, Value], owner: str = "") -> None:
        self.walk = walk
        self.label = label
        self.names = names if label else walk.top
        self.owner = owner
        self.evaluator = Evaluator(self._lookup)
        #: Names that stand for a list that is written out, as command lines are.
        self.lists: dict[str, ast.List | ast.Tuple] = {}

    def function(self, node: _Function) -> None:
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for argument in arguments:
            self.names[argument.arg] = None
        if self.owner and arguments:
            self.names[arguments[0].arg] = Named(self.owner)
        self.statements(node.body, 0)

    def statements(self, body: Iterable[ast.stmt], depth: int) -> None:
        if depth > MAX_DEPTH:
            raise FormatError(f"Python nested deeper than {MAX_DEPTH} statements")
        for statement in body:
            self.walk.step()
            self.evaluator.forget()
            self._statement(statement, depth)

    def _statement(self, node: ast.stmt, depth: int) -> None:  # noqa: PLR0912 - one branch for each statement
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    whole = named(alias.name if alias.asname else alias.name.partition(".")[0])
                    self.names[alias.asname or alias.name.partition(".")[0]] = whole
            case ast.ImportFrom(module=module, names=aliases, level=level):
                for alias in aliases:
                    base = module or ""
                    self.names[alias.asname or alias.name] = (
                        named(f"{base}.{alias.name}") if base and not level else None
                    )
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node)
            case ast.ClassDef():
                self._class(node, depth)
            case ast.Assign(targets=targets, value=value):
                self.expression(value)
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.expression(value)
                self._assign(target, value)
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                self.expression(value)
                self.names[name] = self.evaluator.value(ast.BinOp(left=ast.Name(id=name), op=op, right=value))
            case ast.If(test=test, body=body, orelse=orelse):
                self.expression(test)
                self._branch(body, depth, script=_is_script(test, equal=True))
                self._branch(orelse, depth, script=_is_script(test, equal=False))
            case (
                ast.For(target=target, iter=source, body=body, orelse=orelse)
                | ast.AsyncFor(target=target, iter=source, body=body, orelse=orelse)
            ):
                self.expression(source)
                self._loop_variable(target, source)
                self.statements([*body, *orelse], depth + 1)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.stmt):
                        self.statements([child], depth + 1)
                    elif isinstance(child, ast.expr):
                        self.expression(child)
                    elif isinstance(child, ast.withitem):
                        self.expression(child.context_expr)
                        if child.optional_vars is not None:
                            self._assign(child.optional_vars, child.context_expr)
                    else:
                        self._parts(child, depth)

    def _parts(self, node: ast.AST, depth: int) -> None:
        """Handlers of exceptions and cases of a match: statements and expressions that no statement holds itself."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self.statements([child], depth + 1)
            elif isinstance(child, ast.expr):
                self.expression(child)

    def _branch(self, body: list[ast.stmt], depth: int, *, script: bool) -> None:
        if script and self.label == TOP:
            _Body(self.walk, _SCRIPT, self.names).statements(body, depth + 1)
        else:
            self.statements(body, depth + 1)

    def _define(self, node: _Function) -> None:
        label = f"{self.label if self.label != _SCRIPT else TOP}.{node.name}"
        self.names[node.name] = Named(label)
        self.walk.waiting.append((node, label, ""))
        self.walk.origin(label)
        if is_entry(self.walk.name, "", (), node.name) or (not self.label and node.name in ("__getattr__", "__dir__")):
            self.walk.entries.add(label)
        for decorator in node.decorator_list:
            self.expression(decorator)
            self._calls(self.evaluator.value(decorator))
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.expression(default)

    def _class(self, node: ast.ClassDef, depth: int) -> None:
        label = f"{self.label if self.label != _SCRIPT else TOP}.{node.name}"
        self.names[node.name] = Named(label)
        bases = [*node.bases, *(keyword.value for keyword in node.keywords)]
        for part in [*bases, *node.decorator_list]:
            self.expression(part)
        for decorator in [*node.decorator_list, *(k.value for k in node.keywords if k.arg == "metaclass")]:
            self._calls(self.evaluator.value(decorator))
        for base in node.bases:
            if isinstance(value := self.evaluator.value(base), Named):
                self._calls(Named(f"{value.dotted}.__init_subclass__"))
        known = [self.evaluator.value(base) for base in bases]
        self.walk.classes[label] = [base.dotted for base in known if isinstance(base, Named) and base.dotted[:1] == "."]
        titles = tuple(_title(base) for base in bases)
        inside: dict[str, Value] = {}
        for statement in node.body:
            if isinstance(statement, _Function):
                method = f"{label}.{statement.name}"
                self.walk.waiting.append((statement, method, label))
                self.walk.origin(method)
                inside[statement.name] = Named(method)
                if is_entry(self.walk.name, node.name, titles, statement.name):
                    self.walk.entries.add(method)
                for part in [
                    *statement.decorator_list,
                    *filter(None, [*statement.args.defaults, *statement.args.kw_defaults]),
                ]:
                    self.expression(part)
            else:
                self.statements([statement], depth + 1)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                self.names[name] = self.evaluator.value(value)
                self.lists.pop(name, None)
                if isinstance(value, ast.List | ast.Tuple):
                    self.lists[name] = value
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                values = (
                    value.elts if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(targets) else None
                )
                for number, inner in enumerate(targets):
                    self._assign(inner, values[number] if values else value)
            case ast.Attribute() | ast.Subscript():
                self.expression(target)

    def _loop_variable(self, target: ast.expr, source: ast.expr) -> None:
        """A variable that runs over callables stands for the first of them that is told about."""
        if isinstance(target, ast.Name):
            found = None
            if isinstance(source, ast.List | ast.Tuple):
                values = [self.evaluator.value(item) for item in source.elts[:200]]
                found = next((value for value in values if isinstance(value, Named)), None)
            self.names[target.id] = found

    def _lookup(self, name: str) -> Value:
        return self.names[name] if name in self.names else self.walk.lookup(name)

    def expression(self, node: ast.expr) -> None:
        """Note what an expression does, and what of this file it may call."""
        pending: list[ast.AST] = [node]
        while pending:
            part = pending.pop()
            self.walk.step()
            if isinstance(part, ast.Call):
                self._call(part)
            elif isinstance(part, ast.NamedExpr):
                self._assign(part.target, part.value)
            elif isinstance(part, ast.Lambda):
                for argument in part.args.args:
                    self.names.setdefault(argument.arg, None)
            pending += reversed(list(ast.iter_child_nodes(part)))

    def _calls(self, value: Value) -> None:
        """Something of this file is called: from here on its body counts."""
        if isinstance(value, Named | Made) and value.dotted.startswith("."):
            self.walk.origin(self.label).calls.add(value.dotted.partition("(")[0])

    def _call(self, node: ast.Call) -> None:
        target = self.evaluator.value(node.func)
        dotted = target.dotted if isinstance(target, Named | Made) else ""
        values = [self.evaluator.value(argument) for argument in [*node.args, *(k.value for k in node.keywords)][:50]]
        if isinstance(target, Made) and isinstance(node.func, ast.Attribute):
            dotted = f"{dotted}().{node.func.attr}" if "()." not in dotted else dotted
        if dotted.startswith(".") or not dotted:
            self._calls(target)
            self._unnamed(node, values)
            return
        if dotted in effects.CALLERS or dotted.endswith(effects.CALLING_METHODS):
            for value in values:
                self._calls(value)
        self._traits(dotted, values)
        does = effects.does(dotted)
        if dotted in ("builtins.open", "io.open", "codecs.open", "pathlib.Path", "os.path.expanduser"):
            mode = next((constant(value) for value in values[1:2]), None)
            does = effects.opens(constant(values[0]) if values else None, mode)
        if effects.sends(dotted) and any(origins(value) & {"environment", "credentials"} for value in values):
            does = Does.EXPOSES
        if does is Does.EXECUTES:
            self._executes(dotted, node, values)
        elif does is Does.COMMAND:
            command = self._command(node)
            does = Does.INSTALLS if effects.installs(command) else Does.ASKS if effects.asks(command) else does
            self._note(does, dotted, [command], node.lineno)
        elif (does is Does.UNPICKLES and not _is_weights_only(node)) or (
            does is not None and does is not Does.UNPICKLES
        ):
            self._note(does, dotted, values, node.lineno)
        if does is None:
            self._unnamed(node, values)

    def _unnamed(self, node: ast.Call, values: list[Value]) -> None:
        """A call of something not told about: perhaps it is given what is, to call it."""
        for value in values:
            if isinstance(value, Named) and value.dotted in effects.SINKS:
                self._note(effects.does(value.dotted) or Does.EXECUTES, value.dotted, [], node.lineno)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "exec_module":
            self._note(Does.EXECUTES, "importlib.util.module_from_spec", [], node.lineno)

    def _command(self, node: ast.Call) -> str:
        """The command line a call runs, as far as it is known."""
        given = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in ("args", "cmd")), None)
        match self.lists.get(given.id, given) if isinstance(given, ast.Name) else given:
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                words = [constant(self.evaluator.value(part)) for part in parts[:50]]
                return " ".join(word if isinstance(word, str) else "…" for word in words)
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
            self._note(does, dotted, [] if found else values, node.lineno)

    def _compiled(self, node: ast.expr) -> Value:
        match node:
            case ast.Call(args=[source, *_]):
                return self.evaluator.value(source)
        return None

    def _inner(self, source: object, line: int) -> bool:
        """What a text that is executed does in turn; whether it does anything."""
        if not isinstance(source, str | bytes) or self.walk.nested >= MAX_NESTED:
            return False
        try:
            tree = parse(source.encode("utf-8", "replace") if isinstance(source, str) else source)
        except FormatError:
            return False
        inner = effects_of(tree, "", self.walk.budget, nested=self.walk.nested + 1)
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
        found = self.walk.origin(self.label).found
        if len(found) < MAX_EFFECTS:
            detail = constant(values[0]) if values else None
            text = detail[:_DETAIL] if isinstance(detail, str) else ""
            found.append(Effect(does, When.CALLED, target, text, "", line))


def _joined(origin: _Origin) -> list[Effect]:
    """Effects of one function, seen together: a connection and a redirected shell, an environment and a sending."""
    found = origin.found
    connects = next((effect for effect in found if effect.does is Does.NETWORK), None)
    if connects is None:
        return found
    if {"connects", "redirects"} <= origin.traits and any(effect.does is Does.COMMAND for effect in found):
        return [*found, replace(connects, does=Does.SHELL)]
    if "takes credentials" in origin.traits or any(effect.does is Does.CREDENTIALS for effect in found):
        return [*found, replace(connects, does=Does.EXPOSES)]
    return found


def _is_script(test: ast.expr, *, equal: bool) -> bool:
    """Whether a branch runs only as a program, or for a word on the command line, or for a type checker."""
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()]):
            return equal
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.NotEq()]):
            return not equal
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return equal
        case ast.Compare(left=left, ops=[ast.Eq() | ast.In()], comparators=[right]):
            return equal and any("sys.argv" in ast.unparse(side) for side in (left, right) if _is_small(side))
        case ast.BoolOp(op=ast.And(), values=values):
            return equal and any(_is_script(value, equal=True) for value in values)
    return False


def _is_small(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Constant)
        and sum(1 for _ in ast.walk(node)) < 20
    )


def _is_weights_only(node: ast.Call) -> bool:
    return any(
        keyword.arg == "weights_only" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in node.keywords
    )


def _title(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=inner):
            return _title(inner)
    return ""


__all__ = ["effects_of"]
