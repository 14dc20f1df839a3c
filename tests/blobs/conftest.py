"""Keys of age and a place for objects, made anew for each test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest

from assay.blobs.cipher import Cipher, parse_identity
from assay.blobs.folder import FolderObjects


@dataclass(frozen=True)
class Key:
    """An age identity: as the library has it, and as we have it."""

    library: pyrage.x25519.Identity
    cipher: Cipher

    @property
    def recipient(self) -> str:
        return str(self.library.to_public())


def make_key() -> Key:
    identity = pyrage.x25519.Identity.generate()
    return Key(identity, Cipher([str(identity.to_public())], parse_identity(str(identity), where="test")))


@pytest.fixture
def key() -> Key:
    return make_key()


@pytest.fixture
def stranger() -> Key:
    return make_key()


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "store")
