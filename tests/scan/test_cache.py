"""What was found before is used again for the same bytes and rules, and for nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assay.core.digest import Digest
from assay.core.finding import Confidence, Finding, Location, Outcome, Scanned, Severity, Unknown
from assay.formats.view import Fact
from assay.scan.cache import SETTLED, Cache, cache_folder, opened_cache
from assay.scan.inspection import Inspection


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file that has lain still for a minute, as far as its times tell."""
    path = tmp_path / "model.pkl"
    path.write_bytes(b"x")
    return path


def _old(path: Path) -> os.stat_result:
    """Its status, as if both its times were a minute ago: nobody can set the time of the last change of status."""
    status = list(path.stat())
    moment = time.time_ns() - 60 * 10**9
    names = {"st_mtime_ns": moment, "st_ctime_ns": moment}
    return os.stat_result(status, names)


def _inspection(path: str) -> Inspection:
    finding = Finding(
        "pickle-runs-command", Severity.CRITICAL, Confidence.HIGH, path, Location("a!b", 7, None), "calls os.system",
        "Do not load it.", ("AML.T0011.000",),
    )  # fmt: skip
    file = Scanned(path, ("pickle",), Digest("sha256", "a" * 64), 1, Outcome.INSPECTED)
    return Inspection(file, (finding,), (), (Fact("import", "os", 3),))


@contextmanager
def _cache(tmp_path: Path, judged: str = "rules") -> Iterator[Cache]:
    with opened_cache(tmp_path / "cache", judged) as cache:
        assert cache is not None
        yield cache


def test_what_was_kept_is_found_again_by_another_process(tmp_path: Path, model: Path) -> None:
    """All of it: findings, facts, formats, digest."""
    status = _old(model)
    with _cache(tmp_path) as cache:
        cache.keep([(_inspection("model.pkl"), status)])
    with _cache(tmp_path) as cache:
        assert cache.find("model.pkl", status) == _inspection("model.pkl")


def test_other_rules_find_nothing(tmp_path: Path, model: Path) -> None:
    """A result is of the rules, limits and allowances that made it."""
    status = _old(model)
    with _cache(tmp_path) as cache:
        cache.keep([(_inspection("model.pkl"), status)])
    with _cache(tmp_path, "newer rules") as cache:
        assert cache.find("model.pkl", status) is None


def test_a_file_that_was_put_back_with_its_old_time_is_inspected_again(tmp_path: Path, model: Path) -> None:
    """Somebody who swaps the bytes and restores size and mtime cannot restore ctime."""
    before = model.stat()
    with _cache(tmp_path) as cache:
        cache.keep([(_inspection("model.pkl"), _old(model))])
        model.write_bytes(b"y")
        os.utime(model, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert model.stat().st_mtime_ns == before.st_mtime_ns
        assert cache.find("model.pkl", model.stat()) is None


def test_a_file_that_changed_just_now_is_not_kept(tmp_path: Path, model: Path) -> None:
    """A second change within the clock's grain would go unseen."""
    status = model.stat()
    assert time.time_ns() - status.st_ctime_ns < SETTLED
    with _cache(tmp_path) as cache:
        cache.keep([(_inspection("model.pkl"), status)])
        assert cache.find("model.pkl", status) is None


def test_what_could_not_be_told_is_not_kept(tmp_path: Path, model: Path) -> None:
    """It is tried anew each time: a limit may have been raised, a disk mended."""
    kept = _inspection("model.pkl")
    unknown = Inspection(kept.file, kept.findings, (Unknown("model.pkl", "LIMIT seconds"),), kept.facts)
    with _cache(tmp_path) as cache:
        cache.keep([(unknown, _old(model))])
        assert cache.find("model.pkl", _old(model)) is None


def test_another_name_is_another_result(tmp_path: Path, model: Path) -> None:
    """A name can make more readers look."""
    status = _old(model)
    with _cache(tmp_path) as cache:
        cache.keep([(_inspection("model.pkl"), status)])
        assert cache.find("model.txt", status) is None


def test_a_damaged_cache_is_no_reason_to_fail(tmp_path: Path, model: Path) -> None:
    """Nothing is found, nothing is kept, nothing is raised."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "scan.sqlite").write_bytes(b"no database" * 100)
    with _cache(tmp_path) as cache:
        cache.keep([(_inspection("model.pkl"), _old(model))])
        assert cache.find("model.pkl", _old(model)) is None


def test_a_folder_that_cannot_be_made_means_no_cache(tmp_path: Path) -> None:
    """A read-only home is common in CI."""
    (tmp_path / "file").write_bytes(b"")
    with opened_cache(tmp_path / "file" / "cache", "rules") as cache:
        assert cache is None


def test_the_folder_is_the_users(tmp_path: Path) -> None:
    """As the XDG base directory specification has it: a relative path there does not count."""
    assert cache_folder({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "assay"
    assert cache_folder({"XDG_CACHE_HOME": "x", "HOME": "/h"}) == Path("/h/.cache/assay")
