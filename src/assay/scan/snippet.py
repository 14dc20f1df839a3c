"""Whether a short text that ought to be a note is code: Python that reaches the system, a shell line, active markup."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Final

#: Longer texts are documents, which are inspected as such.
LONGEST: Final = 64 << 10
#: Built-in functions that run text, fetch modules or open files.
_BUILTINS: Final = frozenset({"exec", "eval", "compile", "__import__", "open", "input", "breakpoint", "execfile"})
#: Modules from which anything reaches the system, the network or other code.
_MODULES: Final = frozenset({
    "builtins", "codecs", "commands", "ctypes", "http", "importlib", "io", "marshal", "nt", "os", "pathlib", "pickle",
    "posix", "pty", "requests", "runpy", "shutil", "socket", "subprocess", "sys", "tempfile", "urllib", "webbrowser",
})  # fmt: skip
_SHELL: Final = (
    (
        re.compile(r"\b(?:curl|wget)\b[^\n|;]{1,500}\|\s*(?:sudo\s+)?(?:ba|da|z)?sh\b"),
        "a shell line that runs what it downloads",
    ),
    (re.compile(r"/dev/(?:tcp|udp)/[\w.-]+/\d"), "a shell line that connects to another machine"),
    (
        re.compile(r"(?i)\bpowershell(?:\.exe)?\b[^\n]{0,200}\s-e(?:nc|ncodedcommand)?\s+[\w+/=]{16}"),
        "a PowerShell line with an encoded command",
    ),
    (re.compile(r"\brm\s+-(?:rf|fr)\s+[~/$*]"), "a shell line that deletes files"),
    (re.compile(r"(?i)\bcertutil\b[^\n]{0,200}-urlcache\b"), "a Windows command that downloads a file"),
)
_MARKUP: Final = (
    (re.compile(r"(?i)<script[\s>]"), "a script for a web page"),
    (re.compile(r"(?i)\bjavascript:\s*\w"), "a script for a web page"),
    (re.compile(r"(?i)\bdata:(?:text/html|application/(?:x-)?javascript|image/svg\+xml)[;,]"), "active web content"),
)


def code_in(text: str) -> str:
    """What code the text is, as the end of "holds …"; empty when it is none that would do anything."""
    if len(text) > LONGEST:
        return ""
    for pattern, what in (*_SHELL, *_MARKUP):
        if pattern.search(text):
            return what
    return _python(text) if "(" in text or "__" in text else ""


def _python(text: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    modules = {"__builtins__": "builtins"} | {name: name for name in _MODULES}
    imported: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                modules[alias.asname or alias.name.partition(".")[0]] = alias.name
                imported.append(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            imported.append(node.module)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _target(node.func, modules)):
            return f"Python that calls {name}"
        if isinstance(node, ast.Attribute) and node.attr in {"__subclasses__", "__globals__", "__builtins__"}:
            return f"Python that reaches for {node.attr}"
    return ""


def _target(function: ast.expr, modules: dict[str, str]) -> str:
    """The dotted name that is called, when it reaches beyond the text."""
    parts: list[str] = []
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    if isinstance(function, ast.Call):
        inner = _target(function.func, modules)
        if inner == "__import__" and function.args and isinstance(function.args[0], ast.Constant):
            return ".".join([str(function.args[0].value), *reversed(parts)])
        return inner
    if not isinstance(function, ast.Name):
        return ""
    if not parts and function.id in _BUILTINS:
        return function.id
    root = modules.get(function.id, "")
    return ".".join([root, *reversed(parts)]) if root.partition(".")[0] in _MODULES else ""
