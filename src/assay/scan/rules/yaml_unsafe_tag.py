"""A YAML tag has something imported, made or called when the file is loaded.

## Why it matters
Tags such as `!!python/object/apply:os.system` make a full or unsafe YAML loader import a name and call it with the
value that follows. HyperPyYAML (`!new:`, `!apply:`) and SnakeYAML (`!!javax.script…`) do the like. The safe loader
refuses such tags; who wrote one meant another loader.

## Example
`x: !!python/object/apply:os.system ["…"]`.

## Remedy
Load YAML with `yaml.safe_load` only, and do not load this file with anything else.

## References
PyYAML, *Warning: it is not safe to call yaml.load with any data from an untrusted source* (CVE-2017-18342,
CVE-2020-14343). SnakeYAML, CVE-2022-1471. HyperPyYAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document, Tag
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.names import judge

_OWN: Final = "tag:yaml.org,2002:"
_PYTHON: Final = re.compile(
    r"tag:yaml\.org,2002:python/(object/apply|object/new|object|name|module|\w+)(?::(.*))?", re.DOTALL
)
#: Python tags that stand for plain values.
_INERT: Final = frozenset(
    ("none", "bool", "str", "unicode", "bytes", "int", "long", "float", "complex", "list", "tuple", "dict")
)
_HYPER: Final = re.compile(r"!(new|name|apply|module|call|copy):(.*)", re.DOTALL)
_JAVA: Final = re.compile(r"tag:yaml\.org,2002:(?:[a-z_]\w*\.)+[A-Z]\S*")
_OBJECT: Final = re.compile(r"(?:!|tag:yaml\.org,2002:)(?:ruby|perl|php|java|js|javascript)/\S+")


def check(view: Document) -> Iterator[Hit]:
    """Tags that name code."""
    for tag in view.tags:
        found = _judged(tag)
        if found is not None:
            message, severity, confidence = found
            yield Hit(message, line=tag.line, severity=severity, confidence=confidence)


def _judged(tag: Tag) -> tuple[str, Severity, Confidence] | None:  # noqa: PLR0911 - one for each kind of tag
    shown = unquote(tag.name).replace(_OWN, "!!")[:120]
    python = _PYTHON.fullmatch(unquote(tag.name))
    hyper = _HYPER.fullmatch(tag.name)
    if python or hyper:
        found = python or hyper
        assert found is not None, "one of them matched"
        word, name = found[1], found[2] or tag.value
        if word in _INERT or (hyper and word == "copy"):
            return None
        judgement = judge(name)
        if judgement is None:
            return None
        if judgement.known:
            return (
                f"the tag {shown} names {name[:120]}, which {judgement.does}",
                judgement.severity,
                judgement.confidence,
            )
        if hyper or word == "name":
            return f"the tag {shown} names {name[:120]}, of which nothing is known", Severity.LOW, Confidence.LOW
        return (
            f"the tag {shown} has {name[:120]} made or called, of which nothing is known",
            Severity.MEDIUM,
            Confidence.LOW,
        )
    if _JAVA.fullmatch(tag.name):
        return f"the tag {shown} makes a Java loader create an object of that class", Severity.HIGH, Confidence.MEDIUM
    if _OBJECT.match(tag.name):
        return f"the tag {shown} makes an object in another language's loader", Severity.MEDIUM, Confidence.MEDIUM
    return None


RULE = Rule(
    id="yaml-unsafe-tag",
    reads=Document.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.UNSAFE_DESERIALIZATION,
    check=check,
    doc=__doc__,
)
