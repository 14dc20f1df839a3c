"""Rules on TensorFlow, TFLite and ExecuTorch: each harm is named, and what honest models hold is silent."""

from __future__ import annotations

import pytest

from assay.core.finding import Severity
from assay.formats.graph.executorch import Delegate, ExecuTorch
from assay.formats.graph.executorch import Operator as Call
from assay.formats.graph.tensorflow import Asset, Operation, TensorFlow
from assay.formats.graph.tflite import CUSTOM, Operator, Options, Place, TFLite
from assay.formats.view import View
from assay.scan.rules import rules_for
from assay.scan.tensorflow.operations import verdict_on


def found(view: View) -> dict[str, Severity]:
    """Rules that fire, and how badly."""
    return {
        rule.id: rule.severity if hit.severity is None else hit.severity
        for rule in rules_for(view.kind)
        for hit in rule.check(view)
    }


def graph(*operations: Operation | str) -> TensorFlow:
    """A graph of these operations."""
    view = TensorFlow("graph")
    for each in operations:
        view.add(Operation(each, "n", "", 0) if isinstance(each, str) else each)
    return view


@pytest.mark.parametrize(
    ("op", "rule", "severity"),
    [
        ("PyFunc", "tensorflow-python-call", Severity.HIGH),
        ("PyFuncStateless", "tensorflow-python-call", Severity.HIGH),
        ("EagerPyFunc", "tensorflow-python-call", Severity.HIGH),
        ("ReadFile", "tensorflow-file-access", Severity.HIGH),
        ("WriteFile", "tensorflow-file-access", Severity.HIGH),
        ("MatchingFiles", "tensorflow-file-access", Severity.HIGH),
        ("ImmutableConst", "tensorflow-file-access", Severity.HIGH),
        ("SaveDatasetV2", "tensorflow-file-access", Severity.HIGH),
        ("TextLineDataset", "tensorflow-data-access", Severity.MEDIUM),
        ("SqlDataset", "tensorflow-data-access", Severity.MEDIUM),
        ("RpcClient", "tensorflow-network-access", Severity.HIGH),
        ("DataServiceDatasetV4", "tensorflow-network-access", Severity.HIGH),
        ("DatasetFromGraph", "tensorflow-hidden-graph", Severity.HIGH),
        ("XlaCustomCall", "tensorflow-native-call", Severity.MEDIUM),
        ("Abort", "tensorflow-process-end", Severity.HIGH),
        ("AcmeDecrypt", "tensorflow-unknown-operation", Severity.MEDIUM),
        ("SentencepieceTokenizeOp", "tensorflow-companion-library", Severity.LOW),
        ("TFText>NgramsStringJoin", "tensorflow-companion-library", Severity.LOW),
    ],
)
def test_each_harm_has_its_rule(op: str, rule: str, severity: Severity) -> None:
    """One operation, one finding, which names it."""
    view = graph(op)
    assert found(view) == {rule: severity}
    (hit,) = (hit for each in rules_for("tensorflow") for hit in each.check(view))
    assert op in hit.message


def test_what_honest_graphs_hold_is_silent() -> None:
    """Arithmetic, variables, tables, checkpoints, assertions, functions of the file."""
    ops = (
        "MatMul", "Conv2D", "VarHandleOp", "ReadVariableOp", "SaveV2", "RestoreV2", "MergeV2Checkpoints",
        "ShardedFilename", "StatefulPartitionedCall", "HashTableV2", "LookupTableImportV2",
        "InitializeTableFromTextFileV2", "Assert", "Print", "PrintV2", "StringSplitV2", "RegexReplace",
        "ParseExampleV2", "DecodeJpeg", "NoOp", "Placeholder", "Const", "While", "TensorListStack",
        "_FusedMatMul", "XlaCallModule", "CudnnRNNV3", "MutableDenseHashTableV2",
    )  # fmt: skip
    view = graph(*ops, "__inference_call_12")
    view.functions.add("__inference_call_12")
    assert found(view) == {}


def test_a_function_named_as_a_harmful_operation_hides_nothing() -> None:
    """The file's own functions are no cover for operations that are known to be bad."""
    view = graph("WriteFile")
    view.functions.add("WriteFile")
    assert found(view) == {"tensorflow-file-access": Severity.HIGH}


def test_an_attribute_that_names_an_operation_counts() -> None:
    """What a node would call as a function is looked at by its name."""
    view = graph("MapDataset")
    view.references["ReadFile"] = Operation("MapDataset", "n", "", 0)
    assert found(view) == {"tensorflow-file-access": Severity.HIGH}


@pytest.mark.parametrize(
    "operation",
    [
        Operation("PrintV2", "n", "", 0, (("output_stream", "file:///home/u/.bashrc"),)),
        Operation("DebugIdentity", "n", "", 0, (("debug_urls", "grpc://203.0.113.7:1"),)),
        Operation("FixedUnigramCandidateSampler", "n", "", 0, (("vocab_file", "/etc/passwd"),)),
        Operation("DecodeProtoV2", "n", "", 0, (("descriptor_source", "/etc/passwd"),)),
        Operation("SaveV2", "n", "", 0, (), ("p", "t"), ("/etc/cron.d/x", None)),
        Operation("CacheDataset", "n", "", 0, (), ("d", "f"), (None, "../../x")),
        Operation("MergeV2Checkpoints", "n", "", 0, (), ("d", "f"), (None, "s3://bucket/x")),
    ],
)
def test_places_that_the_file_decides(operation: Operation) -> None:
    """Ordinary operations that print, save or read where the file says."""
    assert found(graph(operation)) == {"tensorflow-fixed-path": Severity.HIGH}


@pytest.mark.parametrize(
    "operation",
    [
        Operation("PrintV2", "n", "", 0, (("output_stream", "stderr"), ("end", "/etc"))),
        Operation("FixedUnigramCandidateSampler", "n", "", 0, (("vocab_file", ""),)),
        Operation("DecodeProtoV2", "n", "", 0, (("descriptor_source", "local://"),)),
        Operation("SaveV2", "n", "", 0, (), ("p", "t"), ("model", "/layer/kernel")),
        Operation("CacheDataset", "n", "", 0, (), ("d", "f"), (None, "")),
    ],
)
def test_their_ordinary_places_are_silent(operation: Operation) -> None:
    """The terminal, memory, and the name that every saver writes."""
    assert found(graph(operation)) == {}


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "..\\x", "C:\\x", "https://x/y"])
def test_assets_outside_the_folder(name: str) -> None:
    """A path that climbs out of a SavedModel."""
    view = graph("NoOp")
    view.assets.append(Asset(name, 7))
    assert found(view) == {"tensorflow-asset-escape": Severity.HIGH}
    view.assets[:] = [Asset("vocab.txt", 7), Asset("sub/vocab..txt", 8)]
    assert found(view) == {}


def test_every_listed_operation_is_inert_and_none_is_listed_twice() -> None:
    """The list of operations and the list of harms do not overlap."""
    from assay.scan.tensorflow.operations import _VERDICTS, _inert

    assert len(_inert()) > 1800
    assert not _inert() & set(_VERDICTS)
    assert all(verdict_on(op) is None for op in _inert())


def lite(*operators: str) -> TFLite:
    """A model with these custom operators."""
    view = TFLite()
    view.operators = [Operator(CUSTOM, name, 1, 0) for name in operators]
    return view


def test_flex_operations_are_judged_as_tensorflow_s() -> None:
    """By the operator's name, and by the node in its options, whatever the operator is called."""
    assert found(lite("FlexWriteFile")) == {"tflite-flex-operation": Severity.HIGH}
    assert found(lite("FlexAddV2", "FlexSaveV2")) == {}
    view = lite("FlexAddV2")
    view.options = [Options("FlexAddV2", ("n", "ReadFile"), 0)]
    assert found(view) == {"tflite-flex-operation": Severity.HIGH}
    view.options = [Options("FlexAddV2", ("n", "AddV2"), 0)]
    assert found(view) == {}


def test_custom_operators_of_tflite() -> None:
    """Unknown ones need a library that nothing vouches for; well-known ones are low; built-in ones are silent."""
    assert found(lite("AcmeUnlock")) == {"tflite-custom-operator": Severity.MEDIUM}
    assert found(lite("FlexAcmeUnlock")) == {"tflite-custom-operator": Severity.MEDIUM}
    assert found(lite("TFLite_Detection_PostProcess")) == {"tflite-custom-operator": Severity.LOW}
    view = lite()
    view.operators = [Operator(3, "", 1, 0)]
    assert found(view) == {}


def test_cve_2020_15211_places_outside_the_file() -> None:
    """CVE-2020-15211: indices that lead nowhere."""
    view = lite()
    view.misplaced = [Place("tensor 'x' is in buffer 9, which does not exist", 4)]
    assert found(view) == {"tflite-out-of-range": Severity.HIGH}
    assert found(lite()) == {}


def test_weights_of_tflite_in_other_files() -> None:
    """A name that climbs out is bad; a file beside the model is something to know."""
    view = lite()
    for name, severity in (("../x", Severity.HIGH), ("/etc/passwd", Severity.HIGH), ("weights.bin", Severity.LOW)):
        view.external = [(name, 0)]
        assert found(view) == {"tflite-external-file": severity}


def test_executorch() -> None:
    """Delegates with native code, code of others, segments outside; portable operators and delegates are silent."""
    view = ExecuTorch()
    view.operators = [
        Call("aten::add", "out", "forward", 0),
        Call("quantized_decomposed::choose_qparams", "", "forward", 0),
    ]
    view.delegates = [Delegate("XnnpackBackend", "forward", 0)]
    assert found(view) == {}
    view.delegates = [Delegate("CudaBackend", "forward", 0)]
    assert found(view) == {"executorch-native-delegate": Severity.HIGH}
    view.delegates = [Delegate("AcmeBackend", "forward", 0)]
    assert found(view) == {"executorch-unknown-code": Severity.MEDIUM}
    view.delegates = []
    view.operators = [Call("acme::run", "", "forward", 0)]
    assert found(view) == {"executorch-unknown-code": Severity.MEDIUM}
    view.operators = []
    view.misplaced = [("segment 1 ends beyond the file", 0)]
    assert found(view) == {"executorch-out-of-range": Severity.HIGH}
