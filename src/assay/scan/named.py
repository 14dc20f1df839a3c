"""A file's name set against what its bytes were read as."""

from __future__ import annotations

from typing import ClassVar

from assay.formats.signature import Signature
from assay.formats.view import View


class Named(View):
    """A file or a member, its name and every format that its bytes turned out to be.

    :param name: its last name
    :param suffix: the name's lower-case ending with its dot
    :param formats: what it was read as; empty when nothing recognised it
    """

    kind: ClassVar[str] = "named"

    def __init__(self, name: str, suffix: str, formats: tuple[Signature, ...]) -> None:
        super().__init__()
        self.name = name
        self.suffix = suffix
        self.formats = formats
