"""Real objects of real packages, pickled the ways people pickle them. Part of ``callables.py collect``."""

from __future__ import annotations

import io
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Sample = tuple[str, Any]
MAKERS: list[Callable[[], Iterator[Sample]]] = []


def maker(function: Callable[[], Iterator[Sample]]) -> Callable[[], Iterator[Sample]]:
    """Register a generator of named objects; a package that is not installed ends it, and is told."""
    MAKERS.append(function)
    return function


def write_all(folder: Path) -> None:
    """Pickle every sample into ``folder``; what cannot be made or pickled is told on standard error."""
    warnings.simplefilter("ignore")
    folder.mkdir(parents=True, exist_ok=True)
    for make in MAKERS:
        count = 0
        try:
            for name, value in make():
                count += write(folder, f"{make.__name__}-{name}", value)
        except Exception as error:
            print(f"{make.__name__}: {type(error).__name__}: {error}"[:300], file=sys.stderr)
        print(f"{make.__name__}: {count} files", file=sys.stderr)


def write(folder: Path, name: str, value: Any) -> int:
    """Pickle one object with protocols 2 and 4; bytes are a pickle already."""
    if isinstance(value, Saved):
        try:
            value = torch_bytes(value.value)
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}"[:200], file=sys.stderr)
            return 0
    if isinstance(value, bytes):
        (folder / f"{name}.pkl").write_bytes(value)
        return 1
    count = 0
    for protocol in (2, 4):
        try:
            (folder / f"{name}.{protocol}.pkl").write_bytes(pickle.dumps(value, protocol))
            count += 1
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}"[:200], file=sys.stderr)
    return count


class Saved:
    """An object to be pickled by ``torch.save``."""

    def __init__(self, value: Any) -> None:
        self.value = value


def torch_bytes(value: Any) -> bytes:
    """The pickle inside what ``torch.save`` writes."""
    import zipfile

    import torch

    out = io.BytesIO()
    torch.save(value, out)
    with zipfile.ZipFile(out) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))


@maker
def python() -> Iterator[Sample]:
    """Values of the standard library."""
    import argparse
    import array
    import collections
    import collections.abc
    import dataclasses
    import datetime
    import decimal
    import enum
    import fractions
    import functools
    import inspect
    import io as io_module
    import ipaddress
    import itertools
    import logging
    import operator
    import pathlib
    import random
    import re
    import string
    import types
    import typing
    import uuid
    import zoneinfo

    def plain(a: int, b: str = "x") -> None: ...

    yield "values", [
        argparse.Namespace(a=1), array.array("d", [1.0]), collections.Counter("aab"), collections.OrderedDict(a=1),
        collections.deque([1], 3), collections.defaultdict(list, a=[1]), collections.UserDict(a=1),
            collections.ChainMap({}),
        datetime.datetime.now(datetime.UTC), datetime.date(2020, 1, 1), datetime.timedelta(1), datetime.time(1),
        decimal.Decimal("1.5"), fractions.Fraction(3, 4), ipaddress.ip_address("127.0.0.1"), itertools.count(3),
        iter([1, 2]), range(3), slice(1, 2), complex(1, 2), Ellipsis, NotImplemented, type(None), bytearray(b"x"),
        logging.getLogger("x"), operator.itemgetter(1), operator.attrgetter("a"), operator.methodcaller("lower"),
        pathlib.Path("/x"), pathlib.PureWindowsPath("c:/x"), random.Random(1), re.compile("a.*"), string.Template("$x"),
        types.SimpleNamespace(a=1), uuid.uuid4(), zoneinfo.ZoneInfo("Europe/Berlin"), io_module.BytesIO(b"x"),
        io_module.StringIO("x"), functools.partial(max, 1), str.lower, [1].append, ValueError("x"), KeyError("x"),
            len, print,
        re.IGNORECASE, inspect.signature(plain).parameters["b"].kind, typing.Optional[int], typing.List[int],
        int | None, list[int], typing.Any, collections.abc.Mapping, enum.Enum, dataclasses.MISSING.__class__, {1, 2},
            frozenset("a"),
        "bytes".encode(), memoryview, zip([1], [2]), map, enumerate([1]), reversed([1, 2]), "x".join,
    ]  # fmt: skip


@maker
def numpy() -> Iterator[Sample]:
    """Arrays, types and generators."""
    import numpy as np

    yield "arrays", [
        np.arange(3), np.float64(1), np.array(["a"], dtype=object), np.array(["ab"]), np.dtype("f4"), np.dtype([("a",
            "i4")]),
        np.ma.masked_array([1, 2], [0, 1]), np.ma.masked, np.matrix([[1]]), np.rec.array([(1, 2)]),
            np.datetime64("2020-01-01"),
        np.array([1], dtype="M8[ns]"), np.asfortranarray(np.ones((2, 3))), np.bool_(True), np.str_("x"),
            np.bytes_(b"x"),
        np.longdouble(1), np.complex64(1), np.chararray((1,)), np.poly1d([1, 2]), np.polynomial.Polynomial([1, 2]),
            np.void(b"x"),
        np.log1p, np.sum, np.mean, np.clip, np.float32, np.ndarray, np.finfo, np.ufunc, np.vectorize, np.errstate,
            np.array([]),
    ]  # fmt: skip
    yield "random", [
        np.random.RandomState(1), np.random.default_rng(1), np.random.Generator(np.random.MT19937(1)),
            np.random.SeedSequence(1),
        np.random.Generator(np.random.Philox(1)), np.random.Generator(np.random.SFC64(1)), np.random.PCG64DXSM(1),
    ]  # fmt: skip


@maker
def scipy() -> Iterator[Sample]:
    """Sparse matrices, interpolators, distributions, transforms."""
    import numpy as np
    import scipy
    from scipy import interpolate, sparse, spatial, stats

    for kind in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr"):
        yield f"sparse-{kind}", [sparse.eye(3, format=kind), getattr(sparse, f"{kind}_matrix")((2, 2))]
    x = np.arange(6.0)
    yield "interpolate", [
        interpolate.interp1d(x, x), interpolate.CubicSpline(x, x), interpolate.PchipInterpolator(x, x),
        interpolate.UnivariateSpline(x, x), interpolate.RegularGridInterpolator((x, x), np.ones((6, 6))),
        interpolate.Akima1DInterpolator(x, x), interpolate.make_interp_spline(x, x), interpolate.PPoly(np.ones((2,
            1)), [0, 1]),
        interpolate.RBFInterpolator(x[:, None], x), interpolate.NearestNDInterpolator(x[:, None], x),
    ]  # fmt: skip
    for name in sorted(dir(stats)):
        value = getattr(stats, name)
        if isinstance(value, stats.rv_continuous | stats.rv_discrete):
            try:
                frozen = value(*[1.0] * value.numargs)
            except Exception:
                continue
            yield f"stats-{name}", [value, frozen]
    yield "others", [
        stats.gaussian_kde(np.random.rand(2, 9)), stats.multivariate_normal(np.zeros(2)), spatial.cKDTree(np.ones((3,
            2))),
        spatial.KDTree(np.ones((3, 2))), spatial.transform.Rotation.identity(), scipy.optimize.OptimizeResult(x=1),
        scipy.signal.lti([1], [1, 2]), stats.rankdata, scipy.special.expit, stats.norm.cdf, scipy.optimize.Bounds(0, 1),
        stats.ttest_ind([1, 2], [1, 3]), spatial.distance.euclidean,
    ]  # fmt: skip


@maker
def sklearn() -> Iterator[Sample]:
    """Every estimator, fitted."""
    import numpy as np
    from sklearn import metrics, model_selection, pipeline, preprocessing
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier
    from sklearn.utils import all_estimators

    random = np.random.RandomState(0)
    x, y = np.abs(random.rand(60, 4)), random.randint(0, 2, 60)
    special = {"estimators": [("a", LogisticRegression()), ("b", DecisionTreeClassifier())],
        "estimator": LogisticRegression(),
               "transformers": [("a", preprocessing.StandardScaler(), [0, 1])], "param_grid": {"C": [1, 2]},
               "param_distributions": {"C": [1, 2]}, "steps": [("s", preprocessing.StandardScaler())],
               "transformer_list": [("a", preprocessing.StandardScaler())], "base_estimator": LogisticRegression(),
               "threshold": 0.5, "cv": 3, "estimator_": LogisticRegression()}  # fmt: skip
    for name, kind in all_estimators():
        import inspect

        wanted = {key: special[key] for key, parameter in inspect.signature(kind).parameters.items()
                  if parameter.default is inspect.Parameter.empty and key in special}  # fmt: skip
        for data, target in ((x, y), (x, y.astype(float)), (["a b c", "b c"] * 30, y), ([{"a": 1}, {"b": 2}] * 30, y),
                             (x[:, 0], y), (y, y), (x, np.stack([y, y], 1)), (x @ x.T, y), (x, x[:, :2])):  # fmt: skip
            try:
                fitted = clone(kind(**wanted)).fit(data, target)
            except Exception:
                try:
                    fitted = kind(**wanted).fit(data)
                except Exception:
                    continue
            yield name, fitted
            break
        else:
            try:
                yield f"{name}-unfitted", kind(**wanted)
            except Exception as error:
                print(f"sklearn {name}: {error}"[:150], file=sys.stderr)
    for loss in ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron", "huber", "epsilon_insensitive"):
        from sklearn.linear_model import SGDClassifier

        yield f"sgd-{loss}", SGDClassifier(loss=loss).fit(x, y)
    from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor
    from sklearn.gaussian_process import GaussianProcessRegressor, kernels
    from sklearn.neighbors import KNeighborsClassifier

    for loss in ("squared_error", "absolute_error", "huber", "quantile"):
        yield f"gbr-{loss}", GradientBoostingRegressor(loss=loss, n_estimators=2).fit(x, y)
    for loss in ("squared_error", "absolute_error", "gamma", "poisson", "quantile"):
        yield f"hgb-{loss}", HistGradientBoostingRegressor(loss=loss, max_iter=2, quantile=0.5).fit(x, y + 1.0)
    for metric in ("euclidean", "manhattan", "chebyshev", "minkowski", "cosine", "haversine", "hamming", "canberra"):
        for algorithm in ("kd_tree", "ball_tree", "brute"):
            try:
                yield (
                    f"knn-{metric}-{algorithm}",
                    KNeighborsClassifier(metric=metric, algorithm=algorithm).fit(x[:, :2], y),
                )
            except ValueError:
                continue
    for kernel in (kernels.RBF(), kernels.Matern(), kernels.WhiteKernel() + kernels.DotProduct(),
        kernels.RationalQuadratic() * 2,
                   kernels.PairwiseKernel()):  # fmt: skip
        yield f"gp-{type(kernel).__name__}", GaussianProcessRegressor(kernel).fit(x[:9], y[:9])
    yield "functions", [preprocessing.FunctionTransformer(np.log1p), metrics.make_scorer(metrics.f1_score),
        metrics.accuracy_score,
                        metrics.get_scorer("roc_auc"), metrics.get_scorer("accuracy"), metrics.r2_score,
                            metrics.log_loss]  # fmt: skip
    yield (
        "search",
        model_selection.GridSearchCV(
            pipeline.make_pipeline(preprocessing.StandardScaler(), LogisticRegression()),
            {"logisticregression__C": [1, 2]},
        ).fit(x, y),
    )
    yield "splits", [model_selection.KFold(3), model_selection.StratifiedKFold(3), model_selection.TimeSeriesSplit(3),
                     model_selection.ShuffleSplit(), model_selection.GroupKFold(2),
                         model_selection.LeaveOneOut()]  # fmt: skip
    from sklearn import datasets

    yield "bunch", datasets.load_iris()


@maker
def pandas() -> Iterator[Sample]:
    """Frames of every type of column and index."""
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame({
        "i": [1, 2], "f": [1.0, np.nan], "s": ["a", None], "b": [True, False], "d": pd.to_datetime(["2020-01-01",
            "2020-01-02"]),
        "z": pd.to_datetime(["2020-01-01", "2020-01-02"]).tz_localize("Europe/Berlin"), "c": pd.Categorical(["x", "y"]),
        "t": pd.to_timedelta([1, 2], "D"), "I": pd.array([1, None], "Int64"), "S": pd.array(["a", None], "string"),
        "B": pd.array([True, None], "boolean"), "p": pd.period_range("2020", periods=2, freq="D"), "o": [[1], {}],
        "v": pd.interval_range(0, 2), "F": pd.array([1.0, None], "Float64"), "sp": pd.arrays.SparseArray([0, 1]),
    })  # fmt: skip
    yield "frame", frame
    for name in frame:
        yield f"column-{name}", frame[name]
    yield "indexes", [
        pd.RangeIndex(3), pd.Index([1, 2]), pd.Index(["a"]), pd.MultiIndex.from_tuples([(1, "a")]),
            pd.CategoricalIndex(["a"]),
        pd.date_range("2020", periods=2), pd.date_range("2020", periods=2, freq="D", tz="UTC"),
            pd.timedelta_range("1D", periods=2),
        pd.period_range("2020", periods=2, freq="M"), pd.IntervalIndex.from_breaks([0, 1]), pd.Index([1.5]),
    ]  # fmt: skip
    yield "scalars", [
        pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-01", tz="UTC"), pd.Timedelta(1, "D"), pd.NaT, pd.NA,
            pd.Period("2020-01"),
        pd.Interval(0, 1), pd.offsets.Day(2), pd.offsets.MonthEnd(), pd.offsets.BDay(), pd.offsets.Hour(3),
            pd.offsets.Week(weekday=1),
        pd.offsets.QuarterEnd(), pd.DateOffset(days=1), pd.CategoricalDtype(["a"]), pd.Int64Dtype(), pd.StringDtype(),
        pd.DatetimeTZDtype("ns", "UTC"), pd.PeriodDtype("D"), pd.IntervalDtype("int64"), pd.SparseDtype(float),
            pd.BooleanDtype(),
        pd.offsets.YearEnd(), pd.offsets.BMonthEnd(), pd.offsets.Minute(5), pd.offsets.Second(),
            pd.offsets.BusinessHour(),
        pd.offsets.CustomBusinessDay(), pd.DataFrame, pd.Series,
    ]  # fmt: skip
    try:
        yield (
            "arrow",
            pd.DataFrame({"a": pd.array([1, None], "int64[pyarrow]"), "s": pd.array(["a", None], "string[pyarrow]")}),
        )
        yield "arrow-type", pd.ArrowDtype(__import__("pyarrow").int64())
    except ImportError:
        pass


@maker
def torch() -> Iterator[Sample]:
    """Tensors, modules, optimizers."""
    import torch
    from torch import nn

    tensors = {
        "plain": torch.ones(2, 3), "half": torch.ones(2).half(), "bfloat": torch.ones(2).bfloat16(),
            "bool": torch.ones(2).bool(),
        "sparse": torch.eye(3).to_sparse(), "csr": torch.eye(3).to_sparse_csr(),
            "parameter": nn.Parameter(torch.ones(1)),
        "buffer": nn.Buffer(torch.ones(1)) if hasattr(nn, "Buffer") else 0, "int8": torch.ones(2).to(torch.int8),
        "meta": torch.ones(2, device="meta"), "grad": torch.ones(2, requires_grad=True), "size": torch.Size([1]),
        "quantised": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), "dtype": torch.float32,
        "channel": torch.quantize_per_channel(torch.ones(2, 2), torch.ones(2), torch.zeros(2), 0, torch.qint8),
        "device": torch.device("cpu"), "format": torch.channels_last, "layout": torch.strided,
            "generator": torch.Generator().get_state(),
        "float8": torch.ones(2).to(torch.float8_e4m3fn), "complex": torch.ones(2, dtype=torch.complex64),
        "nested": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
            "storage": torch.ones(2).untyped_storage(),
    }  # fmt: skip
    for name, value in tensors.items():
        yield f"{name}-saved", Saved(value)
        yield f"{name}-pickled", value
    made = []
    arguments = ((), (2,), (2, 2), (2, 2, 1), (2, 2, 2, 1), (nn.Linear(2, 2),), ([nn.Linear(2, 2)],),
        ({"a": nn.Linear(2, 2)},), ([2],),
                 (4, 2), (nn.TransformerEncoderLayer(4, 2), 1), (nn.TransformerDecoderLayer(4, 2), 1), (8, 2,
                     [4]))  # fmt: skip
    for name in sorted(dir(nn)):
        kind = getattr(nn, name)
        if isinstance(kind, type) and issubclass(kind, nn.Module):
            for given in arguments:
                try:
                    made.append((name, kind(*given)))
                    break
                except Exception:
                    continue
    for name, module in made:
        yield f"nn-{name}", Saved(module)
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    yield "pickled-module", model
    for name in sorted(dir(torch.optim)):
        kind = getattr(torch.optim, name)
        if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer) and kind is not torch.optim.Optimizer:
            try:
                optimizer = kind(model.parameters(), lr=0.1)
            except Exception:
                continue
            yield f"optim-{name}", Saved(optimizer)
            yield f"optim-state-{name}", Saved(optimizer.state_dict())
    sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    for make in (lambda: torch.optim.lr_scheduler.StepLR(sgd, 1),
        lambda: torch.optim.lr_scheduler.CosineAnnealingLR(sgd, 3),
                 lambda: torch.optim.lr_scheduler.ReduceLROnPlateau(sgd),
                     lambda: torch.optim.lr_scheduler.OneCycleLR(sgd, 1, 9)):  # fmt: skip
        schedule = make()
        yield f"schedule-{type(schedule).__name__}", Saved(schedule.state_dict())
        yield f"schedule-whole-{type(schedule).__name__}", Saved(schedule)
    yield "compiled-state", Saved(model.state_dict())
    yield "distributions", Saved([torch.distributions.Normal(0, 1), torch.distributions.Categorical(torch.ones(2))])
    yield "dataset", Saved(torch.utils.data.TensorDataset(torch.ones(2)))
    yield "quantised-model", Saved(torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(2, 2)), {nn.Linear}))
    yield (
        "functions",
        [torch.relu, torch.nn.functional.relu, torch.nn.functional.gelu, torch.tanh, torch.sigmoid, torch.float16],
    )
    import torch.fx

    yield "fx", Saved(torch.fx.symbolic_trace(nn.Sequential(nn.Linear(2, 2), nn.ReLU())))
    for module in (nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)),
        nn.utils.parametrizations.orthogonal(nn.Linear(2, 2)),
                   nn.utils.spectral_norm(nn.Linear(2, 2)), nn.DataParallel(model)):  # fmt: skip
        try:
            yield f"parametrised-{type(module).__name__}", Saved(module)
        except Exception as error:
            print(error, file=sys.stderr)


@maker
def torchvision() -> Iterator[Sample]:
    """Image models, whole."""
    import torchvision

    for name in ("resnet18", "vgg11", "mobilenet_v3_small", "efficientnet_b0", "vit_b_16", "swin_t", "convnext_tiny",
        "densenet121",
                 "googlenet", "inception_v3", "squeezenet1_0", "shufflenet_v2_x0_5", "mnasnet0_5",
                     "regnet_y_400mf"):  # fmt: skip
        yield name, Saved(torchvision.models.get_model(name, weights=None))
    yield (
        "detection",
        Saved(torchvision.models.detection.fasterrcnn_mobilenet_v3_large_fpn(weights=None, weights_backbone=None)),
    )
    yield (
        "segmentation",
        Saved(torchvision.models.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None)),
    )
    from torchvision import transforms
    from torchvision.transforms import v2

    yield "transforms", Saved([
        transforms.Compose([transforms.Resize(4), transforms.ToTensor(), transforms.Normalize([0.5], [0.5]),
            transforms.CenterCrop(3),
                            transforms.RandomHorizontalFlip(), transforms.ColorJitter(0.1), transforms.ToPILImage()]),
        v2.Compose([v2.Resize(4), v2.ToImage()]), torchvision.models.ResNet18_Weights.DEFAULT,
    ])  # fmt: skip


@maker
def timm() -> Iterator[Sample]:
    """Image models, whole."""
    import timm

    for name in ("resnet18", "vit_tiny_patch16_224", "efficientnet_b0", "convnext_atto",
        "swin_tiny_patch4_window7_224", "mobilenetv3_small_050",
                 "regnety_002", "mixer_s16_224", "beit_base_patch16_224", "deit_tiny_patch16_224", "levit_128s",
                     "maxvit_pico_rw_256"):  # fmt: skip
        yield name, Saved(timm.create_model(name, pretrained=False))


@maker
def ultralytics() -> Iterator[Sample]:
    """YOLO checkpoints as they are published."""
    import datetime

    from ultralytics.nn.tasks import DetectionModel, PoseModel, SegmentationModel
    from ultralytics.utils import DEFAULT_CFG, IterableSimpleNamespace

    for name, kind in (("yolov8n.yaml", DetectionModel), ("yolo11n.yaml", DetectionModel), ("yolov8n-seg.yaml",
        SegmentationModel),
                       ("yolov8n-pose.yaml", PoseModel), ("yolov5n.yaml", DetectionModel), ("yolov10n.yaml",
                           DetectionModel)):  # fmt: skip
        try:
            model = kind(name, verbose=False)
        except Exception as error:
            print(name, error, file=sys.stderr)
            continue
        model.args = DEFAULT_CFG
        yield name, Saved({"model": model.half(), "train_args": vars(DEFAULT_CFG),
            "date": datetime.datetime.now().isoformat(),
                                 "x": IterableSimpleNamespace(a=1), "epoch": -1, "ema": None})  # fmt: skip
    from ultralytics.utils.loss import v8DetectionLoss

    model = DetectionModel("yolov8n.yaml", verbose=False)
    model.args = IterableSimpleNamespace(box=1, cls=1, dfl=1)
    model.criterion = v8DetectionLoss(model)
    yield "criterion", Saved(model)


@maker
def transformers() -> Iterator[Sample]:
    """Training arguments, configurations, small models, tokenizers."""
    import transformers

    arguments = transformers.TrainingArguments(output_dir="/tmp/x", use_cpu=True, report_to=[])
    yield "training-arguments", Saved(arguments)
    yield (
        "seq2seq-arguments",
        Saved(transformers.Seq2SeqTrainingArguments(output_dir="/tmp/x", use_cpu=True, report_to=[])),
    )
    yield "state", Saved([transformers.TrainerState(), transformers.GenerationConfig()])
    small = dict(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        vocab_size=20,
        max_position_embeddings=8,
    )
    for name in (
        "Bert",
        "Roberta",
        "DistilBert",
        "GPT2",
        "Llama",
        "T5",
        "ViT",
        "Mistral",
        "Electra",
        "Albert",
        "Qwen2",
        "Bart",
    ):
        try:
            config = getattr(transformers, f"{name}Config")(
                **(small if name not in ("DistilBert", "GPT2", "T5", "Bart") else {})
            )
            if name in ("DistilBert", "GPT2", "T5", "Bart"):
                for key in ("n_layers", "n_layer", "num_layers", "encoder_layers", "decoder_layers"):
                    if hasattr(config, key):
                        setattr(config, key, 1)
            yield f"config-{name}", config
            yield f"model-{name}", Saved(getattr(transformers, f"{name}Model")(config))
        except Exception as error:
            print(name, str(error)[:200], file=sys.stderr)
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    yield "tokenizer", tokenizer
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[UNK]")
    yield "fast-tokenizer", fast
    yield "encoding", [fast("a"), transformers.AddedToken("x"), transformers.DataCollatorWithPadding(fast)]


@maker
def sentence_transformers() -> Iterator[Sample]:
    """A head and a whole model."""
    import sentence_transformers
    import setfit
    from sentence_transformers import models

    yield "pooling", Saved([models.Pooling(8), models.Dense(8, 4), models.Normalize()])
    yield "setfit-head", Saved(setfit.SetFitHead(in_features=8, out_features=2))
    yield "model", Saved(sentence_transformers.SentenceTransformer(modules=[models.Pooling(8)], device="cpu"))


@maker
def lightning() -> Iterator[Sample]:
    """A checkpoint."""
    import lightning.pytorch as pl
    import omegaconf
    from lightning.fabric.utilities.data import AttributeDict

    yield "checkpoint", Saved({"hyper_parameters": AttributeDict(a=1),
        "callbacks": {"x": pl.callbacks.ModelCheckpoint().state_dict()},
                                     "pytorch-lightning_version": pl.__version__, "loops": {},
                                         "b": pl.callbacks.EarlyStopping("x")})  # fmt: skip
    yield "omegaconf", Saved(omegaconf.OmegaConf.create({"a": [1, {"b": "${a}"}], "c": None, "d": 1.5, "e": True}))
    import torchmetrics

    yield (
        "metrics",
        Saved([torchmetrics.Accuracy("binary"), torchmetrics.MetricCollection([torchmetrics.MeanSquaredError()])]),
    )


@maker
def boosting() -> Iterator[Sample]:
    """Gradient boosting libraries."""
    import numpy as np

    x, y = np.random.rand(60, 3), np.random.randint(0, 2, 60)
    import lightgbm

    yield "lightgbm", [lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(x, y),
        lightgbm.LGBMRegressor(n_estimators=2, verbose=-1).fit(x, y),
                       lightgbm.LGBMRanker(n_estimators=2, verbose=-1).fit(x, y, group=[60])]  # fmt: skip
    yield "lightgbm-booster", lightgbm.train({"verbose": -1}, lightgbm.Dataset(x, y), 2)
    import xgboost

    yield "xgboost", [xgboost.XGBClassifier(n_estimators=2).fit(x, y), xgboost.XGBRegressor(n_estimators=2).fit(x, y),
                      xgboost.XGBRFClassifier(n_estimators=2).fit(x, y)]  # fmt: skip
    yield "xgboost-booster", xgboost.train({}, xgboost.DMatrix(x, y), 2)
    import catboost

    yield "catboost", [catboost.CatBoostClassifier(iterations=2, verbose=0, allow_writing_files=False).fit(x, y),
                       catboost.CatBoostRegressor(iterations=2, verbose=0, allow_writing_files=False).fit(x,
                           y)]  # fmt: skip
    yield "catboost-pool", catboost.CatBoost({"iterations": 2, "verbose": 0, "allow_writing_files": False}).fit(x, y)


@maker
def statsmodels() -> Iterator[Sample]:
    """Fitted results."""
    import numpy as np
    import pandas as pd
    import statsmodels.api as sm
    import statsmodels.formula.api as smf
    from statsmodels.tsa.api import ARIMA, SARIMAX, AutoReg, ExponentialSmoothing, Holt

    x = sm.add_constant(np.random.rand(60, 2))
    y = x.sum(1) + np.random.rand(60) * 0.1
    yield "ols", sm.OLS(y, x).fit()
    yield "wls", sm.WLS(y, x).fit()
    yield "rlm", sm.RLM(y, x).fit()
    yield "quantile", sm.QuantReg(y, x).fit()
    yield "logit", sm.Logit((y > y.mean()).astype(int), x).fit(disp=0)
    yield "poisson", sm.Poisson(np.arange(60) % 4, x).fit(disp=0)
    for family in (
        sm.families.Poisson(),
        sm.families.Gaussian(),
        sm.families.Binomial(),
        sm.families.Gamma(sm.families.links.Log()),
    ):
        yield (
            f"glm-{type(family).__name__}",
            sm.GLM((y > y.mean()).astype(int) + (0 if "Bin" in type(family).__name__ else 1), x, family=family).fit(),
        )
    frame = pd.DataFrame({"y": y, "a": x[:, 1], "g": ["u", "v"] * 30})
    yield "formula", smf.ols("y ~ a + C(g)", frame).fit()
    yield "mixed", smf.mixedlm("y ~ a", frame, groups=frame["g"]).fit()
    series = pd.Series(np.random.rand(60).cumsum(), pd.date_range("2020", periods=60))
    yield "arima", ARIMA(series, order=(1, 0, 0)).fit()
    yield "sarimax", SARIMAX(series, order=(1, 0, 0)).fit(disp=0)
    yield "holt", [Holt(series).fit(), ExponentialSmoothing(series).fit()]
    yield "autoreg", AutoReg(series, 1).fit()


@maker
def estimators() -> Iterator[Sample]:
    """Libraries in the manner of scikit-learn."""
    import numpy as np
    import pandas as pd

    x, y = np.random.rand(80, 3), np.random.randint(0, 2, 80)
    import imblearn
    from imblearn import combine, ensemble, over_sampling, pipeline, under_sampling

    yield "imblearn", [over_sampling.SMOTE(), under_sampling.RandomUnderSampler(), combine.SMOTEENN(),
                       ensemble.BalancedRandomForestClassifier(n_estimators=2).fit(x, y),
                       pipeline.make_pipeline(over_sampling.SMOTE(), ensemble.EasyEnsembleClassifier(2)).fit(x, y),
                           imblearn.FunctionSampler()]  # fmt: skip
    import category_encoders

    for name in category_encoders.__all__:
        try:
            yield f"encoder-{name}", getattr(category_encoders, name)().fit(pd.DataFrame({"a": list("ab") * 40}), y)
        except Exception as error:
            print(name, error, file=sys.stderr)
    import hdbscan
    import hmmlearn.hmm
    import mlxtend.classifier
    import mlxtend.feature_selection
    import umap
    from sklearn.linear_model import LinearRegression, LogisticRegression

    yield (
        "hmm",
        [hmmlearn.hmm.GaussianHMM(2).fit(x), hmmlearn.hmm.CategoricalHMM(2).fit(np.random.randint(0, 3, (50, 1)))],
    )
    yield "hdbscan", hdbscan.HDBSCAN(5, prediction_data=True).fit(x)
    yield "mlxtend", [mlxtend.classifier.StackingClassifier([LogisticRegression()], LogisticRegression()).fit(x, y),
                      mlxtend.feature_selection.SequentialFeatureSelector(LogisticRegression(), 2, cv=2).fit(x,
                          y)]  # fmt: skip
    yield "umap", umap.UMAP(n_neighbors=5).fit(x)
    from pyod.models import abod, ecod, hbos, iforest, knn, lof, ocsvm, pca

    for kind in (knn.KNN, iforest.IForest, lof.LOF, hbos.HBOS, ecod.ECOD, pca.PCA, ocsvm.OCSVM, abod.ABOD):
        yield f"pyod-{kind.__name__}", kind().fit(x)
    from sktime.classification.interval_based import TimeSeriesForestClassifier
    from sktime.forecasting.compose import make_reduction
    from sktime.forecasting.exp_smoothing import ExponentialSmoothing
    from sktime.forecasting.naive import NaiveForecaster
    from sktime.transformations.series.detrend import Detrender

    series = pd.Series(np.random.rand(40), pd.period_range("2020", periods=40, freq="M"))
    yield "sktime", [NaiveForecaster().fit(series), ExponentialSmoothing().fit(series), Detrender().fit(series),
                     make_reduction(LinearRegression()), TimeSeriesForestClassifier(2).fit(np.random.rand(20, 1, 12),
                         y[:20])]  # fmt: skip


@maker
def text() -> Iterator[Sample]:
    """Language libraries."""
    import gensim
    import nltk
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    yield "spacy", nlp
    yield "spacy-doc", nlp("A text.")
    yield "spacy-vocab", nlp.vocab
    categories = spacy.blank("en")
    pipe = categories.add_pipe("textcat")
    pipe.add_label("A")
    pipe.add_label("B")
    categories.initialize()
    yield "spacy-textcat", categories
    tagger = spacy.blank("en")
    tagger.add_pipe("ner").add_label("A")
    tagger.initialize()
    yield "spacy-ner", tagger
    sentences = [["a", "b", "c"], ["b", "c", "d"]] * 10
    yield "word2vec", gensim.models.Word2Vec(sentences, min_count=1, vector_size=4)
    yield "fasttext", gensim.models.FastText(sentences, min_count=1, vector_size=4, bucket=10)
    yield "vectors", gensim.models.Word2Vec(sentences, min_count=1, vector_size=4).wv
    dictionary = gensim.corpora.Dictionary(sentences)
    bag = [dictionary.doc2bow(each) for each in sentences]
    yield "dictionary", dictionary
    yield "lda", gensim.models.LdaModel(bag, 2, dictionary)
    yield "lsi", gensim.models.LsiModel(bag, dictionary, 2)
    yield "tfidf", gensim.models.TfidfModel(bag)
    yield "phrases", gensim.models.Phrases(sentences)
    yield (
        "doc2vec",
        gensim.models.Doc2Vec(
            [gensim.models.doc2vec.TaggedDocument(each, [0]) for each in sentences], min_count=1, vector_size=4
        ),
    )
    yield "nltk", [nltk.NaiveBayesClassifier.train([({"a": 1}, "x"), ({"a": 2}, "y")]), nltk.FreqDist("aab"),
        nltk.PorterStemmer(),
                   nltk.SnowballStemmer("english"), nltk.RegexpTokenizer(r"\w+"), nltk.tokenize.TreebankWordTokenizer(),
                   nltk.UnigramTagger([[("a", "x")]]), nltk.BigramTagger([[("a", "x")]]),
                       nltk.tokenize.PunktSentenceTokenizer("A b. C d."),
                   nltk.ConditionalFreqDist([("a", 1)]), nltk.Tree("S", ["a"]),
                       nltk.tokenize.WordPunctTokenizer()]  # fmt: skip


@maker
def values() -> Iterator[Sample]:
    """Tables, graphs, shapes, settings."""
    import networkx
    import polars
    import pyarrow
    import shapely
    import xarray
    from dateutil import relativedelta, tz

    yield "arrow", [pyarrow.table({"a": [1], "s": ["x"]}), pyarrow.array([1]), pyarrow.int64(), pyarrow.schema([("a",
        pyarrow.int64())]),
                    pyarrow.array(["a"]).dictionary_encode(), pyarrow.timestamp("ns"),
                        pyarrow.list_(pyarrow.int8())]  # fmt: skip
    yield "polars", [polars.DataFrame({"a": [1], "s": ["x"]}), polars.Series([1]), polars.Int64]
    yield "polars-expression", polars.col("a") + 1
    yield "networkx", [networkx.path_graph(3), networkx.DiGraph([(1, 2)]), networkx.MultiGraph()]
    yield "shapely", [shapely.Point(1, 2), shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)])]
    yield "xarray", [xarray.DataArray([1]), xarray.Dataset({"a": ("x", [1])})]
    yield (
        "times",
        [
            tz.tzutc(),
            tz.gettz("Europe/Berlin"),
            relativedelta.relativedelta(days=1),
            tz.tzlocal(),
            tz.tzoffset("x", 60),
        ],
    )
    import pytz

    yield "pytz", [pytz.utc, pytz.timezone("Europe/Berlin"), pytz.FixedOffset(60)]


CARRIED = """
import collections, enum, math
import numpy as np
factor = 3
def scale(x, shift=1):
    return np.log(x) * factor + shift + math.pi
class Local:
    kind = "x"
    def __init__(self):
        self.value = 1
    @property
    def double(self):
        return 2 * self.value
    @staticmethod
    def plus(x):
        return x + 1
    @classmethod
    def make(cls):
        return cls()
instance = Local()
shift = lambda x: x + 1
pair = collections.namedtuple("pair", "a b")
point = pair(1, 2)
colour = enum.Enum("colour", "RED BLUE").RED
method = instance.make
def outer(n):
    def inner(x):
        return x * n
    return inner
closure = outer(3)
"""


@maker
def carriers() -> Iterator[Sample]:
    """Functions and classes that are pickled by value."""
    import cloudpickle
    import dill
    import numpy as np

    names: dict[str, Any] = {"__name__": "__main__"}
    exec(CARRIED, names)
    for name in ("scale", "Local", "instance", "shift", "pair", "point", "colour", "method", "closure"):
        for module in (cloudpickle, dill):
            try:
                yield f"{module.__name__}-{name}", module.dumps({"it": names[name], "a": np.ones(2)})
            except Exception as error:
                print(name, module.__name__, error, file=sys.stderr)
    import sklearn.preprocessing

    yield "transformer", cloudpickle.dumps(sklearn.preprocessing.FunctionTransformer(lambda x: x * 2))


@maker
def keras() -> Iterator[Sample]:
    """A model and its parts."""
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    yield "model", model
    yield "history", keras.callbacks.History()


@maker
def fastai() -> Iterator[Sample]:
    """An exported learner."""
    import numpy as np
    import pandas as pd
    import torch
    from fastai.tabular.all import Categorify, CategoryBlock, Normalize, TabularDataLoaders, tabular_learner

    frame = pd.DataFrame({"a": np.random.rand(80), "c": list("xy") * 40, "y": list("pq") * 40})
    loaders = TabularDataLoaders.from_df(frame, procs=[Categorify, Normalize], cat_names=["c"], cont_names=["a"],
        y_names="y",
                                         y_block=CategoryBlock(), bs=8)  # fmt: skip
    learner = tabular_learner(loaders, layers=[4])
    learner.path = Path("/tmp")
    learner.export("/tmp/fastai-export.pkl")
    yield "learner", Saved(torch.load("/tmp/fastai-export.pkl", weights_only=False))
