"""The ``Manifest.json`` of a Core ML package (``.mlpackage``): which of its files are what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.formats.budget import Budget
from assay.formats.source import Source
from assay.formats.tree.document import read_json
from assay.formats.view import Fact, NotThisFormat, View

_TEXT: Final = 1000
_KEPT: Final = 1000


@dataclass(frozen=True, slots=True)
class Item:
    """One file of the package.

    :param path: relative to the package's ``Data`` folder
    """

    key: str
    path: str


class MlPackage(View):
    """What the manifest names."""

    kind: ClassVar[str] = "mlpackage"

    def __init__(self) -> None:
        super().__init__()
        self.items: list[Item] = []

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`."""
        return [Fact("file", f"Data/{item.path}") for item in self.items]


def read(source: Source, budget: Budget, name: str) -> MlPackage:  # noqa: ARG001 - every reader is given the name
    """See :class:`assay.formats.signature.Reader`."""
    document = read_json(source, budget)
    if not isinstance(document, dict) or not isinstance(document.get("itemInfoEntries"), dict):
        raise NotThisFormat("it has no itemInfoEntries")
    view = MlPackage()
    entries = document["itemInfoEntries"]
    assert isinstance(entries, dict)
    for key, item in entries.items():
        budget.spend_members()
        path = item.get("path") if isinstance(item, dict) else None
        if isinstance(path, str) and len(view.items) < _KEPT:
            view.items.append(Item(key[:_TEXT], path[:_TEXT]))
    return view
