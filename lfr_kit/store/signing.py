"""The key by which a store signs deletion certificates: Ed25519, its private half sealed like everything else.

References
----------
RFC 8032 (Ed25519).
"""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, insert, select

from lfr_kit.errors import TamperedError
from lfr_kit.governance.deletion_certificate import DeletionCertificate, SignedCertificate, canonical
from lfr_kit.store.tables.keys import store_info
from lfr_kit.store.vault import Vault

__all__ = ["check_signature", "public_key", "sign"]

_NAME = "signing_key"
_ABOUT = f"store_info:{_NAME}"


def sign(connection: Connection, vault: Vault, certificate: DeletionCertificate) -> SignedCertificate:
    """Signs with the store's key; makes the key first where there is none. Call within a write transaction."""
    private = _private_key(connection, vault) or _new_key(connection, vault)
    return SignedCertificate(
        certificate=certificate,
        signature=private.sign(canonical(certificate)).hex(),
        public_key=_public_hex(private),
    )


def public_key(connection: Connection, vault: Vault) -> str | None:
    """The public key, hex, from the sealed private one: no row in the clear passes for it. None before first use.

    Raises
    ------
    TamperedError
        If the sealed key was changed.
    """
    private = _private_key(connection, vault)
    return None if private is None else _public_hex(private)


def check_signature(signed: SignedCertificate, public: str | None) -> None:
    """TamperedError unless `signed` bears the signature of this public key."""
    name = signed.certificate.certificate_id
    if public is None or signed.public_key != public:
        raise TamperedError(f"{name}: is signed by {signed.public_key}, which is not this store's key")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signed.signature), canonical(signed.certificate))
    except (InvalidSignature, ValueError):
        raise TamperedError(f"{name}: its signature does not fit, so the certificate was changed") from None


def _private_key(connection: Connection, vault: Vault) -> Ed25519PrivateKey | None:
    query = select(store_info.c.value).where(store_info.c.name == _NAME)
    kept = connection.execute(query).scalar_one_or_none()
    if kept is None:
        return None
    try:
        sealed = base64.b64decode(kept)
    except ValueError:
        sealed = b""  # opens as little as any other that was changed
    raw = vault.key(connection, "signing").open(sealed, _ABOUT)
    return Ed25519PrivateKey.from_private_bytes(raw)


def _new_key(connection: Connection, vault: Vault) -> Ed25519PrivateKey:
    private = Ed25519PrivateKey.generate()
    sealed = vault.key(connection, "signing").seal(private.private_bytes_raw(), _ABOUT)
    connection.execute(insert(store_info).values(name=_NAME, value=base64.b64encode(sealed).decode()))
    return private


def _public_hex(private: Ed25519PrivateKey) -> str:
    return private.public_key().public_bytes_raw().hex()
