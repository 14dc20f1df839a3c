"""Objects as Java and .NET write them down: which classes they are of. Nothing else of them is read.

Sources: *Java Object Serialization Specification*, section 6.4; MS-NRBF, *.NET Remoting: Binary Format*.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final

from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.view import View

JAVA: Final = "Java"
DOT_NET: Final = ".NET"
_MAGIC: Final = b"\xac\xed"
#: Bytes that are searched for names.
_SEARCHED: Final = 16 << 20
_MOST: Final = 10_000
_JAVA_CLASS: Final = re.compile(rb"r(?=\x00[\x01-\xff])..(\[*L?[A-Za-z_$][\w$./]{0,254};?|\[+[BCDFIJSZ])", re.DOTALL)
_DOT_NET_NAME: Final = re.compile(rb"[A-Za-z_][\w]*(?:\.[\w`+]+)+")


class Objects(View):
    """Objects of another runtime.

    :param runtime: :data:`JAVA` or :data:`DOT_NET`
    :param classes: names of classes that they may be of, each once, in their order
    """

    kind: ClassVar[str] = "foreign-objects"

    def __init__(self, runtime: str, classes: tuple[str, ...]) -> None:
        super().__init__()
        self.runtime = runtime
        self.classes = classes


def read(source: Source, budget: Budget, _name: str) -> Objects:
    """See :class:`~assay.formats.signature.Reader`."""
    data = source.read(0, _SEARCHED)
    budget.check_time()
    if not data.startswith(_MAGIC):
        names = dict.fromkeys(found[0].decode("ascii", "replace") for found in _DOT_NET_NAME.finditer(data))
        return Objects(DOT_NET, tuple(names)[:_MOST])
    classes: dict[str, None] = {}
    for found in _JAVA_CLASS.finditer(data):
        length = int.from_bytes(data[found.start() + 1 : found.start() + 3], "big")
        name = data[found.start() + 3 : found.start() + 3 + length]
        if len(name) == length and length <= len(found[1]):
            classes[name.decode("ascii", "replace").lstrip("[").removeprefix("L").rstrip(";")] = None
    return Objects(JAVA, tuple(classes)[:_MOST])
