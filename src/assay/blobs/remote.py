"""Objects in any store that fsspec reaches: ``s3://bucket/prefix``, ``gs://…``, ``az://…``, ``memory://…``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO, Final

from assay.blobs.naming import check_name, is_name
from assay.core.errors import BlobError

#: One read from the store: large enough for a round trip to pay.
_BLOCK: Final = 4 * 1024 * 1024


class RemoteObjects:
    """Objects below ``url``. An upload that ends early is discarded, where the store has uploads in parts."""

    def __init__(self, url: str) -> None:
        try:
            import fsspec  # noqa: PLC0415 - an extra

            self._store, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise BlobError(
                f"the kind of store {url.partition('://')[0]!a} cannot be reached here",
                where="assay.toml: store.url",
                remedy='Run `pip install "assay[store]"` and the package for this kind of store, such as s3fs.',
            ) from error

    def has(self, name: str) -> bool:
        """Whether there is an object called ``name``."""
        path = self._path(name)
        return bool(self._ask("the object cannot be looked for", name, lambda: self._store.isfile(path)))

    def put(self, name: str, write: Callable[[BinaryIO], None], *, replace: bool = False) -> None:
        """Upload, and commit only what was written to its end; see :class:`assay.blobs.Objects`.

        Two that upload the same new object at once both succeed, the later one stays: both hold the same blob.
        """
        path = self._path(name)
        if not replace and self.has(name):
            return
        try:
            self._store.makedirs(path.rpartition("/")[0], exist_ok=True)
            file = self._store.open(path, "wb", autocommit=False)
            try:
                write(file)
                file.close()
                file.commit()
            except BaseException:
                with suppress(Exception):
                    file.discard()
                raise
        except OSError as error:
            raise _failed("the object cannot be written", name, error) from error

    def open(self, name: str) -> BinaryIO:
        """The object's bytes, read in blocks as they are asked for."""
        path = self._path(name)
        try:
            found: BinaryIO = self._store.open(path, "rb", block_size=_BLOCK)
        except FileNotFoundError as error:
            raise BlobError("the object is not in the store", where=name, remedy="Push the artifact again.") from error
        except OSError as error:
            raise _failed("the object cannot be read", name, error) from error
        return found

    def names(self) -> Iterator[str]:
        """The names of all objects, sorted."""
        found: list[str] = self._ask("the store cannot be listed", "", lambda: self._store.find(self._root))
        yield from sorted(name for path in found if is_name(name := path.rpartition("/")[2]))

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/objects/{check_name(name)[:2]}/{name}"

    def _ask(self, what: str, name: str, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except OSError as error:
            raise _failed(what, name, error) from error


def _failed(what: str, name: str, error: OSError) -> BlobError:
    # The text of the store's own error may hold its address with a key in it.
    return BlobError(f"{what}: {(error.strerror or type(error).__name__).lower()}", where=name)
