"""Reading a policy: strict, bounded, and every refusal says where and what to do."""

from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.errors import PolicyError
from assay.gate import DEFAULT_POLICY, parse_policy
from assay.gate.policy import MAX_BYTES, MAX_DEPTH
from assay.gate.requirements import REQUIREMENTS
from assay.gate.tree import AnyOf, Demand

HEAD = 'version = 1\nname = "test"\n'


def refused(text: str | bytes) -> PolicyError:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(PolicyError) as caught:
        parse_policy(data, where="policy.toml")
    assert caught.value.remedy
    assert caught.value.where.startswith("policy.toml")
    return caught.value


def test_a_policy_is_named_and_has_the_digest_of_its_text() -> None:
    """The digest is what an approval refers to; one changed comment is another policy."""
    text = f"{HEAD}[require]\nnewest = true # today\n".encode()
    policy = parse_policy(text, where="policy.toml")
    assert policy.name == "test"
    assert policy.digest.value == hashlib.sha256(text).hexdigest()


def test_requirements_keep_the_order_of_the_file() -> None:
    """Reasons are listed in the order in which the author wrote the demands."""
    policy = parse_policy(
        f'{HEAD}[require]\nnewest = true\nsigned_by = ["a"]\nany = [{{newest = true}}]'.encode(), where="p"
    )
    first, second, third = policy.requirement.nodes
    assert isinstance(first, Demand) and first.requirement.name == "newest"
    assert isinstance(second, Demand) and second.value == ("a",)
    assert isinstance(third, AnyOf)


def test_the_default_policy_is_shipped_and_demands_something() -> None:
    """It is read from the package like any other policy."""
    assert len(DEFAULT_POLICY.requirement.nodes) >= 7


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("", "policy.toml: version", "version = 1"),
        ('version = 2\nname = "x"\n[require]\nnewest = true', "policy.toml: version", "not known"),
        ('version = true\nname = "x"\n[require]\nnewest = true', "policy.toml: version", "not known"),
        ('version = 1.0\nname = "x"\n[require]\nnewest = true', "policy.toml: version", "not known"),
        ("version = 1\n[require]\nnewest = true", "policy.toml", "no name"),
        ('version = 1\nname = ""\n[require]\nnewest = true', "policy.toml: name", "usable"),
        ("version = 1\nname = 3\n[require]\nnewest = true", "policy.toml: name", "text, not a whole number"),
        ('version = 1\nname = "a\\u001b[2J"\n[require]\nnewest = true', "policy.toml: name", "\\x1b[2J"),
        (HEAD, "policy.toml", "demands nothing"),
        (f"{HEAD}require = 3", "policy.toml: require", "a table, not a whole number"),
        (f"{HEAD}[require]", "policy.toml: require", "demands nothing"),
        (f"{HEAD}[requires]\nnewest = true", "policy.toml", "requires"),
        (f"{HEAD}newest = true\n[require]\nnewest = true", "policy.toml", "newest"),
        (f"{HEAD}[require]\nnewest = false", "policy.toml: require.newest", "not false"),
        (f"{HEAD}[require]\nnewest = 1", "policy.toml: require.newest", "a whole number"),
        (f"{HEAD}[require]\nsigned_by = []", "policy.toml: require.signed_by", "empty"),
        (f'{HEAD}[require]\nsigned_by = "a"', "policy.toml: require.signed_by", "a list, not text"),
        (f"{HEAD}[require]\nsigned_by = [1]", "policy.toml: require.signed_by[0]", "text"),
        (f'{HEAD}[require]\nsigned_by = [""]', "policy.toml: require.signed_by[0]", "nameless"),
        (f'{HEAD}[require]\nsigned_by = ["a", "a"]', "policy.toml: require.signed_by[1]", "twice"),
        (f"{HEAD}[require]\nsigned_by = false", "policy.toml: require.signed_by", "not false"),
        (f'{HEAD}[require]\nprovenance = "partial"', "policy.toml: require.provenance", "partial"),
        (f'{HEAD}[require]\nstages = "all"', "policy.toml: require.stages", "all"),
        (f'{HEAD}[require]\nevaluation = "roc_auc >= 0.8"', "policy.toml: require.evaluation", "roc_auc"),
        (f'{HEAD}[require]\nevaluation = ["good"]', "policy.toml: require.evaluation[0]", "good"),
        (f'{HEAD}[require]\nevaluation = ["a >= 1.2.3"]', "policy.toml: require.evaluation[0]", "1.2.3"),
        (f'{HEAD}[require]\nevaluation = ["a >= 1e999"]', "policy.toml: require.evaluation[0]", "finite"),
        (f'{HEAD}[require]\nevaluation = ["a>=1", "a >= 1.0"]', "policy.toml: require.evaluation[1]", "twice"),
        (f"{HEAD}[require]\nmax_age_days = true", "policy.toml: require.max_age_days", "true or false"),
        (f"{HEAD}[require]\nmax_age_days = 0", "policy.toml: require.max_age_days", "cannot be used"),
        (f"{HEAD}[require]\nmax_age_days = -1", "policy.toml: require.max_age_days", "cannot be used"),
        (f"{HEAD}[require]\nmax_age_days = nan", "policy.toml: require.max_age_days", "cannot be used"),
        (f"{HEAD}[require]\nmax_age_days = inf", "policy.toml: require.max_age_days", "cannot be used"),
        (f"{HEAD}[require]\nmax_age_days = 99999999", "policy.toml: require.max_age_days", "cannot be used"),
        (f'{HEAD}[require]\nmax_age_days = "30"', "policy.toml: require.max_age_days", "text"),
        (f"{HEAD}[require]\nmax_age_days = 2026-01-01", "policy.toml: require.max_age_days", "a date"),
        (f'{HEAD}[require]\nintact = "none"', "policy.toml: require.intact", "none"),
        (f"{HEAD}[require]\ncode = true", "policy.toml: require.code", "true or false"),
        (f"{HEAD}[require]\nany = []", "policy.toml: require.any", "empty"),
        (f"{HEAD}[require]\nany = [{{}}]", "policy.toml: require.any[0]", "demands nothing"),
        (f"{HEAD}[require]\nany = {{ newest = true }}", "policy.toml: require.any", "a list, not a table"),
        (f"{HEAD}[require]\nall = [3]", "policy.toml: require.all[0]", "a table"),
        (f"{HEAD}[require]\nnot = {{}}", "policy.toml: require.not", "demands nothing"),
        (f"{HEAD}[require]\nnot = [{{ newest = true }}]", "policy.toml: require.not", "a table, not a list"),
        (
            f"{HEAD}[require]\nany = [{{ newest = true }}, {{ not = {{ max_age_days = false }} }}]",
            "policy.toml: require.any[1].not.max_age_days",
            "true or false",
        ),
        (f"{HEAD}[require]\nnewest = true\nnewest = true", "policy.toml", "line 5"),
        (f"{HEAD}[require]\nnewest = maybe", "policy.toml", "line 4"),
        (f"{HEAD}[require]\nmax_age_days = {'9' * 900}", "policy.toml: require.max_age_days", "cannot be used"),
        (f"{HEAD}[require]\nmax_age_days = 0x{'f' * 900}", "policy.toml: require.max_age_days", "cannot be used"),
        (f"{HEAD}[require]\nmax_age_days = {'9' * 5000}", "policy.toml", "line 4"),
        ("\ufeff" + HEAD, "policy.toml", "line 1"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text: str, where: str, says: str) -> None:
    """A demand that is passed over would be a demand that is not made."""
    error = refused(text)
    assert error.where == where
    assert says in str(error)


@pytest.mark.parametrize(
    ("key", "nearest"), [("max_age_day", "max_age_days"), ("signedby", "signed_by"), ("evaluations", "evaluation")]
)
def test_an_unknown_key_suggests_the_nearest(key: str, nearest: str) -> None:
    """A typing error is told as one, wherever it stands."""
    assert f"Did you mean {nearest}?" in str(refused(f"{HEAD}[require]\n{key} = 1"))
    error = refused(f"{HEAD}[require]\nany = [{{ {key} = 1 }}]")
    assert error.where == "policy.toml: require.any[0]"
    assert nearest in error.remedy


def test_an_unknown_key_is_shown_without_its_control_characters() -> None:
    """A policy from somewhere else must not write to the reader's terminal."""
    error = refused(f'{HEAD}[require]\n"\\u001b[31mred\\n" = 1')
    assert str(error).isprintable()
    assert "\\x1b[31mred" in str(error)


def test_text_that_is_not_utf8_is_refused() -> None:
    """Two readers must not read two policies."""
    assert "UTF-8" in str(refused(HEAD.encode() + b"\xff"))


def test_a_policy_that_is_too_large_is_refused_unread() -> None:
    """Bounded before it is parsed."""
    assert "larger" in str(refused(b"#" * (MAX_BYTES + 1)))


@pytest.mark.parametrize("nested", ["[\n" * 30_000, "[" * 900, "{a=" * 300])
def test_toml_that_is_nested_too_deeply_is_refused(nested: str) -> None:
    """A reader that recurses must not take the process down."""
    refused(f"{HEAD}x = {nested}")


def test_connectives_nest_to_a_bounded_depth() -> None:
    """Deep enough for people, bounded for the rest."""

    def nested(depth: int) -> bytes:
        inner = "newest = true"
        for _ in range(depth):
            inner = f"not = {{ {inner} }}"
        return f"{HEAD}[require]\n{inner}".encode()

    assert parse_policy(nested(MAX_DEPTH), where="p").requirement.nodes
    assert "deep" in str(refused(nested(MAX_DEPTH + 1)))


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "[require]\nsigned_by = [\n" + "".join(f"'{n}',\n" for n in range(7_000)) + "]",
        HEAD + "[require]\nany = [\n" + "{},\n" * 15_000 + "]",
        HEAD + "[require]\n" + "k" * 60_000 + " = 1",
        HEAD + "a." * 30_000 + "a = 1",
        HEAD + "".join("a." * 490 + f"b{n} = 1\n" for n in range(64)),
        HEAD + "[" + "a." * 490 + "a]\n" + "".join(f"b{n} = 1\n" for n in range(6_000)),
        HEAD + "[require]\nevaluation = ['" + "a" * 900 + "']",
        HEAD + "[require]\n" + "k" * 900 + " = 1",
    ],
    ids=["names", "tables", "long key", "dotted", "many dotted", "header", "threshold", "key"],
)
def test_no_policy_within_the_size_limit_keeps_the_reader_busy(text: str) -> None:
    """Work that grows with the square of the input is bounded by something smaller than the file."""
    assert len(text) < MAX_BYTES
    began = time.process_time()
    error = refused(text)
    assert time.process_time() - began < 2
    assert len(str(error)) < 2_000


_scalars = st.one_of(
    st.booleans().map(lambda value: "true" if value else "false"),
    st.integers().map(str),
    st.floats().map(lambda value: repr(value) if "e" not in repr(value) else "1e5"),
    st.sampled_from(
        ['"complete"', '"declared"', '"passed"', '"present"', '"all"', '"unchanged"', '"a > 1"', "2026-01-01"]
    ),
)
_keys = st.sampled_from([*(requirement.name for requirement in REQUIREMENTS), "any", "all", "not", "other"])


def _inner(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    tables = st.dictionaries(_keys, values, max_size=3).map(
        lambda found: "{" + ", ".join(f"{key} = {value}" for key, value in found.items()) + "}"
    )
    return st.one_of(st.lists(values, max_size=3).map(lambda found: f"[{', '.join(found)}]"), tables)


@settings(deadline=None)
@given(st.dictionaries(_keys, st.recursive(_scalars, _inner, max_leaves=8), max_size=4), st.sampled_from(["", HEAD]))
def test_any_toml_gives_a_policy_that_demands_something_or_an_error(found: dict[str, str], head: str) -> None:
    """There is no third way out, and never an empty policy."""
    body = "\n".join(f"{key} = {value}" for key, value in found.items())
    _reads_or_refuses(f"{head}[require]\n{body}".encode())


@given(st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_bytes_give_a_policy_that_demands_something_or_an_error(data: bytes) -> None:
    """Hostile input is the normal case."""
    _reads_or_refuses(data)


def _reads_or_refuses(data: bytes) -> None:
    try:
        policy = parse_policy(data, where="policy.toml")
    except PolicyError as error:
        assert error.remedy
        assert error.where
    else:
        assert policy.requirement.nodes
