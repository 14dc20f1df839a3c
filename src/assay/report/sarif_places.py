"""Files in SARIF: their addresses as URIs, their digests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from assay.core.digest import SHA256
from assay.core.finding import Scanned
from assay.core.jsontext import Json
from assay.core.visible import encodable
from assay.report.scan_json import OUTCOMES

#: What relative addresses are relative to; the name that viewers know for the root of a checkout.
ROOT: Final = "%SRCROOT%"

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]+://", re.ASCII)
_URI_CHARACTERS: Final = "/:?#[]@!$&'()*+,;=%~"


def address(path: str) -> dict[str, Json]:
    """An ``artifactLocation``: relative to :data:`ROOT`, or absolute when ``path`` is. Bytes that are no UTF-8 stay."""
    if _ADDRESS.match(path):
        return {"uri": quote(encodable(path), safe=_URI_CHARACTERS)}
    if path.startswith("/"):
        return {"uri": f"file://{_quoted(path)}"}
    return {"uri": _quoted(path.removeprefix("./")) or ".", "uriBaseId": ROOT}


def artifacts(files: Sequence[Scanned]) -> list[Json]:
    """Every file with its size, its SHA-256 and what became of it."""
    found: list[Json] = []
    for file in files:
        item: dict[str, Json] = {
            "location": address(file.path),
            "length": file.size,
            "roles": ["analysisTarget"],
            "properties": {"outcome": OUTCOMES[file.outcome], "formats": [encodable(name) for name in file.formats]},
        }
        if file.digest is not None and file.digest.algorithm == SHA256:
            item["hashes"] = {"sha-256": file.digest.value}
        found.append(item)
    return found


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape" if _from_bytes(path) else "backslashreplace"), safe="/")


def _from_bytes(path: str) -> bool:
    """Whether every lone surrogate in it stands for a byte of a file's name."""
    return all(not 0xD800 <= ord(character) <= 0xDFFF or 0xDC80 <= ord(character) <= 0xDCFF for character in path)
