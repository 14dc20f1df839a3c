"""All files of one scan at once, for what no single file shows: code beside the weights, files that name each other."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from assay.formats.view import Fact, View

if TYPE_CHECKING:
    from assay.scan.surroundings.models import Model


class Repository(View):
    """The files of a folder and what they say about their surroundings.

    A rule that reads it puts the path of the file it means into ``Hit.member``; it must be one of :attr:`paths`.

    :param paths: every file, relative to what was scanned, with ``/``; sorted
    :param facts: path → the facts of that file and of everything inside it
    :param formats: path → the formats it was read as
    :param links: path of a link out of its folder → where the file really lies
    :param sizes: path → bytes, of files that could be read
    """

    kind: ClassVar[str] = "repository"

    def __init__(
        self,
        paths: tuple[str, ...],
        facts: Mapping[str, tuple[Fact, ...]],
        formats: Mapping[str, tuple[str, ...]],
        links: Mapping[str, str] | None = None,
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        self.paths = paths
        self.facts_by_path = facts
        self.formats = formats
        self.links = links or {}
        self.sizes = sizes or {}

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """Last name → the paths that have it, without a leading ``../``."""
        found: dict[str, list[str]] = {}
        for path in self.paths:
            found.setdefault(path.rpartition("/")[2], []).append(path.lstrip("./"))
        return found

    @cached_property
    def models(self) -> list[Model]:
        """Folders with a model's configuration or index, and what the files of weights in them say."""
        from assay.scan.surroundings.models import models_of  # noqa: PLC0415 - most scans have none

        return models_of(self.facts_by_path, self.formats)
