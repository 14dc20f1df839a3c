"""How far a scan is, as whoever waits for it is told."""

from __future__ import annotations

from pathlib import Path

from assay.scan.file import SMALL
from assay.scan.progress import Meter, Reached
from assay.scan.scanner import scan
from assay.scan.settings import Settings


def test_files_and_bytes_are_added_up() -> None:
    """What was read of a file counts until it is done, and then its size does."""
    told: list[Reached] = []
    meter = Meter([100, 50], told.append)
    meter.read(60)
    meter.finished(0)
    meter.finished(1)
    assert told == [Reached(0, 2, 0, 150), Reached(0, 2, 60, 150), Reached(1, 2, 100, 150), Reached(2, 2, 150, 150)]


def test_never_more_than_there_is() -> None:
    """A file that grows while it is read does not take it over the end."""
    told: list[Reached] = []
    Meter([10], told.append).read(1000)
    assert told[-1] == Reached(0, 1, 10, 10)


def test_a_large_file_is_told_while_it_is_read(tmp_path: Path) -> None:
    """Long before it is done; the last thing told is that all is."""
    size = 4 * SMALL
    (tmp_path / "weights.bin").write_bytes(bytes(size))
    told: list[Reached] = []
    scan([str(tmp_path)], Settings(), progress=told.append)
    assert any(0 < reached.size < size and not reached.files for reached in told)
    assert told[0] == Reached(0, 1, 0, size)
    assert told[-1] == Reached(1, 1, size, size)
