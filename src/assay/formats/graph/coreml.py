"""Core ML models (``.mlmodel``, the ``.mlmodel`` inside an ``.mlpackage``), walked over the protobuf wire format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.graph.protobuf import Field, Message, Wire
from assay.formats.source import Source
from assay.formats.view import Fact, NotThisFormat, View, reads

#: Field of ``Model`` → kind of model.
KINDS: Final = {
    200: "pipelineClassifier", 201: "pipelineRegressor", 202: "pipeline", 300: "glmRegressor",
    301: "supportVectorRegressor", 302: "treeEnsembleRegressor", 303: "neuralNetworkRegressor",
    304: "bayesianProbitRegressor", 400: "glmClassifier", 401: "supportVectorClassifier",
    402: "treeEnsembleClassifier", 403: "neuralNetworkClassifier", 404: "kNearestNeighborsClassifier",
    500: "neuralNetwork", 501: "itemSimilarityRecommender", 502: "mlProgram", 555: "customModel", 556: "linkedModel",
    560: "classConfidenceThresholding", 600: "oneHotEncoder", 601: "imputer", 602: "featureVectorizer",
    603: "dictVectorizer", 604: "scaler", 606: "categoricalMapping", 607: "normalizer", 609: "arrayFeatureExtractor",
    610: "nonMaximumSuppression", 900: "identity", 2000: "textClassifier", 2001: "wordTagger",
    2002: "visionFeaturePrint", 2003: "soundAnalysisPreprocessing", 2004: "gazetteer", 2005: "wordEmbedding",
    2006: "audioFeaturePrint", 3000: "serializedModel",
}  # fmt: skip
_NETWORKS: Final = frozenset({303, 403, 500})
_PIPELINES: Final = frozenset({200, 201})
#: Bytes of what stands before each run of numbers in a file of blobs.
BLOB_RECORD: Final = 64
_KEPT: Final = 1000
_TEXT: Final = 400


@dataclass(frozen=True, slots=True)
class Named:
    """Something the model names: a class, a file, an operation.

    :param place: the model or layer that names it
    """

    name: str
    place: str
    offset: int


class CoreMl(View):
    """What a Core ML model asks for beyond arithmetic."""

    kind: ClassVar[str] = "coreml"

    def __init__(self) -> None:
        super().__init__()
        self.version = 0
        self.models: list[str] = []
        """Kinds of the models inside, outermost first."""
        self.custom_layers: list[Named] = []
        """Classes of the app that layers are made of."""
        self.custom_models: list[Named] = []
        self.linked: list[Named] = []
        """Other model files, and the paths they are searched on."""
        self.blobs: dict[str, int] = {}
        """Files that weights lie in, and where each is first named."""
        self.reaches: dict[str, int] = {}
        """Where in each of those files the last record starts."""
        self.operations: dict[str, int] = {}
        """Kinds of operation in programs, and where each is first used."""

    def facts(self) -> Iterable[Fact]:
        """See :class:`View`."""
        files = {name: name.removeprefix("@model_path/") for name in self.blobs}
        weights = [Fact("weights", files[name], offset) for name, offset in self.blobs.items()]
        ranges = [
            reads("coreml", "a blob's record", begin, BLOB_RECORD, [files[name]], self.blobs[name])
            for name, begin in self.reaches.items()
        ]
        return [*weights, *ranges]


def read(source: Source, budget: Budget, name: str) -> CoreMl:  # noqa: ARG001 - every reader is given the name
    """See :class:`assay.formats.signature.Reader`."""
    view = CoreMl()
    walker = _Walker(view, budget)
    try:
        walker.model(Message(source, budget), "")
    except FormatError as error:
        if not view.models or not view.version:
            raise NotThisFormat(error.what, offset=error.offset) from error
        view.note(error)
    if not view.models or not view.version:
        raise NotThisFormat("it holds no model of a known kind", offset=0)
    return view


class _Walker:
    def __init__(self, view: CoreMl, budget: Budget) -> None:
        self._view = view
        self._budget = budget

    def model(self, message: Message, place: str) -> None:
        """Walk a ``Model``."""
        self._budget.spend_members(offset=message.start)
        for one in message:
            if one.number == 1 and one.wire is Wire.VARINT:
                self._view.version = self._view.version or one.value
            elif one.number in KINDS and one.wire is Wire.BYTES:
                kind = KINDS[one.number]
                if len(self._view.models) < _KEPT:
                    self._view.models.append(kind)
                self._kind(one, f"{place}/{kind}" if place else kind)

    def _kind(self, one: Field, place: str) -> None:
        message = one.message()
        if one.number in _NETWORKS:
            self._network(message, place)
        elif one.number == 202:
            self._pipeline(message, place)
        elif one.number in _PIPELINES:
            for inner in _messages(message, 1):
                self._pipeline(inner, place)
        elif one.number == 502:
            self._program(message)
        elif one.number == 555:
            _keep(self._view.custom_models, Named(_text(message, 10), place, one.offset))
        elif one.number == 556:
            for inner in _messages(message, 1):
                for part in inner:
                    # A name or a path with a default: the default is the second field.
                    value = _text(part.message(), 2) if part.wire is Wire.BYTES else ""
                    if value:
                        _keep(self._view.linked, Named(value, place, part.offset))

    def _pipeline(self, message: Message, place: str) -> None:
        for inner in _messages(message, 1):
            self.model(inner, place)

    def _network(self, message: Message, place: str) -> None:
        for layer in _messages(message, 1):
            self._budget.spend_members(offset=layer.start)
            name = ""
            for one in layer:
                if one.wire is not Wire.BYTES:
                    continue
                if one.number == 1:
                    name = one.text()[:_TEXT]
                elif one.number == 500:
                    _keep(self._view.custom_layers, Named(_text(one.message(), 10), f"{place}/{name}", one.offset))
                elif one.number == 605:
                    for part in one.message():
                        if part.number in {1, 2} and part.wire is Wire.BYTES:
                            self._network(part.message(), f"{place}/{name}"[:_TEXT])
                elif one.number == 615:
                    for part in one.message():
                        if part.number in {3, 4} and part.wire is Wire.BYTES:
                            self._network(part.message(), f"{place}/{name}"[:_TEXT])

    def _program(self, message: Message) -> None:
        for function in _map_values(message, 2):
            for block in _map_values(function, 3):
                self._block(block)
            for value in _map_values(function, 4):
                self._value(value)
        for value in _map_values(message, 4):
            self._value(value)

    def _block(self, message: Message) -> None:
        for one in message:
            if one.number == 3 and one.wire is Wire.BYTES:
                self._operation(one.message())
            elif one.number == 4 and one.wire is Wire.BYTES:
                for value in _map_value(one.message()):
                    self._value(value)

    def _operation(self, message: Message) -> None:
        self._budget.spend_members(offset=message.start)
        for one in message:
            if one.wire is not Wire.BYTES:
                continue
            if one.number == 1:
                name = one.text()[:_TEXT]
                if len(self._view.operations) < _KEPT:
                    self._view.operations.setdefault(name, one.offset)
            elif one.number == 2:
                for argument in _map_value(one.message()):
                    for binding in _messages(argument, 1):
                        for value in _messages(binding, 2):
                            self._value(value)
            elif one.number == 4:
                self._block(one.message())
            elif one.number == 5:
                for value in _map_value(one.message()):
                    self._value(value)

    def _value(self, message: Message) -> None:
        for one in message:
            if one.number == 5 and one.wire is Wire.BYTES:
                name, reach = "", 0
                for part in one.message():
                    if part.number == 1 and part.wire is Wire.BYTES:
                        name = part.text()[:_TEXT]
                        if name not in self._view.blobs and len(self._view.blobs) >= _KEPT:
                            raise FormatError(f"LIMIT files ({_KEPT:,})", offset=part.offset)
                        self._view.blobs.setdefault(name, part.offset)
                    elif part.number == 2 and part.wire is Wire.VARINT:
                        reach = part.value
                if name:
                    self._view.reaches[name] = max(reach, self._view.reaches.get(name, 0))


def _messages(message: Message, number: int) -> Iterable[Message]:
    for one in message:
        if one.number == number and one.wire is Wire.BYTES:
            yield one.message()


def _map_values(message: Message, number: int) -> Iterable[Message]:
    for entry in _messages(message, number):
        yield from _map_value(entry)


def _map_value(entry: Message) -> Iterable[Message]:
    return _messages(entry, 2)


def _text(message: Message, number: int) -> str:
    found = ""
    for one in message:
        if one.number == number and one.wire is Wire.BYTES:
            found = one.text()[:_TEXT]
    return found


def _keep(kept: list[Named], named: Named) -> None:
    if len(kept) < _KEPT:
        kept.append(named)
