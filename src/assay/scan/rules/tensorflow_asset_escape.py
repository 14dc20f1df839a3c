"""A SavedModel names an asset outside its own folder.

## Why it matters

The loader joins the name of each asset to the model's folder ``assets`` and gives the path to the graph, which reads
it: a vocabulary, most often. A name that climbs out, or an absolute one, makes it read any file of the machine.

## Example

``asset_file_def { filename: "../../../../etc/passwd" }``

## Remedy

Do not load the model; export it again.

## References

- [SavedModel: assets](https://www.tensorflow.org/guide/saved_model)
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.graph.tensorflow import TensorFlow
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import quoted


def check(view: TensorFlow) -> Iterator[Hit]:
    """See the module."""
    for asset in view.assets:
        parts = asset.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or "://" in asset.filename or parts[0].endswith(":"):
            yield Hit(f"the asset {quoted(asset.filename)} lies outside the model's folder", asset.offset)


RULE = Rule(
    id="tensorflow-asset-escape",
    reads="tensorflow",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__ or "",
)
