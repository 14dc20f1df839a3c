"""A TensorFlow Lite model reaches files, Python or the network through TensorFlow's own operations.

## Why it matters

With the Flex delegate a TensorFlow Lite model may carry nodes of full TensorFlow, which the interpreter runs as they
are: ``FlexWriteFile`` writes a file on the phone or server that runs the model. The node is in the operator's
options, which may say something else than the operator's name.

## Example

A custom operator ``FlexReadFile``, or one called ``FlexAdd`` whose options hold a node ``WriteFile``.

## Remedy

Do not load the file; convert the model again without these operations.

## References

- [Select TensorFlow operators](https://ai.google.dev/edge/litert/models/ops_select)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.tflite import TFLite
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.operations import harmful
from assay.scan.tensorflow.uses import quoted, shown


def check(view: TFLite) -> Iterator[Hit]:
    """See the module."""
    for operator in view.operators:
        name = operator.name.removeprefix("Flex")
        verdict = harmful(name) if operator.custom and name != operator.name else None
        if verdict is not None:
            yield Hit(f"operator {shown(operator.name)} {verdict.words}", operator.offset)
    for options in view.options:
        if not options.operator.startswith("Flex"):
            continue
        for word in options.words:
            verdict = harmful(word)
            if verdict is not None and word != options.operator.removeprefix("Flex"):
                message = f"the options of operator {quoted(options.operator)} hold {word}, which {verdict.words}"
                yield Hit(message, options.offset)


RULE = Rule(
    id="tflite-flex-operation",
    reads="tflite",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__ or "",
)
