"""Many files on several processes, one of which may die."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import os, signal, sys
from pathlib import Path
from assay.scan import parallel, processes
from assay.scan.file import inspect_file
from assay.scan.settings import Settings
from assay.scan.tree import files_under

def deadly(place, path, settings, cache):
    if path.endswith("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    return inspect_file(place, path, settings, cache)

parallel.ALONE = 0
processes.BATCH = 4 * parallel.PER_FILE
files = list(files_under(Path(sys.argv[1])))
for index, result in sorted(parallel.inspect_all(files, Settings(), 3, None, deadly)):
    reasons = " ".join(unknown.reason for unknown in result.unknown)
    print(Path(files[index].path).name, result.file.digest is not None, "abruptly" in reasons)
"""


def test_a_process_that_dies_takes_no_other_file_with_it(tmp_path: Path) -> None:
    """The file that kills its inspector could not be told; every other one has its result, each once."""
    for number in range(20):
        (tmp_path / f"{number:02}").write_bytes(b"x")
    (tmp_path / "deadly").write_bytes(b"x")
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    expected = [f"{number:02} True False" for number in range(20)] + ["deadly False True"]
    assert ran.stdout.splitlines() == expected
