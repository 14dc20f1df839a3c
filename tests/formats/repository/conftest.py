"""Bytes in, views out, as the scanner would have it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assay.formats.budget import Budget
from assay.formats.repository.signatures import SIGNATURES
from assay.formats.signature import Claim, Head
from assay.formats.source import Memory
from assay.formats.view import NotThisFormat, View

Readings = Callable[..., dict[str, View]]


@pytest.fixture(scope="session")
def readings() -> Readings:
    """``readings(data, name)``: every reading of the bytes that succeeded, by format."""

    def read(data: bytes | str, name: str = "file", *, budget: Budget | None = None) -> dict[str, View]:
        source = Memory(data.encode() if isinstance(data, str) else data)
        found = {}
        for signature in SIGNATURES:
            if signature.claims(Head(source, name)) is not Claim.NO:
                try:
                    found[signature.name] = signature.read(source, budget or Budget(), name)
                except NotThisFormat:
                    continue
        return found

    return read
