"""What is known of a program without running it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Role(enum.Enum):
    """How it comes to run."""

    EXECUTABLE = "executable"
    LIBRARY = "shared library"
    OBJECT = "object file"
    BYTECODE = "byte code"
    LAUNCHER = "launcher"
    UNKNOWN = "program"


@dataclass(frozen=True, slots=True)
class Image:
    """A program's image.

    :param form: ``ELF``, ``PE``, ``Mach-O`` …
    :param machine: what it runs on, as far as it is known
    :param end: where the image ends in the file; ``None`` when that cannot be told
    :param libraries: names of the libraries it loads, the first of them
    """

    form: str
    role: Role
    machine: str
    end: int | None
    libraries: tuple[str, ...] = ()
