"""Killed at any moment, several at once, or out of space: nothing that was acknowledged is lost, nothing is unreadable.

Real processes and real signals; the seeds are fixed, the moments are the scheduler's.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from assay.core.errors import StoreError
from assay.store.audit import audit, check_head
from assay.store.ledger import Ledger
from assay.store.witness import Witness

ENDLESS = 10**9


@dataclass
class Writer:
    """A process that appends, and the lines that it has printed."""

    name: str
    process: subprocess.Popen[str]
    lines: list[list[Any]] = field(default_factory=list)

    def read(self) -> list[Any]:
        """The next line; waits for it."""
        assert self.process.stdout is not None
        self.lines.append(json.loads(self.process.stdout.readline()))
        return self.lines[-1]

    def rest(self) -> None:
        """What was printed until it ended; a line cut off by the kill was never seen by anybody."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):
                self.lines.append(json.loads(line))
        self.process.wait()


@pytest.fixture
def start(path: Path, witness: Witness) -> Iterator[Callable[..., Writer]]:
    """Start writers on the ledger of this test; none outlives it."""
    started: list[Writer] = []

    def run(name: str, count: int = ENDLESS, *more: str) -> Writer:
        command = [sys.executable, str(Path(__file__).with_name("writer.py"))]
        command += [str(path), str(witness.path), name, str(count), *more]
        writer = Writer(name, subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        started.append(writer)
        return writer

    yield run
    for writer in started:
        writer.process.kill()
        writer.process.wait()
        assert writer.process.stdout is not None
        writer.process.stdout.close()


def check_all(path: Path, writers: list[Writer], witness: Witness | None, key: Any, envelope: Any) -> int:
    """Every acknowledged entry is where it was said to be, every checkpoint that was seen is a beginning."""
    with Ledger.open(path) as ledger:
        notes = []
        for writer in writers:
            for first, count, number, note in writer.lines:
                for part in range(count):
                    assert ledger.entry(first + part).envelope == envelope(writer.name, number * 10 + part)
                notes.append(note)
        report = audit(ledger, verifier=key, since=notes)
        assert report.problems == ()
        if witness is not None and ledger.size:
            check_head(ledger, verifier=key, witness=witness, entries=())
        return report.size


def test_a_killed_writer_loses_nothing_it_acknowledged(
    path: Path, ledger: Ledger, start: Any, witness: Witness, key: Any, envelope: Any
) -> None:
    """SIGKILL, six times over on one ledger, at whatever point of an append it happens to be; the next one goes on."""
    ledger.close()
    chance, writers = random.Random(1), []
    for turn in range(6):
        writer = start(f"writer-{turn}")
        writers.append(writer)
        writer.read()
        time.sleep(chance.uniform(0, 0.03))
        writer.process.kill()
        writer.rest()
        check_all(path, writers, witness, key, envelope)


def test_four_writers_at_once_lose_nothing(
    path: Path, ledger: Ledger, start: Any, witness: Witness, key: Any, envelope: Any
) -> None:
    """Two finish, two are killed in the middle; appends interleave, none overwrites another's, the witness keeps up."""
    ledger.close()
    writers = [start(f"writer-{turn}", 12 if turn < 2 else ENDLESS) for turn in range(4)]
    for writer in writers[2:]:
        writer.read()
        writer.read()
        writer.process.kill()
    for writer in writers:
        writer.rest()
    size = check_all(path, writers, witness, key, envelope)
    assert size >= sum(line[1] for writer in writers for line in writer.lines)
    assert [len(writer.lines) for writer in writers[:2]] == [12, 12]
    remembered = witness.remembered(verifier=key)
    assert remembered is not None
    assert remembered.size >= max(line[0] + line[1] for writer in writers for line in writer.lines)


def test_the_disk_as_it_is_at_any_moment_is_a_good_ledger(
    path: Path, ledger: Ledger, start: Any, key: Any, envelope: Any, tmp_path: Path
) -> None:
    """Stop the writer anywhere and copy what is on the disk: the copy opens, and holds all that was acknowledged."""
    ledger.close()
    chance, writer = random.Random(2), start("writer")
    writer.read()
    for turn in range(12):
        time.sleep(chance.uniform(0, 0.01))
        writer.process.send_signal(signal.SIGSTOP)
        os.waitpid(writer.process.pid, os.WUNTRACED)
        image = tmp_path / f"image-{turn}"
        image.mkdir()
        for file in (path, path.with_name(f"{path.name}-journal")):
            if file.exists():
                shutil.copy(file, image)
        writer.process.send_signal(signal.SIGCONT)
        check_all(image / path.name, [writer], None, key, envelope)
        writer.read()


def test_a_full_disk_harms_nothing(
    path: Path, ledger: Ledger, start: Any, witness: Witness, key: Any, envelope: Any
) -> None:
    """When the file cannot grow the append fails, says so and is taken back whole; with room again it goes on."""
    limit = path.stat().st_size + 40_000
    ledger.close()
    writer = start("writer", ENDLESS, "--limit", str(limit))
    writer.rest()
    name, message = writer.lines.pop()
    assert name == "StoreError"
    assert "the disk is full; nothing was recorded" in message
    assert "Make room" in message
    acknowledged = sum(line[1] for line in writer.lines)
    assert acknowledged > 0
    assert check_all(path, [writer], witness, key, envelope) == acknowledged
    again = start("again", 3)
    again.rest()
    assert check_all(path, [writer, again], witness, key, envelope) == acknowledged + 6


def test_a_read_only_ledger_can_be_read(tmp_path: Path, filled: Ledger, key: Any) -> None:
    """Who may not write may still verify; who tries to write is told. Run as nobody when the tests run as root."""
    filled.close()
    script = (
        "import os, sys, pathlib, urllib.parse\n"  # all that is needed, before the interpreter's folder is out of reach
        "from assay.core.errors import StoreError\n"
        "from assay.store.ledger import Ledger\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "os.chdir(folder)\n"
        "if os.geteuid() == 0: os.setgroups([]), os.setgid(65534), os.setuid(65534)\n"
        "with Ledger.open(pathlib.Path('ledger.db')) as ledger: print(ledger.size, len(list(ledger.entries())))\n"
        "try: Ledger.open(pathlib.Path('ledger.db'), writable=True)\n"
        "except StoreError as error: print(error)\n"
        "try: Ledger.create(pathlib.Path('new.db'), origin='new')\n"
        "except StoreError as error: print(error)\n"
    )
    folder = tmp_path / "theirs"
    folder.mkdir()
    shutil.copy(filled.path, folder)
    (folder / "ledger.db").chmod(0o444)
    folder.chmod(0o555)
    modes = {parent: parent.stat().st_mode & 0o7777 for parent in folder.parents}
    closed = [parent for parent, mode in modes.items() if not mode & 0o001]  # pytest keeps its folders to the user
    try:
        for parent in closed:
            parent.chmod(modes[parent] | 0o001)
        run = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=False)
    finally:
        for parent in closed:
            parent.chmod(modes[parent])
        folder.chmod(0o755)
    lines = run.stdout.splitlines()
    assert lines[0] == "11 11", run.stderr
    assert "read-only" in lines[1]
    assert "permissions" in lines[2]


def test_a_reader_finishes_what_a_crash_left(
    path: Path, filled: Ledger, key: Any, envelope: Callable[..., bytes], tmp_path: Path
) -> None:
    """A journal that a crash left beside the file is played back by the first to open it, even only to read."""
    image = tmp_path / "image"

    class Crashes:
        def sign_note(self, text: str) -> str:
            image.mkdir()
            signed: str = key.sign_note(text)
            return signed

    def at_statement(statement: str) -> None:
        if image.is_dir() and statement.startswith("INSERT INTO checkpoints"):
            for file in (path, path.with_name(f"{path.name}-journal")):
                shutil.copy(file, image)

    connection = filled._connection
    connection.execute("PRAGMA cache_size = 1")  # every page goes to the file at once, before the commit
    connection.set_trace_callback(at_statement)
    batch = [envelope("lost", number) for number in range(60)]
    filled.append(batch, signer=Crashes(), verifier=key)
    connection.set_trace_callback(None)
    copy = image / path.name
    assert copy.stat().st_size > 12 * 4096, "the unfinished append is in the file"
    assert copy.with_name(f"{copy.name}-journal").stat().st_size > 0
    with Ledger.open(copy) as ledger:
        assert ledger.size == 11
        assert audit(ledger, verifier=key).clean
    with pytest.raises(StoreError, match="there is no entry 11"), Ledger.open(copy) as ledger:
        ledger.entry(11)
