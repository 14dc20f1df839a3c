"""Walking back: what explains a product was there before it was used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from assay.core.digest import SHA256, Digest
from assay.core.evidence import Build, Material, MaterialKind
from assay.core.statement import Subject
from assay.pipeline.evidence import walk

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DATA, MODEL = Digest(SHA256, "1" * 64), Digest(SHA256, "2" * 64)


def build(entry: int, stage: str, output: Subject, *materials: Material) -> Build:
    return Build(entry, stage, "ada", (output,), (output,), materials, None, (), NOW, NOW)


class Known:
    """Builds in memory, found as the ledger finds them: newest first."""

    def __init__(self, *builds: Build) -> None:
        self._builds = sorted(builds, key=lambda item: -item.entry)

    def builds(self, *, name: str | None = None, digest: Digest | None = None) -> Iterator[Build]:
        return (
            item for item in self._builds if any((made.name, made.digest) == (name, digest) for made in item.subjects)
        )


COLLECT = Subject("data", DATA)
TRAIN = build(5, "train", Subject("model", MODEL), Material("data", DATA, MaterialKind.PRODUCT))


def test_the_newest_producer_before_the_consumer_explains_it() -> None:
    """The same bytes were made three times; what came after the consumer explains nothing."""
    before, early, after = build(3, "collect", COLLECT), build(1, "collect", COLLECT), build(8, "collect", COLLECT)
    chain, unexplained = walk(Known(before, early, after, TRAIN), TRAIN)
    assert (chain, unexplained) == ((TRAIN, before), ())


def test_what_was_made_only_later_explains_nothing() -> None:
    """Provenance that is supplied afterwards is no provenance."""
    chain, unexplained = walk(Known(build(8, "collect", COLLECT), TRAIN), TRAIN)
    assert chain == (TRAIN,)
    assert unexplained == ((TRAIN, TRAIN.materials[0]),)


def test_other_bytes_of_the_same_name_explain_nothing() -> None:
    """Nor do the same bytes under another name."""
    others = (build(1, "collect", Subject("data", MODEL)), build(2, "collect", Subject("other", DATA)))
    assert walk(Known(*others, TRAIN), TRAIN)[1] == ((TRAIN, TRAIN.materials[0]),)


def test_a_stage_that_two_others_rest_on_stands_there_once() -> None:
    """Consumers before producers, and the walk ends."""
    collect = build(1, "collect", COLLECT)
    report = Subject("report", MODEL)
    evaluate = build(6, "evaluate", report, Material("data", DATA, MaterialKind.PRODUCT))
    package = build(
        7,
        "package",
        Subject("package", MODEL),
        Material("model", MODEL, MaterialKind.PRODUCT),
        Material("report", MODEL, MaterialKind.PRODUCT),
    )
    chain, unexplained = walk(Known(collect, TRAIN, evaluate, package), package)
    assert [item.entry for item in chain] == [7, 6, 5, 1]
    assert not unexplained
