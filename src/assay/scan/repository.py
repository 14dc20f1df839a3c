"""All files of one scan at once, for what no single file shows: code beside the weights, files that name each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from assay.formats.view import Fact, View


class Repository(View):
    """The files of a folder and what they say about their surroundings.

    A rule that reads it puts the path of the file it means into ``Hit.member``; it must be one of :attr:`paths`.

    :param paths: every file, relative to what was scanned, with ``/``; sorted
    :param facts: path → the facts of that file and of everything inside it
    :param formats: path → the formats it was read as
    :param links: path of a link out of its folder → where the file really lies
    """

    kind: ClassVar[str] = "repository"

    def __init__(
        self,
        paths: tuple[str, ...],
        facts: Mapping[str, tuple[Fact, ...]],
        formats: Mapping[str, tuple[str, ...]],
        links: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.paths = paths
        self.facts_by_path = facts
        self.formats = formats
        self.links = links or {}
