"""Callables that pickles have been used to call, each with the rule that must name what it does.

The advisories are those of scanners that kept a list of bad names and missed one: every row stops one of them.
"""

from __future__ import annotations

from typing import Any

import pytest

from assay.core.finding import Severity

COMMAND, CODE, IMPORT = "pickle-runs-command", "pickle-executes-code", "pickle-imports-module"
LOAD, FILE, NETWORK = "pickle-loads-more-code", "pickle-file-access", "pickle-network-access"
PROCESS, REACH, TAMPER = "pickle-alters-process", "pickle-indirect-name", "pickle-attribute-tampering"
UNKNOWN = "pickle-unknown-call"

#: Advisory or technique, the name, how much of it is in the module ("" for all but the last part), arguments, rule.
ADVISORIES: list[tuple[str, str, str, tuple[Any, ...], str]] = [
    ("CVE-2025-1716", "pip.main", "", (["install", "x"],), COMMAND),
    ("GHSA-vqmv-47xg-9wpr", "pip._internal.main", "", (["install", "x"],), COMMAND),
    ("GHSA-vqmv-47xg-9wpr venv", "venv.main", "", (["/tmp/x"],), COMMAND),
    ("CVE-2025-10157", "asyncio.unix_events._UnixSubprocessTransport._start", "asyncio.unix_events", ("x",), COMMAND),
    ("GHSA-f7qq-56ww-84cr", "asyncio.base_subprocess.BaseSubprocessTransport", "", ("x",), COMMAND),
    ("GHSA-vvpj-8cmc-gx39", "pkgutil.resolve_name", "", ("os:system",), IMPORT),
    ("pkgutil.iter_importers", "pkgutil.iter_importers", "", ("x.y",), IMPORT),
    ("CVE-2026-56315 uuid", "uuid._get_command_stdout", "", ("true",), COMMAND),
    ("CVE-2026-56315 imaplib", "imaplib.IMAP4_stream", "", ("true",), COMMAND),
    ("CVE-2026-56315 _pyrepl", "_pyrepl.pager.pipe_pager", "", ("x", "true"), COMMAND),
    ("CVE-2026-56315 _osx_support", "_osx_support._read_output", "", ("true",), COMMAND),
    ("CVE-2026-56315 _aix_support", "_aix_support._read_cmd_output", "", ("true",), COMMAND),
    ("CVE-2026-56315 test", "test.support.script_helper.assert_python_ok", "", ("-c", "pass"), COMMAND),
    ("GHSA-5hwf-rc88-82xm", "_osx_support._find_build_tool", "", ("true",), COMMAND),
    ("CVE-2026-56304", "logging.FileHandler", "", ("/tmp/x",), FILE),
    ("io.FileIO", "io.FileIO", "", ("/tmp/x", "w"), FILE),
    ("_io.FileIO", "_io.FileIO", "", ("/tmp/x", "w"), FILE),
    ("urllib", "urllib.request.urlopen", "", ("http://x",), NETWORK),
    ("GHSA-9726-w42j-3qjr", "ssl.get_server_certificate", "", (("x", 443),), NETWORK),
    ("GHSA-hgrh-qx5j-jfwx", "aiohttp.client.ClientSession", "", ("http://x",), NETWORK),
    ("GHSA-hgrh-qx5j-jfwx http", "http.client.HTTPSConnection", "", ("x",), NETWORK),
    ("GHSA-hgrh-qx5j-jfwx requests", "requests.api.get", "", ("http://x",), NETWORK),
    ("GHSA-4r9r-ch6f-vxmx", "torch.utils.bottleneck.__main__.run_cprofile", "", ("x", {}), COMMAND),
    ("GHSA-4whj-rm5r-c2v8", "torch.utils.bottleneck.__main__.run_autograd_prof", "", ("x", {}), COMMAND),
    ("GHSA-86cj-95qr-2p4f", "torch._dynamo.guards.GuardBuilder.get", "torch._dynamo.guards", (None, "1"), CODE),
    ("GHSA-f4x7-rfwp-v3xw", "torch.fx.experimental.symbolic_shapes.ShapeEnv.evaluate_guards_expression",
     "torch.fx.experimental.symbolic_shapes", (None, "1", []), CODE),
    ("GHSA-f745-w6jp-hpxx", "torch.utils.collect_env.run", "", ("true",), COMMAND),
    ("GHSA-h3qp-7fh3-f8h4", "torch.utils.data.datapipes.utils.decoder.basichandlers", "", ("pkl", b"x"), CODE),
    ("GHSA-vr7h-p6mm-wpmh", "torch.jit.unsupported_tensor_ops.execWrapper", "", ("pass", {}, {}), CODE),
    ("GHSA-vv6j-3g6g-2pvj", "torch.utils._config_module.ConfigModule.load_config", "torch.utils._config_module",
     (None, b"x"), CODE),
    ("GHSA-5qwp-399c-mjwf", "trace.Trace.run", "trace", (None, "pass"), CODE),
    ("GHSA-g344-hcph-8vgg", "trace.Trace.runctx", "trace", (None, "pass"), CODE),
    ("GHSA-x696-vm39-cp64", "profile.Profile.run", "profile", (None, "pass"), CODE),
    ("GHSA-6vqj-c2q5-j97w", "profile.Profile.runctx", "profile", (None, "pass", {}, {}), CODE),
    ("GHSA-f54q-57x4-jg88", "lib2to3.pgen2.grammar.Grammar.loads", "lib2to3.pgen2.grammar", (None, b"x"), CODE),
    ("GHSA-p9w7-82w4-7q8m", "lib2to3.pgen2.pgen.ParserGenerator.make_label",
     "lib2to3.pgen2.pgen", (None, None, "1"), CODE),
    ("GHSA-3vg9-h568-4w9m", "idlelib.debugobj.ObjectTreeItem.SetText", "idlelib.debugobj", (None, "1"), CODE),
    ("GHSA-6w4w-5w54-rjvr", "idlelib.autocomplete.AutoComplete.get_entity", "idlelib.autocomplete", (None, "1"), CODE),
    ("GHSA-7cq8-mj8x-j263", "idlelib.autocomplete.AutoComplete.fetch_completions",
     "idlelib.autocomplete", (None, "1", 1), CODE),
    ("GHSA-m869-42cg-3xwr", "idlelib.run.Executive.runcode", "idlelib.run", (None, "1"), CODE),
    ("GHSA-j343-8v2j-ff7w", "idlelib.pyshell.ModifiedInterpreter.runcommand", "idlelib.pyshell", (None, "1"), CODE),
    ("GHSA-3gf5-cxq9-w223", "idlelib.pyshell.ModifiedInterpreter.runcode", "idlelib.pyshell", (None, "1"), CODE),
    ("GHSA-r8g5-cgf2-4m4m", "idlelib.calltip.get_entity", "", ("1",), CODE),
    ("GHSA-fqq6-7vqf-w3fg", "doctest.debug_script", "", ("pass",), CODE),
    ("GHSA-9w88-8rmg-7g2p", "cProfile.runctx", "", ("pass", {}, {}), CODE),
    ("GHSA-49gj-c84q-6qm9", "cProfile.run", "", ("pass",), CODE),
    ("GHSA-xp4f-hrf8-rxw7", "ensurepip._run_pip", "", (["x"],), COMMAND),
    ("GHSA-46h3-79wf-xr6c pdb", "pdb.run", "", ("pass",), CODE),
    ("GHSA-4675-36f9-wf6r bdb", "bdb.Bdb.run", "bdb", (None, "pass"), CODE),
    ("timeit", "timeit.timeit", "", ("pass",), CODE),
    ("code", "code.InteractiveInterpreter.runcode", "code", (None, "1"), CODE),
    ("distutils.file_util", "distutils.file_util.write_file", "", ("/tmp/x", ["x"]), COMMAND),
    ("GHSA-84r2-jw7c-4r5q", "_pickle.loads", "", (b"x",), LOAD),
    ("numpy.f2py getlincoef", "numpy.f2py.crackfortran.getlincoef", "", ("1", {}), CODE),
    ("numpy.f2py _eval_length", "numpy.f2py.crackfortran._eval_length", "", ("1", {}), CODE),
    ("numpy runstring", "numpy.testing._private.utils.runstring", "", ("pass", {}), CODE),
    ("CVE-2026-22606 runpy", "runpy.run_path", "", ("/tmp/x.py",), CODE),
    ("CVE-2026-22607 cProfile", "cProfile.run", "", ("pass",), CODE),
    ("CVE-2026-22608 ctypes", "ctypes.CDLL", "", ("/tmp/x.so",), CODE),
    ("CVE-2026-22608 pydoc", "pydoc.locate", "", ("os.system",), IMPORT),
    ("GHSA-r7v6-mfhq-g3m2", "pty.spawn", "", ("true",), COMMAND),
    ("GHSA-565g-hwwr-4pp3 marshal", "marshal.loads", "", (b"x",), LOAD),
    ("GHSA-565g-hwwr-4pp3 types", "types.ModuleType", "", ("x",), REACH),
    ("GHSA-m6fh-58r7-x697 fork_exec", "_posixsubprocess.fork_exec", "", ([b"true"],), COMMAND),
    ("GHSA-m6fh-58r7-x697 site", "site.addpackage", "", ("/tmp", "x.pth", None), CODE),
    ("GHSA-m6fh-58r7-x697 atexit", "atexit.register", "", (None,), CODE),
    ("GHSA-6ggj-6f2q-f7mx", "_interpreters.run_string", "", (0, "pass"), CODE),
    ("GHSA-6ggj-6f2q-f7mx xx", "_xxsubinterpreters.run_string", "", (0, "pass"), CODE),
    ("imp", "imp.load_source", "", ("x", "/tmp/x.py"), IMPORT),
    ("pipes", "pipes.Template", "", ("x",), COMMAND),
    ("GHSA-mhc9-48gj-9gp3 smtplib", "smtplib.SMTP", "", ("x",), NETWORK),
    ("GHSA-mhc9-48gj-9gp3 ftplib", "ftplib.FTP", "", ("x",), NETWORK),
    ("GHSA-mhc9-48gj-9gp3 xmlrpc", "xmlrpc.client.ServerProxy", "", ("http://x",), NETWORK),
    ("GHSA-5j3x-jp52-966f", "random._os.system", "random", ("true",), REACH),
    ("dotted alias in torch", "torch.serialization.os.system", "torch.serialization", ("true",), REACH),
    ("numpy ufunc", "numpy.core._ufunc_reconstruct", "", ("os", "system"), IMPORT),
    ("22 load paths: joblib", "joblib.numpy_pickle.load", "", ("/tmp/x",), LOAD),
    ("22 load paths: torch", "torch.load", "", ("/tmp/x",), LOAD),
    ("22 load paths: torch.serialization", "torch.serialization.load", "", ("/tmp/x",), LOAD),
    ("22 load paths: pandas", "pandas.io.pickle.read_pickle", "", ("http://x",), LOAD),
    ("22 load paths: numpy", "numpy.load", "", ("/tmp/x",), LOAD),
    ("22 load paths: shelve", "shelve.open", "", ("/tmp/x",), LOAD),
    ("22 load paths: dill", "dill.loads", "", (b"x",), LOAD),
    ("22 load paths: cloudpickle", "cloudpickle.loads", "", (b"x",), LOAD),
    ("hub", "torch.hub.load", "", ("owner/repository", "model"), LOAD),
    ("dynamic module", "transformers.dynamic_module_utils.get_class_from_dynamic_module", "", ("a.B", "owner/r"), LOAD),
    ("sentence-transformers", "sentence_transformers.SentenceTransformer", "", ("owner/repository",), LOAD),
    ("nltk", "nltk.data.load", "", ("file:///tmp/x.pickle",), LOAD),
    ("yaml", "yaml.unsafe_load", "", ("!!python/object/apply:os.getcwd []",), LOAD),
    ("inline C++", "torch.utils.cpp_extension.load_inline", "", ("x", "int f(){}"), COMMAND),
    ("compile_file", "torch._inductor.codecache.compile_file", "", ("", "", ["true"]), COMMAND),
    ("paramiko", "paramiko.proxy.ProxyCommand", "", ("true",), COMMAND),
    ("IPython", "IPython.utils.process.getoutput", "", ("true",), COMMAND),
    ("sympy", "sympy.core.sympify.sympify", "", ("1+1",), CODE),
    ("numexpr", "numexpr.necompiler.evaluate", "", ("1+1",), CODE),
    ("pandas.eval", "pandas.core.computation.eval.eval", "", ("1",), CODE),
    ("dataclasses", "dataclasses._create_fn", "", ("x", ["a=1"], ["return 1"]), CODE),
    ("namedtuple", "collections.namedtuple", "", ("a", "b"), UNKNOWN),
    ("map", "builtins.map", "", (None, [1]), CODE),
    ("starmap", "itertools.starmap", "", (None, [1]), CODE),
    ("threading", "threading.Thread", "", ("x",), CODE),
    ("multiprocessing", "multiprocessing.pool.Pool", "", (1,), CODE),
    ("operator.call", "operator.call", "", (None,), CODE),
    ("apply", "builtins.apply", "", (None, ["x"]), CODE),
    ("exec", "builtins.exec", "", ("pass",), CODE),
    ("write_text", "pathlib.Path.write_text", "pathlib", (None, "x"), FILE),
    ("linecache", "linecache.getlines", "", ("/etc/hostname",), FILE),
    ("shutil", "shutil.rmtree", "", ("/tmp/x",), FILE),
    ("unpack_archive", "shutil.unpack_archive", "", ("/tmp/x.tar", "/tmp"), FILE),
    ("tempfile", "tempfile.NamedTemporaryFile", "", ("w",), FILE),
    ("sqlite3", "sqlite3.connect", "", ("/tmp/x",), FILE),
    ("dill filehandle", "dill._dill._create_filehandle", "", ("/etc/hostname", "r"), FILE),
    ("dill eval", "dill._dill._eval_repr", "", ("1",), CODE),
    ("dill import", "dill._dill._import_module", "", ("subprocess",), IMPORT),
    ("cloudpickle import", "cloudpickle.cloudpickle.subimport", "", ("subprocess",), IMPORT),
    ("importlib", "importlib.import_module", "", ("os",), IMPORT),
    ("__import__", "builtins.__import__", "", ("os",), IMPORT),
    ("unittest.mock", "unittest.mock._importer", "", ("os",), IMPORT),
    ("logging.config", "logging.config.dictConfig", "", ({},), IMPORT),
    ("hydra", "hydra.utils.instantiate", "", ({"_target_": "os.system"},), IMPORT),
    ("settrace", "sys.settrace", "", (None,), PROCESS),
    ("sys.exit", "sys.exit", "", (0,), PROCESS),
    ("putenv", "os.putenv", "", ("LD_PRELOAD", "/tmp/x.so"), PROCESS),
    ("signal", "signal.signal", "", (2, None), CODE),
    ("globals", "builtins.globals", "", (), REACH),
    ("setitem", "operator.setitem", "", (None, "x", 1), TAMPER),
    ("socket", "socket.create_connection", "", (("x", 80),), NETWORK),
    ("webbrowser", "webbrowser.open", "", ("http://x",), COMMAND),
    ("antigravity", "antigravity.geohash", "", (1, 1, b"x"), COMMAND),
    ("somebody's own", "acme_internal_lib.loaders.run_cmd", "", ("true",), UNKNOWN),
    ("somebody's own, without arguments", "acme_internal_lib.loaders.start", "", (), UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(
    ("advisory", "dotted", "module", "args", "rule"), ADVISORIES, ids=[row[0] for row in ADVISORIES]
)
def test_a_published_gadget_is_named(
    asm, judged, advisory: str, dotted: str, module: str, args: tuple[Any, ...], rule: str
):
    """Each is a finding of at least *high* severity, under the rule for what it does, and names the callable."""
    found = judged(asm.whole(asm.call(asm.name(dotted, module), *args)))
    assert rule in found, found
    assert any(
        severity >= Severity.HIGH and dotted.rpartition(".")[2] in message for severity, message in found[rule]
    ), found


@pytest.mark.parametrize("protocol", [0, 2])
def test_names_of_python_two_are_known_by_their_new_names(judged, protocol: int):
    """`commands` and `__builtin__` are what the unpickler makes of them; the call counts however it is written."""
    start = b"\x80\x02" * (protocol == 2)
    assert "pickle-runs-command" in judged(start + b"ccommands\ngetoutput\n(S'true'\ntR.")
    assert "pickle-executes-code" in judged(start + b"(S'1'\ni__builtin__\neval\n.")


@pytest.mark.parametrize("opcode", ["REDUCE", "OBJ", "INST", "partial", "methodcaller", "attrgetter", "type's state"])
def test_a_call_is_found_whichever_way_it_is_made(asm, judged, opcode: str):
    """GHSA-mxhj-88fx-4pcv and its kin: one opcode or detour that is not looked at is enough to be run unseen."""
    system = asm.name("os.system")
    data = {
        "REDUCE": asm.whole(asm.call(system, "true")),
        "OBJ": asm.whole(b"(" + system + asm.text("true") + b"o"),
        "INST": b"(S'true'\nios\nsystem\n.",
        "partial": asm.whole(asm.call(asm.call("functools.partial", asm.fetch("os.system"), "true"))),
        "methodcaller": asm.whole(
            asm.call(asm.call("operator.methodcaller", "system", "true"), asm.call("importlib.import_module", "os"))
        ),
        "attrgetter": asm.whole(
            asm.call(asm.call(asm.call("operator.attrgetter", "system"), asm.call("builtins.__import__", "os")), "true")
        ),
        "type's state": asm.whole(
            asm.call(
                asm.call("functools.partial", asm.fetch("builtins.print"))
                + asm.value((asm.fetch("os.system"), ("true",), {}, None))
                + b"b"
            )
        ),
    }[opcode]
    found = judged(data)
    assert any(
        severity == Severity.CRITICAL and ("os" in message)
        for rule in ("pickle-runs-command", "pickle-imports-module")
        for severity, message in found.get(rule, [])
    ), found


def test_a_result_that_is_dropped_was_made(asm, judged):
    """GHSA-mxhj-88fx-4pcv: a call whose result is popped has run."""
    assert "pickle-runs-command" in judged(asm.whole(asm.call("os.system", "true"), asm.value({"a": 1})))


def test_a_name_put_together_is_told(asm, judged):
    """`importlib.import_module("".join(…))`: the finding says that the name is put together, and by what."""
    found = judged(
        asm.whole(
            asm.call("importlib.import_module", asm.call(asm.name("builtins.str.join", "builtins"), "", ["o", "s"]))
        )
    )
    assert "builtins.str.join" in found["pickle-imports-module"][0][1]


def test_a_computed_global_is_told(asm, judged):
    """STACK_GLOBAL takes any string from the stack: also one that a call has just made."""
    joined = asm.call(asm.name("builtins.str.join", "builtins"), "", ["sys", "tem"])
    found = judged(asm.whole(asm.text("os") + joined + b"\x93" + asm.value(("true",)) + b"R"))
    assert found["pickle-indirect-name"][0][0] == Severity.HIGH


def test_builtins_reached_through_a_module_and_build(asm, judged):
    """modelscan #330: BUILD puts `numpy.__builtins__` into `numpy.size`; both steps are told."""
    state = asm.value(({}, {"shape": asm.fetch("numpy.__builtins__")}))
    found = judged(asm.whole(asm.name("numpy.size") + state + b"b"))
    assert "numpy.size" in found["pickle-attribute-tampering"][0][1]
    assert "numpy.__builtins__" in found["pickle-indirect-name"][0][1]


@pytest.mark.parametrize("target", ["sys.modules", "os.environ", "pydantic._dynamic_imports", "sklearn.svm.SVC"])
def test_items_put_into_what_is_not_the_pickles_own(asm, judged, target: str):
    """A table of modules, the environment, a module's `__getattr__` table, a class: none is the pickle's to change."""
    found = judged(asm.whole(asm.name(target) + asm.text("x") + asm.text("y") + b"s"))
    assert target in found["pickle-attribute-tampering"][0][1]


def test_an_attribute_set_by_a_call(asm, judged):
    """`setattr` and cloudpickle's setters are harmless on what the pickle made, an attack on anything else."""
    found = judged(asm.whole(asm.call("builtins.setattr", asm.fetch("numpy.size"), "__code__", 1)))
    assert "numpy.size" in found["pickle-attribute-tampering"][0][1]
    found = judged(
        asm.whole(asm.call("cloudpickle.cloudpickle._class_setstate", asm.fetch("sklearn.svm.SVC"), ({}, {})))
    )
    assert "pickle-attribute-tampering" in found


def test_a_harmless_callable_that_calls_its_argument(asm, judged):
    """NumPy's and torch's helpers call what they are given; what they are given is judged as if called."""
    own = asm.fetch("acme_internal_lib.run_cmd")
    for call in (
        asm.call("numpy.random._pickle.__randomstate_ctor", "true", own),
        asm.call("torch._tensor._rebuild_from_type_v2", own, asm.fetch("torch.Tensor"), ("true",), {}),
        asm.call("collections.defaultdict", own),
        asm.call("copyreg._reconstructor", asm.fetch("builtins.object"), own, "true"),
        asm.call("functools.reduce", own, [1, 2]),
        asm.call("dill._dill._create_array", own, ("true",), None),
    ):
        found = judged(asm.whole(call))
        assert any(severity >= Severity.HIGH for hits in found.values() for severity, _ in hits), found


def test_a_constructor_of_a_base_is_a_call(asm, judged):
    """`copyreg._reconstructor(cls, base, state)` calls `base.__init__`, which may be `subprocess.Popen`'s."""
    popen = asm.fetch("subprocess.Popen")
    assert "pickle-runs-command" in judged(asm.whole(asm.call("copyreg._reconstructor", popen, popen, "true")))


def test_a_dangerous_name_that_is_only_kept(asm, judged):
    """`FunctionTransformer(func=os.system)` is harmless to load and a shell when it is used."""
    made = asm.name("sklearn.preprocessing._function_transformer.FunctionTransformer") + b")\x81"
    found = judged(asm.whole(made + asm.value({"func": asm.fetch("os.system")}) + b"b"))
    assert found == {
        "pickle-dangerous-name": [(Severity.HIGH, "names os.system, which runs commands, without calling it")]
    }


def test_an_unknown_class_is_no_alarm_and_pythons_own_is(asm, judged):
    """A class of somebody's project is *low*; a class of Python's own library that no model needs is more."""
    found = judged(asm.whole(asm.name("my_project.models.Encoder") + b")\x81" + asm.value({"a": 1}) + b"b"))
    assert [severity for severity, _ in found["pickle-unknown-class"]] == [Severity.LOW]
    assert list(found) == ["pickle-unknown-class"]
    found = judged(asm.whole(asm.name("tempfile.TemporaryDirectory") + b")\x81"))
    assert found["pickle-file-access"][0][0] == Severity.HIGH
    found = judged(asm.whole(asm.name("numpy.lib._datasource.DataSource") + b")\x81"))
    assert found["pickle-loads-more-code"][0][0] == Severity.HIGH, "its __del__ removes the folder that its state names"


def test_nested_pickles_are_told_by_what_loads_them(asm, judged):
    """`pickle.loads(bytes)` is critical; torch's own way to hold a tensor's bytes is information."""
    inner = asm.whole(asm.value([1]))
    assert judged(asm.whole(asm.call("pickle.loads", inner)))["pickle-loads-more-code"][0][0] == Severity.CRITICAL
    found = judged(asm.whole(asm.call("torch.storage._load_from_bytes", inner)))
    assert found["pickle-loads-more-code"][0][0] == Severity.INFO
    hidden = asm.call("base64.b64decode", "gAQu")
    found = judged(asm.whole(asm.call("torch.storage._load_from_bytes", hidden)))
    assert found["pickle-loads-more-code"][0][0] == Severity.CRITICAL


def test_numbers_that_say_how_much_to_allocate(asm, judged):
    """A few bytes that ask for a terabyte, or for ten to the billionth, are a bomb."""
    for call in (asm.call("builtins.bytearray", 10**12), asm.call("fractions.Fraction", "1e999999999")):
        assert "pickle-expansion-bomb" in judged(asm.whole(call))


def test_calls_inside_calls_end(asm, judged):
    """What calls its argument may be given itself, a thousand deep: it ends, and it is told."""
    inner: Any = ("x",)
    for _ in range(60):
        inner = (asm.fetch("torch._tensor._rebuild_from_type_v2"), None, inner, None)
    found = judged(asm.whole(asm.call("torch._tensor._rebuild_from_type_v2", *inner)))
    assert "pickle-unknown-call" in found


def test_secrets_are_not_repeated(asm, judged):
    """A finding shows what is called with what, but no password and no token."""
    address = "https://user:hunter2@host/x?token=abcdef0123456789abcdef0123456789"
    message = judged(asm.whole(asm.call("urllib.request.urlopen", address)))["pickle-network-access"][0][1]
    assert "hunter2" not in message
    assert "abcdef0123456789" not in message
    assert "host/x" in message
