"""A Keras layer reads a file whose path the configuration gives.

## Why it matters

Preprocessing layers take their vocabulary from a list, or from a file whose path stands in the configuration. Loading
the model then reads that file, whatever it is, and its lines come out with the layer's vocabulary; a URL makes it
fetch one. A saved model has the vocabulary inside and needs no path. A relative path is told as *low*.

## Example

``{"class_name": "StringLookup", "config": {"vocabulary": "/home/user/.ssh/id_rsa"}}``

## Remedy

Save the model again with the vocabulary as a list or in its assets.

## References

- [CVE-2025-12058: StringLookup reads any file](https://nvd.nist.gov/vuln/detail/CVE-2025-12058)
- [Keras: saving and safe mode](https://keras.io/api/models/model_saving_apis/model_saving_and_loading/)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.hdf5.keras import Keras, decoded
from assay.scan.rule import Hit, Rule
from assay.scan.tensorflow.uses import shown

#: Settings that are a list of words, or the path of a file with them.
SETTINGS: Final = ("vocabulary", "vocabulary_file", "merges", "idf_weights", "proto", "spe_proto")
_OUTSIDE: Final = re.compile(r"[/\\~]|[A-Za-z]:[/\\]|[A-Za-z][\w+.-]*:|.*(?:^|[/\\])\.\.(?:[/\\]|$)", re.DOTALL)


def check(view: Keras) -> Iterator[Hit]:
    """See the module."""
    for found in view.objects:
        for key in SETTINGS:
            path = found.get(key)
            if not isinstance(path, str) or not path or (key.endswith("proto") and decoded(path) is not None):
                continue
            severity = None if _OUTSIDE.match(path) else Severity.LOW
            yield Hit(
                f"{shown(found.class_name)} reads its {key} from '{shown(path)}'", None, found.path, None, severity
            )


RULE = Rule(
    id="keras-file-vocabulary",
    reads="keras",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__ or "",
)
