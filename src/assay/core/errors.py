"""Every error that assay raises on purpose.

::

    Error                      root; says what, where and what to do
    ├── IntegrityError         bytes are not the bytes that were promised (also a ValueError)
    ├── DigestError            a digest that cannot be read: empty, truncated, no hexadecimal (a ValueError too)
    ├── HashingError           a file or folder that cannot be hashed: unreadable, or changing
    │   └── RefusedPath        a path that must not stand in an artifact: a symlink, a special file, an unsafe name
    ├── FormatError            bytes that cannot be read as the format they claim to be, or only at too high a cost
    ├── StatementError         a statement or envelope that is malformed
    ├── SignatureError         a signature that does not hold, or nobody we trust made it
    ├── KeyFileError           a key file that cannot be used: wrong type, wrong passphrase, open to others
    ├── TrustError             a trust file that cannot be used
    ├── StoreError             the ledger cannot be read or written
    │   ├── LedgerTampered     the ledger's content contradicts its own tree, its checkpoints or its witness
    │   └── LedgerBusy         another process held the ledger for too long
    ├── BlobError              an object of the store for models and data that cannot be read or written
    ├── ConfigError            assay.toml cannot be used
    ├── PolicyError            a policy that cannot be used
    ├── StageError             a stage could not be run to its end
    │   └── IsolationError     isolation was asked for and cannot be given
    └── DeniedError            the gate said no; carries the decision (in ``core/decision.py``, beside what it carries)

A *denial* and a *finding* are outcomes; these are for what stops us from reaching one. ``DeniedError`` is for Python
callers who asked for verified bytes and cannot have them.
"""

from __future__ import annotations


class Error(Exception):
    """Root of assay's errors.

    :param what: what is wrong, in one sentence without a final full stop
    :param where: the file, row or field it was found in; may be empty
    :param remedy: what the reader can do about it; may be empty
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what)

    @property
    def finding(self) -> str:
        """Where and what, without what to do about it."""
        return f"{self.where}: {self.what}" if self.where else self.what

    def __str__(self) -> str:
        return f"{self.finding}. {self.remedy}" if self.remedy else self.finding


class DigestError(Error, ValueError):
    """A digest that cannot be read. Never a match, never a mismatch."""


class IntegrityError(Error, ValueError):
    """The bytes are not the bytes that were promised.

    :param expected: the digest that was promised, ``sha256:<hex>``
    :param actual: the digest that was found, ``sha256:<hex>``
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "", expected: str = "", actual: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.expected = expected
        self.actual = actual


class HashingError(Error):
    """A file or folder that cannot be hashed faithfully: it cannot be read, or it changed while it was."""


class RefusedPath(HashingError):  # noqa: N818 - names the thing, as a finding does
    """A path that must not stand in an artifact: a symbolic link, a special file, a colliding or unsafe name."""


class FormatError(Error):
    """Bytes that cannot be read as what they claim to be. The file becomes "could not tell", never "clean".

    :param offset: where, in bytes from the start of what was being read; ``None`` where no offset fits
    """

    def __init__(self, what: str, *, offset: int | None = None, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.offset = offset


class StatementError(Error):
    """A statement or an envelope that is malformed."""


class SignatureError(Error):
    """A signature that does not hold, or that nobody we trust made."""


class KeyFileError(Error):
    """A key file that cannot be used."""


class TrustError(Error):
    """A trust file that cannot be used."""


class StoreError(Error):
    """The ledger cannot be read or written."""


class LedgerTampered(StoreError):  # noqa: N818 - a finding's name, not a failure's
    """The ledger contradicts its own tree, a signed checkpoint, or what a witness remembers."""


class LedgerBusy(StoreError):  # noqa: N818 - the state that was met
    """Another process held the ledger for longer than we were told to wait."""


class BlobError(Error):
    """An object of the store for models and data cannot be read or written, or is not what was stored."""


class ConfigError(Error):
    """``assay.toml`` cannot be used."""


class PolicyError(Error):
    """A policy that cannot be used; whatever it was to allow is denied."""


class StageError(Error):
    """A stage could not be run to its end."""


class IsolationError(StageError):
    """Isolation was asked for and this platform cannot give it; the stage was not run."""
