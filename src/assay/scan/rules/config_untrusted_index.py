"""An environment's description takes packages from a place that is not known to us.

## Why it matters
`conda.yaml`, `Pipfile`, `pyproject.toml` and `pip.conf` may say where packages come from. MLflow and others build the
environment of a model by them, before anybody looks at the model: who runs the index runs code on that machine.

## Example
`- --index-url http://192.0.2.1/simple` among the `pip` dependencies of `conda.yaml`.

## Remedy
Take packages from an index that you trust, over HTTPS, with hashes; never from an address that came with a model.

## References
pip, *Dependency confusion* in `--extra-index-url`. MLflow, *Model environments*. CWE-494.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document, Mapping, Node
from assay.formats.repository.requirements import Line, parse
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.indexes import direct_references, doubts_about_index

_LISTS: Final = frozenset({"pip", "dependencies", "install_requires", "requires", "pip_requirements", "packages"})
_OPTIONS: Final = {
    "index-url": "--index-url",
    "extra-index-url": "--extra-index-url",
    "find-links": "--find-links",
    "trusted-host": "--trusted-host",
    "url": "--extra-index-url",
}


def check(view: Document) -> Iterator[Hit]:
    """Indexes and addresses among dependencies."""
    for mapping in view.mappings:
        for key, value in mapping.entries.items():
            for line in _lines(key, value, mapping):
                for doubt in [*doubts_about_index([line]), *direct_references([line])]:
                    if doubt.severity >= Severity.MEDIUM:
                        place = str(mapping.place.below(key))
                        where = view.line(line.value[:60])
                        yield Hit(
                            doubt.message,
                            member=place,
                            line=where,
                            severity=doubt.severity,
                            confidence=doubt.confidence,
                        )


def _lines(key: str, value: Node, mapping: Mapping) -> list[Line]:
    if key in _LISTS and isinstance(value, list):
        texts = "\n".join(item for item in value if isinstance(item, str))
        return parse(texts) if any(sign in texts for sign in ("://", "--", "-i ")) else []
    if key == "channels" and isinstance(value, list) and "dependencies" in mapping.entries:
        return [Line("--extra-index-url", item, 0) for item in value if isinstance(item, str) and "://" in item]
    option = _OPTIONS.get(key.replace("_", "-"))
    if (
        option
        and isinstance(value, str)
        and "://" in value
        and (key != "url" or {"name", "url"} <= mapping.entries.keys())
    ):
        return [Line(option, word, 0) for word in value.split()] if _is_about_packages(mapping) or key != "url" else []
    return []


def _is_about_packages(mapping: Mapping) -> bool:
    return str(mapping.place).startswith(("source.", "tool.uv.", "tool.poetry.source", "tool.pdm.source"))


RULE = Rule(
    id="config-untrusted-index",
    reads=Document.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
