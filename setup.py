"""Compiles the hot loops with mypyc where that can be done; assay runs the same source without.

``pyproject.toml`` says everything else about the package. ``ASSAY_PURE=1`` builds no compiled form.
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from pathlib import Path

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError

#: Modules that are worth compiling, those first that others of them import.
HOT = (
    "assay/formats/pickle/constants.py",
    "assay/formats/pickle/cells.py",
    "assay/formats/pickle/state.py",
    "assay/formats/pickle/record.py",
    "assay/formats/pickle/arguments.py",
    "assay/formats/pickle/containers.py",
    "assay/formats/pickle/machinery.py",
    "assay/formats/pickle/machine.py",
)
SOURCE = Path("src")
#: Digests of the sources that were compiled, beside the extension; a test compares them with what lies there.
BUILT = "assay/formats/compiled.txt"


class BuildIfPossible(build_ext):
    """Builds what can be built. A missing compiler is no reason not to install."""

    def run(self) -> None:
        """Build, and note what was built."""
        try:
            super().run()
        except (BaseError, OSError) as error:
            sys.stderr.write(f"assay runs without compiled loops: {error}\n")
            return
        lines = [f"{sha256((SOURCE / name).read_bytes()).hexdigest()}  {name}\n" for name in HOT]
        target = SOURCE if self.inplace else Path(self.build_lib)
        (target / BUILT).write_text("".join(lines), encoding="utf-8")


def extensions() -> list[object]:
    """What mypyc makes of the hot modules; nothing where it is not there or does not want to."""
    if os.environ.get("ASSAY_PURE") or sys.implementation.name != "cpython":
        return []
    try:
        from mypyc.build import mypycify  # noqa: PLC0415 - it may not be there
    except ImportError:
        return []
    try:
        return list(mypycify([str(SOURCE / name) for name in HOT], opt_level="3", group_name="assay"))
    except (SystemExit, Exception) as error:  # whatever stops mypyc is no reason not to install
        sys.stderr.write(f"assay runs without compiled loops: {error}\n")
        for name in HOT:  # what an earlier build left must not stand for these sources
            for built in (SOURCE / name).parent.glob(f"{Path(name).stem}.*.so"):
                built.unlink()
        return []


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildIfPossible})
