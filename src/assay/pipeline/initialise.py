"""Making a project: settings with comments, a signing key, a trust file, an empty ledger."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from assay.attest.keys import generate_key, write_key
from assay.attest.trust import Identity, Role, Trust, render_trust
from assay.config import FILE_NAME, Settings, read_settings
from assay.core.errors import ConfigError, KeyFileError
from assay.pipeline.project import read_trust
from assay.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Initialised:
    """``made`` are the files that were written, by project path; ``stranger`` the identity table that somebody has to
    add to the trust file, which was there already, before the new key counts; empty when there is nothing to add."""

    settings: Settings
    identity: str
    keyid: str
    made: tuple[str, ...]
    stranger: str


def initialise(root: Path, *, name: str, identity: str, passphrase: bytes | None) -> Initialised:
    """Make what a project needs and is not there yet; nothing that is there is touched.

    :param passphrase: ``None`` writes the key unencrypted
    :raises KeyFileError: the project has a signing key already, or the key cannot be written
    :raises ConfigError: the ``assay.toml`` that is there cannot be used, or a file cannot be written
    """
    made: list[str] = []
    _make_folder(root)
    if not (root / FILE_NAME).exists():
        text = resources.files("assay.pipeline").joinpath("template.toml").read_text()
        _write(root / FILE_NAME, text.replace("@NAME@", name))
        made.append(FILE_NAME)
    settings = read_settings(root)
    if settings.key.exists():
        raise KeyFileError(
            "the project has a signing key already",
            where=str(settings.key),
            remedy="Nothing was changed. Move the key away first if you want a new one.",
        )
    private = root / ".assay"
    _make_folder(private)
    if not (private / ".gitignore").exists():
        _write(private / ".gitignore", "*\n")
    key = generate_key()
    someone = Identity(identity, key.public, frozenset(Role))
    trust = Trust(f"{settings.name}/{secrets.token_hex(8)}", (someone,))
    rendered = render_trust(trust)
    stranger = rendered[rendered.index("[identities") :] if settings.trust.exists() else ""
    for folder in (settings.key.parent, settings.ledger.parent, settings.witness.parent):
        _make_folder(folder)
    write_key(key, settings.key, passphrase)
    made.append(_name(root, settings.key))
    if not settings.trust.exists():
        _write(settings.trust, rendered)
        made.append(_name(root, settings.trust))
    if not settings.ledger.exists():
        Ledger.create(settings.ledger, origin=read_trust(settings.trust).origin).close()
        made.append(_name(root, settings.ledger))
    return Initialised(settings, identity, key.public.keyid, tuple(made), stranger)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700 if folder.name == ".assay" else 0o777, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the folder cannot be made: {error.strerror}", where=str(folder)) from error


def _name(root: Path, path: Path) -> str:
    absolute = root.absolute()
    return path.relative_to(absolute).as_posix() if path.is_relative_to(absolute) else str(path)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigError(f"the file cannot be written: {error.strerror}", where=str(path)) from error
