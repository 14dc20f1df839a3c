"""What real packages put into pickles: the evidence from which the allow-list in ``src/assay/scan/callables`` is written.

Run it with a Python that has the packages installed; it imports them and is no part of assay.

    python maintenance/callables.py survey sklearn torch.nn      read their source: what would run without a constructor
    python maintenance/callables.py enumerations transformers    classes whose members are pickled by calling them
    python maintenance/callables.py collect FOLDER               make and pickle real objects, one file each

``survey`` prints each class that has a method an unpickler calls (``__new__``, ``__setstate__``, ``__del__``, ``append`` …)
whose body does more than keep values, so that a person can read it; ``collect`` leaves the pickles for ``assay scan``,
whose findings name what no list has yet. See ``docs/callables.md``.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

#: Methods that an unpickler calls on a class, or on an instance it has just made.
HOOKS = frozenset(
    "__new__ __setstate__ __del__ __setattr__ __setitem__ __hash__ __eq__ append extend add __reduce__ __reduce_ex__"
    " __getattr__ __getattribute__ __call__".split()
) - {"__call__", "__reduce__", "__reduce_ex__"}
#: Names in such a body that are worth a look.
TELLING = frozenset(
    "open exec eval compile __import__ import_module system popen Popen run call check_output remove unlink rmtree load loads"
    " load_model load_state_dict from_pretrained urlopen urlretrieve get_file download socket connect mkdir makedirs rename"
    " write write_text write_bytes read_text read_bytes NamedTemporaryFile TemporaryDirectory mkdtemp mkstemp rmdir kill"
    " setattr getattr globals resolve_name locate attempt_import CDLL load_library".split()
) - {"setattr", "getattr"}
ENUMERATIONS = frozenset("Enum IntEnum StrEnum Flag IntFlag ExplicitEnum".split())


def main() -> None:
    """Do what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("survey", "enumerations"):
        commands.add_parser(name).add_argument("packages", nargs="+")
    commands.add_parser("collect").add_argument("folder", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "collect":
        sys.path.insert(0, str(Path(__file__).parent))
        import samples

        samples.write_all(arguments.folder)
        return
    for package in arguments.packages:
        for module, tree in modules(package):
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    tell(arguments.command, module, node)


def modules(package: str) -> Iterator[tuple[str, ast.Module]]:
    """Every module in a package, by its source; nothing is imported but the packages above it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        sys.exit(f"{package}: not installed")
    origin = Path(spec.origin)
    paths = [origin] if origin.name != "__init__.py" else sorted(origin.parent.rglob("*.py"))
    for path in paths:
        parts = path.relative_to(origin.parent).with_suffix("").parts if len(paths) > 1 or origin in paths else ()
        name = ".".join([package, *(part for part in parts if part != "__init__")]) if len(paths) > 1 else package
        if "tests" in parts or "testing" in parts:
            continue
        try:
            yield name, ast.parse(path.read_text("utf-8", "replace"))
        except SyntaxError:
            continue


def tell(command: str, module: str, node: ast.ClassDef) -> None:
    """Print what there is to say of one class."""
    bases = {base.attr if isinstance(base, ast.Attribute) else base.id for base in node.bases
             if isinstance(base, ast.Attribute | ast.Name)}  # fmt: skip
    if command == "enumerations":
        if bases & ENUMERATIONS:
            print(f"{module}: {node.name}")
        return
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name in HOOKS:
            names = {each.attr if isinstance(each, ast.Attribute) else each.id for each in ast.walk(method)
                     if isinstance(each, ast.Attribute | ast.Name)}  # fmt: skip
            if found := sorted(names & TELLING):
                print(f"{module}.{node.name}.{method.name} (line {method.lineno}): {' '.join(found)}")


if __name__ == "__main__":
    main()
