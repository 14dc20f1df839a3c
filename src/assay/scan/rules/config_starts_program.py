"""A settings file beside the model makes an editor, git or an assistant start a program.

## Why it matters
Whoever downloads a repository opens it: the editor runs the task that is to run then, git runs its filters and
monitors, the assistant starts the servers that are listed for it. None of that is needed to use a model, and none of it
asks for the model to be loaded.

## Example
`.vscode/tasks.json` with `"runOptions": {"runOn": "folderOpen"}`; `[core] fsmonitor = sh -c …` in a git configuration;
`.mcp.json` whose server is `bash -c "curl … | sh"`.

## Remedy
Delete the file, or read the command before you open the folder. Open foreign folders in restricted mode.

## References
Visual Studio Code, *Workspace Trust* and *Tasks*. git-config(1): `core.fsmonitor`, `filter.*`, `core.sshCommand`. Model
Context Protocol, *Security best practices*. Dev containers, *Lifecycle scripts*. CWE-829.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from assay.core import threat
from assay.core.finding import Confidence, Severity
from assay.formats.repository.document import Document, Mapping, Node
from assay.scan.rule import Hit, Rule
from assay.scan.surroundings.shell import fetches_and_runs, fetches_unprotected, opens_shell

#: Entries of git's configuration that name a program.
_GIT: Final = {
    "core": ("fsmonitor", "sshcommand", "pager", "editor", "hookspath", "askpass", "gitproxy"),
    "filter": ("clean", "smudge", "process"),
    "diff": ("external", "textconv", "command"),
    "merge": ("driver",),
    "credential": ("helper",),
    "alias": (),
}
_ON_CREATION: Final = ("initializeCommand", "onCreateCommand", "updateContentCommand", "postCreateCommand",
                       "postStartCommand", "postAttachCommand")  # fmt: skip
#: Keys under which tools keep command lines.
_RUN: Final = frozenset(
    (
        "command", "cmd", "run", "args", "entrypoint", "setup_script", "script", "pre_install", "exec", "entry",
        "setup_commands", "initialization_commands", "worker_setup_commands", "lifecycle", *_ON_CREATION,
    )
)  # fmt: skip
_ON_INSTALL: Final = ("preinstall", "install", "postinstall", "prepare")
#: Programs that run whatever text they are given.
_SHELLS: Final = re.compile(r"(?:.*[/\\])?(?:(?:ba|z|da|k)?sh|cmd(?:\.exe)?|powershell(?:\.exe)?|pwsh|curl|wget|nc)")


def check(view: Document) -> Iterator[Hit]:
    """Programs that such files start."""
    if view.notation == "ini":
        yield from _git(view)
        return
    for mapping in view.mappings:
        yield from _task(view, mapping)
        yield from _server(view, mapping)
        yield from _fetched(view, mapping)
        entries = mapping.entries
        if ("image" in entries or "dockerFile" in entries or "build" in entries) and mapping.place.above is None:
            yield from _commands(view, mapping, _ON_CREATION, "the container runs on its creation")
        if mapping.place.key == "scripts":
            yield from _commands(view, mapping, _ON_INSTALL, "npm runs on installation")


def _fetched(view: Document, mapping: Mapping) -> Iterator[Hit]:
    """MLproject, cog, compose, KServe, devcontainer and what comes after them: whatever the key, a shell is fed."""
    if view.notation == "json" and not (len(view.roots) == 1 and isinstance(view.roots[0], dict)):
        return  # lines or a list of records are data
    for key in sorted(_RUN & mapping.entries.keys()):
        command = _line(mapping.entries[key], mapping.entries.get("args") if key == "command" else None)
        if opens_shell(command) or fetches_unprotected(command):
            yield _hit(view, mapping, command, f"is run ({key})", Severity.HIGH)


def _task(view: Document, mapping: Mapping) -> Iterator[Hit]:
    options = mapping.entries.get("runOptions")
    if isinstance(options, dict) and options.get("runOn") == "folderOpen":
        command = _line(mapping.entries.get("command"), mapping.entries.get("args"))
        yield _hit(view, mapping, command, "the editor runs when the folder is opened", Severity.MEDIUM)


def _server(view: Document, mapping: Mapping) -> Iterator[Hit]:
    above = mapping.place.above
    if above is None or above.key not in ("mcpServers", "servers") or "command" not in mapping.entries:
        return
    program = mapping.entries["command"]
    bad = Severity.MEDIUM if isinstance(program, str) and _SHELLS.fullmatch(program.split(" ")[0]) else Severity.LOW
    yield _hit(view, mapping, _line(program, mapping.entries.get("args")), "an assistant starts as its server", bad)


def _commands(view: Document, mapping: Mapping, keys: tuple[str, ...], when: str) -> Iterator[Hit]:
    for key in keys:
        command = _line(mapping.entries.get(key), None)
        if fetches_and_runs(command) or opens_shell(command):  # any other is how things are built
            yield _hit(view, mapping, command, when, Severity.LOW)


def _git(view: Document) -> Iterator[Hit]:
    for mapping in view.mappings:
        section = mapping.place.key.partition(" ")[0].lower()
        for key, value in mapping.entries.items():
            if not isinstance(value, str):
                continue
            if section == "submodule" and (value.startswith("ext::") or (key.lower() == "update" and value[:1] == "!")):
                yield _hit(view, mapping, value, f"git runs ({mapping.place.key}.{key})", Severity.HIGH)
            if section not in _GIT:
                continue
            aliased = section == "alias" and value.startswith("!")
            if aliased or (key.lower() in _GIT[section] and _is_program(value)):
                bad = Severity.LOW if aliased or value.startswith("git-lfs ") else Severity.MEDIUM
                yield _hit(view, mapping, value, f"git runs ({mapping.place.key}.{key})", bad)


def _is_program(value: str) -> bool:
    return value.lower() not in ("true", "false", "", "0", "1")


def _hit(view: Document, mapping: Mapping, command: str, when: str, severity: Severity) -> Hit:
    if fetches_and_runs(command) or opens_shell(command):
        severity = Severity.HIGH
    shown = " ".join(command.split())[:100]
    return Hit(f"it names what {when}: {shown}", member=str(mapping.place), line=view.line(command), severity=severity)


def _line(command: Node, arguments: Node) -> str:
    parts: list[Node] = [command, *(arguments if isinstance(arguments, list) else [])]
    parts = [part for each in parts for part in (each if isinstance(each, list) else [each])]
    return " ".join(part for part in parts if isinstance(part, str))


RULE = Rule(
    id="config-starts-program",
    reads=Document.kind,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    threats=threat.REMOTE_CODE,
    check=check,
    doc=__doc__,
)
