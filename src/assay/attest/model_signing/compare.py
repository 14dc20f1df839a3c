"""What was signed against what lies there: every difference, and everything that the signature says nothing about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from assay.attest.model_signing.statement import SINGLE, Model, Piece
from assay.core.finding import Confidence, Finding, Location, Severity

#: The pieces of one file.
Pieces: TypeAlias = frozenset[tuple[int | None, int | None, str]]
#: Supply chain compromise of a model; publishing of a poisoned one.
THREATS: Final = ("AML.T0010.003", "ML06:2023")


def finding(rule: str, severity: Severity, path: str, message: str, remedy: str) -> Finding:
    """A finding about a signature; what it says was measured, so it is certain."""
    return Finding(rule, severity, Confidence.HIGH, path, Location(), message, remedy, THREATS)


def compare_folder(model: Model, found: Mapping[str, Pieces], *, allow_unsigned: bool) -> Iterator[Finding]:
    """How a folder differs from what was signed.

    :param found: every file that lies there and was not left out
    :param allow_unsigned: whether files that were not signed may lie there; they are told all the same
    """
    expected = _by_path(model.pieces)
    for path in sorted(expected.keys() - found.keys()):
        yield finding("signature-missing-file", Severity.CRITICAL, path, "the file was signed and is not there", _GET)
    for path in sorted(expected.keys() & found.keys()):
        if expected[path] != found[path]:
            yield finding("signature-altered-file", Severity.CRITICAL, path, "these are not the bytes signed", _GET)
    for path in sorted(found.keys() - expected.keys()):
        severity = Severity.LOW if allow_unsigned else Severity.HIGH
        remedy = "Remove it, or have the whole folder signed."
        yield finding("signature-unsigned-file", severity, path, "nobody signed this file", remedy)


def compare_file(model: Model, name: str, found: Pieces) -> Iterator[Finding]:
    """How a single file differs from what was signed; it may lie under another name than the signer's."""
    expected = _by_path(model.pieces)
    if len(expected) != 1:
        message = f"{len(expected)} files were signed together, and this is a single one"
        yield finding("signature-missing-file", Severity.CRITICAL, name, message, "Verify the whole folder.")
        return
    ((path, pieces),) = expected.items()
    if pieces != found:
        yield finding("signature-altered-file", Severity.CRITICAL, name, "these are not the bytes signed", _GET)
    elif path not in (SINGLE, name):
        message = f"it was signed as {path!a}"
        yield finding("signature-name-mismatch", Severity.LOW, name, message, _NAME)


def compare_name(model: Model, name: str, wanted: str | None) -> Iterator[Finding]:
    """Whether the model is the one that was meant: an old or another model's signature is as good as any.

    :param name: of the folder or file
    :param wanted: the name that it must have been signed under; ``None`` where none was demanded
    """
    if wanted is not None and model.name != wanted:
        message = f"it was signed as {model.name!a}, and {wanted!a} was demanded"
        yield finding("signature-name-mismatch", Severity.HIGH, name, message, "This is another model.")
    elif wanted is None and model.name != name:
        message = f"it was signed as {model.name!a} and lies here as {name!a}"
        yield finding("signature-name-mismatch", Severity.LOW, name, message, _NAME)


def _by_path(pieces: Iterable[Piece]) -> dict[str, Pieces]:
    gathered: defaultdict[str, set[tuple[int | None, int | None, str]]] = defaultdict(set)
    for piece in pieces:
        gathered[piece.path].add((piece.start, piece.end, piece.digest))
    return {path: frozenset(found) for path, found in gathered.items()}


_GET: Final = "Use nothing of it; get the model again from whoever signed it."
_NAME: Final = "Make sure that this is the model you mean; --name demands one."
