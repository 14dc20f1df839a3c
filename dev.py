"""Set up this checkout and run it, with nothing but Python and pip.

    python3 dev.py example    install, then run the example pipeline and verify its model
    python3 dev.py test       install, then run every check; pytest's summary comes last
    python3 dev.py lock       resolve requirements/*.txt anew (needs uv)

Everything is installed into .venv beside this file, at the versions and hashes that requirements/ pins: no source
distribution is built and nothing else is fetched. An install that was interrupted starts over.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent
VENV: Final = ROOT / ".venv"
PYTHON: Final = VENV / "bin" / "python"
LOCKS: Final = ROOT / "requirements"
EXAMPLE: Final = ROOT / "examples" / "loan-approval"
#: There while .venv is being made or filled; found at the start, it tells that this never ended.
UNFINISHED: Final = VENV / "unfinished"

#: Ways to install into .venv: its own pip, or the one of the interpreter that runs this.
PIPS: Final = ((PYTHON, "-I", "-m", "pip"), (sys.executable, "-m", "pip", "--python", PYTHON))

CHECKS: Final = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
    ("lint-imports",),
)
NEXT: Final = """
The model is verified. To look around:

    source "{venv}/bin/activate"
    cd "{example}"
    assay --help
    echo tampered >> model/MODEL_CARD.md
    assay verify model          # refused, and it says why
    assay run                   # makes it again
"""


def main() -> int:
    """Run the command that was asked for; the exit status is non-zero when anything failed."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python reads this line too
        sys.exit("dev.py: needs Python 3.11 or newer; this is " + sys.version.split()[0])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("example", help="run the example pipeline and verify its model")
    commands.add_parser("test", help="run every check")
    relock = commands.add_parser("lock", help="resolve requirements/*.txt anew")
    relock.add_argument("--upgrade", action="store_true", help="move to the newest versions, too")
    options = parser.parse_args()
    try:
        if options.command == "lock":
            return lock(upgrade=options.upgrade)
        install(options.command)
        return run_example() if options.command == "example" else run_checks()
    except OSError as error:
        sys.exit(f"dev.py: {error}")
    except KeyboardInterrupt:
        sys.exit("dev.py: interrupted")


def run_example() -> int:
    """Run the shipped pipeline and verify its model, with a key made on the first run."""
    steps = [("assay", "run"), ("assay", "verify", "model")]
    if not (EXAMPLE / ".assay" / "key").exists():
        say("Making a key for the example. It has no passphrase: never sign anything that matters with it.")
        steps.insert(0, ("assay", "init", "--no-passphrase"))
    for step in steps:
        status = call(*step, folder=EXAMPLE)
        if status:
            return status
    say(NEXT.format(venv=VENV, example=EXAMPLE))
    return 0


def run_checks() -> int:
    """Run every check even when one fails; pytest comes last, for its summary to be the last lines."""
    failed = [" ".join(check) for check in CHECKS if call(*check)]
    if failed:
        say(f"FAILED before the tests: {', '.join(failed)}")
    return call("pytest", "-n", "auto") or bool(failed)


def install(name: str) -> None:
    """Bring .venv to what ``requirements/<name>.txt`` pins, with assay itself; quick when nothing changed."""
    stamp, wanted = VENV / f"{name}.stamp", fingerprint()
    if not usable():
        say("Making a virtual environment in .venv")
        if VENV.exists():
            shutil.rmtree(VENV)
        VENV.mkdir()
        UNFINISHED.touch()
        # Debian's Python brings its own pip along only with the package python3-venv; the one outside does as well.
        own = importlib.util.find_spec("ensurepip")
        bare = () if own and own.origin else ("--without-pip",)
        require(sys.executable, "-m", "venv", *bare, VENV, remedy="On Debian and Ubuntu, install python3-venv.")
    elif stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    UNFINISHED.touch()
    pinned = LOCKS / f"{name}.txt"
    say(f"Installing what requirements/{name}.txt pins; the first time this takes a minute")
    pip("--require-hashes", "--only-binary", ":all:", "--requirement", pinned)
    # setuptools came with the lock: no build environment is made, and there is nothing left to fetch.
    pip("--no-deps", "--no-index", "--no-build-isolation", "--editable", ROOT)
    stamp.write_text(wanted, encoding="utf-8")
    UNFINISHED.unlink()


def usable() -> bool:
    """Whether .venv was made to the end, and works where it lies now."""
    if UNFINISHED.exists() or not PYTHON.exists():
        return False
    # A folder that was moved still holds scripts that start the interpreter at its old place.
    activate = VENV / "bin" / "activate"
    if not activate.is_file() or str(VENV) not in activate.read_text(encoding="utf-8"):
        return False
    return runs(PYTHON, "-I", "-c", "") and any(runs(*pip, "--version") for pip in PIPS)


def fingerprint() -> str:
    """A digest of all that decides what is installed."""
    total = hashlib.sha256()
    for path in (ROOT / "pyproject.toml", *sorted(LOCKS.glob("*.txt"))):
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def pip(*arguments: str | Path) -> None:
    """Install into .venv; only errors are shown."""
    program = next((pip for pip in PIPS if runs(*pip, "--version")), PIPS[0])
    command = (*program, "install", "--quiet", "--quiet", "--disable-pip-version-check")
    require(*command, *arguments, remedy="Nothing was run. Try again once the reason above is gone.")


def runs(*command: str | Path) -> bool:
    """Whether ``command`` can be run and succeeds."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def require(*command: str | Path, remedy: str, given: str | None = None) -> None:
    """Run ``command`` with ``given`` on its standard input, and end here when it fails."""
    if subprocess.run(command, cwd=ROOT, input=given, text=True, check=False).returncode:
        sys.exit(f"dev.py: this failed: {' '.join(map(str, command))}\n{remedy}")


def call(program: str, *arguments: str, folder: Path = ROOT) -> int:
    """Run a program of .venv as if .venv were activated, and return its exit status."""
    say("$ " + " ".join((program, *arguments)))
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    environment["VIRTUAL_ENV"] = str(VENV)
    environment["PATH"] = os.pathsep.join((str(VENV / "bin"), environment.get("PATH", os.defpath)))
    return subprocess.run([VENV / "bin" / program, *arguments], cwd=folder, env=environment, check=False).returncode


def lock(*, upgrade: bool) -> int:
    """Write every lock again. They agree on versions, since the smaller ones are resolved within the largest."""
    import tomllib  # noqa: PLC0415 - new in Python 3.11, whose absence main reports

    uv = shutil.which("uv")
    if uv is None:
        sys.exit("dev.py: uv is not installed. Run `pip install uv`.")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    builder = project["build-system"]["requires"]
    largest = Path("requirements/test.txt")
    within = ("--constraint", str(largest))
    resolve(uv, largest, builder, "pyproject.toml", "--extra=example", "--group=test", *["--upgrade"] * upgrade)
    resolve(uv, Path("requirements/example.txt"), builder, "pyproject.toml", "--extra=example", *within)
    scripts = project["project"]["optional-dependencies"]["example"]
    resolve(uv, EXAMPLE.relative_to(ROOT) / "requirements.lock", scripts, *within)
    return 0


def resolve(uv: str, output: Path, names: list[str], *arguments: str) -> None:
    """Pin ``names`` and what ``arguments`` ask for, on every platform, without a word about where it came from."""
    command = [uv, "pip", "compile", "--quiet", "--no-config", "--universal", "--python-version=3.11"]
    command += ["--generate-hashes", "--no-emit-index-url", "--no-annotate"]
    command += ["--custom-compile-command=python3 dev.py lock", f"--output-file={output}", *arguments, "-"]
    require(*command, given="\n".join(names), remedy="The lock was not written.")
    if "://" in (ROOT / output).read_text(encoding="utf-8"):
        sys.exit(f"dev.py: {output} names an address; it must name packages and hashes only")
    say(f"Wrote {output}")


def say(text: str) -> None:
    """Print at once, so that it stands before what the next program prints."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
