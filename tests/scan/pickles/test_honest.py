"""Honest pickles: what people save is no finding at or above *medium*, however it is written down."""

from __future__ import annotations

import argparse
import array
import collections
import datetime
import decimal
import enum
import fractions
import functools
import ipaddress
import itertools
import logging
import operator
import pathlib
import pickle
import random
import re
import string
import types
import typing
import uuid
from typing import Any

import numpy as np
import pytest

from assay.core.finding import Severity

VALUES: list[Any] = [
    argparse.Namespace(a=1), array.array("d", [1.0]), collections.Counter("aab"), collections.OrderedDict(a=1),
    collections.deque([1], 3), collections.defaultdict(list, a=[1]), collections.UserDict(a=1),
    collections.ChainMap({}),
    datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.timedelta(1), decimal.Decimal("1.5"),
    fractions.Fraction(3, 4),
    ipaddress.ip_address("127.0.0.1"), itertools.chain([1]), iter([1, 2]), range(3), slice(1, 2), complex(1, 2),
    Ellipsis,
    NotImplemented, type(None), bytearray(b"x"), logging.getLogger("x"), operator.itemgetter(1),
    operator.attrgetter("a.b"),
    operator.methodcaller("lower"), pathlib.PurePosixPath("/x"), pathlib.PureWindowsPath("c:/x"), random.Random(1),
    re.compile("(a+)+$"), string.Template("$x"), types.SimpleNamespace(a=1), uuid.UUID(int=1), functools.partial(max,
    1), str.lower,
    [1].append, {"a": 1}.get, "x".join, ValueError("x"), KeyError("x"), len, print, re.IGNORECASE, typing.Optional[int],  # noqa: UP045
    typing.List[int],  # noqa: UP006
    int | None, list[int], typing.Any, {1, 2}, frozenset("a"), zip([1], [2], strict=True), enumerate([1]),
    b"bytes", 2**100,
    np.arange(3), np.float64(1), np.array(["a"], dtype=object), np.dtype([("a", "i4")]), np.ma.masked_array([1, 2],
    [0, 1]),
    np.rec.array([(1, 2)]), np.datetime64("2020-01-01"), np.poly1d([1, 2]), np.log1p, np.mean, np.float32,
    np.random.RandomState(1), np.random.default_rng(1), np.random.Generator(np.random.Philox(1)),
    np.random.SeedSequence(1),
]  # fmt: skip


class Mode(enum.Enum):
    """A project's own."""

    FAST = 1


class Point(typing.NamedTuple):
    """A project's own."""

    x: int


def worst(found: dict[str, list[tuple[Severity, str]]]) -> list[tuple[Severity, str]]:
    """What is at or above *medium*."""
    return [hit for hits in found.values() for hit in hits if hit[0] >= Severity.MEDIUM]


@pytest.mark.filterwarnings("ignore:Pickle, copy, and deepcopy support will be removed:DeprecationWarning")
@pytest.mark.parametrize("value", VALUES, ids=[f"{type(value).__name__}-{place}" for place, value in enumerate(VALUES)])
def test_values_of_python_and_numpy_are_quiet(judged, value: Any):
    """Every protocol of every ordinary value: not even a *low* finding."""
    for protocol in (0, 2, 4, 5):
        try:
            data = pickle.dumps({"value": value}, protocol)
        except (pickle.PicklingError, TypeError):
            continue
        assert judged(data) == {}, protocol


@pytest.mark.parametrize("value", [Mode.FAST, Point(1), [Mode.FAST, Point(2)]], ids=["enum", "tuple", "both"])
def test_a_projects_own_classes_are_low(judged, value: Any):
    """A class that nobody knows, made of numbers: unknown is never clean, and never cries wolf."""
    found = judged(pickle.dumps(value))
    assert found
    assert not worst(found)


#: Name, arguments: as real libraries write them down, seen by `maintenance/callables.py collect`.
WRITTEN: list[tuple[str, tuple[Any, ...]]] = [
    ("sklearn.tree._tree.Tree", (4, [2], 1)),
    ("sklearn._loss._loss.CyHalfBinomialLoss", ()),
    ("sklearn.linear_model._sgd_fast.Hinge", (1.0,)),
    ("pandas._libs.tslibs.timestamps._unpickle_timestamp", (1, None, None, 9)),
    ("pandas._libs.tslibs.offsets.Day", (2, False)),
    ("pandas.core.arrays.string_.StringDtype", ("python",)),
    ("torch._utils._rebuild_parameter", (None, True, {})),
    ("torch._utils._rebuild_tensor_v2", (None, 0, (2, 3), (3, 1), False, {})),
    ("torch.device", ("cuda", 0)),
    ("torch.Size", ([1, 2],)),
    ("torch.serialization._get_layout", ("torch.sparse_coo",)),
    ("transformers.trainer_utils.IntervalStrategy", ("no",)),
    ("transformers.training_args.OptimizerNames", ("adamw_torch",)),
    ("ultralytics.utils.IterableSimpleNamespace", ()),
    ("timm.layers.format.Format", ("NCHW",)),
    ("pyarrow.lib.type_for_alias", ("int64",)),
    ("statsmodels.tsa.statespace._representation.dStatespace", ([1.0],)),
    ("shapely.geometry.point.Point", (1, 2)),
]


@pytest.mark.parametrize(("dotted", "args"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_what_libraries_call_is_quiet(asm, judged, dotted: str, args: tuple[Any, ...]):
    """The callables that the libraries' own `__reduce__` methods name are on the list."""
    assert judged(asm.whole(asm.call(dotted, *args))) == {}


#: Classes that are made without their constructor.
MADE = """
sklearn.ensemble._forest.RandomForestClassifier sklearn.pipeline.Pipeline
sklearn.feature_extraction.text.TfidfVectorizer sklearn.utils._bunch.Bunch scipy.sparse._csr.csr_matrix
scipy.sparse._coo.coo_array scipy.interpolate._interpolate.interp1d scipy.stats._continuous_distns.norm_gen
pandas.DataFrame pandas.core.internals.managers.BlockManager torch.nn.modules.linear.Linear
torch.nn.modules.container.Sequential torch.optim.adam.Adam torchvision.models.resnet.ResNet
ultralytics.nn.tasks.DetectionModel ultralytics.nn.modules.conv.Conv models.yolo.DetectionModel models.common.Conv
timm.models.vision_transformer.VisionTransformer transformers.training_args.TrainingArguments
transformers.models.bert.modeling_bert.BertModel tokenizers.Tokenizer sentence_transformers.models.Pooling.Pooling
lightning.fabric.utilities.data.AttributeDict lightgbm.basic.Booster lightgbm.sklearn.LGBMClassifier
xgboost.core.Booster xgboost.sklearn.XGBClassifier catboost.core.CatBoostClassifier imblearn.pipeline.Pipeline
statsmodels.regression.linear_model.OLS spacy.lang.en.English gensim.models.word2vec.Word2Vec
nltk.stem.porter.PorterStemmer joblib.numpy_pickle.NumpyArrayWrapper omegaconf.dictconfig.DictConfig
argparse.Namespace networkx.classes.graph.Graph setfit.modeling.SetFitHead category_encoders.ordinal.OrdinalEncoder
hmmlearn.hmm.GaussianHMM umap.umap_.UMAP
""".split()  # noqa: SIM905


@pytest.mark.parametrize("dotted", MADE)
@pytest.mark.parametrize("protocol", ["NEWOBJ", "_reconstructor"])
def test_classes_of_libraries_are_quiet(asm, judged, dotted: str, protocol: str):
    """An estimator, a module, a frame: made, and given a state, without a finding."""
    if protocol == "NEWOBJ":
        made = asm.name(dotted) + b")\x81"
    else:
        made = asm.call("copyreg._reconstructor", asm.fetch(dotted), asm.fetch("builtins.object"), None)
    assert judged(asm.whole(made + asm.value({"a": 1}) + b"b")) == {}


def test_a_bound_method_is_quiet(asm, judged):
    """`getattr(object, "name")` is how a bound method is written down."""
    assert judged(asm.whole(asm.call("builtins.getattr", [1, 2], "append"))) == {}
    made = asm.call(
        "copyreg._reconstructor", asm.fetch("torch.nn.modules.linear.LazyLinear"), asm.fetch("builtins.object"), None
    )
    assert judged(asm.whole(asm.call("builtins.getattr", made, "_infer_parameters"))) == {}


def test_a_checkpoint_is_quiet(asm, judged):
    """Storages by persistent ids, tensors by `_rebuild_tensor_v2`, hyper-parameters in a namespace."""
    pid = asm.value(("storage", asm.fetch("torch.FloatStorage"), "0", "cpu", 6)) + b"Q"
    from_storage = asm.name("torch._utils._rebuild_tensor_v2") + b"(" + pid
    from_storage += b"".join(map(asm.value, (0, (2, 3), (3, 1), False))) + asm.call("collections.OrderedDict") + b"tR"
    data = asm.whole(b"}(" + asm.text("weight") + from_storage + asm.text("lr") + asm.value(0.1) + b"u")
    assert judged(data) == {}
