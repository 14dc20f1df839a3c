"""JSON, YAML, TOML and INI become one tree; what readers would differ about is noticed."""

from __future__ import annotations

import json
import time

import pytest

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository import json_document, yaml_document
from assay.formats.repository.document import Document
from assay.formats.source import Memory
from assay.formats.view import Fact, NotThisFormat


def document(readings, data, name) -> Document:
    """The one reading as a document."""
    found = [view for view in readings(data, name).values() if isinstance(view, Document)]
    assert len(found) == 1, list(readings(data, name))
    return found[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"a": {"b": ["c"]}}'),
        ("noname", '  {"a": {"b": ["c"]}}'),
        ("a.json", '\ufeff{"a": {"b": ["c"]}}'),
        ("a.json", '// said\n{"a": {"b": ["c",],}, /* x */ }'),
        ("a.yaml", "a:\n  b:\n  - c\n"),
        ("noname", "a:\n  b: [c]\n"),
        ("a.toml", '[a]\nb = ["c"]\n'),
        ("noname", '[a]\nb = ["c"]\n'),
    ],
)
def test_every_notation_gives_the_same_tree(readings, name, text):
    """Rules see one kind of tree, whatever it was written in and whatever the file is called."""
    views = [view for view in readings(text, name).values() if isinstance(view, Document) and view.notation != "ini"]
    assert [view.roots for view in views] == [[{"a": {"b": ["c"]}}]]


def test_ini_sections_are_mappings(readings):
    """Sections, keys, continued values and quotes."""
    view = document(readings, '[a]\nb = "c"\nd: e\n  f\n; g\n[h]\n', "setup.cfg")
    assert view.roots == [{"a": {"b": "c", "d": "e\nf"}, "h": {}}]


def test_lines_of_json_are_documents_of_their_own(readings):
    """JSON lines: each line counts."""
    assert document(readings, '{"a": 1}\n\n{"a": 2}\n', "x.jsonl").roots == [{"a": 1}, {"a": 2}]


def test_json_in_utf_16_is_read(readings):
    """Another encoding hides nothing."""
    assert document(readings, '{"a": 1}'.encode("utf-16"), "config.json").roots == [{"a": 1}]


def test_numbers_of_any_length_are_harmless(readings):
    """Neither NaN nor an integer of a million digits stops the reader or costs it time."""
    started = time.monotonic()
    view = document(readings, '{"a": NaN, "b": Infinity, "c": ' + "9" * 1_000_000 + "}", "config.json")
    assert view.roots[0]["c"] == float("inf")
    assert time.monotonic() - started < 5


def test_a_repeated_key_hides_nothing(readings):
    """What the first of two equal keys holds is looked at as well."""
    view = document(readings, '{"a": {"hidden": 1}, "b": 0, "a": {}}', "config.json")
    assert [(repeated.key, repeated.differs) for repeated in view.repeated] == [("a", True)]
    assert any("hidden" in mapping.entries for mapping in view.mappings)


def test_a_key_repeated_with_the_same_value_is_no_difference(readings):
    """Readers agree about it."""
    assert [repeated.differs for repeated in document(readings, '{"a": 1, "a": 1}', "a.json").repeated] == [False]


@pytest.mark.parametrize("text", ['{"a": ', "[1, 2", '{"a" 1}', "{]"])
def test_broken_json_is_told_under_its_own_name_only(text):
    """``config.json`` that cannot be read is "could not tell"; any other text with a bracket in front is no JSON."""
    with pytest.raises(FormatError, match="not valid JSON") as error:
        json_document.read(Memory(text.encode()), Budget(), "config.json")
    assert not isinstance(error.value, NotThisFormat)
    with pytest.raises(NotThisFormat):
        json_document.read(Memory(text.encode()), Budget(), "notes")


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 100_000, b"- " * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_depth_ends_in_an_error(data):
    """No nesting exhausts the stack."""
    for reader, name in ((json_document.read, "a.json"), (yaml_document.read, "a.yaml")):
        try:
            view = reader(Memory(data), Budget(), name)
        except FormatError:
            continue
        assert view.problems


def test_a_tree_that_would_not_fit_is_refused():
    """Millions of empty mappings are counted before they are made."""
    data = b"[" + b"{}," * 5_000_000 + b"{}]"
    with pytest.raises(FormatError, match="LIMIT tree"):
        json_document.read(Memory(data), Budget(), "a.json")


def test_a_large_vocabulary_is_quick(readings):
    """A tokenizer of tens of thousands of words and as many merges takes a second or two at most."""
    words = {f"word{number}": number for number in range(30_000)}
    merges = [[f"w{number}", f"x{number}"] for number in range(30_000)]
    data = json.dumps({"model": {"vocab": words, "merges": merges}})
    started = time.monotonic()
    view = document(readings, data, "tokenizer.json")
    assert len(view.mappings) == 3
    assert time.monotonic() - started < 5


def test_yaml_tags_are_noticed_and_nothing_is_made(readings):
    """A tag is a name and a line; what stands under it is an ordinary tree."""
    view = document(
        readings, 'a: 1\nx: !!python/object/apply:os.system ["true"]\ny: !!str 5\nz: !new:a.B {}\n', "a.yml"
    )
    assert [(tag.name, tag.line) for tag in view.tags] == [
        ("tag:yaml.org,2002:python/object/apply:os.system", 2),
        ("!new:a.B", 4),
    ]
    assert view.roots[0]["x"] == ["true"]


def test_yaml_under_another_name_is_read_for_its_tags(readings):
    """A tag that runs something is seen in a file that is named for something else."""
    assert "yaml" in readings("x: !!python/object/apply:os.system ['a']\n", "weights.bin")


def test_aliases_are_counted_and_never_written_out(readings):
    """A bomb of aliases costs what its text costs."""
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    started = time.monotonic()
    view = document(readings, "\n".join(lines), "a.yaml")
    assert view.expansion > 10**9
    assert len(view.mappings) == 1
    assert time.monotonic() - started < 2


def test_merge_keys_bring_their_entries(readings):
    """``<<`` cannot hide a key from the rules."""
    view = document(readings, "base: &b {_target_: os.system}\nmodel:\n  <<: *b\n  x: 1\n", "a.yaml")
    assert view.roots[0]["model"] == {"x": "1", "_target_": "os.system"}


def test_what_was_read_before_yaml_breaks_counts(readings):
    """The first document stands, the rest is a problem."""
    view = document(readings, "x: !!python/name:a.b ''\n---\nb: [\n", "a.yaml")
    assert view.tags
    assert view.problems


def test_documents_name_code_and_weights(readings):
    """Facts for rules that see the whole folder."""
    config = document(readings, '{"auto_map": {"AutoModel": "modeling_x.Model"}}', "config.json")
    index = document(readings, '{"weight_map": {"a": "x-1.safetensors", "b": "x-1.safetensors"}}', "i.json")
    assert list(config.facts()) == [Fact("code", "modeling_x.py")]
    assert list(index.facts()) == [
        Fact("weights", "x-1.safetensors"),
        Fact("index", '[null, {"x-1.safetensors": ["a", "b"]}]'),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"chat_template": "{{ x }}"}',
        '{"chat_template": [{"name": "default", "template": "{{ x }}"}]}',
        '{"chat_template": {"default": "{{ x }}"}}',
        '{"prompt_template": "{% if x %}{% endif %}"}',
    ],
)
def test_templates_inside_are_members(readings, text):
    """Whoever loads the file will render them; they are to be read as Jinja whatever they look like."""
    members = list(document(readings, text, "tokenizer_config.json").members())
    assert [member.expected for member in members] == [("jinja",)]


def test_lines_are_found(readings):
    """A finding can say where."""
    view = document(readings, '{\n "a": 1,\n "b": {"c": "os.system"}\n}', "a.json")
    assert view.line("os.system", "c") == 3
    assert view.line("nowhere") is None
