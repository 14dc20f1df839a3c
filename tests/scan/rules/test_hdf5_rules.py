"""Rules on HDF5: whatever leads out of the file, and filters that are libraries."""

from __future__ import annotations

from typing import Any

import pytest

from assay.core.finding import Severity
from assay.formats.budget import Budget
from assay.formats.hdf5.access import Access
from assay.formats.hdf5.hdf5 import Dataset, Hdf5, Link
from assay.formats.hdf5.messages import CHUNKED, CONTIGUOUS, VIRTUAL, Datatype, External, Filter, Layout
from assay.formats.source import Memory
from assay.scan.rules import rules_for


def view_of(*things: Link | Dataset) -> Hdf5:
    """A file with these links and datasets."""
    source = Memory(bytes(64))
    view = Hdf5(source, Access(source, Budget(), 0, 8, 8))
    view.links = [thing for thing in things if isinstance(thing, Link)]
    view.datasets = [thing for thing in things if isinstance(thing, Dataset)]
    return view


def found(*things: Link | Dataset) -> dict[str, Severity]:
    """Rules that fire, and how badly."""
    view = view_of(*things)
    return {
        rule.id: rule.severity if hit.severity is None else hit.severity
        for rule in rules_for("hdf5")
        for hit in rule.check(view)
    }


def dataset(path: str = "/kernel", **more: Any) -> Dataset:
    """A dataset of four bytes."""
    parts: dict[str, Any] = {"layout": Layout(CONTIGUOUS, 0, 4), "filters": (), "external": (), **more}
    return Dataset(path, Datatype("uint", 1), (4,), offset=0, **parts)


def test_cve_2026_1669_external_links() -> None:
    """CVE-2026-1669: a link into another file; soft links inside may lead nowhere."""
    assert found(Link("/w", "external", "/etc/hostname", "/", 0)) == {"hdf5-external-link": Severity.HIGH}
    assert found(Link("/w", "external", "other.h5", "/w", 0)) == {"hdf5-external-link": Severity.HIGH}
    assert found(Link("/w", "soft", "", "/nowhere", 0)) == {}


def test_cve_2026_1669_external_storage() -> None:
    """CVE-2026-1669: raw data in another file."""
    assert found(dataset(external=(External("/etc/hostname", 0, 4),))) == {"hdf5-external-storage": Severity.HIGH}
    assert found(dataset()) == {}


def test_virtual_datasets() -> None:
    """Sources in other files are told; a dataset put together from the same file is not."""
    outside = dataset(layout=Layout(VIRTUAL, None, 0, ("/secret.h5", "w")))
    assert found(outside) == {"hdf5-virtual-dataset": Severity.HIGH}
    inside = dataset("/all", layout=Layout(VIRTUAL, None, 0, (".", "a", "/b")))
    assert found(inside, dataset("/a"), dataset("/b")) == {}


@pytest.mark.parametrize(
    ("number", "severity"),
    [
        (40000, Severity.MEDIUM),
        (300, Severity.MEDIUM),
        (32001, Severity.LOW),
        (307, Severity.LOW),
        (1, None),
        (32000, None),
    ],
)
def test_filters(number: int, severity: Severity | None) -> None:
    """Unknown filters are libraries of nobody knows whom; the library's own are silent."""
    expected = {} if severity is None else {"hdf5-plugin-filter": severity}
    assert found(dataset(layout=Layout(CHUNKED, 0), filters=(Filter(number, "acme", False),))) == expected


def test_user_defined_links() -> None:
    """Links that only the writing program can follow."""
    assert found(Link("/w", "user-defined", "", "", 0, 65)) == {"hdf5-user-defined-link": Severity.MEDIUM}
