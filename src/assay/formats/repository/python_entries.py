"""Which functions of a Python file a framework calls by itself, when it loads or serves the model."""

from __future__ import annotations

from typing import Final

#: Functions that a serving framework looks for by name in the file it is given: SageMaker, MLflow, TorchServe.
_FUNCTIONS: Final = frozenset(
    {"model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn", "_load_pyfunc", "handle", "forward"}
)
#: File → functions that its framework looks for in it: Azure ML, TorchServe, transformers' ``custom_generate``.
_BY_FILE: Final[dict[str, frozenset[str]]] = {
    "score.py": frozenset({"init", "run"}),
    "handler.py": frozenset({"handle", "initialize", "preprocess", "inference", "postprocess"}),
    "generate.py": frozenset({"generate"}),
    "inference.py": frozenset({"handler", "model_fn", "init", "predict"}),
    "predict.py": frozenset({"setup", "predict"}),
}
#: Classes that a framework makes by name: Hugging Face endpoints, Triton, Cog.
_CLASSES: Final = frozenset({"EndpointHandler", "TritonPythonModel", "Predictor", "InferlessPythonModel"})
#: A class with one of these below it is made when a model is loaded.
_BASES: Final = frozenset(
    (
        "PreTrainedModel", "PretrainedConfig", "PreTrainedConfig", "PreTrainedTokenizer", "PreTrainedTokenizerFast",
        "PreTrainedTokenizerBase", "ProcessorMixin", "BaseImageProcessor", "BaseImageProcessorFast",
        "ImageProcessingMixin", "FeatureExtractionMixin", "SequenceFeatureExtractor", "Pipeline",
        "DiffusionPipeline", "ModelMixin", "ConfigMixin", "SchedulerMixin", "Module", "BaseHandler", "PythonModel",
        "GeneratorBasedBuilder", "ArrowBasedBuilder", "BuilderConfig", "LightningModule", "Layer",
    )
)  # fmt: skip
_METHODS: Final = frozenset(
    (
        "__init__", "__new__", "__call__", "__post_init__", "__init_subclass__", "__setstate__", "__getattr__",
        "__getattribute__", "__setattr__", "__del__", "__class_getitem__", "forward", "call", "build",
        "from_pretrained", "from_config", "from_dict", "initialize", "handle", "preprocess", "inference",
        "postprocess", "execute", "load_context", "load", "predict", "setup", "_info", "_split_generators",
        "_generate_examples", "_generate_tables", "encode", "tokenize", "_tokenize", "generate", "_init_weights",
        "post_init", "_sanitize_parameters", "_forward", "infer",
    )
)  # fmt: skip


#: Methods that run as soon as a class is put to use, whoever does that.
_MAKING: Final = frozenset({"__init__", "__new__", "__call__", "__post_init__", "from_pretrained", "__del__"})


def is_making(label: str) -> bool:
    """Whether a function, by its label ``.Class.method``, runs when its class is put to use."""
    return label.count(".") > 1 and label.rpartition(".")[2] in _MAKING


def is_entry(file: str, owner: str, bases: tuple[str, ...], function: str) -> bool:
    """Whether a framework calls this function by itself.

    :param file: the file's name
    :param owner: the class it is a method of; empty for a function
    :param bases: names of that class's bases
    """
    if not owner:
        if file == "hubconf.py":
            return not function.startswith("_")
        return function in _FUNCTIONS or function in _BY_FILE.get(file, ())
    if function not in _METHODS:
        return False
    if function == "forward":
        return True
    return owner in _CLASSES or any(base in _BASES for base in bases)
