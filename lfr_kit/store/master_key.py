"""The master key: wraps the data keys of a store, and never lies beside it.

While it is rotated there are two for a moment; every wrapped key names the one it is wrapped with.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lfr_kit.errors import KeyMissingError, WrongKeyError

__all__ = ["MasterKeys", "new_master_keys"]

_KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, eq=False)
class MasterKeys:
    """One master key, or two during a rotation.

    Attributes
    ----------
    current_id
        The one that wraps from now on.
    keys
        Id -> 32 bytes. Never printed.
    """

    current_id: str
    keys: dict[str, bytes] = field(repr=False)

    def wrap(self, raw: bytes, about: str) -> bytes:
        """Nonce, ciphertext and tag of a data key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self.keys[self.current_id]).encrypt(nonce, raw, about.encode())

    def unwrap(self, master_key_id: str, wrapped: bytes, about: str) -> bytes:
        """The data key. WrongKeyError if this master key did not wrap it."""
        key = self.keys.get(master_key_id)
        if key is None:
            raise WrongKeyError(
                f"the master key at hand is {' and '.join(sorted(self.keys))}, the store's is {master_key_id}; "
                "put the right one where the settings say (store.key_source, store.key_file)"
            )
        try:
            return AESGCM(key).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError, TypeError):
            raise WrongKeyError(
                f"the master key {master_key_id} does not open {about}: one of them was changed; "
                "restore the key or the store from a backup"
            ) from None

    @property
    def is_rotating(self) -> bool:
        """Whether an older key is still kept beside the current one."""
        return len(self.keys) > 1

    def with_successor(self) -> MasterKeys:
        """The keys at hand and a fresh one, which is the current one from now on."""
        fresh = new_master_keys()
        return MasterKeys(fresh.current_id, {**self.keys, **fresh.keys})

    def current_only(self) -> MasterKeys:
        """Without the older ones: what they still wrap is lost."""
        return MasterKeys(self.current_id, {self.current_id: self.keys[self.current_id]})

    def to_text(self) -> str:
        """As it is kept: JSON, keys in base64."""
        keys = {name: base64.b64encode(key).decode() for name, key in self.keys.items()}
        return json.dumps({"current": self.current_id, "keys": keys}, indent=2) + "\n"

    @classmethod
    def from_text(cls, text: str, where: str) -> MasterKeys:
        """What `to_text` made. KeyMissingError, naming `where`, if it is not that."""
        try:
            kept = json.loads(text)
            keys = {name: base64.b64decode(key, validate=True) for name, key in kept["keys"].items()}
            current = kept["current"]
            if current not in keys or any(len(key) != _KEY_BYTES for key in keys.values()):
                raise ValueError("no 256-bit key of that name")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
            raise KeyMissingError(f"{where}: is no master key of LFR Kit; restore it from its backup") from None
        return cls(current, keys)


def new_master_keys() -> MasterKeys:
    """A fresh random master key."""
    name = "M-" + secrets.token_hex(8)
    return MasterKeys(name, {name: secrets.token_bytes(_KEY_BYTES)})
