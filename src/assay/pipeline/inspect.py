"""Scan files, folders and addresses, and say when, by which rules, and what somebody accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assay import __version__
from assay.core.allowance import Allowance
from assay.core.finding import Scanned
from assay.core.ignore import Ignore, apply
from assay.core.scan import ScanResult, in_order
from assay.formats.budget import Limits
from assay.scan.progress import Progress
from assay.scan.scanner import judged_by, scan
from assay.scan.settings import Settings
from assay.scan.version import rules_version

if TYPE_CHECKING:
    from assay.scan.against import Outcome
    from assay.scan.cache import Cache


def inspect(
    targets: Sequence[str],
    settings: Settings,
    *,
    base: Path | None = None,
    ignores: Iterable[Ignore] = (),
    cache: Path | None = None,
    progress: Progress | None = None,
    jobs: int | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ScanResult:
    """Scan everything under the targets.

    :param targets: files, folders, or addresses
    :param base: a model that the first target is said to come from, to be compared with
    :param ignores: what somebody accepted; it stays in the result, marked
    :param cache: the folder where results for the same bytes are kept; none are used without it
    :param jobs: processes; all cores when it is not given
    """
    started = clock()
    kept = _opened(cache, settings) if cache is not None else None
    findings, unknown, files = scan(targets, settings, cache=kept, progress=progress, jobs=jobs)
    difference = None
    if base is not None:
        difference, more, untold = _compare(Path(targets[0]), base, settings.limits)
        findings, unknown = tuple(in_order([*findings, *more])), (*unknown, *untold)
    judged = apply(findings, ignores, started.date(), files)
    return ScanResult(
        findings=judged.findings,
        unknown=unknown,
        files=files,
        rules_version=rules_version(),
        tool_version=__version__,
        started=started,
        finished=clock(),
        comparison=difference,
        allowances=_used(settings.allowances, files),
        limits=tuple(asdict(settings.limits).items()),
        notes=judged.notes,
    )


def _opened(folder: Path, settings: Settings) -> Cache:
    from assay.scan.cache import Cache  # noqa: PLC0415 - not every scan has one

    return Cache(folder, judged_by(settings))


def _compare(target: Path, base: Path, limits: Limits) -> Outcome:
    from assay.scan.against import compare_with  # noqa: PLC0415 - NumPy takes long to import

    return compare_with(target, base, limits)


def _used(allowances: Iterable[Allowance], files: Iterable[Scanned]) -> tuple[Allowance, ...]:
    """Those that are for everything or for one of the files."""
    digests = {str(file.digest) for file in files}
    return tuple(item for item in allowances if not item.digest or item.digest in digests)
