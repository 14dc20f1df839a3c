"""A model on disk against its base: both opened, every tensor compared, nothing held in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from assay.core.comparison import Difference
from assay.core.errors import FormatError, HashingError
from assay.core.finding import Finding, Unknown
from assay.formats.budget import Budget, Limits
from assay.formats.catalogue import recognise
from assay.formats.signature import Head, Reader
from assay.formats.source import Descriptor
from assay.formats.view import View
from assay.scan.compare import compare
from assay.scan.file import opened
from assay.scan.inspector import finding_of
from assay.scan.rules import rules_for
from assay.scan.tree import Found, files_under

Outcome = tuple[Difference | None, tuple[Finding, ...], tuple[Unknown, ...]]


def compare_with(target: Path, base: Path, limits: Limits) -> Outcome:
    """Compare the tensors of all files at or below ``target`` with those at or below ``base``, by name.

    :returns: what differs, the findings about that, and why it could not be told
    """
    budget = Budget(limits)
    try:
        with ExitStack() as stack:
            before, after = (list(_views(path, budget, stack)) for path in (base, target))
            for path, views in ((base, before), (target, after)):
                if not views:
                    return None, (), (Unknown(str(path), "it holds no tensors that could be compared"),)
            comparison = compare(before, after, budget)
    except (FormatError, HashingError) as error:
        return None, (), (Unknown(str(target), f"it could not be compared with {base}: {error.finding}"),)
    findings = tuple(
        finding_of(rule, hit, str(target), "") for rule in rules_for(comparison.kind) for hit in rule.check(comparison)
    )
    return Difference(str(base), comparison.changes, comparison.same), findings, ()


def _views(root: Path, budget: Budget, stack: ExitStack) -> Iterator[View]:
    for found in files_under(root):
        if isinstance(found, Found):
            descriptor, status = stack.enter_context(opened(found.place))
            head = Head(Descriptor(descriptor, status.st_size), found.path.rpartition("/")[2])
            for signature, _ in recognise(head):
                yield from _with_tensors(signature.read, head, budget)


def _with_tensors(read: Reader, head: Head, budget: Budget) -> Iterator[View]:
    try:
        view = read(head.source, budget, head.name)
        if next(view.tensors(), None) is not None:
            yield view
    except FormatError:
        return  # the scan of the same file says so
