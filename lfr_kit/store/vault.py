"""Sealing: AES-256-GCM with one data key per scope, each wrapped by a master key that is kept elsewhere.

A data key's row is all there is of it: when the row is destroyed, whatever was sealed with it is gone. Sealed
bytes name what they are about (`about`, the additional data), so ciphertext moved to another row or column does
not open.

References
----------
NIST SP 800-38D (GCM, 96-bit random nonces); RFC 5869 (HKDF); NIST SP 800-88 (cryptographic erase).
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, delete, insert, select

from lfr_kit.errors import KeyDestroyedError, TamperedError, WrongKeyError
from lfr_kit.store.master_key import MasterKeys
from lfr_kit.store.tables.keys import data_keys, destroyed_keys

__all__ = ["NONCE_BYTES", "DataKey", "Vault"]

NONCE_BYTES = 12
_KEY_BYTES = 32


@dataclass(frozen=True, eq=False)
class DataKey:
    """Seals and opens what belongs to one scope. Never printed, never stored as it is."""

    key_id: str
    scope: str
    _cipher: AESGCM
    _mac_key: bytes

    def __repr__(self) -> str:
        return f"DataKey({self.key_id}, {self.scope})"

    def seal(self, plain: bytes, about: str) -> bytes:
        """12 bytes of nonce, then ciphertext and tag. `about` names the place, e.g. ``pictures:P-1:picture``."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed. TamperedError if the bytes, the place or the key are not those it was sealed with."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError):
            raise TamperedError(
                f"{about}: was changed, or sealed for another place; restore it from a backup"
            ) from None

    def seal_json(self, value: Any, about: str) -> bytes:
        """`seal` of plain values."""
        return self.seal(json.dumps(value, sort_keys=True, ensure_ascii=False).encode(), about)

    def open_json(self, sealed: bytes, about: str) -> Any:
        """`open` of plain values."""
        return json.loads(self.open(sealed, about))

    def mac(self, message: bytes) -> str:
        """Hex HMAC-SHA-256: recognises the same message again, and tells nothing without the key."""
        return hmac.new(self._mac_key, message, "sha256").hexdigest()


class Vault:
    """The data keys of one store.

    Parameters
    ----------
    master
        Wraps them, see `lfr_kit.store.master_key`.
    """

    def __init__(self, master: MasterKeys) -> None:
        self.master = master
        self._unwrapped: dict[tuple[str, bytes], DataKey] = {}

    def new_key(self, connection: Connection, scope: str, at: datetime) -> DataKey:
        """Makes and keeps the key of a scope that has none."""
        raw = secrets.token_bytes(_KEY_BYTES)
        key_id = "K-" + secrets.token_hex(8)
        wrapped = self.master.wrap(raw, _about_key(key_id, scope))
        connection.execute(
            insert(data_keys).values(
                key_id=key_id,
                scope=scope,
                master_key_id=self.master.current_id,
                wrapped=wrapped,
                created_at=at,
            )
        )
        return _data_key(key_id, scope, raw)

    def key(self, connection: Connection, scope: str) -> DataKey:
        """The key of a scope.

        Raises
        ------
        KeyDestroyedError
            If it was destroyed, or there never was one.
        WrongKeyError
            If the master key does not unwrap it.
        """
        row = connection.execute(select(data_keys).where(data_keys.c.scope == scope)).one_or_none()
        if row is None:
            raise KeyDestroyedError(f"{scope}: its key is destroyed, so what was sealed with it is gone for good")
        known = self._unwrapped.get((row.key_id, row.wrapped))
        if known is None:
            raw = self.master.unwrap(row.master_key_id, row.wrapped, _about_key(row.key_id, scope))
            known = self._unwrapped[row.key_id, row.wrapped] = _data_key(row.key_id, scope, raw)
        return known

    def has_key(self, connection: Connection, scope: str) -> bool:
        """Whether the scope has a key."""
        found = connection.execute(select(data_keys.c.key_id).where(data_keys.c.scope == scope)).one_or_none()
        return found is not None

    def destroy(self, connection: Connection, scope: str, at: datetime) -> bytes | None:
        """Destroys the key of a scope; its wrapped bytes are returned so that residue of them can be looked for.

        None if there is no such key. Takes effect when the transaction commits.
        """
        row = connection.execute(select(data_keys).where(data_keys.c.scope == scope)).one_or_none()
        if row is None:
            return None
        connection.execute(delete(data_keys).where(data_keys.c.scope == scope))
        connection.execute(insert(destroyed_keys).values(key_id=row.key_id, scope=scope, destroyed_at=at))
        self._unwrapped = {known: key for known, key in self._unwrapped.items() if known[0] != row.key_id}
        return bytes(row.wrapped)

    def check(self, connection: Connection) -> None:
        """WrongKeyError if the master key is not that of this store."""
        try:
            self.key(connection, "store")
        except KeyDestroyedError:
            raise WrongKeyError(
                "the store has no key of its own: it is damaged; restore it from a backup"
            ) from None


def _about_key(key_id: str, scope: str) -> str:
    return f"data_keys:{key_id}:{scope}"


def _data_key(key_id: str, scope: str, raw: bytes) -> DataKey:
    mac_key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"lfr_kit mac").derive(raw)
    sealing = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"lfr_kit seal").derive(raw)
    return DataKey(key_id, scope, AESGCM(sealing), mac_key)
