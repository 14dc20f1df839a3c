"""A TensorFlow Lite model takes its weights from another file.

## Why it matters

Buffers may lie in files that the model names. A name that climbs out of the model's folder makes the interpreter map
any file of the machine; one within it must be delivered and verified together with the model.

## Example

An external buffer group called ``../../secrets.bin``.

## Remedy

Convert the model into one file, or keep both together under one digest.

## References

- [LiteRT schema](https://github.com/google-ai-edge/LiteRT)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.tflite import TFLite
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import quoted


def check(view: TFLite) -> Iterator[Hit]:
    """See the module."""
    for name, offset in view.external:
        parts = name.replace("\\", "/").split("/")
        inside = ".." not in parts and parts[0] != "" and ":" not in parts[0]
        severity = Severity.LOW if inside else None
        yield Hit(f"weights lie in the file {quoted(name)}", offset, severity=severity)


RULE = Rule(
    id="tflite-external-file",
    reads="tflite",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__ or "",
)
