"""Rules of the numbers themselves: each fires on one tensor and not on its twin."""

from __future__ import annotations

import struct

import numpy as np

from assay.core.comparison import Change, Kind
from assay.core.finding import Confidence, Severity
from assay.formats.budget import Budget
from assay.formats.source import Memory
from assay.formats.view import Tensor, View
from assay.scan.compare import Comparison
from assay.scan.rules import rules_for
from assay.scan.weights import Weights

PICKLE = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R."
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(40) + bytes(range(256))


def hits(view: View) -> list[tuple[str, Severity, Confidence]]:
    """Every hit of every rule on a view."""
    return [
        (
            rule.id,
            rule.severity if hit.severity is None else hit.severity,
            rule.confidence if hit.confidence is None else hit.confidence,
        )
        for rule in rules_for(view.kind)
        for hit in rule.check(view)
    ]


def weights(data: bytes, dtype: str = "float32") -> Weights:
    """One tensor, looked at."""
    view = Weights([Tensor("t", dtype, (1,), Memory(data), 0)], Budget())
    list(view.members())
    return view


def noise(count: int = 1 << 16) -> np.ndarray:
    """Numbers as trained weights have them."""
    return (np.random.default_rng(5).standard_normal(count) * 0.02).astype("<f4")


def test_a_payload_among_numbers_is_loud() -> None:
    """A program, and a pickle in the middle of floating-point numbers."""
    for payload in (ELF, PICKLE):
        data = bytearray(noise().tobytes())
        data[5000 : 5000 + len(payload)] = payload
        assert ("weights-embedded-payload", Severity.HIGH, Confidence.HIGH) in hits(weights(bytes(data)))
    assert hits(weights(noise().tobytes())) == []


def test_a_tensor_of_bytes_that_is_a_pickle_is_a_note() -> None:
    """What it does is judged by the rules of pickles; a program is loud there as well."""
    assert hits(weights(PICKLE, "uint8")) == [("weights-embedded-payload", Severity.LOW, Confidence.HIGH)]
    assert hits(weights(ELF, "uint8")) == [("weights-embedded-payload", Severity.HIGH, Confidence.HIGH)]


def test_what_hides_in_the_lowest_bits() -> None:
    """A whole program is loud, a suspicion is a note, noise is silent."""
    rows = noise().view(np.uint8).reshape(-1, 4).copy()
    rows[: len(ELF), 0] = np.frombuffer(ELF, np.uint8)
    assert hits(weights(rows.tobytes())) == [("weights-hidden-low-bits", Severity.HIGH, Confidence.MEDIUM)]
    rows = noise(1 << 18).view(np.uint8).reshape(-1, 4).copy()
    code = np.random.default_rng(3).integers(40, 160, 100_000, dtype=np.uint8)
    rows[100_000:200_000, 0] = np.where(np.arange(100_000) % 3, code, 0)
    assert hits(weights(rows.tobytes())) == [("weights-hidden-low-bits", Severity.LOW, Confidence.LOW)]


def test_values_that_are_no_numbers() -> None:
    """NaN is a note, infinities as in attention masks are mentioned; neither fails a scan."""
    values = noise()
    values[7] = np.inf
    assert hits(weights(values.tobytes())) == [("weights-not-a-number", Severity.INFO, Confidence.HIGH)]
    values[8] = np.nan
    assert hits(weights(values.tobytes())) == [("weights-not-a-number", Severity.LOW, Confidence.HIGH)]


def changed(name: str, rank: int | None = None, shape: tuple[int, ...] = (64, 64)) -> Change:
    """A tensor that differs from the base."""
    return Change(name, Kind.CHANGED, "float32", shape, 1.0, 0.01, 0.1, rank, 0.5)


def test_few_changes_among_many_tensors() -> None:
    """One of a hundred was edited; where all changed, or few there are, it was trained."""
    rule = ("weights-isolated-change", Severity.MEDIUM, Confidence.MEDIUM)
    assert rule in hits(Comparison([changed("a", 49)], same=99))
    assert hits(Comparison([changed(f"t{number}", 49) for number in range(100)], same=3)) == []
    assert hits(Comparison([changed("a", 49)], same=2)) == []
    assert hits(Comparison([], same=100)) == []


def test_changes_in_few_directions() -> None:
    """Of 64 possible ones, one is few and 49 are not."""
    changes = [changed(f"t{number}", 1 if number else 49) for number in range(2)]
    assert hits(Comparison(changes, same=0)) == [("weights-low-rank-change", Severity.INFO, Confidence.MEDIUM)]


def test_another_structure() -> None:
    """Added, removed and reshaped tensors are told one by one; changed ones are not among them."""
    kinds = (Kind.ADDED, Kind.REMOVED, Kind.RESHAPED)
    changes = [Change(kind.value, kind, "float32", (2, 2)) for kind in kinds]
    assert (
        hits(Comparison([*changes, changed("a", 49)], same=0))
        == [("weights-different-structure", Severity.LOW, Confidence.HIGH)] * 3
    )
