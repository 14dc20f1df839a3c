"""Put a question to an interpreter that need not be ours, and hear a bounded answer."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from assay.core import jsontext
from assay.core.errors import StageError, StatementError
from assay.core.jsontext import Json
from assay.stage.process import Order, carry_out, quiet_environment

#: What the line of the answer begins with; warnings and the noise of start-up files have lines of their own.
MARK: Final = b"assay:"
#: Seconds that it may take; a cold start on a network disk takes a while.
TIME_LIMIT: Final = 120.0
#: Bytes that it may say; ten thousand distributions take about 2 MiB.
MAX_ANSWER: Final = 16 * 1024 * 1024


def ask(python: Path, *arguments: str) -> Json:
    """Run ``python`` with ``arguments`` and read the JSON that it writes after :data:`MARK` on one line.

    :raises StageError: it cannot be started, fails, says nothing of the kind, too much, or nothing in time
    """
    said = bytearray()

    def hear(piece: bytes) -> None:
        said.extend(piece)
        if len(said) > MAX_ANSWER:
            raise StageError(f"the interpreter's answer is larger than {MAX_ANSWER} bytes", where=str(python))

    order = Order("open", (str(python.absolute()), *arguments), quiet_environment(), "/")
    ended = carry_out(order, on_output=hear, timeout=TIME_LIMIT)
    if ended.failed:
        raise StageError("the interpreter cannot be started", where=str(python), remedy="Check the path.")
    lines = bytes(said).splitlines()
    answers = [line for line in lines if line.startswith(MARK)]
    if ended.status != 0 or not answers:
        reason = lines[-1][:500].decode(errors="replace") if lines else f"exit status {ended.status}"
        raise StageError(f"the interpreter could not tell of itself: {reason}", where=str(python))
    try:
        return jsontext.loads(answers[-1][len(MARK) :], what="the interpreter's answer")
    except StatementError as error:
        raise StageError(error.what, where=str(python)) from error
