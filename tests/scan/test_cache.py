"""What was found before is used again for the same bytes and rules, and for nothing else."""

from __future__ import annotations

import gc
import pickle
import sqlite3
import warnings
from pathlib import Path

import pytest

from assay.core.digest import Digest
from assay.core.finding import Confidence, Finding, Location, Outcome, Scanned, Severity, Unknown
from assay.formats.view import Fact
from assay.scan.cache import Cache, cache_folder
from assay.scan.inspection import Inspection

DIGEST = Digest("sha256", "a" * 64)


def _inspection(path: str) -> Inspection:
    finding = Finding(
        "pickle-runs-command", Severity.CRITICAL, Confidence.HIGH, path, Location("a!b", 7, None), "calls os.system",
        "Do not load it.", ("AML.T0011.000",),
    )  # fmt: skip
    file = Scanned(path, ("pickle",), DIGEST, 1, Outcome.INSPECTED)
    return Inspection(file, (finding,), (), (Fact("import", "os", 3),))


def _kept(tmp_path: Path, inspection: Inspection) -> Cache:
    cache = Cache(tmp_path / "cache", "rules")
    (tmp_path / "model.pkl").write_bytes(b"x")
    cache.keep([(inspection, (tmp_path / "model.pkl").stat())])
    return cache


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    """All of it: findings, facts, formats; under the path that is asked about now, in another folder too."""
    _kept(tmp_path, _inspection("model.pkl"))
    found = Cache(tmp_path / "cache", "rules").find(DIGEST, "elsewhere/model.pkl", 1)
    assert found == _inspection("elsewhere/model.pkl")


def test_it_can_be_handed_to_another_process(tmp_path: Path) -> None:
    """Which opens the database for itself."""
    cache = pickle.loads(pickle.dumps(_kept(tmp_path, _inspection("model.pkl"))))
    assert cache.find(DIGEST, "model.pkl", 1) == _inspection("model.pkl")


def test_the_database_is_closed(tmp_path: Path) -> None:
    """With the cache, and without a warning that it was not."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        cache = _kept(tmp_path, _inspection("model.pkl"))
        database = cache._database
        assert database is not None
        del cache
        gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        database.execute("SELECT 1")


def test_other_bytes_find_nothing(tmp_path: Path) -> None:
    """A result is of the bytes it was reached with."""
    assert _kept(tmp_path, _inspection("model.pkl")).find(Digest("sha256", "b" * 64), "model.pkl", 1) is None


def test_other_rules_find_nothing(tmp_path: Path) -> None:
    """A result is of the rules, limits and allowances that made it."""
    _kept(tmp_path, _inspection("model.pkl"))
    assert Cache(tmp_path / "cache", "newer rules").find(DIGEST, "model.pkl", 1) is None


def test_another_name_is_another_result(tmp_path: Path) -> None:
    """A name can make more readers look."""
    assert _kept(tmp_path, _inspection("model.pkl")).find(DIGEST, "model.txt", 1) is None


def test_what_could_not_be_told_is_not_kept(tmp_path: Path) -> None:
    """It is tried anew each time: a limit may have been raised, a disk mended."""
    kept = _inspection("model.pkl")
    unknown = Inspection(kept.file, kept.findings, (Unknown("model.pkl", "LIMIT seconds"),), kept.facts)
    assert _kept(tmp_path, unknown).find(DIGEST, "model.pkl", 1) is None


def test_a_status_only_suggests(tmp_path: Path) -> None:
    """It says whether hashing first is worth while; what is found depends on the digest."""
    cache = _kept(tmp_path, _inspection("model.pkl"))
    assert cache.suggests((tmp_path / "model.pkl").stat())
    (tmp_path / "model.pkl").write_bytes(b"longer")
    assert not cache.suggests((tmp_path / "model.pkl").stat())


def test_a_damaged_cache_is_no_reason_to_fail(tmp_path: Path) -> None:
    """Nothing is found, nothing is kept, nothing is raised."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "scan.sqlite").write_bytes(b"no database" * 100)
    assert _kept(tmp_path, _inspection("model.pkl")).find(DIGEST, "model.pkl", 1) is None


def test_a_folder_that_cannot_be_made_means_no_cache(tmp_path: Path) -> None:
    """A read-only home is common in CI."""
    (tmp_path / "cache").write_bytes(b"")
    assert _kept(tmp_path, _inspection("model.pkl")).find(DIGEST, "model.pkl", 1) is None


def test_the_folder_is_the_users(tmp_path: Path) -> None:
    """As the XDG base directory specification has it: a relative path there does not count."""
    assert cache_folder({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "assay"
    assert cache_folder({"XDG_CACHE_HOME": "x", "HOME": "/h"}) == Path("/h/.cache/assay")
