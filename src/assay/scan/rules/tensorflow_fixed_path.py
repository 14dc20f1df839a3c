"""An operation of the graph writes to or reads from a place that the file decides.

## Why it matters

Some operations of honest models reach files, each in one ordinary way: checkpoints go where the caller says, messages
to the terminal, caches into memory. When the place is written into the file instead, and it is an absolute path, a
URL or a file to print to, the model decides what is read or overwritten on the machine that runs it.

## Example

``PrintV2`` with ``output_stream: "file:///home/user/.ssh/authorized_keys"``, or ``SaveV2`` whose first input is the
constant ``/etc/cron.d/job``.

## Remedy

Export the model again so that the caller gives the path; do not load the file as it is.

## References

- [TensorFlow's security guide: models are programs](https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.tensorflow import TensorFlow
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import place, quoted, shown

#: Operation → its attributes that name a place, with what stands there in honest files.
ATTRIBUTES: Final = {
    "PrintV2": ("output_stream", "prints to"),
    "DebugIdentity": ("debug_urls", "sends tensors to"),
    "DebugIdentityV2": ("debug_urls", "sends tensors to"),
    "DebugIdentityV3": ("debug_urls", "sends tensors to"),
    "DebugNanCount": ("debug_urls", "sends tensors to"),
    "DebugNumericSummary": ("debug_urls", "sends tensors to"),
    "DebugNumericSummaryV2": ("debug_urls", "sends tensors to"),
    "DecodeProtoV2": ("descriptor_source", "reads"),
    "EncodeProto": ("descriptor_source", "reads"),
    "FixedUnigramCandidateSampler": ("vocab_file", "reads"),
}
#: Operation → which of its inputs is the place to write to, which callers give.
WRITERS: Final = {
    "CacheDataset": 1,
    "CacheDatasetV2": 1,
    "MergeV2Checkpoints": 1,
    "Save": 0,
    "SaveSlices": 0,
    "SaveV2": 0,
}
_HONEST: Final = ("", "local://", "stdout", "stderr", "log(info)", "log(warning)", "log(error)")
_ABSOLUTE: Final = re.compile(r"[/\\]|[A-Za-z]:[/\\]|[A-Za-z][\w+.-]*://|.*(?:^|[/\\])\.\.(?:[/\\]|$)")


def check(view: TensorFlow) -> Iterator[Hit]:
    """See the module."""
    for op, (key, verb) in ATTRIBUTES.items():
        for operation in view.uses[op].places if op in view.uses else ():
            for name, text in operation.texts:
                if name == key and text not in _HONEST and not text.startswith("bytes://"):
                    yield Hit(f"operation {shown(op)} {verb} {quoted(text)}", operation.offset, place(operation))
    for op, index in WRITERS.items():
        for operation in view.uses[op].places if op in view.uses else ():
            path = operation.constants[index] if index < len(operation.constants) else None
            if path is not None and _ABSOLUTE.match(path):
                yield Hit(f"operation {shown(op)} writes to {quoted(path)}", operation.offset, place(operation))


RULE = Rule(
    id="tensorflow-fixed-path",
    reads="tensorflow",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__ or "",
)
