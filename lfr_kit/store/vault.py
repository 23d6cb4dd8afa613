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
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from lfr_kit.errors import KeyDestroyedError, TamperedError, WrongKeyError
from lfr_kit.store.master_key import MasterKeys
from lfr_kit.store.tables.keys import data_keys, destroyed_keys

__all__ = ["NONCE_BYTES", "DataKey", "Vault"]

NONCE_BYTES = 12
_KEY_BYTES = 32
_KEYS = select(data_keys.c.key_id, data_keys.c.scope, data_keys.c.master_key_id, data_keys.c.wrapped)
"""Columns that every release has: the key is checked before an older database is upgraded."""
_KEY_OF = _KEYS.where(data_keys.c.scope == bindparam("scope"))


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
        except (InvalidTag, ValueError, TypeError):
            raise TamperedError(
                f"{about}: was changed, or sealed for another place; restore it from a backup"
            ) from None

    def seal_json(self, value: Any, about: str) -> bytes:
        """`seal` of plain values."""
        return self.seal(json.dumps(value, sort_keys=True).encode(), about)

    def open_json(self, sealed: bytes, about: str) -> Any:
        """`open` of plain values."""
        return json.loads(self.open(sealed, about))

    def mac(self, message: bytes) -> str:
        """Hex HMAC-SHA-256: recognises the same message again, and tells nothing without the key."""
        return hmac.new(self._mac_key, message, "sha256").hexdigest()


class Vault:
    """The data keys of one store. Threads may share it.

    Parameters
    ----------
    master
        Wraps them, see `lfr_kit.store.master_key`.
    reload
        Reads the master key anew: another process may have rotated it while this one runs.
    """

    def __init__(self, master: MasterKeys, reload: Callable[[], MasterKeys] | None = None) -> None:
        self.master = master
        self._reload = reload
        self._unwrapped: dict[str, DataKey] = {}
        self._destroyed: set[str] = set()
        self._lock = Lock()

    def new_key(self, connection: Connection, scope: str, at: datetime) -> DataKey:
        """Makes and keeps the key of a scope that has none."""
        raw = secrets.token_bytes(_KEY_BYTES)
        key_id = "K-" + secrets.token_hex(8)
        master = self._master_in_force(connection)
        connection.execute(
            insert(data_keys).values(
                key_id=key_id,
                scope=scope,
                master_key_id=master.current_id,
                wrapped=master.wrap(raw, _about_key(key_id, scope)),
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
        row = connection.execute(_KEY_OF, {"scope": scope}).one_or_none()
        if row is None:
            raise KeyDestroyedError(f"{scope}: its key is destroyed, so what was sealed with it is gone for good")
        with self._lock:
            known = self._unwrapped.get(row.key_id)
        if known is None:
            known = _data_key(row.key_id, scope, self._unwrap(row))
            with self._lock:
                if row.key_id not in self._destroyed:
                    self._unwrapped[row.key_id] = known
        return known

    def has_key(self, connection: Connection, scope: str) -> bool:
        """Whether the scope has a key."""
        return connection.execute(_KEY_OF, {"scope": scope}).one_or_none() is not None

    def destroy(self, connection: Connection, scope: str, at: datetime) -> bytes | None:
        """Destroys the key of a scope; its wrapped bytes are returned so that residue of them can be looked for.

        None if there is no such key. Takes effect when the transaction commits.
        """
        row = connection.execute(_KEY_OF, {"scope": scope}).one_or_none()
        if row is None:
            return None
        connection.execute(delete(data_keys).where(data_keys.c.scope == scope))
        connection.execute(insert(destroyed_keys).values(key_id=row.key_id, scope=scope, destroyed_at=at))
        with self._lock:  # not kept again, should a thread that still sees the row ask for it
            self._destroyed.add(row.key_id)
            self._unwrapped.pop(row.key_id, None)
        return bytes(row.wrapped)

    def rewrap(self, connection: Connection, master: MasterKeys, at: datetime) -> int:
        """Wraps every data key with another master key; what is sealed stays as it is. Returns how many.

        Raises
        ------
        WrongKeyError
            If one of them does not open: then nothing is changed.
        """
        rows = connection.execute(_KEYS.order_by(data_keys.c.scope != "store").with_for_update()).all()
        for row in rows:
            wrapped = master.wrap(self._unwrap(row), _about_key(row.key_id, row.scope))
            connection.execute(
                update(data_keys)
                .where(data_keys.c.key_id == row.key_id)
                .values(master_key_id=master.current_id, wrapped=wrapped, rewrapped_at=at)
            )
        return len(rows)

    def check(self, connection: Connection) -> None:
        """WrongKeyError if the master key is not that of this store."""
        row = connection.execute(_KEY_OF, {"scope": "store"}).one_or_none()
        if row is None:
            raise WrongKeyError("the store has no key of its own: it is damaged; restore it from a backup")
        self._unwrap(row)

    def check_all(self, connection: Connection) -> dict[str, int]:
        """Unwraps every data key. Returns master key id -> how many it wraps.

        Raises
        ------
        WrongKeyError
            If one of them does not open.
        """
        rows = connection.execute(_KEYS).all()
        for row in rows:
            self._unwrap(row)
        return dict(Counter(row.master_key_id for row in rows))

    def _unwrap(self, row: Any) -> bytes:
        return self._with(row.master_key_id).unwrap(
            row.master_key_id, row.wrapped, _about_key(row.key_id, row.scope)
        )

    def _master_in_force(self, connection: Connection) -> MasterKeys:
        """What wraps the store's own key wraps a new one too; a rotation beside waits until this commits."""
        in_force = connection.execute(
            select(data_keys.c.master_key_id).where(data_keys.c.scope == "store").with_for_update(read=True)
        ).scalar_one_or_none()
        if in_force is None:
            return self.master
        master = self._with(in_force)
        if in_force not in master.keys:
            raise WrongKeyError(f"the store's master key is {in_force}, which is not at hand; restore it")
        return MasterKeys(in_force, master.keys)

    def _with(self, master_key_id: str) -> MasterKeys:
        """The master keys, read anew if this one is not among them."""
        if master_key_id not in self.master.keys and self._reload is not None:
            self.master = self._reload()
        return self.master


def _about_key(key_id: str, scope: str) -> str:
    return f"data_keys:{key_id}:{scope}"


def _data_key(key_id: str, scope: str, raw: bytes) -> DataKey:
    mac_key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"lfr_kit mac").derive(raw)
    sealing = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"lfr_kit seal").derive(raw)
    return DataKey(key_id, scope, AESGCM(sealing), mac_key)
