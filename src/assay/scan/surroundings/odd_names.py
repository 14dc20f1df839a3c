"""Names of files that are not what they look like to a person, or not the same on every machine."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

#: Control characters, those that reverse the direction of writing, and those that are not shown at all.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f\x80-\x9f]|[\u202a-\u202e\u2066-\u2069]|[\u200b\u2060-\u2064\ufeff\u00ad\U000e0000-\U000e007f]"
)
#: Letters of Cyrillic and Greek that look like Latin ones.
_ALIKE: Final = (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b\u051d\u028f\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421"
    "\u0422\u0423\u0425\u0406\u0408\u0405\u03b1\u03bf\u03c1\u03bd\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
)
_MIXED: Final = re.compile(f"[A-Za-z][{_ALIKE}]|[{_ALIKE}][A-Za-z]")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
#: Files that a library opens by a fixed name or for their ending.
_LOADED: Final = (
    ".json", ".py", ".safetensors", ".bin", ".pt", ".pth", ".pkl", ".gguf", ".onnx", ".h5", ".keras", ".model", ".yaml",
)  # fmt: skip


def odd_names(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Paths of which the last name is odd, each with half a sentence that says how."""
    twins: dict[str, str] = {}
    for path in paths:
        name = path.rpartition("/")[2]
        if not name.isascii() or not name.isprintable():
            how = _how(name)
            if how:
                yield path, how
        folded = path.casefold() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
        other = twins.setdefault(folded, path)
        if other != path and (name.casefold().endswith(_LOADED) or path.casefold() != other.casefold()):
            yield path, f"is the same as that of {other!a} where case or accents do not count"


def _how(name: str) -> str:
    found = _UNSEEN.search(name)
    if found:
        sign = found[0]
        if unicodedata.category(sign) == "Cc":
            return "holds a control character"
        shown = unicodedata.bidirectional(sign) in ("RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI")
        return "holds characters that reverse how it is shown" if shown else "holds a character that is not shown"
    for word in _LETTERS.findall(name):
        if _MIXED.search(word) and all(letter.isascii() or letter in _ALIKE for letter in word):
            return "has letters of another script among Latin ones that look alike"
    return ""
