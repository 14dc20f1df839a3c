"""One body of Python statements: the names it gives, what it defines, and where its expressions stand."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from assay.core.errors import FormatError
from assay.formats.repository.python_calls import SCRIPT, TOP, Calls, Function, Walk
from assay.formats.repository.python_constants import Made, Named, Value, named
from assay.formats.repository.python_effects import SINKS, Does, Effect, When, does
from assay.formats.repository.python_entries import is_entry
from assay.formats.repository.python_imports import relative
from assay.formats.repository.python_values import Evaluator

#: Statements in statements are followed so far.
MAX_DEPTH: Final = 100


class Body(Calls):
    """One body of statements: names it gives, and what its expressions do."""

    def __init__(self, walk: Walk, label: str, names: dict[str, Value], owner: str = "") -> None:
        super().__init__(walk, label, Evaluator(self._lookup))
        self.names = names if label else walk.top
        self.owner = owner

    def function(self, node: Function) -> None:
        """The body of a function, which sees the names of the file."""
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for argument in arguments:
            self.names[argument.arg] = None
        if self.owner and arguments:
            self.names[arguments[0].arg] = Named(self.owner)
        self.statements(node.body, 0)
        if node.name in ("__reduce__", "__reduce_ex__"):
            self._rebuilt(node)

    def _rebuilt(self, node: Function) -> None:
        """What unpickling an object calls: one that is made here runs it wherever it is loaded again."""
        for part in ast.walk(node):
            if isinstance(part, ast.Return) and isinstance(part.value, ast.Tuple) and part.value.elts:
                value = self.evaluator.value(part.value.elts[0])
                if isinstance(value, Named) and value.dotted in SINKS:
                    found = Effect(Does.HIDDEN, When.CALLED, value.dotted, "", "", part.lineno)
                    self.walk.origin(self.label).found.append(found)

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
            case ast.ImportFrom(module="__future__", names=aliases):
                self.walk.lazy |= any(alias.name == "annotations" for alias in aliases)
            case ast.ImportFrom(module=str() as module, names=[ast.alias(name="*")], level=0):
                self.walk.stars.append(module)
            case ast.ImportFrom(module=module, names=aliases, level=level):
                for alias in aliases:
                    base = module or ""
                    self.names[alias.asname or alias.name] = (
                        Named(relative("." * level + base, alias.name)) if level else named(f"{base}.{alias.name}")
                    )
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node)
            case ast.ClassDef():
                self._class(node, depth)
            case ast.Assign(targets=targets, value=value):
                self.expression(value)
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                if self.label in (TOP, SCRIPT) and not self.walk.lazy:  # within a function nobody asks for it
                    self.expression(annotation)
                if value is not None:
                    self.expression(value)
                    self._assign(target, value)
            case ast.Match(subject=subject, cases=cases):
                self.expression(subject)
                for case in cases:
                    self._pattern(case.pattern, self.evaluator.value(subject))
                    self._parts(case, depth)
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
            Body(self.walk, SCRIPT, self.names).statements(body, depth + 1)
        else:
            self.statements(body, depth + 1)

    def _pattern(self, pattern: ast.pattern, subject: Value) -> None:
        """Names that a pattern gives: ``case object(system=f)`` takes an attribute."""
        match pattern:
            case ast.MatchAs(name=str() as name, pattern=inner):
                self.names[name] = subject
                if inner is not None:
                    self._pattern(inner, subject)
            case ast.MatchClass(kwd_attrs=attributes, kwd_patterns=patterns) if isinstance(subject, Named):
                for attribute, inner in zip(attributes, patterns, strict=True):
                    self._pattern(inner, named(f"{subject.dotted}.{attribute}"))

    def _annotated(self, node: Function) -> list[ast.expr]:
        """Expressions that are worked out where a function is defined."""
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        found = [*node.args.defaults, *node.args.kw_defaults]
        if not self.walk.lazy:
            found += [node.returns, *(argument.annotation for argument in arguments if argument is not None)]
        return [part for part in found if part is not None]

    def _define(self, node: Function) -> None:
        label = f"{self.label if self.label != SCRIPT else TOP}.{node.name}"
        self.names[node.name] = Named(label)
        self.walk.waiting.append((node, label, ""))
        self.walk.origin(label)
        if is_entry(self.walk.name, "", (), node.name) or (not self.label and node.name in ("__getattr__", "__dir__")):
            self.walk.entries.add(label)
        for decorator in node.decorator_list:
            self.expression(decorator)
            self.calls(self.evaluator.value(decorator))
        for part in self._annotated(node):
            self.expression(part)

    def _class(self, node: ast.ClassDef, depth: int) -> None:
        label = f"{self.label if self.label != SCRIPT else TOP}.{node.name}"
        self.names[node.name] = Named(label)
        bases = [*node.bases, *(keyword.value for keyword in node.keywords)]
        for part in [*bases, *node.decorator_list]:
            self.expression(part)
        for decorator in [*node.decorator_list, *(k.value for k in node.keywords if k.arg == "metaclass")]:
            self.calls(self.evaluator.value(decorator))
        for base in node.bases:
            if isinstance(value := self.evaluator.value(base), Named):
                self.calls(Named(f"{value.dotted}.__init_subclass__"))
        known = [self.evaluator.value(base) for base in bases]
        self.walk.classes[label] = [base.dotted for base in known if isinstance(base, Named) and base.dotted[:1] == "."]
        titles = tuple(_title(base) for base in bases)
        inside: dict[str, Value] = {}
        for statement in node.body:
            if isinstance(statement, Function):
                method = f"{label}.{statement.name}"
                self.walk.waiting.append((statement, method, label))
                self.walk.origin(method)
                inside[statement.name] = Named(method)
                if is_entry(self.walk.name, node.name, titles, statement.name):
                    self.walk.entries.add(method)
                if any(_title(each) in ("property", "cached_property") for each in statement.decorator_list):
                    self.walk.properties.add(method)
                for part in [*statement.decorator_list, *self._annotated(statement)]:
                    self.expression(part)
            else:
                self.statements([statement], depth + 1)
                if isinstance(statement, ast.Assign):
                    for target in statement.targets:
                        self._keep(f"{label}.{_title(target)}", self.evaluator.value(statement.value), statement.lineno)

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
                place = self.evaluator.value(target)
                if isinstance(target, ast.Attribute) and isinstance(place, Named) and place.dotted.startswith("."):
                    self._keep(place.dotted, self.evaluator.value(value), target.lineno)

    def _keep(self, label: str, value: Value, line: int) -> None:
        """An attribute of a class of this file is something that is told about: who calls it calls that."""
        if isinstance(value, Named) and value.dotted in SINKS:
            done = does(value.dotted) or Does.EXECUTES
            self.walk.origin(label).found.append(Effect(done, When.CALLED, value.dotted, "", "", line))

    def _loop_variable(self, target: ast.expr, source: ast.expr) -> None:
        """A variable that runs over callables stands for the first of them that is told about."""
        if isinstance(target, ast.Name):
            found = None
            whole = self.evaluator.value(source)
            if isinstance(whole, Made):
                reached = [value for _, value in whole.parts]
                found = next((value for value in reached if value.dotted in SINKS), next(iter(reached), None))
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
                self.call(part)
            elif isinstance(part, ast.Subscript):
                self.looks_up(part)
                if isinstance(whole := self.evaluator.value(part.value), Named) and whole.dotted in self.walk.classes:
                    self.calls(Named(f"{whole.dotted}.__class_getitem__"))
            elif isinstance(part, ast.Attribute) and self.walk.properties:
                if isinstance(read := self.evaluator.value(part), Named) and read.dotted in self.walk.properties:
                    self.calls(read)
            elif isinstance(part, ast.NamedExpr):
                self._assign(part.target, part.value)
            elif isinstance(part, ast.Lambda):
                for argument in part.args.args:
                    self.names.setdefault(argument.arg, None)
            pending += reversed(list(ast.iter_child_nodes(part)))


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


def _title(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=inner):
            return _title(inner)
    return ""
