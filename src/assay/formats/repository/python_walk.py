"""Walk Python source: which effects it has, where they stand, and which of them run on import or when it is loaded."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository.python_body import Body
from assay.formats.repository.python_calls import MAX_EFFECTS, SCRIPT, TOP, Function, Origin
from assay.formats.repository.python_constants import BUILTINS, Named, Value, named
from assay.formats.repository.python_effects import Does, Effect, When, does
from assay.formats.repository.python_entries import is_making
from assay.formats.repository.python_imports import called_of
from assay.formats.repository.python_source import parse

#: Code inside of texts that are executed is followed so far.
MAX_NESTED: Final = 4


#: Functions of a file that are told to others, and what is told of them, of each kind the first.
MAX_OWN: Final = 5_000
MAX_SHARED: Final = 20_000
#: Bytes written out in one file that are unpickled.
MAX_PAYLOADS: Final = 100


@dataclass(frozen=True, slots=True)
class Shared:
    """What a file has to do with the files beside it.

    :param calls: when → ``MODULE NAME`` of what it calls of them
    :param offers: a function or class of its own → what it does, or calls of other files, when somebody calls it
    :param complete: there is nothing else
    :param payloads: line → bytes written out in it that are unpickled
    """

    calls: tuple[tuple[When, str], ...] = ()
    offers: tuple[tuple[str, Effect | str], ...] = ()
    complete: bool = True
    payloads: tuple[tuple[int, bytes], ...] = ()


def walked(tree: ast.Module, name: str, budget: Budget) -> tuple[list[Effect], Shared]:
    """As :func:`effects_of`, with what other files have to do with it."""
    walk = _Walk(name, budget, 0)
    walk.module(tree)
    return walk.judged(), walk.shared()


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
        self.origins: dict[str, Origin] = {TOP: Origin(), SCRIPT: Origin()}
        self.classes: dict[str, list[str]] = {}
        self.entries: set[str] = set()
        self.stars: list[str] = []
        self.top: dict[str, Value] = {}
        self.steps = 0
        self.waiting: list[tuple[Function, str, str]] = []
        self.properties: set[str] = set()
        self.lazy = False
        self.payloads: list[tuple[int, bytes]] = []

    def module(self, tree: ast.Module) -> None:
        self._declare(tree.body, TOP)
        Body(self, TOP, {}).statements(tree.body, 0)
        # Functions see the names that the whole file has given, so they come after it.
        while self.waiting:
            function, label, owner = self.waiting.pop()
            Body(self, label, {}, owner).function(function)

    def judged(self) -> list[Effect]:
        """Effects, each with the earliest time at which it runs."""
        on_import = self._reached({TOP})
        on_load = self._reached(self.entries)
        on_making = self._reached({label for label in self.origins if is_making(label)})
        as_script = self._reached({SCRIPT})
        found: list[Effect] = []
        for label, origin in self.origins.items():
            when = (
                When.IMPORT if label in on_import
                else When.LOAD if label in on_load
                else When.MADE if label in on_making
                else When.SCRIPT if label in as_script
                else When.CALLED
            )  # fmt: skip
            where = "" if label in (TOP, SCRIPT) else label.lstrip(".")
            found += [replace(effect, when=when, where=effect.where or where) for effect in _joined(origin)]
        met: Counter[tuple[Does, When]] = Counter()
        kept: list[Effect] = []
        for effect in sorted(found, key=lambda effect: (effect.line, effect.does.name, effect.target)):
            met[effect.does, effect.when] += 1
            if met[effect.does, effect.when] <= MAX_EFFECTS:
                kept.append(effect)
        return kept

    def shared(self) -> Shared:
        """Calls of other files, and what its own functions do that nothing in it calls."""
        calls = [(When.IMPORT, called) for called in self._called(self._reached({TOP}))]
        calls += [(When.LOAD, called) for called in self._called(self._reached(self.entries))]
        offers: list[tuple[str, Effect | str]] = []
        own = sorted(label for label in {*self.origins, *self.classes} if label.count(".") == 1 and "<" not in label)
        for label in own[:MAX_OWN]:
            self.step()
            reached = self._reached({label})
            first: dict[Does, Effect] = {}
            for each in sorted(reached & self.origins.keys()):
                for effect in _joined(self.origins[each]):
                    first.setdefault(effect.does, effect)
            offers += [(label[1:], effect) for effect in first.values()]
            offers += [(label[1:], called) for called in self._called(reached)]
            if len(offers) > MAX_SHARED:
                break
        complete = len(own) <= MAX_OWN and max(len(offers), len(calls)) <= MAX_SHARED
        return Shared(tuple(calls[:MAX_SHARED]), tuple(offers[:MAX_SHARED]), complete, tuple(self.payloads))

    def _called(self, labels: set[str]) -> list[str]:
        return sorted({called for label in labels if (called := called_of(label))})

    def step(self) -> None:
        self.steps += 1
        if self.steps % 1024 == 0:
            self.budget.check_time()

    def payload(self, line: int, data: bytes) -> None:
        if len(self.payloads) < MAX_PAYLOADS:
            self.payloads.append((line, data))

    def origin(self, label: str) -> Origin:
        return self.origins.setdefault(label, Origin())

    def lookup(self, name: str) -> Value:
        """What a name stands for at the file's top."""
        if name in self.top:
            return self.top[name]
        for module in self.stars:
            if does(f"{module}.{name}") is not None:
                return named(f"{module}.{name}")
        if name == "get_ipython":
            return Named(name)
        return named(f"builtins.{name}") if name in BUILTINS else named("builtins") if name == "__builtins__" else None

    def _declare(self, body: Iterable[ast.stmt], owner: str) -> None:
        for statement in body:
            if isinstance(statement, Function | ast.ClassDef):
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

    def nested_effects(self, source: object) -> list[Effect]:
        """What a text would do if it were executed; followed through a few layers."""
        if not isinstance(source, str | bytes) or self.nested >= MAX_NESTED:
            return []
        try:
            tree = parse(source.encode("utf-8", "replace") if isinstance(source, str) else source)
        except FormatError:
            return []
        return effects_of(tree, "", self.budget, nested=self.nested + 1)


def _joined(origin: Origin) -> list[Effect]:
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
