"""Scan files, folders and addresses, and say when, by which rules, and what somebody accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from assay import __version__
from assay.core.allowance import Allowance
from assay.core.finding import Scanned
from assay.core.ignore import Ignore, apply
from assay.core.scan import ScanResult
from assay.scan.cache import Cache
from assay.scan.scanner import Progress, judged_by, scan
from assay.scan.settings import Settings
from assay.scan.version import rules_version


def inspect(
    targets: Sequence[str],
    settings: Settings,
    *,
    ignores: Iterable[Ignore] = (),
    cache: Path | None = None,
    progress: Progress | None = None,
    jobs: int | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ScanResult:
    """Scan everything under the targets.

    :param targets: files, folders, or addresses
    :param ignores: what somebody accepted; it stays in the result, marked
    :param cache: the folder where results for the same bytes are kept; none are used without it
    :param jobs: processes; all cores when it is not given
    """
    started = clock()
    kept = Cache(cache, judged_by(settings)) if cache is not None else None
    findings, unknown, files = scan(targets, settings, cache=kept, progress=progress, jobs=jobs)
    judged = apply(findings, ignores, started.date(), files)
    return ScanResult(
        findings=judged.findings,
        unknown=unknown,
        files=files,
        rules_version=rules_version(),
        tool_version=__version__,
        started=started,
        finished=clock(),
        allowances=_used(settings.allowances, files),
        limits=tuple(asdict(settings.limits).items()),
        notes=judged.notes,
    )


def _used(allowances: Iterable[Allowance], files: Iterable[Scanned]) -> tuple[Allowance, ...]:
    """Those that are for everything or for one of the files."""
    digests = {str(file.digest) for file in files}
    return tuple(item for item in allowances if not item.digest or item.digest in digests)
