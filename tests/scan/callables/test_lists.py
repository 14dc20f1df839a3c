"""The lists: every line can be read, nothing dangerous stands on the allow-list, and it is quick."""

from __future__ import annotations

import builtins
import time

import pytest

from assay.scan.callables import listing
from assay.scan.callables.allowed import Use, canonical, is_known, listed, look_up
from assay.scan.callables.harm import Harm
from assay.scan.callables.inert import inert_names
from assay.scan.pickles.arguments import RULES

LISTS = sorted(listing.listings())


@pytest.mark.parametrize("name", LISTS)
def test_every_line_has_a_word_and_a_note(name: str):
    """A name is on the list for a reason that stands there."""
    for line in listing.read(name):
        word, _, judge = line.word.partition(":")
        assert word in ("name", "class", "call", "judge", "never"), line
        assert (word == "judge") == bool(judge), line
        assert not judge or judge in RULES, line
        assert len(line.note) > 10, line
        assert line.module.replace(".", "").replace("_", "a").isalnum(), line


def test_every_harm_has_its_word():
    """Each line of the harms is read, and each harm has lines."""
    assert {Harm(line.word) for line in listing.read("harms")} == set(Harm)


def test_nothing_that_is_called_freely_is_known_to_do_harm():
    """A name that may be called with anything is none that the list of harms has by its own name."""
    harmful = {f"{line.module}.{name}" for line in listing.read("harms") for name in line.names if "*" not in name}
    freely = {dotted for dotted, entry in listed().items() if entry.use is Use.CALL}
    assert not freely & harmful


NEVER = """
os.system builtins.eval builtins.exec builtins.open builtins.compile builtins.__import__ pickle.loads subprocess.Popen
numpy.load numpy.memmap numpy.fromfile numpy.lib._datasource.DataSource torch.load torch.hub.load pandas.read_pickle
pandas.eval joblib.load dill.loads sklearn.externals.joblib.load scipy.io.loadmat pyarrow.lib.OSFile numpy.frompyfunc
pandas._libs.parsers.TextReader patsy.eval.EvalEnvironment types.ModuleType operator.call builtins.globals
torch.jit._serialization.load transformers.models.auto.AutoModel torch.utils.collect_env.run
sklearn.datasets.load_files
""".split()  # noqa: SIM905


@pytest.mark.parametrize("dotted", NEVER)
def test_what_must_never_be_allowed(dotted: str):
    """Neither by its name nor as a member of a family."""
    module, _, name = dotted.rpartition(".")
    assert look_up(module, name) is None


def test_a_family_is_of_classes():
    """Of a family, what is written as a class is allowed, and not the modules and functions beside it."""
    assert look_up("sklearn.svm._classes", "SVC") is not None
    assert look_up("sklearn.svm._classes", "os") is None
    assert look_up("sklearn.metrics", "os.system") is None
    assert look_up("scipy.stats._stats_py", "warnings") is None
    assert look_up("torch.nn.modules.module", "Module.__init__.__globals__") is None
    assert look_up("scipy.sparse._csr", "anything_made_by_newobj", new=True) is not None


def test_copies_are_known_by_their_original():
    """Two paths to the same callable are one entry."""
    assert canonical("numpy._core.multiarray.scalar") == "numpy.core.multiarray.scalar"
    assert (
        canonical("joblib.externals.cloudpickle.cloudpickle_fast._make_function")
        == "cloudpickle.cloudpickle._make_function"
    )


def test_inert_names_are_called_freely():
    """What a machine may count instead of keeping is on the list as callable with anything."""
    for dotted in inert_names():
        entry = look_up(*dotted.rsplit(".", 1))
        assert entry is not None, dotted
        assert entry.use is Use.CALL, dotted


def test_built_in_exceptions_are_all_there():
    """Any of Python's exceptions may stand in a pickle; those that it keeps for itself may not."""
    for name, value in vars(builtins).items():
        own = name.startswith("_") or "Interpreter" in name
        if isinstance(value, type) and issubclass(value, BaseException) and not own:
            assert look_up("builtins", name) is not None, name


def test_a_package_without_a_list_is_not_known():
    """Neither by a name that looks like a file."""
    assert is_known("sklearn.svm")
    assert is_known("os")
    assert not is_known("acme_internal_lib.loaders")
    assert not is_known("harms.x.y")
    assert look_up("harms.x", "y") is None
    assert not is_known("../numpy")


def test_lists_are_read_quickly():
    """A scan of small files must not wait for them: all together take a fraction of a second."""
    start = time.perf_counter()
    for name in (*LISTS, "harms"):
        list(listing.read(name))
    assert time.perf_counter() - start < 0.5
