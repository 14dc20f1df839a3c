"""A policy: what has to be true of an artifact before it may be shipped, read from TOML."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Final

from assay.core.digest import SHA256, Digest
from assay.core.errors import PolicyError
from assay.gate import reading
from assay.gate.requirements import REQUIREMENTS
from assay.gate.tree import AllOf, AnyOf, Demand, Node, Not, Table

#: The largest policy that is read, in bytes.
MAX_BYTES: Final = 64 * 1024
#: The longest line, in characters; ``tomllib`` takes time quadratic in the parts of one dotted key.
MAX_LINE: Final = 1_000
#: How deep ``any``, ``all`` and ``not`` may stand inside each other.
MAX_DEPTH: Final = 8
VERSION: Final = 1

_BY_NAME: Final = {requirement.name: requirement for requirement in REQUIREMENTS}
_TABLES: Final = "[{ key = value }, { key = value }]"


@dataclass(frozen=True, slots=True)
class Policy:
    """``name`` as its author calls it, ``digest`` the SHA-256 of its text, ``requirement`` what it demands."""

    name: str
    digest: Digest
    requirement: Table


def parse_policy(text: bytes, *, where: str) -> Policy:
    """Read a policy; ``where`` is the file's name, for messages.

    Strict on purpose: a key that nobody reads or a value of another type is refused, never passed over, because a
    demand that is not understood would otherwise be a demand that is not made.

    :raises PolicyError: too large, not UTF-8, not TOML, another version, an unknown key, a wrong type, a demand that is
        empty, doubled or nested too deeply
    """
    document = _document(text, where)
    for key in document:
        if key not in ("version", "name", "require"):
            raise reading.unknown_key(key, where, ("version", "name", "require", *_BY_NAME))
    _version(document.get("version"), where)
    if "name" not in document:
        raise PolicyError("the policy has no name", where=where, remedy='Write name = "what it is for" at the top.')
    if "require" not in document:
        raise PolicyError(
            "the policy demands nothing", where=where, remedy="State what has to hold in a [require] table."
        )
    return Policy(
        reading.name(document["name"], f"{where}: name"),
        Digest(SHA256, hashlib.sha256(text).hexdigest()),
        _table(document["require"], f"{where}: require", 0),
    )


def _document(text: bytes, where: str) -> dict[str, object]:
    if len(text) > MAX_BYTES:
        raise PolicyError(f"the policy is larger than {MAX_BYTES} bytes", where=where, remedy="Shorten it.")
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        raise PolicyError(
            f"the policy is not UTF-8 text (byte {error.start})", where=where, remedy="Save it as UTF-8."
        ) from error
    for number, line in enumerate(decoded.split("\n"), start=1):
        if len(line) > MAX_LINE:
            raise PolicyError(f"line {number} is longer than {MAX_LINE} characters", where=where, remedy="Break it.")
    try:
        return tomllib.loads(f"{decoded}\n")  # the line break lets an error in the last line tell that line
    except RecursionError as error:
        raise PolicyError("the policy is nested too deeply", where=where, remedy="Flatten it.") from error
    except ValueError as error:  # TOMLDecodeError, which gives the line, and a number with too many digits
        raise PolicyError(f"the policy is not valid TOML: {error}", where=where, remedy="Mend that line.") from error


def _version(value: object, where: str) -> None:
    if isinstance(value, bool) or value != VERSION or not isinstance(value, int):
        raise PolicyError(
            f"the policy must say version = {VERSION}" if value is None else "this version of policies is not known",
            where=f"{where}: version",
            remedy=f"Write version = {VERSION} at the top, or use the release of assay that it was written for.",
        )


def _table(value: object, where: str, depth: int) -> Table:
    if depth > MAX_DEPTH:
        raise PolicyError(
            f"any, all and not stand inside each other more than {MAX_DEPTH} deep", where=where, remedy="Flatten it."
        )
    nodes = [_node(key, item, f"{where}.{key}", depth) for key, item in reading.table(value, where).items()]
    return Table(tuple(nodes))


def _node(key: str, value: object, where: str, depth: int) -> Node:
    match key:
        case "any":
            return AnyOf(_tables(value, where, depth))
        case "all":
            return AllOf(_tables(value, where, depth))
        case "not":
            return Not(_table(value, where, depth + 1))
    requirement = _BY_NAME.get(key)
    if requirement is None:
        place = where.removesuffix(f".{key}")  # the key itself may be hostile; the error shows it escaped
        raise reading.unknown_key(key, place, (*_BY_NAME, "any", "all", "not"))
    return Demand(requirement, requirement.parse(value, where))


def _tables(value: object, where: str, depth: int) -> tuple[Table, ...]:
    listed = reading.items(value, where, example=_TABLES)
    return tuple(_table(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(listed))


def _default() -> Policy:
    try:
        text = resources.files("assay.gate").joinpath("default.toml").read_bytes()
    except OSError as error:
        raise PolicyError(
            "the default policy is missing from this installation", where="default.toml", remedy="Install assay again."
        ) from error
    return parse_policy(text, where="default.toml")


#: What ``assay verify`` demands when no policy is named; its text is ``default.toml`` beside this module.
DEFAULT_POLICY: Final = _default()
