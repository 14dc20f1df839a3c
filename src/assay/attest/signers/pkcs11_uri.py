"""``pkcs11:token=…;object=…``: which key of which token is meant.

Source: RFC 7512. Of its attributes, those that pick a token and a key are read, and where the module and the PIN lie.
A PIN in the URI itself is refused: URIs end in files and logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

from assay.core.errors import KeyFileError
from assay.core.visible import visible

_PATH: Final = frozenset({"token", "serial", "manufacturer", "model", "slot-id", "object", "id", "type"})
_QUERY: Final = frozenset({"module-path", "pin-source", "pin-value"})


@dataclass(frozen=True, slots=True)
class KeyUri:
    """What picks a token (``token`` its label, ``serial``, ``slot``) and a key on it (``label``, ``identifier``)."""

    token: str | None = None
    serial: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    slot: int | None = None
    label: str | None = None
    identifier: bytes | None = None
    module: Path | None = None
    pin_source: Path | None = None

    def __str__(self) -> str:
        """The key for people, without where the PIN lies."""
        token = self.token or self.serial or ("any" if self.slot is None else f"in slot {self.slot}")
        key = self.label or (self.identifier or b"").hex() or "the only one"
        return visible(f"key {key} on token {token}")


def parse_key_uri(uri: str, *, where: str) -> KeyUri:
    """Read a PKCS #11 URI.

    :raises KeyFileError: another scheme, an attribute unknown, twice or malformed, a PIN in it
    """
    scheme, colon, rest = uri.partition(":")
    if scheme != "pkcs11" or not colon:
        raise KeyFileError("this is no pkcs11: URI", where=where)
    path, _, query = rest.partition("?")
    found = _attributes(path, ";", _PATH, where) | _attributes(query, "&", _QUERY, where)
    if "pin-value" in found:
        raise KeyFileError(
            "the URI holds the PIN itself",
            where=where,
            remedy="Take it out, change it on the token, and give it with pin-source=FILE or ASSAY_PASSPHRASE_FILE.",
        )
    if _text(found, "type", where) not in (None, "private"):
        raise KeyFileError("the URI names an object that is no private key (its type)", where=where)
    slot = _text(found, "slot-id", where)
    if slot is not None and not (slot.isascii() and slot.isdigit()):
        raise KeyFileError("the URI's slot-id is no number", where=where)
    source = _text(found, "pin-source", where)
    module = _text(found, "module-path", where)
    return KeyUri(
        token=_text(found, "token", where),
        serial=_text(found, "serial", where),
        manufacturer=_text(found, "manufacturer", where),
        model=_text(found, "model", where),
        slot=None if slot is None else int(slot),
        label=_text(found, "object", where),
        identifier=found.get("id"),
        module=None if module is None else Path(module),
        pin_source=None if source is None else Path(source.removeprefix("file://").removeprefix("file:")),
    )


def _attributes(text: str, separator: str, known: frozenset[str], where: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if name not in known or not equals:
            raise KeyFileError(
                f"the URI's attribute {name!a} is not known here",
                where=where,
                remedy=f"Known are: {', '.join(sorted(known))}.",
            )
        if name in found:
            raise KeyFileError(f"the URI has {name} twice", where=where)
        found[name] = unquote_to_bytes(value)
    return found


def _text(found: dict[str, bytes], name: str, where: str) -> str | None:
    value = found.get(name)
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError as error:
        raise KeyFileError(f"the URI's {name} is not UTF-8 text", where=where) from error
