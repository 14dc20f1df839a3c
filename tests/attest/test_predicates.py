"""What is stated reads back, and reads for others: the reference libraries validate every predicate."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.json_format import Parse

from assay.attest.predicates.evaluation import evaluation_statement, parse_evaluation
from assay.attest.predicates.event import event_statement
from assay.attest.predicates.provenance import (
    Distribution,
    Repository,
    StageRun,
    parse_build,
    parse_files,
    parse_recipe,
    provenance_statement,
)
from assay.attest.predicates.summary import parse_approval, summary_statement
from assay.attest.predicates.times import statement_time
from assay.core import jsontext
from assay.core.artifact import Artifact
from assay.core.digest import GIT_COMMIT, SHA256, Digest
from assay.core.errors import StatementError
from assay.core.evidence import Material, MaterialKind, Source
from assay.core.manifest import Entry, Manifest
from assay.core.statement import Statement, Subject
from assay.core.threshold import parse_threshold

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
ONE, TWO = Digest(SHA256, "1" * 64), Digest(SHA256, "2" * 64)
MANIFEST = Manifest((Entry("a.txt", 1, ONE), Entry("b/c.txt", 2, TWO)))
RUN = StageRun(
    stage="train",
    phase="training",
    command=("python", "train.py"),
    parameters={"seed": 7, "rate": 0.5, "deep": True, "name": "x"},
    seeds=("seed",),
    variables={"OMP_NUM_THREADS": "1"},
    outputs=(Artifact("model", MANIFEST.digest, 3, MANIFEST), Artifact("m.json", ONE, 1)),
    materials=(
        Material("data/raw", MANIFEST.digest, MaterialKind.DATA),
        Material("data/clean.csv", TWO, MaterialKind.PRODUCT),
        Material("train.py", ONE, MaterialKind.CODE),
        Material("lock", TWO, MaterialKind.LOCK),
    ),
    files={"data/raw": {"a.txt": ONE, "b/c.txt": TWO}},
    repository=Repository(Digest(GIT_COMMIT, "c" * 40), "d" * 40, True, "https://example.org/x.git"),
    distributions=(Distribution("numpy", "2.0", ONE), Distribution("bare", "1", None)),
    environment=TWO,
    machine={"python": "3.13", "lock": "as locked"},
    isolation=("network", "filesystem"),
    backend="bubblewrap",
    builder="ada",
    version="0.1.0",
    invocation="0" * 32,
    started=NOW,
    finished=NOW + timedelta(seconds=5),
    exit_status=0,
    output=ONE,
    metrics={"auc": 0.9},
)


def again(statement: Statement) -> Statement:
    from assay.core.statement import parse_statement

    return parse_statement(statement.render())


def test_provenance_reads_back_as_the_build_it_states() -> None:
    """Every fact the gate relies on survives being written, signed bytes and read."""
    build = parse_build(again(provenance_statement(RUN)), entry=4, signer="ada")
    assert (build.entry, build.stage, build.signer) == (4, "train", "ada")
    assert build.outputs == (Subject("model", MANIFEST.digest), Subject("m.json", ONE))
    assert build.made("model/b/c.txt") == Subject("model/b/c.txt", TWO)
    assert build.materials == RUN.materials
    assert build.source == Source(Digest(GIT_COMMIT, "c" * 40), True)
    assert build.isolation == RUN.isolation
    assert (build.started, build.finished) == (RUN.started, RUN.finished)
    assert build.metrics == {"auc": 0.9}


def test_the_recipe_reads_back() -> None:
    """What reproducing needs."""
    statement = again(provenance_statement(RUN))
    recipe = parse_recipe(statement)
    assert (recipe.command, dict(recipe.parameters), recipe.seeds) == (RUN.command, dict(RUN.parameters), RUN.seeds)
    assert recipe.isolated
    assert recipe.variables == RUN.variables
    assert recipe.environment == TWO
    assert recipe.distributions == {"numpy": "2.0", "bare": "1"}
    assert recipe.machine == RUN.machine
    assert parse_files(statement) == {"data/raw": {"a.txt": ONE, "b/c.txt": TWO}}


def test_the_reference_bindings_read_each_predicate() -> None:
    """in-toto's types for SLSA Provenance v1, VSA v1 and Test Result v0.1: no field is unknown, none of another type.

    Only the extension fields of the test result are outside its schema, as its parsing rules allow.
    """
    from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
    from in_toto_attestation.predicates.test_result.v0.test_result_pb2 import TestResult
    from in_toto_attestation.predicates.vsa.v1.vsa_pb2 import VerificationSummary

    provenance = Parse(jsontext.dumps(dict(provenance_statement(RUN).predicate)), Provenance())
    assert provenance.build_definition.build_type == "tag:assay,2026:stage/v1"
    assert provenance.run_details.metadata.finished_on.ToDatetime(UTC) == RUN.finished
    assert len(provenance.build_definition.resolved_dependencies) == 7
    levels = summary().predicate["verifiedLevels"]
    assert levels == ["SLSA_BUILD_LEVEL_1"]  # a list, as SLSA has it; the bindings (0.9.3) declare one text by mistake
    shown = {key: value for key, value in summary().predicate.items() if key != "verifiedLevels"}
    passed = Parse(
        jsontext.dumps(shown), VerificationSummary(), ignore_unknown_fields=True
    )  # verifier.version is v1.1's
    assert passed.verification_result == "PASSED"
    predicate = {key: value for key, value in evaluation({"auc": 0.9}).predicate.items() if "assay_" not in key}
    result = Parse(jsontext.dumps(predicate), TestResult())
    assert list(result.passed_tests) == ["auc >= 0.8"]


def evaluation(metrics: dict[str, float]) -> Statement:
    return evaluation_statement(
        stage="evaluate",
        subject=Subject("model", MANIFEST.digest),
        configuration=[Material("test.csv", ONE, MaterialKind.DATA)],
        metrics=metrics,
        demands=[parse_threshold("auc >= 0.8")],
        finished=NOW,
    )


def summary() -> Statement:
    return summary_statement(
        subject=Subject("model", MANIFEST.digest),
        resource="tag:assay,2026:x/model",
        policy="production",
        policy_digest=ONE,
        evidence=[("tag:assay,2026:x#1", TWO)],
        verifier="ada",
        version="0.1.0",
        time=NOW,
    )


@pytest.mark.parametrize(
    ("metrics", "result"),
    [({"auc": 0.8}, "PASSED"), ({"auc": 0.79}, "FAILED"), ({"other": 1.0}, "FAILED"), ({}, "FAILED")],
)
def test_an_evaluation_passes_only_if_every_demand_was_measured_and_holds(
    metrics: dict[str, float], result: str
) -> None:
    """A metric that is not there fails its demand."""
    parsed = parse_evaluation(again(evaluation(metrics)), entry=1, signer="ada")
    assert parsed.result == result
    assert parsed.metrics == metrics
    assert bool(parsed.failed) == (result == "FAILED")


def test_a_result_that_contradicts_itself_is_refused() -> None:
    """PASSED with failed tests in it."""
    statement = evaluation({"auc": 0.1})
    lying = replace(statement, predicate={**statement.predicate, "result": "PASSED"})
    with pytest.raises(StatementError, match="lists failed"):
        parse_evaluation(lying, entry=1, signer="ada")


def test_only_a_summary_that_passed_is_an_approval() -> None:
    """FAILED summaries approve nothing."""
    approval = parse_approval(again(summary()), entry=3, signer="ada")
    assert approval is not None
    assert (approval.subject, approval.policy, approval.time) == (Subject("model", MANIFEST.digest), ONE, NOW)
    failed = replace(summary(), predicate={**summary().predicate, "verificationResult": "FAILED"})
    assert parse_approval(failed, entry=3, signer="ada") is None


def test_every_statement_of_ours_tells_its_time() -> None:
    """The ledger's clock check reads it, whatever the predicate."""
    event = event_statement(action="x", stage="", subjects=[Subject("a", ONE)], time=NOW, details={})
    assert statement_time(again(event)) == statement_time(again(summary())) == statement_time(evaluation({})) == NOW
    assert statement_time(again(provenance_statement(RUN))) == RUN.finished
    assert statement_time(Statement((Subject("a", ONE),), "https://example.org/other", {})) is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("buildDefinition", "buildType"), "https://example.org/other"),
        (("buildDefinition", "externalParameters", "stage"), 5),
        (("buildDefinition", "externalParameters", "outputs"), ["elsewhere"]),
        (("buildDefinition", "externalParameters", "outputs"), []),
        (("buildDefinition", "resolvedDependencies"), {}),
        (("buildDefinition", "resolvedDependencies"), [{"name": "x", "annotations": {"kind": "data"}}]),
        (("runDetails", "metadata", "startedOn"), "yesterday"),
        (("runDetails", "metadata", "startedOn"), "2026-01-01T00:00:00"),
        (("runDetails", "byproducts"), [{"name": "metrics", "annotations": {"auc": "high"}}]),
        (("runDetails",), None),
    ],
)
def test_provenance_that_is_not_as_it_should_be_is_refused(path: tuple[str, ...], value: jsontext.Json) -> None:
    """A trusted key signed it, and still: what cannot be read does not count."""
    statement = again(provenance_statement(RUN))
    *parents, last = path
    place = dict(statement.predicate)
    top = place
    for name in parents:
        inner = place[name]
        assert isinstance(inner, dict)
        place[name] = inner = dict(inner)
        place = inner
    place[last] = value
    with pytest.raises(StatementError):
        parse_build(replace(statement, predicate=top), entry=0, signer="ada")
