"""What well-known dangerous names would do. Only ever used to say *how* bad a name is that the allow-list lacks."""

from __future__ import annotations

import enum
from functools import cache, lru_cache
from typing import Final, NamedTuple

from assay.scan.callables import listing


class Harm(enum.Enum):
    """The worst that a name is known for; the value is the word in brackets in ``harms.txt``."""

    COMMAND = "command"
    CODE = "code"
    NATIVE = "native"
    CALLER = "caller"
    IMPORT = "import"
    LOAD = "load"
    FILE = "file"
    NETWORK = "network"
    PROCESS = "process"
    REACH = "reach"
    TAMPER = "tamper"

    @property
    def does(self) -> str:
        """What it does, in words that follow a name: ``runs commands``."""
        return _DOES[self]


_DOES: Final = {
    Harm.COMMAND: "runs commands",
    Harm.CODE: "executes Python code",
    Harm.NATIVE: "runs native code",
    Harm.CALLER: "calls whatever it is given",
    Harm.IMPORT: "imports modules",
    Harm.LOAD: "loads more code or pickles",
    Harm.FILE: "reads or writes files",
    Harm.NETWORK: "uses the network",
    Harm.PROCESS: "changes or ends the process",
    Harm.REACH: "reaches names that are not in the pickle",
    Harm.TAMPER: "replaces attributes of objects that others share",
}


class _Table(NamedTuple):
    exact: dict[str, Harm]
    starts: list[tuple[str, Harm]]
    modules: dict[str, Harm]
    libraries: dict[str, Harm]


@cache
def _table() -> _Table:
    table = _Table({}, [], {}, {})
    for line in listing.read("harms"):
        harm = Harm(line.word)
        for name in line.names:
            if name == "*":
                table.modules[line.module] = harm
            elif name == "**":
                table.libraries[line.module] = harm
            elif name.endswith("*"):
                table.starts.append((f"{line.module}.{name[:-1]}", harm))
            else:
                table.exact[f"{line.module}.{name}"] = harm
    return table


@lru_cache(1 << 16)
def harm_of(dotted: str, *, named: bool = False) -> Harm | None:
    """What this name is known to do when called; ``None`` when nothing is known, which is not "nothing".

    :param named: it is only named; what is in a mostly honest library is then not held against it
    """
    table = _table()
    # A method of a class that is named: pathlib.Path.write_text, os.system.__call__.
    parts = dotted.split(".")
    for length in range(len(parts), 1, -1):
        if found := table.exact.get(".".join(parts[:length])):
            return found
    for start, harm in table.starts:
        if dotted.startswith(start):
            return harm
    for length in range(len(parts), 0, -1):
        module = ".".join(parts[:length])
        if found := table.modules.get(module) or (None if named else table.libraries.get(module)):
            return found
    return None
