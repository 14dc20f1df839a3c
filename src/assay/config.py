"""Settings: ``assay.toml``, read once, typed, checked as a whole before anything runs."""

from __future__ import annotations

import shlex
import string
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath
from typing import Final

from assay.core.digest import Digest, parse_digest
from assay.core.errors import ConfigError, DigestError
from assay.core.ignore import Ignore
from assay.core.table import Table, read_table
from assay.core.threshold import Threshold, parse_threshold

FILE_NAME: Final = "assay.toml"
VERSION: Final = 1
PHASES: Final = ("data collection", "training", "evaluation", "deployment", "monitoring")
#: What ``store.require`` may ask for.
STORE_DEMANDS: Final = ("signed", "scanned")
Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class StageSettings:
    """One stage. Paths are relative to the project, ``/`` between parts; ``command`` has its parameters filled in.

    ``python`` is the interpreter it runs with, ``None`` for the one that runs assay; ``lock`` says what is installed.
    """

    name: str
    phase: str
    command: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    code: tuple[str, ...]
    parameters: Mapping[str, Scalar]
    seeds: tuple[str, ...]
    known: Mapping[str, Digest]
    environment: Mapping[str, str]
    python: str | None
    lock: str | None
    isolate: bool
    timeout: int | None
    gate: tuple[str, ...]
    metrics: str | None
    evaluates: str | None
    demands: tuple[Threshold, ...]


@dataclass(frozen=True, slots=True)
class SigningSettings:
    """What signs, if it is not the key file. ``signer`` is an address (``pkcs11:…``, ``awskms:…``, ``sigstore:``),
    ``identity`` whose it is in the trust file; the paths are absolute."""

    signer: str | None = None
    identity: str | None = None
    public_key: Path | None = None
    certificate: Path | None = None
    checkpoint_key: Path | None = None
    sigstore_config: Path | None = None
    timestamp_url: str | None = None


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where models and data are kept. ``url`` is an absolute folder, or the address of a store that fsspec reaches.

    ``recipients`` and ``identity`` (a file) are age's: with them everything is encrypted. ``require`` is what has to be
    proved of an artifact before it is pushed.
    """

    url: str
    recipients: tuple[str, ...] = ()
    identity: Path | None = None
    require: tuple[str, ...] = ("signed",)


@dataclass(frozen=True, slots=True)
class Settings:
    """A project. ``stages`` stand in an order in which they can run; the paths are absolute. ``ignores`` are the
    findings of scans that somebody accepted."""

    root: Path
    name: str
    policy: str | None
    rebuild_on_commit: bool
    trust: Path
    key: Path
    ledger: Path
    witness: Path
    stages: tuple[StageSettings, ...]
    ignores: tuple[Ignore, ...] = ()
    signing: SigningSettings = SigningSettings()
    store: StoreSettings | None = None

    def stage(self, name: str) -> StageSettings:
        """The stage called ``name``.

        :raises ConfigError: there is none
        """
        for stage in self.stages:
            if stage.name == name:
                return stage
        known = ", ".join(stage.name for stage in self.stages)
        raise ConfigError(f"there is no stage {name!r}", where=FILE_NAME, remedy=f"The stages are: {known}.")

    def producer(self, path: str) -> StageSettings | None:
        """The stage that makes ``path``, itself or as a part of one of its outputs."""
        return next((stage for stage in self.stages if any(covers(output, path) for output in stage.outputs)), None)

    def upstream(self, *names: str) -> tuple[StageSettings, ...]:
        """The stages called ``names`` and every stage they rest on, in running order."""
        wanted: set[str] = set()
        pending = [self.stage(name) for name in names]
        while pending:
            stage = pending.pop()
            if stage.name not in wanted:
                wanted.add(stage.name)
                makers = (self.producer(path) for path in (*stage.inputs, *stage.code))
                pending.extend(maker for maker in makers if maker is not None)
        return tuple(stage for stage in self.stages if stage.name in wanted)


def covers(folder: str, path: str) -> bool:
    """Whether ``path`` is ``folder`` or lies in it."""
    return path == folder or path.startswith(f"{folder}/")


def read_settings(root: Path) -> Settings:
    """Read the ``assay.toml`` in ``root``.

    :raises ConfigError: missing, unreadable, or any part of it cannot be used; says which key and why
    """
    path = root / FILE_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no {FILE_NAME} here", where=str(root), remedy="Run `assay init`, or give --project FOLDER."
        ) from error
    except OSError as error:
        raise ConfigError(f"the file cannot be read: {error.strerror}", where=str(path)) from error
    return parse_settings(data, root=root.absolute())


def read_ignores(path: Path) -> tuple[Ignore, ...]:
    """Read a file that holds nothing but findings that somebody accepted, as ``[[ignore]]``.

    :raises ConfigError: missing, unreadable, or an entry that cannot be used
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"the file cannot be read: {error.strerror}", where=str(path)) from error
    table = read_table(data, where=path.name, error=ConfigError)
    if table.integer("version") != VERSION:
        raise table.wrong("version", f"must be {VERSION}", remedy="A newer assay wrote this file; update assay.")
    ignores = tuple(map(_ignore, table.tables("ignore")))
    table.close()
    return ignores


def parse_settings(data: bytes, *, root: Path) -> Settings:
    """Check the text of an ``assay.toml`` for a project in ``root``.

    :raises ConfigError: any part of it cannot be used
    """
    table = read_table(data, where=FILE_NAME, error=ConfigError)
    if table.integer("version") != VERSION:
        raise table.wrong("version", f"must be {VERSION}", remedy="A newer assay wrote this file; update assay.")
    project, environment, scan = table.table("project"), table.table("environment"), table.table("scan")
    listed = table.table("stages")
    python, lock = environment.optional_text("python"), _optional_path(environment, "lock")
    stages = _in_order(tuple(_stage(name, listed.table(name), python, lock) for name in listed))
    settings = Settings(
        root=root,
        name=project.text("name"),
        policy=_optional_path(project, "policy"),
        rebuild_on_commit=project.flag("rebuild_on_commit", True),
        trust=root / project.text("trust", "trust.toml"),
        key=root / project.text("key", ".assay/key"),
        ledger=root / project.text("ledger", ".assay/ledger.db"),
        witness=root / project.text("witness", ".assay/checkpoint"),
        stages=stages,
        ignores=tuple(map(_ignore, scan.tables("ignore"))),
        signing=_signing(table.table("signing"), root),
        store=_store(table.table("store"), root) if "store" in table else None,
    )
    for part in (project, environment, scan, table):
        part.close()
    if any(stage.gate for stage in stages) and settings.policy is None:
        raise ConfigError(
            "a stage has a gate, and the project has no policy", where=FILE_NAME, remedy="Set project.policy."
        )
    return settings


def _signing(table: Table, root: Path) -> SigningSettings:
    def path(key: str) -> Path | None:
        text = table.optional_text(key)
        return None if text is None else root / text

    signing = SigningSettings(
        signer=table.optional_text("signer"),
        identity=table.optional_text("identity"),
        public_key=path("public_key"),
        certificate=path("certificate"),
        checkpoint_key=path("checkpoint_key"),
        sigstore_config=path("sigstore_config"),
        timestamp_url=table.optional_text("timestamp_url"),
    )
    table.close()
    if signing.signer is not None and signing.identity is None:
        raise table.wrong("identity", "must say whose signer it is, by the name in the trust file")
    return signing


def _store(table: Table, root: Path) -> StoreSettings:
    encrypt = table.table("encrypt")
    identity, url = encrypt.optional_text("identity"), table.text("url")
    store = StoreSettings(
        url=url if "://" in url else str(root / url),
        recipients=encrypt.texts("recipients"),
        identity=None if identity is None else root / identity,
        require=table.texts("require") if "require" in table else ("signed",),
    )
    encrypt.close()
    table.close()
    for word in store.require:
        if word not in STORE_DEMANDS:
            raise table.wrong("require", f"names {word!r}, which is none of {', '.join(STORE_DEMANDS)}")
    if "encrypt" in table and not (store.recipients and store.identity):
        raise table.wrong("encrypt", "must give recipients and an identity: the store reads back what it writes")
    return store


def _ignore(table: Table) -> Ignore:
    text = table.optional_text("digest")
    try:
        digest = None if text is None else parse_digest(text)
    except DigestError as error:
        raise table.wrong("digest", f"is no SHA-256 digest: {error.what}", remedy=error.remedy) from error
    found = Ignore(
        rule=table.text("rule"),
        reason=table.text("reason"),
        until=table.day("until"),
        path=table.optional_text("path"),
        digest=digest,
    )
    table.close()
    return found


def _stage(name: str, table: Table, python: str | None, lock: str | None) -> StageSettings:
    parameters = table.table("parameters").scalars()
    stage = StageSettings(
        name=name,
        phase=table.text("phase", "training"),
        command=_command(table, parameters),
        inputs=_paths(table, "inputs"),
        outputs=_paths(table, "outputs"),
        code=_paths(table, "code"),
        parameters=parameters,
        seeds=table.texts("seeds"),
        known=_known(table),
        environment={key: str(value) for key, value in table.table("environment").scalars().items()},
        python=table.optional_text("python") or python,
        lock=_optional_path(table, "lock") or lock,
        isolate=table.flag("isolate", False),
        timeout=table.optional_integer("timeout"),
        gate=_paths(table, "gate"),
        metrics=_optional_path(table, "metrics"),
        evaluates=_optional_path(table, "evaluates"),
        demands=_demands(table),
    )
    table.close()
    _check_stage(stage, table)
    _check_evaluation(stage, table)
    return stage


def _check_stage(stage: StageSettings, table: Table) -> None:
    if not all(character.isalnum() or character in "-_." for character in stage.name):
        raise ConfigError("a stage's name is made of letters, digits, '-', '_' and '.'", where=table.where)
    if stage.phase not in PHASES:
        raise table.wrong("phase", f"must be one of: {', '.join(PHASES)}")
    if not stage.outputs:
        raise table.wrong("outputs", "must name at least one file or folder, or nothing can be proved about the stage")
    if stage.timeout is not None and stage.timeout <= 0:
        raise table.wrong("timeout", "must be a number of seconds above zero")
    for seed in stage.seeds:
        if seed not in stage.parameters:
            raise table.wrong("seeds", f"names {seed!r}, which is not among the parameters")
    for path in stage.gate:
        if path not in stage.inputs:
            raise table.wrong("gate", f"names {path!r}, which is not among the inputs")
    for path in stage.known:
        if not any(covers(item, path) for item in (*stage.inputs, *stage.outputs)):
            raise table.wrong("sha256", f"names {path!r}, which is neither an input nor an output")


def _check_evaluation(stage: StageSettings, table: Table) -> None:
    if stage.demands and stage.metrics is None:
        raise table.wrong("require", "demands metrics, and the stage names no metrics file", remedy="Set metrics.")
    if stage.metrics is not None and not any(covers(output, stage.metrics) for output in stage.outputs):
        raise table.wrong("metrics", "must be one of the outputs")
    if stage.evaluates is not None and (stage.metrics is None or stage.evaluates not in stage.inputs):
        raise table.wrong("evaluates", "must be one of the inputs, of a stage that has a metrics file")


def _in_order(stages: tuple[StageSettings, ...]) -> tuple[StageSettings, ...]:
    """The stages in running order: what they depend on first, otherwise as written."""
    _check_overlap(stages)
    makers = {output: stage for stage in stages for output in stage.outputs}
    graph: dict[str, list[str]] = {}
    for stage in stages:
        needed = (
            maker for output, maker in makers.items() for path in (*stage.inputs, *stage.code) if covers(output, path)
        )
        graph[stage.name] = list(dict.fromkeys(maker.name for maker in needed))
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise ConfigError(
            f"the stages need each other in a circle: {' -> '.join(reversed(error.args[1]))}",
            where=f"{FILE_NAME}: stages",
            remedy="Take one input or output out of the circle.",
        ) from error
    by_name = {stage.name: stage for stage in stages}
    done: dict[str, StageSettings] = {}
    while len(done) < len(stages):
        ready = next(name for name in by_name if name not in done and all(needed in done for needed in graph[name]))
        done[ready] = by_name[ready]
    return tuple(done.values())


def _check_overlap(stages: tuple[StageSettings, ...]) -> None:
    outputs = [(output, stage) for stage in stages for output in stage.outputs]
    for index, (output, stage) in enumerate(outputs):
        for other, second in outputs[index + 1 :]:
            if covers(output, other) or covers(other, output):
                raise ConfigError(
                    f"{output!r} of {stage.name} and {other!r} of {second.name} overlap", where=f"{FILE_NAME}: stages"
                )
        for reader in stages:
            for path in (*reader.inputs, *reader.code):
                if covers(path, output) and path != output:
                    raise ConfigError(
                        f"the input {path!r} contains {output!r}, an output of {stage.name}",
                        where=f"{FILE_NAME}: stages.{reader.name}",
                        remedy="Name that output itself, so that its digest is known.",
                    )
                if reader is stage and covers(output, path):
                    raise ConfigError(
                        f"{path!r} is an input and an output of one stage", where=f"{FILE_NAME}: stages.{stage.name}"
                    )


def _command(table: Table, parameters: Mapping[str, Scalar]) -> tuple[str, ...]:
    text = table.text("command")
    try:
        words = shlex.split(text)
        texts = {
            name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in parameters.items()
        }
        return tuple(string.Template(word).substitute(texts) for word in words)
    except KeyError as error:
        raise table.wrong(
            "command", f"uses ${error.args[0]}, which is not among the parameters", remedy="Write $$ for a dollar sign."
        ) from error
    except ValueError as error:
        raise table.wrong(
            "command", f"cannot be split into words: {error}", remedy="Write $$ for a dollar sign."
        ) from error


def _known(table: Table) -> dict[str, Digest]:
    listed = table.table("sha256")
    found: dict[str, Digest] = {}
    for path in listed:
        text = listed.text(path)
        try:
            found[_clean(path, table, "sha256")] = parse_digest(text)
        except DigestError as error:
            raise listed.wrong(path, f"is no SHA-256 digest: {error.what}", remedy=error.remedy) from error
    return found


def _demands(table: Table) -> tuple[Threshold, ...]:
    try:
        return tuple(parse_threshold(text) for text in table.texts("require"))
    except ValueError as error:
        raise table.wrong("require", f"cannot be read: {error}") from error


def _paths(table: Table, key: str) -> tuple[str, ...]:
    return tuple(_clean(path, table, key) for path in table.texts(key))


def _optional_path(table: Table, key: str) -> str | None:
    path = table.optional_text(key)
    return None if path is None else _clean(path, table, key)


def _clean(text: str, table: Table, key: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text or not text.isprintable() or str(path) == ".":
        raise table.wrong(key, f"names {text!r}; a path is relative to the project and stays inside it")
    if path.parts[0] == ".assay":
        raise table.wrong(key, f"names {text!r}; the folder .assay belongs to assay")
    return str(path)
