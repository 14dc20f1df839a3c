"""A TensorFlow Lite model needs an operator that the interpreter does not have.

## Why it matters

A custom operator is native code that the loading program registers: somebody else's library, with the rights of the
process. Nothing in the file says what it does. Operators of well-known libraries are told as *low*.

## Example

An operator with the builtin code 32 and the name ``AcmeUnlock``.

## Remedy

Find out which library provides the operator and review it, or convert the model without it.

## References

- [Custom operators](https://ai.google.dev/edge/litert/models/ops_custom)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.tflite import TFLite
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.operations import Harm, harmful, verdict_on
from assay.scan.tensorflow.uses import quoted

#: Operators of the interpreter's own helpers, of MediaPipe and of TensorFlow Text, by the beginning of their names.
KNOWN: Final = (
    "TFLite_Detection_PostProcess", "Mfcc", "AudioSpectrogram", "NumericVerify", "RandomStandardNormal",
    "RandomUniform", "Multinomial", "HashTable", "Convolution2DTransposeBias", "MaxPoolingWithArgmax2D",
    "MaxUnpooling2D", "Landmarks", "TransformTensorBilinear", "TransformLandmarks", "Resampler", "AvgPool3D",
    "MaxPool3D", "Conv3D", "Atan2", "Roll", "Sign", "Irfft2d", "edgetpu-custom-op", "ethos-u", "EthosU", "odml.",
    "STABLEHLO", "aeon.", "TFText>", "WhitespaceTokenizeWithOffsets", "Sentencepiece", "TFSentencepiece", "tftext:",
    "Ngrams", "TFLITE", "RaggedTensorTo", "NgramsStringJoin", "FastWordpiece", "SIGNAL_", "Signal",
    "KmeansEmbeddingLookup", "UniversalSentenceEncoder", "SignalFramer", "ImmutableConst", "Bucketize", "CumSum",
    "Complex", "Table",
)  # fmt: skip


def check(view: TFLite) -> Iterator[Hit]:
    """See the module."""
    for operator in view.operators:
        if not operator.custom:
            continue
        inner = operator.name.removeprefix("Flex")
        if inner != operator.name:
            verdict = verdict_on(inner)
            if verdict is None or harmful(inner) is not None:
                continue
            severity = Severity.LOW if verdict.harm is Harm.COMPANION else None
        else:
            severity = Severity.LOW if operator.name.startswith(KNOWN) else None
        yield Hit(f"custom operator {quoted(operator.name)} needs native code", operator.offset, severity=severity)


RULE = Rule(
    id="tflite-custom-operator",
    reads="tflite",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__ or "",
)
