"""The pickle reads, writes or deletes files when it is loaded.

## Why it matters

It can take keys and data off the machine, leave a program where it will be started, or destroy what is there. A
model's pickle makes objects in memory and touches no file.

## Example

`pathlib.Path.write_text(PosixPath("~/.bashrc"), "…")`, `linecache.getlines("/etc/passwd")`, `shutil.rmtree("/data")`.

## Remedy

Do not load the file, on any machine. Ask its publisher for the weights in a format without code (safetensors,
ONNX), and treat a machine that has loaded it as taken over.

## References

- Python documentation, `pickle`: https://docs.python.org/3/library/pickle.html
- CVE-2026-56304, a file opened by making a log handler: https://nvd.nist.gov/vuln/detail/CVE-2026-56304
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.pickle.view import Pickle
from assay.scan.pickles.judgement import judge
from assay.scan.rule import Hit, Rule


def check(view: Pickle) -> Iterator[Hit]:
    """What :mod:`assay.scan.pickles` found for this rule."""
    yield from judge(view).of("pickle-file-access")


RULE = Rule(
    id="pickle-file-access",
    reads=Pickle.kind,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    threats=threat.FILE_ACCESS,
    check=check,
    doc=__doc__,
)
