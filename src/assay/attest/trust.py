"""Who may say what: the identities of the trust file, their public keys and their roles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from assay.attest.public_key import PublicKey, parse_public_key
from assay.attest.signers import Signer
from assay.core.errors import KeyFileError, TrustError
from assay.core.table import Table, read_table

VERSION: Final = 1


class Role(StrEnum):
    """What an identity is trusted for."""

    BUILDER = "builder"  # run stages: provenance and test results
    SCANNER = "scanner"  # inspect artifacts: scan results
    VERIFIER = "verifier"  # decide at the gate: verification summaries, denials, what a model may call
    APPROVER = "approver"  # approve artifacts for an environment, and retire them
    LOG = "log"  # sign checkpoints of the ledger


@dataclass(frozen=True, slots=True)
class Identity:
    """A name, the key that proves it, and what it may do."""

    name: str
    key: PublicKey
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Trust:
    """``origin`` names the ledger that is trusted, as its checkpoints do; ``identities`` has each name and key once."""

    origin: str
    identities: tuple[Identity, ...]

    def by_key(self, key: PublicKey) -> Identity | None:
        """The identity that ``key`` belongs to."""
        return next((identity for identity in self.identities if identity.key == key), None)

    def owner(self, signer: Signer) -> Identity | None:
        """The identity that ``signer`` signs as."""
        return None if signer.public is None else self.by_key(signer.public)


def parse_trust(data: bytes, *, where: str) -> Trust:
    """Read ``trust.toml``.

    :raises TrustError: not TOML, an unknown key, role or version, no identity at all, or one key under two names
    """
    table = read_table(data, where=where, error=TrustError)
    if table.integer("version") != VERSION:
        raise table.wrong("version", f"must be {VERSION}", remedy="A newer assay wrote this file; update assay.")
    log = table.table("log")
    origin = log.text("origin")
    log.close()
    listed = table.table("identities")
    table.close()
    identities = tuple(_identity(name, listed.table(name)) for name in listed)
    if not identities:
        raise TrustError("nobody is trusted", where=where, remedy="Add an [identities.NAME] table.")
    for index, identity in enumerate(identities):
        for other in identities[index + 1 :]:
            if identity.key == other.key:
                raise TrustError(f"{identity.name} and {other.name} have the same key", where=where)
    return Trust(origin, identities)


def render_trust(trust: Trust) -> str:
    """``trust.toml`` with comments for the people who will edit it."""
    lines = [
        "# Who may say what about this project. Keep it under version control and review every change:",
        "# whoever can edit this file decides what the gate believes.",
        f"version = {VERSION}",
        "",
        "[log]",
        f'origin = "{trust.origin}"  # the ledger whose checkpoints are accepted',
    ]
    for identity in trust.identities:
        roles = ", ".join(f'"{role}"' for role in sorted(identity.roles))
        lines += [
            "",
            f'[identities."{identity.name}"]',
            "# builder: runs stages   scanner: inspects artifacts   verifier: decides at the gate, and what is allowed",
            "# approver: approves and retires versions   log: signs checkpoints of the ledger",
            f"roles = [{roles}]",
            f'key = """\n{identity.key.pem()}"""',
        ]
    return "\n".join(lines) + "\n"


def _identity(name: str, table: Table) -> Identity:
    if not name.isprintable() or any(character in name for character in '+" \\') or not name:
        raise TrustError(
            f"the name {name!r} cannot be used: no spaces, quotes, backslashes or plus signs", where=table.where
        )
    roles = table.texts("roles")
    for role in roles:
        if role not in set(Role):
            raise table.wrong("roles", f"names {role!r}, which is none of {', '.join(Role)}")
    pem = table.text("key")
    table.close()
    try:
        key = parse_public_key(pem, where=f"{table.where}.key")
    except KeyFileError as error:
        raise TrustError(error.what, where=error.where, remedy=error.remedy) from error
    return Identity(name, key, frozenset(map(Role, roles)))
