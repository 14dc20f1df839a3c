"""Files in a store or on the web, through fsspec: each is fetched into an unnamed temporary file, inspected there."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from assay.core.errors import HashingError
from assay.core.finding import Unknown
from assay.scan.file import inspect_descriptor, unread
from assay.scan.inspection import Inspection
from assay.scan.settings import Settings

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

#: Stores that hold files. Chained and wrapping file systems of fsspec (``zip://``, ``simplecache::``) are left out:
#: assay opens archives itself.
PROTOCOLS: Final = frozenset({
    "abfs", "abfss", "az", "file", "ftp", "gcs", "gs", "hdfs", "hf", "http", "https", "memory", "oci", "s3", "s3a",
    "sftp", "ssh", "webhdfs",
})  # fmt: skip
_CHUNK: Final = 1 << 20
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_EXTRA: Final = (
    "pip install 'assay[remote]' for http and https, s3fs, gcsfs, adlfs or huggingface_hub for those stores."
)


class Remote:
    """A place in a store.

    :param url: what to inspect: a file, or a folder with all that is below it
    :raises HashingError: it cannot be reached, or no library here speaks its protocol
    """

    def __init__(self, url: str, settings: Settings) -> None:
        self._settings = settings
        self.shown = shown(url)
        matched = _URL.match(url)
        protocol = matched[1].lower() if matched else ""
        if protocol not in PROTOCOLS or "::" in url:
            raise HashingError(
                f"{protocol or 'this'} is no store that assay fetches from",
                where=self.shown,
                remedy=f"It knows {', '.join(sorted(PROTOCOLS))}.",
            )
        self._files: dict[str, tuple[AbstractFileSystem, str]] = {}
        try:
            self._list(url, protocol)
        except ImportError as error:
            raise HashingError(f"nothing installed here speaks {protocol}", where=self.shown, remedy=_EXTRA) from error
        except Exception as error:  # whatever a store's client raises; its text may hold credentials
            raise _unreachable(error, self.shown) from error

    def inspections(self) -> Iterator[Inspection]:
        """Fetch and inspect every file, one after the other."""
        for path in self._files:
            yield self.inspect(path)

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, path: str) -> bool:
        return path in self._files

    def inspect(self, path: str, expected: tuple[str, ...] = ()) -> Inspection:
        """Fetch and inspect one file by the path that its result has."""
        system, name = self._files[path]
        with tempfile.TemporaryFile(prefix="assay-") as copy:
            try:
                self._fetch(system, name, copy.fileno())
            except HashingError as error:
                return unread(path, error.what)
            except Exception as error:  # as above
                return unread(path, _unreachable(error, path).what)
            descriptor = copy.fileno()
            os.lseek(descriptor, 0, os.SEEK_SET)
            try:
                return inspect_descriptor(descriptor, os.fstat(descriptor), path, path, self._settings, expected)
            except HashingError as error:
                return unread(path, error.what)

    def _list(self, url: str, protocol: str) -> None:
        import fsspec  # noqa: PLC0415 - only when something is remote

        system, root = fsspec.core.url_to_fs(url)
        if protocol in {"http", "https"} or system.isfile(root):
            self._files[self.shown] = (system, root)
            return
        names = sorted(system.find(root))
        if not names:
            raise FileNotFoundError
        for name in names:
            below = PurePosixPath(name).relative_to(PurePosixPath(root)) if name.startswith(root) else name
            self._files[f"{self.shown.rstrip('/')}/{below}"] = (system, name)

    def _fetch(self, system: AbstractFileSystem, name: str, descriptor: int) -> None:
        limit = self._settings.limits.expanded
        total = 0
        with system.open(name, "rb") as remote:
            while data := remote.read(_CHUNK):
                total += len(data)
                if total > limit:
                    raise HashingError(f"LIMIT expanded ({limit:,}): it is larger than what may be fetched", where=name)
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]


def open_remotes(urls: list[str], settings: Settings) -> tuple[list[Remote], list[Unknown]]:
    """The places that can be reached, and why the others cannot."""
    reached: list[Remote] = []
    unreached: list[Unknown] = []
    for url in urls:
        try:
            reached.append(Remote(url, settings))
        except HashingError as error:
            unreached.append(Unknown(shown(url), f"{error.what}. {error.remedy}".rstrip(" .")))
    return reached, unreached


def shown(url: str) -> str:
    """The address without what may be secret in it: user, password, query and fragment."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _unreachable(error: Exception, where: str) -> HashingError:
    kind = (
        "there is nothing here"
        if isinstance(error, FileNotFoundError)
        else f"it cannot be fetched ({type(error).__name__})"
    )
    return HashingError(kind, where=where, remedy="Check the address and your credentials.")
