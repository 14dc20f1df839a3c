"""How trees and other small formats are recognised: XGBoost, LightGBM, CatBoost, skops, PMML, R, Torch7."""

from __future__ import annotations

import re
from typing import Final

from assay.formats.signature import Claim, Head, Signature

_SPACE: Final = b" \t\r\n"
_OPENING: Final = frozenset({b"{", b" ", b"\t", b"\r", b"\n"})
_LEARNER: Final = b'"learner"'
_R_MARKS: Final = (b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n", b"RDB2\n", b"RDB3\n")
_T7_TEXT: Final = rb"\s*[1-8]\s+\d+\s+\d+\s"
_LUA: Final = (b"\x1bLua", b"\x1bLJ")
#: A central directory that is read to look for one name.
_DIRECTORY: Final = 1 << 20


def _xgboost(head: Head) -> Claim:
    start = head.start
    if start.startswith((b"binf", b"bs64\t")):
        return Claim.PLAUSIBLE
    if start[:1] == b"{" and start[1:2] in {b"L", b"i", b"U", b"I", b"l", b"$", b"#"}:
        return Claim.CERTAIN if b"learner" in start or b"version" in start else Claim.PLAUSIBLE
    if start[:1] in _OPENING and start.lstrip(_SPACE)[:1] == b"{":
        if _LEARNER in start or _LEARNER in head.end or b"gradient_booster" in start:
            return Claim.PLAUSIBLE
        # Keys stand in any order and white space may be long; a small model is looked at whole.
        return Claim.PLAUSIBLE if head.suffix in {".xgb", ".model"} else Claim.NO
    names = start[136:512]
    return Claim.PLAUSIBLE if b"gbtree" in names or b"gblinear" in names or b"dart" in names else Claim.NO


def _lightgbm(head: Head) -> Claim:
    lines = head.start[:64].replace(b"\r", b"")
    return Claim.CERTAIN if lines.startswith(b"tree\n") and b"version=" in head.start else Claim.NO


def _catboost(head: Head) -> Claim:
    return Claim.CERTAIN if head.start[:4] == b"CBM1" else Claim.NO


def _skops(head: Head) -> Claim:
    if head.start[:2] != b"PK" and b"PK\x05\x06" not in head.end:
        return Claim.NO
    if b"schema.json" in head.start or b"schema.json" in head.end or head.suffix == ".skops":
        return Claim.PLAUSIBLE
    at = head.end.rfind(b"PK\x05\x06")
    if at < 0:
        return Claim.NO
    size = int.from_bytes(head.end[at + 12 : at + 16], "little")
    end = max(0, head.size - len(head.end)) + at
    directory = head.source.read(max(0, end - size), min(size, _DIRECTORY)) if size > len(head.end) else b""
    return Claim.PLAUSIBLE if b"schema.json" in directory else Claim.NO


def _pmml(head: Head) -> Claim:
    start = head.start.replace(b"\0", b"")
    if start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] != b"<":
        return Claim.NO
    if b"<PMML" in start or b":PMML" in start or b"DOCTYPE PMML" in start:
        return Claim.CERTAIN
    # A long head of comments or declarations may stand before the root.
    return Claim.PLAUSIBLE if head.suffix == ".pmml" or (head.size > len(start) and b"<!" in start) else Claim.NO


def _r(head: Head) -> Claim:
    start = head.start
    if start.startswith(_R_MARKS):
        return Claim.CERTAIN
    if start[:2] in {b"X\n", b"B\n"}:
        order = "big" if start[:1] == b"X" else "little"
        version = int.from_bytes(start[2:6], order)  # type: ignore[arg-type]
        return Claim.CERTAIN if version in {2, 3} and len(start) >= 14 else Claim.NO
    return Claim.PLAUSIBLE if re.match(rb"A\n[123]\n\d+\n\d+\n", start) else Claim.NO


def _torch7(head: Head) -> Claim:
    start = head.start
    if start[:1].isdigit() or start[:1] in b" \n":
        return _torch7_text(head)
    kind = int.from_bytes(start[:4], "little")
    if not 1 <= kind <= 8 or len(start) < 12:
        return Claim.NO
    index, size = (int.from_bytes(start[at : at + 4], "little") for at in (4, 8))
    if kind == 4 and size == 3 and start[12:14] == b"V ":
        return Claim.CERTAIN
    if kind == 4 and 3 < size < 128 and start[12 : 12 + size].replace(b".", b"").isalnum():
        return Claim.PLAUSIBLE
    if kind in {6, 7, 8} and start[12:].startswith(_LUA):
        return Claim.CERTAIN
    table = kind == 3 and 0 < index < 1 << 20 and size < head.size and int.from_bytes(start[12:16], "little") <= 8
    return Claim.PLAUSIBLE if table or head.suffix in {".t7", ".th"} else Claim.NO


def _torch7_text(head: Head) -> Claim:
    start = head.start
    if re.match(rb"4\n\d+\n3\nV \d", start):
        return Claim.CERTAIN
    if head.suffix == ".t7":
        return Claim.PLAUSIBLE
    known = b"\nV 1\n" in start or b"\x1bL" in start
    return Claim.PLAUSIBLE if known and re.match(_T7_TEXT, start) else Claim.NO


_ROOM: Final = "assay.formats.tree"

SIGNATURES: Final[tuple[Signature, ...]] = (
    Signature(
        "xgboost", "XGBoost model", f"{_ROOM}.xgboost",
        frozenset({".json", ".ubj", ".xgb", ".model", ".bst", ".deprecated", ".xgboost", ".bin"}), _xgboost,
    ),
    Signature(
        "lightgbm", "LightGBM model", f"{_ROOM}.lightgbm",
        frozenset({".txt", ".lgb", ".model", ".lightgbm", ".lgbm"}), _lightgbm, starts=frozenset(b"t\r"),
    ),
    Signature(
        "catboost", "CatBoost model", f"{_ROOM}.catboost", frozenset({".cbm", ".bin", ".model"}), _catboost,
        starts=frozenset(b"C"),
    ),
    Signature("skops", "skops file", f"{_ROOM}.skops", frozenset({".skops", ".zip"}), _skops),
    Signature(
        "pmml", "PMML model", f"{_ROOM}.pmml", frozenset({".pmml", ".xml"}), _pmml,
        starts=frozenset(b"<\0\xef\xbb\xbf\xff\xfe" + _SPACE),
    ),
    Signature(
        "r", "R data", f"{_ROOM}.r", frozenset({".rds", ".rda", ".rdata", ".rdb", ".rdx"}), _r,
        starts=frozenset(b"RXBA"),
    ),
    Signature(
        "torch7", "Torch7 object", f"{_ROOM}.torch7", frozenset({".t7", ".th", ".net", ".model"}), _torch7,
        starts=frozenset(b"0123456789 \n") | frozenset(range(1, 9)),
    ),
)  # fmt: skip
