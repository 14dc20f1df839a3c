"""``assay hash``: write or check a manifest of files and folders."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from assay.cli.options import format_option
from assay.core import jsontext
from assay.core.artifact import Artifact
from assay.core.jsontext import Json
from assay.hashing.artifact import check_artifact_name, hash_artifacts, read_artifact
from assay.hashing.check import Checked, check_manifest
from assay.hashing.expand import expand
from assay.hashing.manifest_text import MAX_BYTES, parse_manifest, render_manifest
from assay.hashing.measure import measure
from assay.hashing.names import shown
from assay.hashing.shards import Shard, hash_shards
from assay.hashing.writing import refuse_inside, write_atomically

_SIZE: Final = re.compile(r"(?P<count>[0-9]{1,15})\s*(?P<unit>(?:[KMGT]i?)?B?)", re.IGNORECASE)
_POWER: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
#: Bytes from which a progress bar is shown: about a fifth of a second of one core.
_WORTH_A_BAR: Final = 256 * 1024**2


def _size(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:  # noqa: ARG001
    if value is None:
        return None
    match = _SIZE.fullmatch(value.strip())
    if match is None or not int(match["count"]):
        raise click.BadParameter(f"{value!r} is not a size; write it like 64MiB.")
    unit = match["unit"].lower().removesuffix("b")
    return int(match["count"]) * int((1024 if unit.endswith("i") else 1000) ** _POWER[unit.removesuffix("i")])


@click.command("hash")
@click.argument("patterns", metavar="[PATH]...", nargs=-1)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it here, in one step.")
@click.option(
    "--check", "manifest", type=click.Path(path_type=Path, dir_okay=False), help="Check the files that this one names."
)
@click.option("--shard-size", callback=_size, metavar="SIZE", help="Hash ranges of this size, as 64MiB, on all cores.")
@format_option("text", "json")
def command(
    patterns: tuple[str, ...], output: Path | None, manifest: Path | None, shard_size: int | None, form: str
) -> None:
    """Hash each PATH: a file, a folder with all that is in it, or a quoted pattern such as 'data/**/*.csv'.

    Prints a manifest that `sha256sum -c` reads, and each folder's own digest on standard error. With --check, tells
    apart what was altered, what is missing, and what was added to the manifest's folders (or, if given, to each PATH).
    """
    if manifest is not None and (output is not None or shard_size is not None):
        raise click.UsageError("--check goes with neither --output nor --shard-size.")
    if manifest is None and not patterns:
        raise click.UsageError("Name a file, a folder or a pattern.")
    paths = list(dict.fromkeys(path for pattern in patterns for path in expand(pattern)))
    if manifest is not None:
        raise click.exceptions.Exit(_check(manifest, paths, form))
    if output is not None:
        refuse_inside(output, paths)
    with progress_over(paths) as progress:
        if shard_size is not None:
            for path in paths:
                check_artifact_name(str(path))
            data = _shards([(path, hash_shards(path, shard_size, progress=progress)) for path in paths], form)
        else:
            data = _manifest(hash_artifacts([(str(path), path) for path in paths], progress=progress), form)
    if output is None:
        click.echo(data, nl=False)
    else:
        write_atomically(output, data)


@contextmanager
def progress_over(paths: Iterable[Path]) -> Iterator[Callable[[int], None] | None]:
    """A progress bar on standard error, if that is a terminal and there is enough to hash; else nothing."""
    total = measure(paths) if sys.stderr.isatty() else 0
    if total < _WORTH_A_BAR:
        yield None
        return
    with click.progressbar(length=total, label="hashing", file=sys.stderr, update_min_steps=total // 500) as bar:
        yield bar.update


def _manifest(artifacts: Sequence[Artifact], form: str) -> bytes:
    if form == "json":
        return jsontext.dumps({"artifacts": [_artifact(artifact) for artifact in artifacts]}) + b"\n"
    data = render_manifest(dict(line for artifact in artifacts for line in artifact.files()))
    for artifact in artifacts:
        if artifact.manifest is not None:
            click.echo(f"{artifact.digest}  {artifact.path}", err=True)
    return data


def _artifact(artifact: Artifact) -> Json:
    found: dict[str, Json] = {"path": artifact.path, "digest": str(artifact.digest), "size": artifact.size}
    if artifact.manifest is not None:
        found["files"] = [
            {"path": entry.path, "digest": str(entry.digest), "size": entry.size} for entry in artifact.manifest.entries
        ]
    return found


def _shards(files: Sequence[tuple[Path, Sequence[Shard]]], form: str) -> bytes:
    if form == "json":
        listed: list[Json] = [
            {
                "path": str(path),
                "shards": [{"start": one.start, "end": one.end, "digest": str(one.digest)} for one in shards],
            }
            for path, shards in files
        ]
        return jsontext.dumps({"files": listed}) + b"\n"
    lines = (f"{one.digest.value}  {path}:{one.start}:{one.end}\n" for path, shards in files for one in shards)
    return "".join(lines).encode()


def _check(manifest: Path, paths: Sequence[Path], form: str) -> int:
    _, contents = read_artifact(manifest, name=manifest.name, max_bytes=MAX_BYTES)
    named = parse_manifest(contents[manifest.name], where=shown(str(manifest)))
    with progress_over(map(Path, named)) as progress:
        checked = check_manifest(named, paths=paths, manifest=manifest, progress=progress)
    click.echo(_checked_json(checked, len(named)) if form == "json" else _checked_text(checked, len(named)))
    if checked.problems:
        return 2
    return 0 if checked.comparison.same else 1


def _checked_text(checked: Checked, count: int) -> str:
    found = checked.comparison
    lines = [f"altered  {path}" for path in found.altered]
    lines += [f"missing  {path}" for path in found.missing]
    lines += [f"added    {path}" for path in found.added]
    lines += [f"unknown  {problem}" for problem in checked.problems]
    if not lines:
        lines.append(f"same     {count} file{'s' if count != 1 else ''}")
    searched = ", ".join(map(shown, checked.folders)) or "no folder, the manifest names none"
    return "\n".join([*lines, f"searched for added files: {searched}"])


def _checked_json(checked: Checked, count: int) -> str:
    found = checked.comparison
    return jsontext.dumps(
        {
            "files": count,
            "same": found.same and not checked.problems,
            "altered": list(found.altered),
            "missing": list(found.missing),
            "added": list(found.added),
            "searched": list(checked.folders),
            "unknown": [
                {"what": problem.what, "where": problem.where, "remedy": problem.remedy} for problem in checked.problems
            ],
        }
    ).decode()
