"""The deletion certificate: what was deleted, by whom, when, why, and what a search for residue found.

It holds no personal data: ids of rows, counts, digests of ciphertext. `canonical` gives the bytes that are signed
(`lfr_kit.store.signing`) and whose digest stands in the audit chain.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from lfr_kit.errors import TamperedError

__all__ = ["FORMAT", "DeletionCertificate", "SignedCertificate", "canonical", "rows_digest"]

FORMAT = "lfr_kit deletion certificate 1"


@dataclass(frozen=True, kw_only=True)
class DeletionCertificate:
    """What is certified. Times are ISO 8601, UTC.

    Attributes
    ----------
    certificate_id, store_id
        Which certificate, of which store.
    deployment_id
        Whose data, or None for what belongs to none.
    reason
        A `DeletionReason`.
    profile
        The retention profile that set the clocks, or None where no clock did.
    deleted_by
        Who ran the deletion.
    deleted_at
        When keys and rows went.
    completed_at
        When pages were cleaned and the search was done.
    counts
        Class -> how many.
    digests
        Table -> hex SHA-256 over the deleted rows, see `rows_digest`.
    keys_destroyed
        Ids of the data keys that were destroyed, sorted.
    held_back
        Alerts and segments of footage of the deployment that a legal hold keeps.
    pages
        How the pages were cleaned.
    residue
        What the search found: ``marks``, ``found_before``, ``found_after``, ``outcome``, ``places``.
    remarks
        What else must be known, in sentences.
    """

    certificate_id: str
    store_id: str
    deployment_id: str | None
    reason: str
    profile: str | None
    deleted_by: str
    deleted_at: str
    completed_at: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    keys_destroyed: list[str] = field(default_factory=list)
    held_back: int = 0
    pages: str = ""
    residue: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    format: str = FORMAT

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> DeletionCertificate:
        """What `to_dict` made. TamperedError if a field is missing, unknown, or the format another."""
        names = {each.name for each in fields(cls)}
        if not isinstance(values, dict) or set(values) != names or values["format"] != FORMAT:
            raise TamperedError("is no deletion certificate of LFR Kit, or its fields were changed")
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class SignedCertificate:
    """A certificate with its signature.

    Attributes
    ----------
    certificate
        What is certified.
    signature, public_key
        Ed25519, hex.
    """

    certificate: DeletionCertificate
    signature: str
    public_key: str

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the certificate and its signature, as it stands in the audit chain."""
        return hashlib.sha256(canonical(self.certificate) + bytes.fromhex(self.signature)).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "certificate": self.certificate.to_dict(),
            "signature": self.signature,
            "public_key": self.public_key,
        }

    def to_text(self) -> str:
        """As a file: JSON with sorted keys."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_text(cls, text: str) -> SignedCertificate:
        """What `to_text` made. TamperedError if it is not that."""
        try:
            values = json.loads(text, object_pairs_hook=_each_name_once)
            if set(values) != {"certificate", "signature", "public_key"}:
                raise ValueError("other fields")
            for name in ("signature", "public_key"):
                if bytes.fromhex(values[name]).hex() != values[name]:
                    raise ValueError("written otherwise")
            certificate = DeletionCertificate.from_dict(values["certificate"])
            canonical(certificate)
        except (ValueError, TypeError, RecursionError):
            raise TamperedError("is no deletion certificate of LFR Kit, or its fields were changed") from None
        return cls(certificate=certificate, signature=values["signature"], public_key=values["public_key"])


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; of two fields of one name a reader would see one, and the check another."""
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a field stands twice")
    return values


def canonical(certificate: DeletionCertificate) -> bytes:
    """The bytes that are signed: JSON, keys sorted, no spaces, UTF-8."""
    values = certificate.to_dict()
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def rows_digest(rows: dict[str, bytes]) -> str:
    """Hex SHA-256 over rows: id -> digest of the row's ciphertext, in the order of ids.

    Whoever holds a backup can say with it whether a row of the backup was among those deleted.
    """
    digest = hashlib.sha256()
    for row_id in sorted(rows):
        digest.update(f"{len(row_id)}:{row_id}".encode())
        digest.update(rows[row_id])
    return digest.hexdigest()
