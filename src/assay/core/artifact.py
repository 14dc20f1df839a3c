"""An artifact: a file or a folder that we judge, with the digest of exactly the bytes that were read."""

from __future__ import annotations

from dataclasses import dataclass

from assay.core.digest import Digest
from assay.core.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Artifact:
    """``path`` is relative to the project, ``/`` between parts; ``manifest`` is there for a folder only."""

    path: str
    digest: Digest
    size: int
    manifest: Manifest | None = None

    def files(self) -> tuple[tuple[str, Digest], ...]:
        """Every file in it as (project path, digest); a single file yields itself."""
        if self.manifest is None:
            return ((self.path, self.digest),)
        return tuple((f"{self.path}/{entry.path}", entry.digest) for entry in self.manifest.entries)
