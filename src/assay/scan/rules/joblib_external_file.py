"""The arrays of a joblib pickle lie in other files, named by the pickle.

## Why it matters
joblib before 0.10 wrote arrays into files beside the pickle and opens them by the names that stand in it. A name that
leaves the folder reads any file, and each of them may be a pickle of its own.

## Example
`NDArrayWrapper` with the file name `../../secrets.npy`.

## Remedy
Keep the files together and scan the folder. Save the model again with a newer joblib, which writes one file.

## References
`joblib.numpy_pickle_compat` in joblib's source.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.view import Pickle
from assay.scan.rule import Hit, Rule


def check(view: Pickle) -> Iterator[Hit]:
    """Every such name; one that stays in the folder is a note."""
    for name, offset in view.outside:
        parts = name.replace("\\", "/").split("/")
        leaves = name[:1] in ("/", "\\") or ".." in parts or name[1:2] == ":"
        message = f"loading it opens the file {name!r}" + (", outside the folder it lies in" if leaves else "")
        yield Hit(message, offset, severity=Severity.HIGH if leaves else None)


RULE = Rule(
    id="joblib-external-file",
    reads=Pickle.kind,
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
