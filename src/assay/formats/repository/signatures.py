"""How these formats are recognised: by how a text begins, or by the name it is loaded under."""

from __future__ import annotations

import re
from typing import Final

from assay.formats.signature import TEXT_STARTS, Claim, Head, Signature

_HERE: Final = "assay.formats.repository"
_JSON: Final = frozenset((".json", ".jsonl", ".ndjson", ".jsonc", ".json5", ".webmanifest", ".geojson"))
_YAML: Final = frozenset((".yaml", ".yml", ".dvc", ".cff"))
_PYTHON: Final = frozenset((".py", ".pyw", ".pyi"))
_TEMPLATE: Final = frozenset((".jinja", ".jinja2", ".j2"))
_INI: Final = frozenset((".cfg", ".ini"))
_TEXT: Final = frozenset(
    (
        ".txt", ".md", ".rst", ".log", ".csv", ".tsv", ".gitattributes", ".gitignore", ".html", ".htm", ".css",
        ".js", ".ts", ".xml", ".tex", ".bib", ".c", ".h", ".cc", ".cpp", ".hpp", ".cu", ".cuh", ".pyx", ".pxd",
        ".pth", ".typed", ".sh", ".bat", ".ps1", ".env", ".merges", ".vocab", ".pbtxt", ".prototxt", ".proto",
        ".properties", ".conf",
    )
)  # fmt: skip

_ASCII: Final = bytes([9, 10, 12, 13, *range(32, 127)])
_LATIN: Final = bytes([9, 10, 12, 13, *range(32, 127), *range(128, 256)])
_START: Final = b" \t\r\n\x0b\x0c\xef\xbb\xbf"
# ``re`` compiles these when the first text is met, and keeps them.
_YAML_START: Final = (
    rb"(?:[ \t\r]*+(?:#[^\n]*+)?\n)*+(?:%YAML|---\s|-\s+\S|!|[\"']?[A-Za-z_][\w. /-]{0,80}[\"']?\s{0,4}:(?:\s|$))"
)
_TOML_START: Final = rb"(?:[ \t\r]*+(?:#[^\n]*+)?\n)*+\s*(?:\[\[?[\w\"'. -]{1,120}\]|[\w\"'.-]{1,80}\s*=)"
_INI_START: Final = rb"(?:[ \t\r]*+(?:[#;][^\n]*+)?\n)*+\[[^\]\n]{1,200}\]\s*(?:[#;][^\n]*)?\n"
_PYTHON_START: Final = (
    rb"(?:#![^\n]*python|(?:#[^\n]*+\n|\s)*+(?:(?:from\s+[\w.]+\s+)?import\s+[\w.*(]|def\s+\w+\s*\(|class\s+\w+\s*[(:]"
    rb"|async\s+def\s|@\w|(?:[urbURB]{0,2})(?:\"\"\"|''')))"
)
_PYTHON_CODING: Final = rb"(?:[^\n]*\n)?[ \t\x0c]*#[^\n]*?coding[:=][ \t]*[-\w.]+"
_REQUIREMENTS_START: Final = (
    rb"(?:#[^\n]*+\n|\s)*+(?:-i |-f |-r\s*\w+://|--(?:extra-)?index-url|--find-links|--trusted-host)"
)
_REQUIREMENTS_NAME: Final = r"(?i)(?:.*[-_.])?(?:reqs?|requirements?|constraints?)(?:[-_.].*)?\.(?:txt|in|pip)"


def _json(head: Head) -> Claim:
    start = head.start.lstrip(_START)[:2]
    if start[:1] in (b"{", b"["):
        return Claim.PLAUSIBLE if head.text or head.suffix in _JSON else Claim.NO
    if head.start[:2] in (b"\xff\xfe", b"\xfe\xff") and head.suffix in _JSON:
        return Claim.PLAUSIBLE
    if start[:1] == b"/" and head.suffix in _JSON and head.text:
        return Claim.PLAUSIBLE
    return Claim.PLAUSIBLE if head.text and head.suffix in _JSON else Claim.NO


def _notebook(head: Head) -> Claim:
    if not head.start.lstrip(_START).startswith(b"{"):
        return Claim.NO
    if head.suffix == ".ipynb" or b'"cells"' in head.start or b'"nbformat"' in head.end:
        return Claim.PLAUSIBLE
    return Claim.NO


def _yaml(head: Head) -> Claim:
    if head.start[:2] in (b"\xff\xfe", b"\xfe\xff"):  # PyYAML, too, goes by the mark
        start = head.start[: len(head.start) & ~1].decode("utf-16", "replace").encode("utf-8", "replace")
        known = head.suffix in _YAML or (b"!!" in start and re.match(_YAML_START, start))
        return Claim.PLAUSIBLE if known else Claim.NO
    if not head.text or (head.start[:8] == b"!<arch>\n" and head.suffix not in _YAML):
        return Claim.NO
    if head.suffix in _YAML or head.name.lower() in ("mlmodel", "mlproject", "dvc.lock"):
        return Claim.PLAUSIBLE
    if b"!!" in head.start and re.match(_YAML_START, head.start):
        return Claim.PLAUSIBLE
    return Claim.PLAUSIBLE if head.size <= 1 << 20 and re.match(_YAML_START, head.start) else Claim.NO


def _toml(head: Head) -> Claim:
    if not head.text:
        return Claim.NO
    if head.suffix == ".toml":
        return Claim.PLAUSIBLE
    return Claim.PLAUSIBLE if head.size <= 256 << 10 and re.match(_TOML_START, head.start) else Claim.NO


def _ini(head: Head) -> Claim:
    if not head.text:
        return Claim.NO
    return Claim.PLAUSIBLE if head.suffix in _INI or re.match(_INI_START, head.start) else Claim.NO


def _python(head: Head) -> Claim:
    if head.suffix in _PYTHON:
        # Bytes of another encoding than UTF-8 are Python's as well, when its first lines say so.
        return (
            Claim.PLAUSIBLE
            if head.text or re.match(_PYTHON_CODING, head.start) or re.match(_PYTHON_START, head.start)
            else Claim.NO
        )
    return Claim.PLAUSIBLE if head.text and re.match(_PYTHON_START, head.start) else Claim.NO


def _template(head: Head) -> Claim:
    if not head.text:
        return Claim.NO
    if head.suffix in _TEMPLATE or head.name.lower().startswith("chat_template"):
        return Claim.PLAUSIBLE
    start = head.start[:256]
    begins = start.lstrip(_START)[:1]
    if begins in (b"[", b'"') or (begins == b"{" and start.lstrip(_START)[:2] not in (b"{%", b"{{", b"{#")):
        return Claim.NO
    return Claim.PLAUSIBLE if b"{%" in start or b"{{" in start else Claim.NO


def _requirements(head: Head) -> Claim:
    if not head.text:
        return Claim.NO
    if re.fullmatch(_REQUIREMENTS_NAME, head.name):
        return Claim.PLAUSIBLE
    return Claim.PLAUSIBLE if re.match(_REQUIREMENTS_START, head.start) else Claim.NO


def _pointer(head: Head) -> Claim:
    known = head.size < 1024 and head.start.startswith(b"version https://git-lfs.github.com/spec/v1\n")
    return Claim.CERTAIN if known else Claim.NO


def _text(head: Head) -> Claim:
    if head.text:
        return Claim.PLAUSIBLE
    # UTF-16, or another encoding under a text's name.
    if head.start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Claim.PLAUSIBLE if head.size % 2 == 0 else Claim.NO
    high = len(head.start.translate(None, _ASCII))
    return Claim.PLAUSIBLE if not head.start.translate(None, _LATIN) and high * 3 < len(head.start) else Claim.NO


#: The text comes last: it is all there is to say of what no other reader knows.
SIGNATURES: Final[tuple[Signature, ...]] = (
    Signature("json", "JSON document", f"{_HERE}.json_document", _JSON, _json, starts=TEXT_STARTS),
    Signature(
        "notebook", "Jupyter notebook", f"{_HERE}.notebook", frozenset((".ipynb",)), _notebook, starts=TEXT_STARTS
    ),
    Signature("yaml", "YAML document", f"{_HERE}.yaml_document", _YAML, _yaml, starts=TEXT_STARTS),
    Signature("toml", "TOML document", f"{_HERE}.toml_document", frozenset((".toml",)), _toml, starts=TEXT_STARTS),
    Signature("ini", "INI document", f"{_HERE}.ini_document", _INI, _ini, starts=TEXT_STARTS),
    Signature("python", "Python source", f"{_HERE}.python", _PYTHON, _python, starts=TEXT_STARTS, endings=_PYTHON),
    Signature("jinja", "Jinja template", f"{_HERE}.template", _TEMPLATE, _template, starts=TEXT_STARTS),
    Signature(
        "requirements", "Requirements for pip", f"{_HERE}.requirements", frozenset(), _requirements, starts=TEXT_STARTS
    ),
    Signature("lfs-pointer", "Git LFS pointer", f"{_HERE}.pointer", frozenset(), _pointer, starts=TEXT_STARTS),
    Signature("text", "Text", f"{_HERE}.text", _TEXT, _text, harmless=True),
)
