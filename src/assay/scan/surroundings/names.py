"""How bad it is that a configuration has something called by its dotted name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from assay.core.finding import Confidence, Severity
from assay.scan.callables import Harm, Use, harm_of, look_up

#: Packages whose classes configurations ordinarily name. A name in them with a known harm is still told.
KNOWN_PACKAGES: Final = frozenset(
    (
        "torch", "torchvision", "torchaudio", "torchmetrics", "torchdata", "torchtext", "torch_geometric", "torchao",
        "lightning", "pytorch_lightning", "lightning_fabric", "nemo", "nemo_text_processing", "nemo_run",
        "transformers", "tokenizers", "diffusers", "timm", "monai", "omegaconf", "hydra", "hydra_plugins", "numpy",
        "scipy", "sklearn", "pandas", "peft", "accelerate", "optuna", "ray", "wandb", "mlflow", "einops",
        "x_transformers", "flash_attn", "apex", "megatron", "detectron2", "fairseq", "fairscale", "bitsandbytes",
        "deepspeed", "xgboost", "lightgbm", "catboost", "albumentations", "kornia", "speechbrain", "hyperpyyaml",
        "keras", "tensorflow", "jax", "flax", "optax", "sentence_transformers", "datasets", "spacy", "thinc",
        "evaluate", "trl", "composer", "streaming", "open_clip", "clip", "mmengine", "mmcv", "mmdet", "mmseg",
        "gluonts", "uni2ts", "neuralforecast", "pytorch_forecasting", "gymnasium", "stable_baselines3", "imblearn",
        "haystack", "langchain", "langchain_core", "llama_index", "e3nn", "dgl", "pytorch3d", "xformers",
        "hydra_zen", "fvcore", "iopath", "collections", "datetime", "decimal", "fractions", "uuid", "pathlib",
        "logging", "torch_ema", "uvicorn", "schedulefree", "muon",
    )
)  # fmt: skip
#: Modules that other modules import, so that their names can be reached through them: ``torch.os.system``.
_CORE: Final = frozenset(
    (
        "os", "posix", "nt", "subprocess", "sys", "builtins", "__builtins__", "importlib", "shutil", "pty", "ctypes",
        "socket", "pickle", "runpy", "_os", "_sys",
    )
)  # fmt: skip
_WORST: Final = frozenset({Harm.COMMAND, Harm.CODE, Harm.NATIVE, Harm.IMPORT})
#: Functions that only put paths together, which the lists count among those that work on files.
_PATHS: Final = frozenset(f"{module}.{name}" for module in ("os.path", "posixpath") for name in (
    "join", "basename", "dirname", "expanduser", "abspath", "splitext", "normpath"))  # fmt: skip
#: What these do is said by the name they are given, which is judged in their place.
RESOLVERS: Final = frozenset(
    f"hydra.utils.{name}" for name in ("get_method", "get_class", "get_object", "get_static_method")
)
_READS: Final = ("read_", "load_dataset", "load_digits", "load_iris", "fetch_", "from_pretrained", "load_from_disk")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of a name.

    :param does: what it does, in words that follow the name
    :param known: whether the harm is known; else the name is only on no list
    """

    severity: Severity
    confidence: Confidence
    does: str
    known: bool


@cache
def judge(dotted: str) -> Judgement | None:
    """Judge a call of ``dotted`` with whatever arguments; ``None`` when nothing speaks against it."""
    dotted = dotted.strip()
    parts = dotted.split(".")
    module, _, name = dotted.rpartition(".")
    entry = look_up(module, name) if module else None
    harm = harm_of(dotted) or harm_of(f"builtins.{dotted}")
    if (entry is not None and entry.use in (Use.CALL, Use.CLASS)) or dotted in _PATHS or dotted in RESOLVERS:
        return None
    for position in range(1, len(parts)):
        if parts[position] in _CORE and (reached := harm_of(_plain(parts[position:]))):
            return Judgement(
                Severity.CRITICAL, Confidence.HIGH, f"{reached.does}, reached through another module", True
            )
    if any(part.startswith("__") for part in parts[:-1]) or parts[-1] in (
        "__import__",
        "__getattribute__",
        "__subclasses__",
    ):
        return Judgement(Severity.HIGH, Confidence.HIGH, "reaches into Python's internals", True)
    known = parts[0] in KNOWN_PACKAGES and len(parts) > 1
    if harm is not None and not (known and name[:1].isupper() and harm not in _WORST):
        return _harmful(harm, name, judged=entry is not None)
    if entry is not None or known:
        return None
    return Judgement(Severity.LOW, Confidence.LOW, "is on no list of ours", False)


def _harmful(harm: Harm, name: str, *, judged: bool) -> Judgement | None:
    if harm in _WORST:
        return Judgement(Severity.CRITICAL, Confidence.HIGH, harm.does, True)
    if harm in (Harm.CALLER, Harm.REACH, Harm.TAMPER):
        return Judgement(Severity.MEDIUM if judged else Severity.HIGH, Confidence.MEDIUM, harm.does, True)
    if name.startswith(_READS):
        return None
    if harm in (Harm.FILE, Harm.LOAD, Harm.NETWORK, Harm.PROCESS):
        return Judgement(Severity.MEDIUM, Confidence.MEDIUM, harm.does, True)
    return None


def _plain(parts: list[str]) -> str:
    first = {"__builtins__": "builtins", "_os": "os", "_sys": "sys"}.get(parts[0], parts[0])
    return ".".join([first, *parts[1:]])
