"""The verdict on one object of a Keras configuration, by where it would come from and what it is called.

``objects.txt`` lists what Keras and TensorFlow have to build models with. Whether a name is Keras' own is told from the
module that the file gives, so the same name elsewhere is not covered by the list.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from assay.formats.hdf5.keras import KerasObject
from assay.scan.callables.harm import Harm, harm_of

#: What makes a Lambda layer, whatever the version.
LAMBDA: Final = "Lambda"
LAMBDA_CODE: Final = "__lambda__"
#: Layers that load a model of another framework, and what they do.
NESTED: Final = {
    "TorchModuleWrapper": "unpickles a PyTorch module that the file carries",
    "TFSMLayer": "loads another SavedModel and runs it",
}
#: Layers that stand for one operation of TensorFlow.
OPERATION: Final = frozenset({"TFOpLambda", "TensorFlowOpLayer", "SlicingOpLambda"})

#: Rooms of Keras whose functions build models; of ``keras.backend`` only its own top.
_ROOMS: Final = frozenset(
    {
        "activations", "backend", "constraints", "initializers", "layers", "losses", "metrics", "ops", "quantizers",
        "random", "regularizers", "legacy",
    }
)  # fmt: skip
#: Rooms of Keras that no model is made of.
_TOOLS: Final = frozenset(
    {
        "utils", "saving", "config", "callbacks", "datasets", "export", "models", "applications", "preprocessing",
        "visualization", "distribution", "wrappers", "testing", "api_export", "tree", "distillation", "backend",
        "version", "trainers",
    }
)  # fmt: skip
_COMPANIONS: Final = frozenset({"keras_hub", "keras_nlp", "keras_cv", "keras_core", "keras_tuner", "tensorflow_addons"})
_PREFIX: Final = re.compile(
    r"(?:tensorflow\.python\.keras|tensorflow\.keras|tf\.keras|tf_keras|keras_core|keras)(?:\.api)?(?:\._v[12])?"
    r"(?:\._tf_keras)?(?:\.keras)?(?:\.src)?(?=\.|$)"
)
_HERE: Final = frozenset({"", "__main__", "builtins"})
_LIBRARIES: Final = frozenset({"numpy", "scipy", "torch", "jax", "tensorflow", "pandas", "sklearn", "joblib", "dill"})
_WORST: Final = frozenset(
    {Harm.COMMAND, Harm.CODE, Harm.NATIVE, Harm.IMPORT, Harm.LOAD, Harm.CALLER, Harm.REACH, Harm.TAMPER}
)


class Kind(enum.Enum):
    """What is wrong with an object, worst first."""

    FOREIGN = "foreign"
    TOOL = "tool"
    CUSTOM = "custom"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Something to tell about an object.

    :param words: what it would do, to follow its name
    :param worst: it runs code or commands
    """

    kind: Kind
    words: str
    worst: bool = False


def verdict_on(found: KerasObject) -> Verdict | None:
    """What is to be said of an object's name; ``None`` when it is one to build models with."""
    if not found.name or found.class_name in (LAMBDA, LAMBDA_CODE, *NESTED, *OPERATION):
        return _foreign(found) if found.module and room_of(found.module) is None else _named(found)
    if found.class_name == "__typespec__":
        return None
    room = room_of(found.module) if found.module else None
    if room is not None:
        return _of_keras(found, room)
    if found.module in _HERE:
        return _unplaced(found)
    return _foreign(found)


def _named(found: KerasObject) -> Verdict | None:
    """A function that a Lambda layer names, with its module beside it, as Keras 2 wrote them."""
    for key, place in (("function", "module"), ("output_shape", "output_shape_module"), ("mask", "mask_module")):
        name, module = found.get(key), found.get(place)
        if isinstance(name, str) and isinstance(module, str) and (harm := harm_of(f"{module}.{name}")) is not None:
            return Verdict(Kind.FOREIGN, f"calls {module}.{name}, which {harm.does}", harm in _WORST)
    return None


def room_of(module: str) -> str | None:
    """Keras' own name for a module, without where it is installed: ``layers``; empty for the top, else ``None``."""
    match = _PREFIX.match(module)
    return None if match is None else module[match.end() :].lstrip(".")


def inert_operation(name: str) -> bool:
    """Whether a function of TensorFlow, by its public name, only computes."""
    name = name.removeprefix("tf.")
    first, _, rest = name.partition(".")
    if first == "__operators__":
        return True
    if first == "keras":
        return rest.rpartition(".")[0] in _ROOMS and rest.rpartition(".")[2] in _listed()["function"]
    return name in _listed()["tensorflow"]


def _of_keras(found: KerasObject, room: str) -> Verdict | None:
    top = room.partition(".")[0]
    if found.is_function:
        place = room if top == "backend" else top
        if found.name in _listed()["function"] and place in _ROOMS:
            return None
        return Verdict(Kind.TOOL, _tool(top, found.name))
    if found.class_name in _listed()["class"]:
        return None
    if top in _TOOLS and top != "backend":
        return Verdict(Kind.TOOL, _tool(top, found.name))
    return Verdict(Kind.UNKNOWN, "is no class of Keras that is known")


def _tool(top: str, name: str) -> str:
    if name == "get_file":
        return "downloads a file and writes it where the configuration says"
    if name == "enable_unsafe_deserialization":
        return "switches off Keras' protection against code in model files"
    harm = harm_of(f"keras.{top}.{name}" if top else f"keras.{name}")
    return harm.does if harm is not None else "is no part of a model"


def _unplaced(found: KerasObject) -> Verdict | None:
    """Something without a module of its own: looked up among what is registered, or by its bare name."""
    listed = _listed()
    # Keras 2 wrote its own newer optimizers as if they were somebody's: ``Custom>Adam``.
    if found.class_name.removeprefix("Custom>") in listed["class"] and not found.is_function:
        return None
    if found.is_function and found.name in listed["function"]:
        return None
    harm = harm_of(f"builtins.{found.name}") if found.module == "builtins" else None
    if harm is not None:
        return Verdict(Kind.FOREIGN, harm.does, harm in _WORST)
    return Verdict(Kind.CUSTOM, "must be registered by the program that loads the file")


def _foreign(found: KerasObject) -> Verdict:
    """Something from a module that is not Keras'."""
    harm = harm_of(f"{found.module}.{found.name}")
    if harm is not None:
        return Verdict(Kind.FOREIGN, harm.does, harm in _WORST)
    package = found.module.partition(".")[0]
    if package in _COMPANIONS and not found.is_function:
        return Verdict(Kind.CUSTOM, f"is of the library {package}")
    if package == "tensorflow" and inert_operation(f"{found.module}.{found.name}".removeprefix("tensorflow.")):
        return Verdict(Kind.CUSTOM, "is a function of TensorFlow")
    if package in _listed()["standard"] or package.startswith("_") or package in _LIBRARIES:
        return Verdict(Kind.FOREIGN, "is none of Keras' own")
    if found.called and found.is_function:
        return Verdict(Kind.FOREIGN, "is called with arguments that the file gives")
    return Verdict(Kind.CUSTOM, "is imported from a module that is not Keras'")


@cache
def _listed() -> dict[str, frozenset[str]]:
    text = files("assay.scan.keras").joinpath("objects.txt").read_text("utf-8")
    found: dict[str, set[str]] = {}
    names: set[str] = set()
    for line in text.splitlines():
        if line.startswith("["):
            names = found.setdefault(line[1:].partition("]")[0], set())
        elif not line.startswith("#"):
            names.update(line.split())
    return {word: frozenset(listed) for word, listed in found.items()}
