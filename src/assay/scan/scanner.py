"""Everything under some paths → findings, what could not be told, and what became of every file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from assay.core.errors import HashingError
from assay.core.finding import Finding, Location, Outcome, Scanned, Unknown
from assay.core.scan import in_order
from assay.formats.view import Fact
from assay.hashing.cores import cores
from assay.scan.file import RAW, inspect_file, inspect_numbers
from assay.scan.inspection import Inspection
from assay.scan.inspector import finding_of
from assay.scan.parallel import Inspect, inspect_all, is_alone
from assay.scan.progress import Meter, Progress
from assay.scan.repository import Repository
from assay.scan.rules import rules_for
from assay.scan.settings import Settings
from assay.scan.surroundings.odd_names import odd_names
from assay.scan.tree import Found, files_under
from assay.scan.version import rules_version

if TYPE_CHECKING:
    from assay.scan.cache import Cache
    from assay.scan.remote import Remote

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

Outcomes = tuple[tuple[Finding, ...], tuple[Unknown, ...], tuple[Scanned, ...]]


def judged_by(settings: Settings) -> str:
    """What decides a result besides the bytes and the name, in short."""
    return hashlib.sha256(f"{rules_version()}\0{settings!r}".encode()).hexdigest()[:32]


def scan(
    targets: Sequence[str],
    settings: Settings,
    *,
    cache: Cache | None = None,
    progress: Progress | None = None,
    jobs: int | None = None,
) -> Outcomes:
    """Inspect every file at or below the paths and addresses.

    :param targets: files, folders, or what :func:`~assay.scan.remote.is_url`
    :param cache: where results for the same bytes are looked up and kept
    :param jobs: processes; all cores when it is not given
    :returns: findings (the worst of each file first), what could not be told, and every file, all sorted by path
    """
    found, unreached = _listed([Path(target) for target in targets if not is_url(target)])
    urls = [target for target in targets if is_url(target)]
    remotes, unreachable = _remotes(urls, settings) if urls else ([], [])
    done = _inspect(list(found.values()), settings, cache, progress, jobs or cores())
    for remote in remotes:
        meter = Meter([0] * len(remote), progress) if progress is not None else None  # sizes are not known
        for place, inspection in enumerate(remote.inspections()):
            done.append(inspection)
            if meter is not None:
                meter.finished(place)

    def as_numbers(path: str) -> Inspection:
        for remote in remotes:
            if path in remote:
                return remote.inspect(path, (RAW,))
        return inspect_numbers(found[path].place, path, settings)

    links = {path: file.target for path, file in found.items() if file.target}
    return _finish(done, [*unreached, *unreachable], as_numbers, links)


def is_url(target: str) -> bool:
    """Whether this names something to fetch rather than a path."""
    return _URL.match(target) is not None


def _remotes(urls: list[str], settings: Settings) -> tuple[list[Remote], list[Unknown]]:
    from assay.scan.remote import open_remotes  # noqa: PLC0415 - only when something is remote

    return open_remotes(urls, settings)


def _listed(paths: Iterable[Path]) -> tuple[dict[str, Found], list[Unknown]]:
    found: dict[str, Found] = {}
    unreached: list[Unknown] = []
    for path in paths:
        try:
            for item in files_under(path):
                if isinstance(item, Unknown):
                    unreached.append(item)
                else:
                    found.setdefault(item.path, item)
        except HashingError as error:
            unreached.append(Unknown(str(path), error.what))
    return found, unreached


def _finish(
    inspections: Iterable[Inspection],
    unreached: Iterable[Unknown],
    again: Callable[[str], Inspection],
    links: Mapping[str, str],
) -> Outcomes:
    """What all files together say, and all of it in order.

    :param again: inspects the file with this path as raw numbers
    :param links: path of a link → where the file really lies
    """
    by_path = {inspection.file.path: inspection for inspection in inspections}
    for path in _claimed_as_weights(by_path):
        by_path[path] = again(path)
    findings = [finding for inspection in by_path.values() for finding in inspection.findings]
    unknown = [*unreached, *(reason for inspection in by_path.values() for reason in inspection.unknown)]
    together, broken = _together(by_path, links)
    files = [Scanned(missing.path, (), None, 0, Outcome.UNKNOWN) for missing in unreached]
    files += [inspection.file for inspection in by_path.values()]
    return (
        tuple(in_order([*findings, *together])),
        tuple(sorted([*unknown, *broken], key=_place)),
        tuple(sorted(files, key=lambda file: file.path)),
    )


def _inspect(
    files: list[Found], settings: Settings, cache: Cache | None, progress: Progress | None, jobs: int
) -> list[Inspection]:
    results: dict[int, Inspection] = {}
    meter = Meter((file.status.st_size for file in files), progress) if progress is not None and files else None
    # What is read of a file can be told from this process only.
    inspect: Inspect = partial(inspect_file, progress=meter.read) if meter and is_alone(files, jobs) else inspect_file
    for place, inspection in inspect_all(files, settings, jobs, cache, inspect):
        results[place] = inspection
        if meter is not None:
            meter.finished(place)
    if cache is not None:
        cache.keep((inspection, files[place].status) for place, inspection in results.items())
    return [results[place] for place in range(len(files))]


def _claimed_as_weights(inspections: dict[str, Inspection]) -> list[str]:
    """Files that no format recognised and that another file beside or above them names as its raw numbers."""
    claimed = {
        _resolved(path, fact)
        for path, inspection in inspections.items()
        for fact in inspection.facts
        if fact.kind == "weights"
    }
    return [path for path, inspection in inspections.items() if inspection.unrecognised and path in claimed]


def _resolved(path: str, fact: Fact) -> str:
    return str(PurePosixPath(path).parent / fact.value)


def _together(inspections: dict[str, Inspection], links: Mapping[str, str]) -> tuple[list[Finding], list[Unknown]]:
    repository = Repository(
        tuple(sorted(inspections)),
        {path: inspection.facts for path, inspection in inspections.items() if inspection.facts},
        {path: inspection.file.formats for path, inspection in inspections.items()},
        links,
        {path: inspection.file.size for path, inspection in inspections.items() if inspection.file.digest is not None},
    )
    findings: list[Finding] = []
    broken: list[Unknown] = []
    if not (repository.facts_by_path or links or any(odd_names(repository.paths))):
        return findings, broken
    for rule in rules_for(Repository.kind):
        try:
            for hit in rule.check(repository):
                found = finding_of(rule, hit, hit.member, "")
                place = Location("", hit.offset, hit.line)
                findings.append(
                    Finding(
                        found.rule, found.severity, found.confidence, hit.member, place, found.message, found.remedy,
                        found.threats,
                    )
                )  # fmt: skip
        except Exception as error:  # a rule must never end the scan: it is told, not passed over
            broken.append(Unknown("", f"rule {rule.id} failed: {type(error).__name__}; please report this"))
    return findings, broken


def _place(unknown: Unknown) -> tuple[str, str, int, str]:
    return unknown.path, unknown.location.member, unknown.location.offset or 0, unknown.reason
