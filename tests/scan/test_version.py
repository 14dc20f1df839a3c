"""The rules' version says when they changed last, and changes when anything that judges does."""

from __future__ import annotations

from assay.core.scan import rules_date
from assay.scan import version


def test_it_is_a_date_and_a_digest() -> None:
    """As policies compare it."""
    assert rules_date(version.rules_version()) is not None
    assert version.rules_version().startswith(version.RULES_DATE)


def test_rules_readers_and_lists_are_in_it_and_build_products_are_not() -> None:
    """So that a compiled and an interpreted assay of the same source are the same version."""
    names = {"/".join(parts) for parts, _ in version._sources()}
    assert {"scan/rules/disguised_file.py", "formats/pickle/machine.py", "scan/callables/python.txt"} <= names
    assert not [name for name in names if name.endswith((".so", ".pyc", "compiled.txt"))]
