"""Files that a Python file has imported, followed through the files of one scan."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from assay.formats.repository.python_effects import Does, When
from assay.formats.repository.python_imports import ANYWHERE
from assay.scan.repository import Repository
from assay.scan.surroundings.code import Behaviour

#: Files that are followed from one.
MAX_FOLLOWED: Final = 2_000


def imported(view: Repository, start: str) -> list[str]:
    """The file itself and every file of the scan that importing it runs, sorted."""
    reached = {start}
    pending = [start]
    while pending and len(reached) < MAX_FOLLOWED:
        path = pending.pop()
        for found in _direct(view, path, start):
            if found not in reached:
                reached.add(found)
                pending.append(found)
    return sorted(reached)


def effects_across(view: Repository, start: str) -> Iterator[tuple[str, Behaviour]]:
    """What code that loading a file runs does in the files beside it: each file, and what it does there."""
    seen: set[tuple[str, str, When]] = set()
    for path in imported(view, start):
        for fact in view.facts_by_path.get(path, ()):
            if fact.kind == "calls":
                when, module, name = fact.value.split(" ", 2)
                yield from _followed(view, (path, start), module, name, When[when], seen)


def _followed(
    view: Repository, places: tuple[str, str], module: str, name: str, when: When, seen: set[tuple[str, str, When]]
) -> Iterator[tuple[str, Behaviour]]:
    """What calling a name of another file does.

    :param places: the file that calls it, and the one that is loaded
    """
    first, _, rest = name.partition(".")
    candidates = [(module, first)]
    if rest:  # `from . import helper; helper.go()`
        candidates.append((f"{module}{first}" if module.endswith(".") else f"{module}.{first}", rest.partition(".")[0]))
    for inside, function in candidates:
        for file in sorted(set(_files(view, *places, inside))):
            if (file, function, when) in seen or len(seen) > MAX_FOLLOWED:
                continue
            seen.add((file, function, when))
            yield from _offered(view, (file, places[1]), function, when, seen)


def _offered(
    view: Repository, places: tuple[str, str], function: str, when: When, seen: set[tuple[str, str, When]]
) -> Iterator[tuple[str, Behaviour]]:
    for fact in view.facts_by_path.get(places[0], ()):
        if fact.kind == "offers" and fact.value.startswith(f"{function} "):
            _, what, first, rest = fact.value.split(" ", 3)
            if what == "CALLS":
                yield from _followed(view, places, first, rest, when, seen)
            else:
                yield places[0], Behaviour(Does[what], when, rest, int(first))
        elif fact.kind == "imports" and fact.value.startswith(".") and fact.value.endswith(f".{function}"):
            module = fact.value[: -len(function)]
            yield from _followed(view, places, module.rstrip(".") or module, function, when, seen)


def _direct(view: Repository, path: str, start: str) -> Iterator[str]:
    for fact in view.facts_by_path.get(path, ()):
        if fact.kind == "imports":
            yield from _files(view, path, start, fact.value)


def _files(view: Repository, path: str, start: str, name: str) -> Iterator[str]:
    """The files of the scan that importing a name runs, or the file with this path."""
    folder, paths = posixpath.dirname(path), _known(view)
    if name.endswith(".py"):
        yield from (place for place in _beside(folder, start, name) if place in paths)
        return
    level = len(name) - len(name.lstrip("."))
    parts = [part for part in name[level:].split(".") if part]
    if level:
        base = folder
        for _ in range(level - 1):
            base = posixpath.dirname(base)
        bases = {base}
    else:
        bases = {folder, posixpath.dirname(start)}
    yield from (place for base in sorted(bases) for place in _modules(base, parts) if place in paths)
    if not level and parts and any(each.value == ANYWHERE for each in view.facts_by_path.get(path, ())):
        yield from _below(posixpath.dirname(start), parts, paths)


@lru_cache(4)
def _paths(paths: tuple[str, ...]) -> frozenset[str]:
    return frozenset(paths)


def _known(view: Repository) -> frozenset[str]:
    return _paths(view.paths)


def _beside(folder: str, start: str, file: str) -> Iterator[str]:
    for base in {folder, posixpath.dirname(start)}:
        yield posixpath.normpath(posixpath.join(base, file))


def _modules(base: str, parts: list[str]) -> list[str]:
    """Files that importing a module runs: its own and those of the packages above it."""
    found = [] if parts else [f"{base}/__init__.py" if base else "__init__.py"]
    for length in range(1, len(parts) + 1):
        stem = posixpath.join(base, *parts[:length])
        found += [f"{stem}/__init__.py", f"{stem}.py"]
    return found


def _below(folder: str, parts: list[str], paths: frozenset[str]) -> Iterator[str]:
    """A module anywhere below a folder: for code that changes where Python looks."""
    inside = f"{folder}/" if folder else ""
    ends = (f"/{'/'.join(parts)}.py", f"/{'/'.join(parts)}/__init__.py")
    yield from sorted(path for path in paths if path.startswith(inside) and f"/{path}".endswith(ends))
