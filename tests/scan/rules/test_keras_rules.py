"""Rules on Keras configurations: each published way from a configuration to code, and honest twins that are silent."""

from __future__ import annotations

import base64
import json
import marshal
from typing import Any

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.hdf5.keras import Keras, read
from assay.formats.source import Memory
from assay.scan.rule import Hit
from assay.scan.rules import rules_for

LAYER = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 4, "activation": "relu"}}


def view_of(*layers: object, **more: object) -> Keras:
    """A sequential model with these layers."""
    model = {"module": "keras", "class_name": "Sequential", "config": {"layers": [LAYER, *layers]}, **more}
    return read(Memory(json.dumps(model).encode()), Budget(), "config.json")


def hits(view: Keras) -> list[tuple[str, Severity, Hit]]:
    """Every rule's hits."""
    return [
        (rule.id, rule.severity if hit.severity is None else hit.severity, hit)
        for rule in rules_for("keras")
        for hit in rule.check(view)
    ]


def found(*layers: object, **more: object) -> dict[str, Severity]:
    """Rules that fire, and how badly."""
    return {rule: severity for rule, severity, _ in hits(view_of(*layers, **more))}


def function(module: str | None, name: str, **more: object) -> dict[str, Any]:
    """A function object where a layer stands."""
    return {"module": module, "class_name": "function", "config": name, "registered_name": name, **more}


def code(source: str = "lambda x: x") -> str:
    """Bytecode as Keras writes it."""
    return base64.b64encode(marshal.dumps(eval(source).__code__)).decode()


def test_cve_2025_1550_a_module_outside_keras() -> None:
    """CVE-2025-1550: a function of another module among the layers is what the loader calls."""
    call = {"inbound_nodes": [{"args": ["id"], "kwargs": {}}]}
    assert found(function("os", "system", **call)) == {"keras-foreign-object": Severity.CRITICAL}
    assert found(function("subprocess", "Popen", **call)) == {"keras-foreign-object": Severity.CRITICAL}
    assert found(function("builtins", "eval")) == {"keras-foreign-object": Severity.CRITICAL}
    assert found(function("acme_tools.run", "start", **call)) == {"keras-foreign-object": Severity.HIGH}
    assert found({"module": "subprocess", "class_name": "Popen", "config": {"args": "id"}}) == {
        "keras-foreign-object": Severity.CRITICAL
    }


def test_cve_2025_1550_in_the_compile_and_build_configurations() -> None:
    """What compiles the model is deserialised by the same code, so it is looked at as well."""
    assert "keras-foreign-object" in found(compile_config={"loss": function("os", "system")})
    assert "keras-foreign-object" in found(build_config={"input_shape": [None, {"a": function("os", "system")}]})


@pytest.mark.parametrize(
    "name", ["keras.utils", "keras.src.utils.file_utils", "tensorflow.keras.utils", "tf_keras.src.utils"]
)
def test_cve_2025_8747_get_file(name: str) -> None:
    """CVE-2025-8747: Keras' own downloader is no layer, wherever it is said to come from."""
    ((rule, severity, hit),) = hits(view_of(function(name, "get_file")))
    assert (rule, severity) == ("keras-tool-function", Severity.HIGH)
    assert "downloads a file" in hit.message


def test_cve_2025_9906_safe_mode_switched_off() -> None:
    """CVE-2025-9906: the configuration must not change how configurations are read."""
    ((rule, severity, hit),) = hits(view_of(function("keras.config", "enable_unsafe_deserialization")))
    assert (rule, severity) == ("keras-tool-function", Severity.HIGH)
    assert "protection" in hit.message


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keras.saving", "load_model"), ("keras.models", "load_model"), ("keras.src.saving.saving_api", "load_model"),
        ("keras.src.utils.file_utils", "copy"), ("keras.src.utils.python_utils", "func_load"),
        ("keras.datasets.mnist", "load_data"), ("keras.src.legacy.saving.serialization", "deserialize_keras_object"),
    ],
)  # fmt: skip
def test_other_tools_of_keras(module: str, name: str) -> None:
    """Loading models, copying files and rebuilding code are no part of a model, even under a listed name."""
    assert found(function(module, name)) == {"keras-tool-function": Severity.HIGH}


def test_functions_that_models_are_made_of_are_silent() -> None:
    """Activations, losses and operations stand in honest files, with modules old and new."""
    assert not found(
        {**LAYER, "config": {"activation": function("builtins", "relu")}},
        {**LAYER, "config": {"activation": function("keras.activations", "gelu")}},
        {**LAYER, "config": {"activation": function("keras.src.activations.activations", "silu")}},
        {"class_name": "Activation", "config": {"activation": "tanh"}},
        compile_config={
            "loss": function("keras.losses", "huber"),
            "optimizer": {"class_name": "Custom>Adam", "config": {}},
        },
    )


@pytest.mark.parametrize(
    "layer",
    [
        {"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__", "config": {"code": code()}}}},
        {"class_name": "Lambda", "config": {"function": [code(), None, None], "function_type": "lambda"}},
        {"class_name": "Lambda", "config": {"function": {"class_name": "__tuple__", "items": [code(), None]}}},
        {**LAYER, "config": {"activation": {"class_name": "__lambda__", "config": {"value": code()}}}},
        {"class_name": "Lambda", "config": {"function": "f", "output_shape": [code(), None, None]}},
    ],
)  # fmt: skip
def test_cve_2025_9905_and_cve_2024_3660_code_in_a_lambda(layer: dict[str, Any]) -> None:
    """CVE-2024-3660, CVE-2025-9905: bytecode in a configuration is told, in every form that versions have written."""
    assert found(layer) == {"keras-lambda-code": Severity.HIGH}


def test_code_is_told_by_what_it_uses() -> None:
    """Code that imports and runs commands is critical, and the message says what it uses."""
    source = code("lambda x: __import__('os').system('id')")
    layer = {"class_name": "Lambda", "config": {"function": [source, None, None]}}
    ((rule, severity, hit),) = hits(view_of(layer))
    assert (rule, severity) == ("keras-lambda-code", Severity.CRITICAL)
    assert "__import__" in hit.message and "system" in hit.message


def test_a_lambda_deep_inside_other_models_is_found() -> None:
    """Models in wrappers in models: the walk has no blind spot."""
    inner: dict[str, Any] = {"class_name": "Lambda", "config": {"function": [code(), None, None]}}
    for _ in range(30):
        inner = {"class_name": "TimeDistributed", "config": {"layer": inner}}
    assert found(inner) == {"keras-lambda-code": Severity.HIGH}


def test_a_lambda_with_a_named_function_carries_no_code() -> None:
    """A name that the program must have registered is something to know, not code."""
    config = {"function": "my_function", "function_type": "function", "module": "__main__"}
    assert found({"class_name": "Lambda", "config": config}) == {}
    config |= {"function": "system", "module": "os"}
    assert found({"class_name": "Lambda", "config": config}) == {"keras-foreign-object": Severity.CRITICAL}


def test_cve_2025_49655_a_pytorch_module() -> None:
    """CVE-2025-49655: the layer unpickles what stands in the configuration, which is also given on to be read."""
    pickled = base64.b64encode(b"\x80\x02cposix\nsystem\nX\x02\0\0\0id\x85R.").decode()
    view = view_of({"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"module": pickled}})
    assert [(rule, severity) for rule, severity, _ in hits(view)] == [("keras-nested-model", Severity.HIGH)]
    (member,) = view.members()
    assert member.source.read(0, 2) == b"\x80\x02"


def test_another_saved_model_from_a_path() -> None:
    """A layer that loads a SavedModel names it."""
    ((rule, _, hit),) = hits(view_of({"class_name": "TFSMLayer", "config": {"filepath": "https://example.com/m"}}))
    assert rule == "keras-nested-model" and "example.com" in hit.message


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../secret", "https://example.com/v", "C:\\v.txt", "~/v", "gs://b/v"]
)
@pytest.mark.parametrize("name", ["StringLookup", "IntegerLookup", "TextVectorization"])
def test_cve_2025_12058_a_vocabulary_from_a_file(name: str, path: str) -> None:
    """CVE-2025-12058, CVE-2025-12060: a path instead of a list of words makes loading read that file."""
    assert found({"class_name": name, "config": {"vocabulary": path}}) == {"keras-file-vocabulary": Severity.HIGH}


def test_vocabularies_in_the_file_are_silent() -> None:
    """Lists, and nothing at all, are what saved models have; a file beside the model is told as low."""
    assert not found({"class_name": "StringLookup", "config": {"vocabulary": ["/etc/passwd", "b"]}})
    assert not found({"class_name": "TextVectorization", "config": {"vocabulary": None}})
    assert found({"class_name": "StringLookup", "config": {"vocabulary": "vocab.txt"}}) == {
        "keras-file-vocabulary": Severity.LOW
    }


def test_operations_of_tensorflow_as_layers() -> None:
    """Keras 2 calls the function of TensorFlow that a layer names: arithmetic is silent, files are not."""
    for name in (
        "io.write_file",
        "raw_ops.ReadFile",
        "py_function",
        "load_op_library",
        "saved_model.load",
        "keras.utils.get_file",
    ):
        layer = {"class_name": "TFOpLambda", "config": {"function": name}}
        assert found(layer) == {"keras-tensorflow-operation": Severity.HIGH}, name
    for name in ("math.add", "__operators__.getitem", "concat", "nn.relu", "image.resize", "keras.backend.mean"):
        assert not found({"class_name": "TFOpLambda", "config": {"function": name}}), name
    node = {"class_name": "TensorFlowOpLayer", "config": {"node_def": '{"name": "w", "op": "WriteFile"}'}}
    assert found(node) == {"keras-tensorflow-operation": Severity.HIGH}
    assert not found({**node, "config": {"node_def": '{"name": "w", "op": "AddV2"}'}})


def test_custom_objects_are_told_as_low() -> None:
    """Layers and losses of the model's makers are ordinary: known, named, never at medium."""
    custom = {"module": "my_layers", "class_name": "Mine", "registered_name": "acme>Mine", "config": {}}
    assert found(custom) == {"keras-custom-object": Severity.LOW}
    assert found(compile_config={"loss": function("builtins", "my_loss")}) == {"keras-custom-object": Severity.LOW}
    assert found({"module": "keras_hub.src.layers", "class_name": "Some", "config": {}}) == {
        "keras-custom-object": Severity.LOW
    }
    assert found({"module": "keras.layers", "class_name": "OfNextYear", "config": {}}) == {
        "keras-custom-object": Severity.LOW
    }


def test_the_version_in_the_file_changes_nothing() -> None:
    """What an attacker may write decides nothing."""
    for version in ("2.4.0", "3.15.1", "99"):
        assert found(function("os", "system"), keras_version=version) == {"keras-foreign-object": Severity.CRITICAL}
