"""Code that a configuration points at is followed into the files that it imports, and into what it calls there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assay.core.finding import Severity
from assay.scan.scanner import scan
from assay.scan.settings import Settings

RUNS = "import os\ndef go():\n    os.system('true')\n"


def worst(folder: Path, files: dict[str, str]) -> Severity:
    """The worst finding of the rule in a folder of these files, beside a configuration that names ``modeling.py``."""
    files = {"config.json": json.dumps({"auto_map": {"AutoModel": "modeling.M"}})} | files
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    findings, _, _ = scan([str(folder)], Settings(), jobs=1)
    return max((each.severity for each in findings if each.rule.startswith("repository-")), default=Severity.INFO)


FOLLOWED = {
    "a function of a module beside it": {"modeling.py": "from .helper import go\ngo()\n", "helper.py": RUNS},
    "through the module": {"modeling.py": "from . import helper\nhelper.go()\n", "helper.py": RUNS},
    "absolute": {"modeling.py": "import helper\nhelper.go()\n", "helper.py": RUNS},
    "a package that hands it on": {
        "modeling.py": "from .pkg import go\ngo()\n",
        "pkg/__init__.py": "from .inner import go\n",
        "pkg/inner.py": RUNS,
    },
    "through two files": {
        "modeling.py": "from .a import start\nstart()\n",
        "a.py": "from .helper import go\ndef start():\n    go()\n",
        "helper.py": RUNS,
    },
    "what runs on import, far away": {
        "modeling.py": "from .a import b\n",
        "a.py": "import importlib\nimportlib.import_module('c')\n",
        "c.py": "import os\nos.system('true')\n",
    },
    "a path that is added": {
        "modeling.py": "import sys\nsys.path.insert(0, 'lib')\nimport tool\n",
        "lib/tool.py": "import os\nos.system('true')\n",
    },
    "a file that is run": {
        "modeling.py": "import runpy\nrunpy.run_path('tool.py')\n",
        "tool.py": "import os\nos.system('true')\n",
    },
    "when the class is made": {
        "modeling.py": "from .helper import go\nclass M(PreTrainedModel):\n    def __init__(self):\n        go()\n",
        "helper.py": RUNS,
    },
}


@pytest.mark.parametrize("case", FOLLOWED)
def test_it_is_followed(tmp_path: Path, case: str) -> None:
    """A command that loading the model runs, whatever file it stands in."""
    assert worst(tmp_path, FOLLOWED[case]) >= Severity.HIGH


LEFT = {
    "a function that nobody calls": {
        "modeling.py": "from .helper import other\nother()\n",
        "helper.py": RUNS + "def other(): pass\n",
    },
    "a file that nobody imports": {"modeling.py": "class M: pass\n", "tool.py": RUNS},
    "another file of the name": {
        "modeling.py": "from .helper import go\n",
        "helper.py": "def go(): pass\n",
        "x/helper.py": RUNS,
    },
    "a circle": {"modeling.py": "from .a import f\nf()\n", "a.py": "from .modeling import f\n"},
}


@pytest.mark.parametrize("case", LEFT)
def test_what_does_not_run_is_not_told(tmp_path: Path, case: str) -> None:
    """Code that lies about is no harm."""
    assert worst(tmp_path, LEFT[case]) < Severity.MEDIUM
