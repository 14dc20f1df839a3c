"""A project that is open: its settings, whom it trusts, its ledger, and where its files lie."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from assay.attest.checkpoints import NoteVerifier
from assay.attest.signers import Signer
from assay.attest.signers.paired import PairedSigner
from assay.attest.trust import Role, Trust, parse_trust
from assay.config import FILE_NAME, Settings, read_settings
from assay.core import merkle
from assay.core.errors import ConfigError, LedgerTampered, StoreError, TrustError
from assay.core.note import MAX_BYTES as MAX_NOTE_BYTES
from assay.core.note import Checkpoint
from assay.pipeline.signing import build_signer
from assay.store.audit import check_head
from assay.store.ledger import Ledger
from assay.store.witness import Witness, check_continues

Clock = Callable[[], datetime]
Passphrase = Callable[[Path], bytes]


def utc_now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Project:
    """``now`` is the clock that every statement is dated by; ``since`` are signed checkpoints from earlier, kept
    elsewhere, that the ledger has to continue before anything is decided on it."""

    settings: Settings
    trust: Trust
    now: Clock = utc_now
    since: tuple[str, ...] = ()

    @property
    def root(self) -> Path:
        return self.settings.root

    @cached_property
    def verifier(self) -> NoteVerifier:
        """Accepts the checkpoints of this project's ledger."""
        return NoteVerifier(self.trust)

    @cached_property
    def witness(self) -> Witness:
        """What remembers the newest checkpoint that was verified."""
        return Witness(self.settings.witness)

    @property
    def private(self) -> Path:
        """The folder that belongs to assay."""
        return self.root / ".assay"

    @property
    def workspace(self) -> Path:
        """Where outputs are set aside and commands are staged while a stage runs."""
        return self.private / "work"

    def open_ledger(self, *, writable: bool = False) -> Ledger:
        """Open the ledger.

        :raises StoreError: missing, damaged, or held by another process for too long
        """
        return Ledger.open(self.settings.ledger, writable=writable)

    def demand_role(self, signer: Signer, role: Role, what: str) -> None:
        """Do nothing if ``signer`` is trusted with ``role``.

        :param what: what it is needed for, after "may not"
        :raises TrustError: it is not
        """
        identity = self.trust.owner(signer)
        if identity is None or role not in identity.roles:
            raise TrustError(
                f"{signer.name} may not {what}",
                where=str(self.settings.trust),
                remedy=f'Add "{role}" to the roles of this identity.',
            )

    def check(self, ledger: Ledger, entries: Iterable[int] = ()) -> None:
        """Make sure that the ledger is whole: its newest part, and the ``entries`` that something is to rest on.

        An empty ledger is whole, unless the witness remembers that it was not empty.

        :raises LedgerTampered: it is not
        :raises SignatureError: a checkpoint from earlier is by nobody who is trusted
        """
        newest = Checkpoint(ledger.origin, 0, merkle.EMPTY_ROOT)
        try:
            newest = check_head(ledger, verifier=self.verifier, witness=self.witness, entries=entries)
        except LedgerTampered:
            raise
        except StoreError:
            if ledger.size:
                raise
        for note in self.since:
            known = self.verifier.verify_note(note)
            check_continues(known, newest, ledger.prove_consistency, where="a checkpoint from earlier")

    def path(self, name: str) -> Path:
        """Where ``name`` lies."""
        return self.root / name

    def name_of(self, path: Path) -> str | None:
        """The name of ``path`` in the project; ``None`` when it lies outside.

        As it is written, first: what lies in the project by name is judged as that, wherever a link in it leads.
        """
        written = Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve would follow the links
        for place in (written, written.parent.resolve() / written.name):
            for root in (self.root, self.root.resolve()):
                if place != root and place.is_relative_to(root):
                    return place.relative_to(root).as_posix()
        return None


def find_root(start: Path) -> Path:
    """The nearest folder at or above ``start`` that holds an ``assay.toml``.

    :raises ConfigError: there is none
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise ConfigError(
        f"there is no {FILE_NAME} here or in any folder above",
        where=str(start),
        remedy="Run `assay init`, or give --project FOLDER.",
    )


def open_project(root: Path, *, trust: Path | None = None, since: Sequence[Path] = (), now: Clock = utc_now) -> Project:
    """Read the settings and the trust file of the project in ``root``.

    :param trust: another trust file than the project's own, such as one that the project's writers cannot change
    :param since: files with checkpoints from earlier, as `assay log checkpoint` printed them
    :raises ConfigError: no usable ``assay.toml``
    :raises TrustError: no usable trust file
    :raises StoreError: a checkpoint's file cannot be read
    """
    settings = read_settings(root)
    return Project(settings, read_trust(trust or settings.trust), now, tuple(map(read_note, since)))


def read_note(path: Path) -> str:
    """The signed note in a file, not verified.

    :raises StoreError: the file cannot be read
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_NOTE_BYTES + 1).decode(errors="replace")
    except OSError as error:
        raise StoreError(f"the checkpoint cannot be read: {error.strerror}", where=str(path)) from error


def read_trust(path: Path) -> Trust:
    """Read the trust file at ``path``.

    :raises TrustError: missing, unreadable or not usable
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise TrustError("there is no trust file", where=str(path), remedy="Make one with `assay init`.") from error
    except OSError as error:
        raise TrustError(f"the trust file cannot be read: {error.strerror}", where=str(path)) from error
    return parse_trust(data, where=path.name)


def load_signer(project: Project, passphrase: Passphrase) -> Signer:
    """The project's signer, as the identity of the trust file that it is.

    A signer outside the trust file is refused here: a ledger with a checkpoint by a stranger is unreadable to
    everybody.

    :param passphrase: asked for the passphrase of a key file or the PIN of a token, only if one is needed
    :raises KeyFileError: the key cannot be used
    :raises ConfigError: the settings of the signer do not fit together
    :raises TrustError: the signer is nobody in the trust file, or may not sign checkpoints
    """
    signer = build_signer(project.settings, project.trust, passphrase, now=project.now())
    noting = signer.notes if isinstance(signer, PairedSigner) else signer
    identity = project.trust.owner(noting)
    if identity is None or identity.name != noting.name:
        raise TrustError(
            f"the signer of the checkpoints is not {noting.name} of the trust file",
            where=str(project.settings.trust),
            remedy="Nothing was signed. Use the key of a trusted identity, or set signing.checkpoint_key.",
        )
    if Role.LOG not in identity.roles:
        raise TrustError(
            f"{identity.name} may not sign checkpoints of the ledger",
            where=str(project.settings.trust),
            remedy='Add "log" to the roles of this identity.',
        )
    return signer
