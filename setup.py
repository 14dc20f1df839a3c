"""Compiles the hot loops with mypyc where that can be done; assay runs the same source without.

``pyproject.toml`` says everything else about the package. ``ASSAY_PURE=1`` builds no compiled form. What is built
depends on these sources, the compiler and the build requirements: not on what else is installed, on mypy's settings for
this project, or on what an earlier build left.
"""

from __future__ import annotations

import os
import shutil
import sys
from hashlib import sha256
from pathlib import Path
from textwrap import shorten

from setuptools import setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError, CompileError

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
#: Commands that make extensions in the source folder, and those that make them at all; pip runs others before.
IN_PLACE = {"build_ext", "develop", "editable_wheel"}
MAKING = {"bdist_wheel", "build", "install", *IN_PLACE}
#: For mypy: none of the project's settings, and no word about modules that the hot ones import, which may need packages
#: that are not there when assay is built.
OPTIONS = ("--config-file=", f"--cache-dir={os.devnull}", "--follow-imports=silent")


class FreshBuild(build):
    """Builds into an empty folder: all that lies in it goes into the wheel."""

    def run(self) -> None:
        """Empty the folder, then build."""
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class BuildIfPossible(build_ext):
    """Builds every extension or none. A missing compiler is no reason not to install."""

    def run(self) -> None:
        """Build, and note what was built."""
        target = SOURCE if self.inplace else Path(self.build_lib)
        try:
            super().run()
        except (BaseError, CCompilerError, CompileError, OSError) as error:
            forget(Path(self.build_lib))
            self.extensions = []  # whoever asks for the outputs
            uncompiled(error)
            return
        lines = [f"{sha256((SOURCE / name).read_bytes()).hexdigest()}  {name}\n" for name in HOT]
        (target / BUILT).write_text("".join(lines), encoding="utf-8")


def extensions() -> list[object]:
    """What mypyc makes of the hot modules; nothing where it is not there or does not want to."""
    if not MAKING.intersection(sys.argv):
        return []
    if IN_PLACE.intersection(sys.argv):
        forget(SOURCE)
    if os.environ.get("ASSAY_PURE") or sys.implementation.name != "cpython":
        return []
    sources = [str(SOURCE / name) for name in HOT]
    folder = f"build/mypyc-{sys.implementation.cache_tag}"
    try:
        from mypyc.build import mypycify  # noqa: PLC0415 - it may not be there

        made = list(mypycify([*OPTIONS, *sources], opt_level="3", target_dir=folder, group_name="assay"))
    except (SystemExit, Exception) as error:  # whatever stops mypyc is no reason not to install
        uncompiled(error)
        return []
    for extension in made:  # a warning that only some other compiler has is no reason either
        extension.extra_compile_args = [flag for flag in extension.extra_compile_args if flag != "-Werror"]
    return made


def forget(root: Path) -> None:
    """Remove what an earlier build left: it must not stand for the sources of today."""
    folders = {(root / name).parent for name in HOT}
    for built in (*root.glob("assay__mypyc.*"), *(file for folder in folders for file in folder.glob("*.*"))):
        if built.suffix in (".so", ".pyd"):
            built.unlink()
    (root / BUILT).unlink(missing_ok=True)


def uncompiled(why: object) -> None:
    """Say in one line that the loops run as they are."""
    reason = shorten(str(why), 160, placeholder=" ...")
    sys.stderr.write(f"assay is installed without compiled loops, so large pickles take longer: {reason}\n")


setup(ext_modules=extensions(), cmdclass={"build": FreshBuild, "build_ext": BuildIfPossible})
