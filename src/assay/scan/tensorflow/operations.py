"""The verdict on an operation, by its name.

``operations.txt`` lists every operation that TensorFlow registers and that only computes, moves numbers or keeps state
in memory. What is in neither list needs a native library that the file does not bring along.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final


class Harm(enum.Enum):
    """What an operation does beside computing."""

    PYTHON = "python"
    FILES = "files"
    DATA = "data"
    NETWORK = "network"
    GRAPH = "graph"
    NATIVE = "native"
    END = "end"
    COMPANION = "companion"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An operation that is not inert.

    :param words: what it does, to follow its name
    """

    harm: Harm
    words: str


_PYTHON: Final = "calls a Python function that the loading program registered"
_READ: Final = "reads the files whose names it is given"
_WRITE: Final = "writes a file whose name it is given"
_DATA: Final = "opens the data files whose names it is given"
_FLOW: Final = "connects to another machine"
_LISTEN: Final = "opens a port that other machines can call"
_STORE: Final = "writes a dataset to a folder whose name it is given"
_SUMMARY: Final = "writes a log to a place whose name it is given"

_HARMS: Final[dict[Harm, dict[str, str]]] = {
    Harm.PYTHON: dict.fromkeys(("PyFunc", "PyFuncStateless", "EagerPyFunc"), _PYTHON),
    Harm.FILES: {
        **dict.fromkeys(("ReadFile", "WholeFileReader", "WholeFileReaderV2", "Skipgram", "RecordInput"), _READ),
        **dict.fromkeys(("GenerateVocabRemapping", "LoadAndRemapMatrix"), _READ),
        **dict.fromkeys(("WriteFile", "DumpTensor", "CalibrationStatisticsSaver"), _WRITE),
        **dict.fromkeys(("DatasetToTFRecord", "ExperimentalDatasetToTFRecord"), _WRITE),
        **dict.fromkeys(("SaveDataset", "SaveDatasetV2", "DistributedSave", "SnapshotDataset"), _STORE),
        "SnapshotDatasetV2": _STORE,
        **dict.fromkeys(("MatchingFiles", "MatchingFilesDataset", "ExperimentalMatchingFilesDataset"), "lists files"),
        **dict.fromkeys(("CreateSummaryFileWriter", "CreateSummaryDbWriter"), _SUMMARY),
        "ImmutableConst": "maps a file into memory whose name it is given",
        "FileSystemSetConfiguration": "changes how TensorFlow reaches file systems",
    },
    Harm.DATA: {
        **dict.fromkeys(("TFRecordDataset", "TFRecordDatasetV2", "TFRecordReader", "TFRecordReaderV2"), _DATA),
        **dict.fromkeys(("TextLineDataset", "TextLineReader", "TextLineReaderV2"), _DATA),
        **dict.fromkeys(("FixedLengthRecordDataset", "FixedLengthRecordDatasetV2"), _DATA),
        **dict.fromkeys(("FixedLengthRecordReader", "FixedLengthRecordReaderV2"), _DATA),
        **dict.fromkeys(("CSVDataset", "CSVDatasetV2", "ExperimentalCSVDataset"), _DATA),
        **dict.fromkeys(("LMDBDataset", "ExperimentalLMDBDataset", "LMDBReader"), _DATA),
        **dict.fromkeys(("SqlDataset", "ExperimentalSqlDataset"), "queries a database whose name it is given"),
        **dict.fromkeys(("LoadDataset", "ListSnapshotChunksDataset", "SnapshotChunkDataset"), _DATA),
        **dict.fromkeys(("SnapshotDatasetReader", "SnapshotNestedDatasetReader"), _DATA),
    },
    Harm.NETWORK: {
        **dict.fromkeys(("RpcClient", "RpcCall"), _FLOW),
        **dict.fromkeys(("RpcServer", "RpcServerRegister", "RpcServerStart"), _LISTEN),
        **dict.fromkeys(("RegisterDataset", "RegisterDatasetV2"), _FLOW),
        **dict.fromkeys(("DataServiceDataset", "DataServiceDatasetV2", "DataServiceDatasetV3"), _FLOW),
        "DataServiceDatasetV4": _FLOW,
    },
    Harm.GRAPH: {"DatasetFromGraph": "runs a graph that it is given as bytes"},
    Harm.NATIVE: {
        **dict.fromkeys(("XlaCustomCall", "XlaCustomCallV2"), "calls a native function by its name"),
        "RemoteFusedGraphExecute": "hands a part of the graph to a native program",
    },
    Harm.END: {"Abort": "ends the process"},
}

#: Libraries whose operations are met in honest files: the beginning of the name, or the whole of it.
_COMPANIONS: Final = (
    ("TFText>", "TensorFlow Text"), ("Sentencepiece", "TensorFlow Text"), ("SimpleML", "TensorFlow Decision Forests"),
    ("Addons>", "TensorFlow Addons"), ("IO>", "TensorFlow I/O"), ("TFRA>", "TensorFlow Recommenders Addons"),
    ("TRTEngineOp", "TensorRT"), ("CreateTRTResourceHandle", "TensorRT"), ("InitializeTRTResource", "TensorRT"),
    ("GetCalibrationDataOp", "TensorRT"), ("TFLite_Detection_PostProcess", "TensorFlow Lite"),
    ("WordpieceTokenizeWithOffsets", "TensorFlow Text"), ("FastWordpieceTokenizeWithOffsets", "TensorFlow Text"),
    ("CaseFoldUTF8", "TensorFlow Text"), ("NormalizeUTF8", "TensorFlow Text"),
    ("RegexSplitWithOffsets", "TensorFlow Text"),
    ("WhitespaceTokenizeWithOffsets", "TensorFlow Text"), ("UnicodeScriptTokenizeWithOffsets", "TensorFlow Text"),
    ("SplitMergeTokenizeWithOffsets", "TensorFlow Text"),
    ("SplitMergeFromLogitsTokenizeWithOffsets", "TensorFlow Text"),
    ("ConstrainedSequence", "TensorFlow Text"), ("MaxSpanningTree", "TensorFlow Text"), ("RougeL", "TensorFlow Text"),
    ("SentenceFragments", "TensorFlow Text"), ("FindSourceOffsets", "TensorFlow Text"),
)  # fmt: skip

_VERDICTS: Final = {op: Verdict(harm, words) for harm, ops in _HARMS.items() for op, words in ops.items()}


def verdict_on(op: str) -> Verdict | None:
    """What is to be said of an operation; ``None`` when it only computes."""
    if op in _inert():
        return None
    known = _VERDICTS.get(op)
    if known is not None:
        return known
    for beginning, library in _COMPANIONS:
        if op.startswith(beginning):
            return Verdict(Harm.COMPANION, f"needs the native library of {library}")
    return Verdict(Harm.UNKNOWN, "is none of TensorFlow's own and needs a native library")


def harmful(op: str) -> Verdict | None:
    """What is known to be bad of an operation; ``None`` for others, unknown ones too."""
    return _VERDICTS.get(op)


@cache
def _inert() -> frozenset[str]:
    text = files("assay.scan.tensorflow").joinpath("operations.txt").read_text("utf-8")
    return frozenset(name for line in text.splitlines() if not line.startswith("#") for name in line.split())
