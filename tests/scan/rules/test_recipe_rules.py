"""Ollama's recipes and manifests, gin configurations: what makes each rule fire, and a twin that does not."""

# ruff: noqa: E501 - one case, one line

from __future__ import annotations

import json

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.repository import json_document, text
from assay.formats.repository.signatures import SIGNATURES
from assay.formats.signature import Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat
from assay.scan.inspector import Inspector
from assay.scan.rules import rules_for

HEX = "0123456789abcdef" * 4
MODELFILE = "FROM {}\nPARAMETER temperature 0.7\nSYSTEM You are kind.\n"


def worst(data: str, name: str) -> dict[str, Severity]:
    """Rule → its worst severity, for a text and a document of JSON."""
    source = Memory(data.encode())
    views = [text.read(source, Budget(), name)]
    if name.endswith(".json"):
        views.append(json_document.read(source, Budget(), name))
    found: dict[str, Severity] = {}
    for view in views:
        for rule in rules_for(view.kind):
            for hit in rule.check(view):
                severity = rule.severity if hit.severity is None else hit.severity
                found[rule.id] = max(found.get(rule.id, Severity.INFO), severity)
    return found


def manifest(digest: str) -> str:
    """A manifest with one layer of this digest."""
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": digest, "size": 1}
    return json.dumps({"schemaVersion": 2, "config": {**layer, "digest": f"sha256:{HEX}"}, "layers": [layer]})


FIRES = [
    # CVE-2024-37032
    ("oci-bad-digest", "manifest.json", manifest("../../../../../etc/ld.so.preload"), Severity.HIGH),
    ("oci-bad-digest", "manifest.json", manifest(f"sha256:../../{HEX}"), Severity.HIGH),
    ("oci-bad-digest", "x.json", json.dumps({"digest": "/etc/passwd"}), Severity.HIGH),
    ("oci-bad-digest", "x.json", json.dumps({"digest": "..\\..\\x"}), Severity.HIGH),
    ("oci-bad-digest", "manifest.json", manifest("sha256:1234"), Severity.MEDIUM),
    ("oci-bad-digest", "manifest.json", manifest("latest"), Severity.MEDIUM),
    ("oci-bad-digest", "manifest.json", manifest("own:1234"), Severity.LOW),
    ("modelfile-path-escape", "Modelfile", MODELFILE.format("llama3") + "ADAPTER ../../../etc/shadow\n", Severity.HIGH),
    ("modelfile-path-escape", "Modelfile", MODELFILE.format("llama3") + "adapter ../..\n", Severity.HIGH),
    ("modelfile-path-escape", "Modelfile", MODELFILE.format("/etc/passwd"), Severity.HIGH),
    ("modelfile-path-escape", "Modelfile", MODELFILE.format("~/.ssh/id_rsa"), Severity.HIGH),
    ("modelfile-path-escape", "Modelfile", "FROM /etc/passwd\nSYSTEM a\nRUN it\n", Severity.HIGH),
    ("modelfile-path-escape", "recipe.txt", MODELFILE.format("/proc/self/environ"), Severity.HIGH),
    ("modelfile-path-escape", "Modelfile", MODELFILE.format("../../other/model.gguf"), Severity.MEDIUM),
    ("modelfile-path-escape", "Modelfile", MODELFILE.format("/home/me/model.gguf"), Severity.LOW),
    ("modelfile-path-escape", "Modelfile", MODELFILE.format("../model.gguf"), Severity.LOW),
    ("modelfile-fetches-model", "Modelfile", MODELFILE.format("http://models.example/m.gguf"), Severity.HIGH),
    ("modelfile-fetches-model", "Modelfile", MODELFILE.format("https://192.0.2.1/m.gguf"), Severity.HIGH),
    ("modelfile-fetches-model", "Modelfile", MODELFILE.format("https://models.example/m.gguf"), Severity.MEDIUM),
    ("modelfile-fetches-model", "Modelfile", MODELFILE.format("https://huggingface.co/a/b"), Severity.LOW),
    ("modelfile-fetches-model", "Modelfile", MODELFILE.format("models.example/library/llama3"), Severity.LOW),
    ("gin-runs-code", "c.gin", "import os\ntrain.logger = @os.system()\nos.system.command = 'true'\n", Severity.CRITICAL),
    ("gin-runs-code", "c.gin", "from __gin__ import dynamic_registration\nimport os as o\na.b = @o.system\n", Severity.CRITICAL),
    ("gin-runs-code", "c.gin", "a.b = @x/subprocess.Popen()\n", Severity.CRITICAL),
    ("gin-runs-code", "c.gin", "from builtins import eval\na.b = @eval()\n", Severity.CRITICAL),
    ("gin-runs-code", "c.gin", "builtins.exec.source = 'print(1)'\n", Severity.CRITICAL),
    ("gin-runs-code", "config.txt", "a/os.system.command = 'true'\nx.y = @os.system()\n", Severity.CRITICAL),
    ("gin-runs-code", "c.gin", "import subprocess\n", Severity.MEDIUM),
    ("gin-runs-code", "c.gin", "import my_project.models\n", Severity.LOW),
    ("gin-runs-code", "c.gin", "include '/etc/other.gin'\n", Severity.LOW),
]  # fmt: skip

HONEST = [
    ("manifest.json", manifest(f"sha256:{HEX}")),
    ("manifest.json", manifest(f"sha512:{HEX}{HEX}")),
    ("index.json", json.dumps({"schemaVersion": 2, "manifests": [{"mediaType": "a/b", "digest": f"sha256:{HEX}"}]})),
    ("lock.json", json.dumps({"packages": {"a": {"digest": "sha256-q7/Xy+Az0123=", "name": "a"}}})),
    ("Modelfile", MODELFILE.format("llama3.2:1b")),
    ("Modelfile", MODELFILE.format("./model.Q4_K_M.gguf") + "ADAPTER ./lora.gguf\n"),
    ("Modelfile", MODELFILE.format("hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M")),
    ("Modelfile.chat", 'FROM llama3\nTEMPLATE """{{ .System }}\nFROM http://a/b\n{{ .Prompt }}"""\nPARAMETER stop "</s>"\n'),
    ("Dockerfile", "FROM http.example/base:1\nRUN true\nCOPY ../../x /x\n"),
    ("notes.txt", "FROM http://a/b we took the data.\n"),
    ("c.gin", "from __gin__ import dynamic_registration\nimport __main__ as train_script\nimport seqio\nfrom t5x import utils\n"
              "include 't5x/examples/t5/t5_1_1/base.gin'\n\nBATCH_SIZE = 128\ntrain.model = @models.EncoderDecoderModel()\n"
              "utils.RestoreCheckpointConfig:\n  path = [%PATH]\n  mode = 'specific'\ntrain/utils.DatasetConfig.use_cached = True\n"
              "optimizer.learning_rate = @learning_rate_schedules.constant\nx.text = 'mail me @os.system'\n"),
    ("values.txt", "a.b = 1\nc.d = @nothing\nthis is no configuration\nnor is this\n"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "name", "data", "severity"), FIRES)
def test_a_rule_fires(rule: str, name: str, data: str, severity: Severity) -> None:
    """With the severity that its page says."""
    assert worst(data, name).get(rule) is severity


@pytest.mark.parametrize(("name", "data"), HONEST)
def test_an_honest_file_gives_nothing(name: str, data: str) -> None:
    """What people write every day, of the same kinds."""
    assert worst(data, name) == {}


@pytest.mark.parametrize(("name", "data"), HONEST)
def test_an_honest_file_is_understood(name: str, data: str) -> None:
    """None of them is left untold, whatever other readers claim it as well."""
    source = Memory(data.encode())
    inspector = Inspector(name, Budget())
    inspector.inspect(source, name)
    assert not inspector.unknown
    assert not [found for found in inspector.findings if found.severity >= Severity.MEDIUM]


def test_a_recipe_is_read_as_text() -> None:
    """The rules look at texts, so that whatever else claims such a file does not hide it from them."""
    for _, name, data, _ in FIRES:
        source = Memory(data.encode())
        read = []
        for signature in SIGNATURES:
            if signature.claims(Head(source, name)):
                try:
                    read.append(signature.read(source, Budget(), name).kind)
                except NotThisFormat:
                    continue
        assert "text" in read
