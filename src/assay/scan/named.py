"""A file's name set against what its bytes were read as."""

from __future__ import annotations

from typing import ClassVar

from assay.formats.signature import Signature
from assay.formats.view import View


class Named(View):
    """A file or a member, its name and every reading of its bytes that succeeded.

    :param name: its last name
    :param suffix: the name's lower-case ending with its dot
    :param readings: formats and their views; empty when nothing recognised it
    """

    kind: ClassVar[str] = "named"

    def __init__(self, name: str, suffix: str, readings: tuple[tuple[Signature, View], ...]) -> None:
        super().__init__()
        self.name = name
        self.suffix = suffix
        self.readings = readings
