"""Making and opening the store: its objects, its encryption, and the ledger's word on both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.attest.signers import Signer
from assay.attest.trust import Role
from assay.blobs import Objects
from assay.blobs.blobs import Blobs, make_name_key, read_name_key
from assay.config import StoreSettings
from assay.core.errors import BlobError, TrustError
from assay.pipeline.project import Project
from assay.pipeline.record import record
from assay.pipeline.stored import Passphrase, check_made, made_statement, open_objects, store_settings
from assay.store.ledger import Ledger

if TYPE_CHECKING:
    from assay.blobs.cipher import Cipher


def make_store(project: Project, ledger: Ledger, signer: Signer, passphrase: Passphrase) -> int:
    """Make the store of the settings, or take on one that is there, and say so on the ledger. Returns the entry.

    :raises BlobError: the place cannot be written
    :raises TrustError: ``signer`` may not state events
    """
    demand_writer(project, signer)
    store = store_settings(project.settings)
    objects = open_objects(store)
    cipher = _cipher(store, passphrase)
    key = b"" if cipher is None else make_name_key(objects, cipher)
    (entry,) = record(project, ledger, signer, [made_statement(key, project.now())])
    return entry


def open_store(project: Project, ledger: Ledger, passphrase: Passphrase, objects: Objects | None = None) -> Blobs:
    """Open the store of the settings, if it is the one that the ledger knows.

    :param passphrase: asked only if the identity file is encrypted
    :raises BlobError: it is another one, or was never made
    :raises KeyFileError: the identity cannot be used
    """
    store = store_settings(project.settings)
    found = objects or open_objects(store)
    cipher = _cipher(store, passphrase)
    key = b"" if cipher is None else read_name_key(found, cipher)
    check_made(project, ledger, key)
    return Blobs(found, cipher, key)


def demand_writer(project: Project, signer: Signer) -> None:
    """Make sure that what ``signer`` states about the store will be believed.

    :raises TrustError: it would not be
    """
    identity = project.trust.owner(signer)
    if identity is None or not identity.roles & {Role.BUILDER, Role.VERIFIER}:
        raise TrustError(
            f"{signer.name} may not state what is in the store",
            where=str(project.settings.trust),
            remedy='Add "builder" or "verifier" to the roles of this identity.',
        )


def _cipher(store: StoreSettings, passphrase: Passphrase) -> Cipher | None:
    if store.identity is None:
        return None
    try:
        from assay.blobs.cipher import Cipher, read_identity  # noqa: PLC0415 - an extra

        return Cipher(store.recipients, read_identity(store.identity, passphrase))
    except ModuleNotFoundError as error:
        raise BlobError(
            f"what encryption needs is not installed ({error.name})",
            where="assay.toml: store.encrypt",
            remedy='Run `pip install "assay[store]"`.',
        ) from error
