"""What is signed about a model: one form out, every known form in, and nothing that contradicts itself."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.attest.model_signing.statement import PREDICATE_TYPE, read_model, read_payload, state
from assay.core.digest import SHA256, Digest
from assay.core.errors import StatementError
from assay.core.statement import Statement, Subject

ZERO, ONE = "0" * 64, "1" * 64


def root(*digests: str) -> Digest:
    return Digest(SHA256, hashlib.sha256(b"".join(map(bytes.fromhex, digests))).hexdigest())


def resource(name: str, digest: str = ZERO, algorithm: str = "sha256") -> dict[str, Any]:
    return {"name": name, "digest": digest, "algorithm": algorithm}


def statement(*resources: dict[str, Any], subject: Digest | None = None, **serialization: Any) -> Statement:
    whole = {"method": "files", "hash_type": "sha256", "allow_symlinks": False, **serialization}
    digest = subject or root(*(item["digest"] for item in resources))
    return Statement((Subject("m", digest),), PREDICATE_TYPE, {"resources": [*resources], "serialization": whole})


@given(st.dictionaries(st.text("ab/-.é\U0001f600", min_size=1), st.binary(max_size=3), min_size=1))
def test_what_is_stated_can_be_read_and_has_one_form(contents: dict[str, bytes]) -> None:
    """Files in code-point order, whatever order they came in; the same model gives the same bytes."""
    files = {f"x{path}x".replace("/", "_"): Digest(SHA256, hashlib.sha256(data).hexdigest())
             for path, data in contents.items()}  # fmt: skip
    payload = state("m", files, [".git"]).render()
    assert payload == state("m", dict(reversed(files.items())), [".git"]).render()
    model = read_payload(payload)
    assert [piece.path for piece in model.pieces] == sorted(files)
    assert (model.ignored, model.hash_type, model.shard_size) == ((".git",), "sha256", None)


def test_the_root_is_over_the_listed_order() -> None:
    """model-signing sorts by path parts: a verifier that sorts again would refuse its signatures."""
    model = read_model(statement(resource("a/b"), resource("a-1", ONE)))
    assert [piece.path for piece in model.pieces] == ["a/b", "a-1"]


def test_shards_as_model_signing_writes_them() -> None:
    """A float for a size, the size in the algorithm's name, and a colon in a file's name."""
    shards = (resource("a:b:0:4", ZERO, "sha256-sharded-4"), resource("a:b:4:6", ONE, "sha256"))
    model = read_model(statement(*shards, method="shards", shard_size=4.0))
    assert [(piece.path, piece.start, piece.end) for piece in model.pieces] == [("a:b", 0, 4), ("a:b", 4, 6)]


@pytest.mark.parametrize("ignored", ["/etc", "../x", "a/../../b", "."])
def test_a_path_that_cannot_be_met_in_the_folder_is_not_left_out(ignored: str) -> None:
    """model-signing writes absolute paths, too; they mean nothing here."""
    assert read_model(statement(resource("a"), ignore_paths=[ignored, "./b/"])).ignored == ("b",)


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (statement(), "covers no file"),
        (statement(resource("a"), subject=root(ONE)), "contradicts itself"),
        (statement(resource("a"), resource("a")), "lists a file twice"),
        *((statement(resource(name)), "no path inside") for name in ("../x", "/x", "a//b", "a/./b", "", "a/", "a\0")),
        (statement(resource("a", "0" * 62)), "64 lower-case"),
        (statement(resource("a", "A" * 64)), "64 lower-case"),
        (statement(resource("a", algorithm="md5")), "hashed with"),
        (statement(resource("a"), hash_type="md5"), "none of"),
        (statement(resource("a"), hash_type=["sha256"]), "none of"),
        (statement(resource("a"), method="guess"), "neither"),
        (statement(resource("a"), allow_symlinks="false"), "allow_symlinks"),
        (statement(resource("a"), ignore_paths="x"), "list of paths"),
        (statement(resource("a"), ignore_paths=[1]), "list of paths"),
        *((statement(resource("a:0:1"), method="shards", shard_size=size), "whole number")
          for size in (0, -1, 1.5, True, None, "4", 1e300)),
        (statement(resource("a"), method="shards", shard_size=4), "names no shard"),
        (statement(resource("../a:0:4"), method="shards", shard_size=4), "no path inside"),
        (statement(resource("a:2:4"), method="shards", shard_size=4), "not a shard"),
        (statement(resource("a:0:5"), method="shards", shard_size=4), "not a shard"),
    ],
)  # fmt: skip
def test_what_is_malformed_or_contradicts_itself_is_refused(made: Statement, what: str) -> None:
    """Even though somebody who is trusted signed it."""
    with pytest.raises(StatementError, match=what):
        read_model(made)


def test_another_predicate_is_no_model_signature() -> None:
    """A trusted signature over something else proves nothing about a model."""
    with pytest.raises(StatementError, match="is of type"):
        read_model(Statement((Subject("m", root(ZERO)),), "https://slsa.dev/provenance/v1", {}))


def test_an_empty_model_cannot_be_stated() -> None:
    """model-signing signs and verifies one."""
    with pytest.raises(StatementError, match="without files"):
        state("m", {}, [])
