"""Deletion certificates, read and checked: against the store's own key, and against the audit chain."""

from __future__ import annotations

from hmac import compare_digest
from pathlib import Path

from lfr_kit.errors import RetentionError, TamperedError
from lfr_kit.governance.deletion_certificate import SignedCertificate
from lfr_kit.store.repository import audit_reading
from lfr_kit.store.repository import certificates as rows
from lfr_kit.store.repository.audit_reading import AuditQuestion
from lfr_kit.store.signing import check_signature, public_key
from lfr_kit.store.store import Store

__all__ = ["certificate", "certificate_ids", "check_certificate", "signing_key", "text_of"]

_LARGEST_BYTES = 4 * 1024**2


def text_of(file: Path) -> str:
    """The text of a certificate's file. TamperedError if it is none: unreadable, too large, not UTF-8."""
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_BYTES + 1)
        if len(content) > _LARGEST_BYTES:
            raise ValueError("too large")
        return content.decode()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        told = "name a file written by: lfr retention certificate --out"
        raise TamperedError(f"{file}: cannot be read as a certificate ({why}); {told}") from None


def certificate(store: Store, certificate_id: str) -> SignedCertificate:
    """A certificate, checked; it holds no personal data.

    Raises
    ------
    NotInStoreError
        If there is none of that id.
    RetentionError
        If its deletion is not finished: nothing is certified before.
    TamperedError
        As `check_certificate`.
    """
    with store.reading() as connection:
        signed = rows.signed(connection, certificate_id)
    if signed is None:
        raise RetentionError(
            f"{certificate_id}: its deletion was cut off, so nothing is certified; finish it: lfr retention run"
        )
    check_certificate(store, signed)
    return signed


def certificate_ids(store: Store, deployment_id: str | None = None) -> list[str]:
    """Ids of finished certificates, newest first."""
    with store.reading() as connection:
        return rows.certificate_ids(connection, deployment_id)


def check_certificate(store: Store, signed: SignedCertificate) -> int:
    """Checks a certificate, from wherever it came; the place of its digest in the audit chain.

    Raises
    ------
    TamperedError
        If it is signed by another key, was changed after it was signed, or the audit chain does not know it.
    """
    name = signed.certificate.certificate_id
    with store.reading() as connection:
        check_signature(signed, public_key(connection, store.vault))
        wanted = AuditQuestion(subject=f"certificate:{name}"[:120])
        logged = audit_reading.entries(connection, store.vault.key(connection, "audit"), wanted)
    for entry in logged:
        digest = entry.details.get("certificate_digest", "")
        if entry.is_readable and compare_digest(str(digest), signed.digest):
            return entry.seq
    raise TamperedError(f"{name}: the audit chain holds no entry with its digest")


def signing_key(store: Store) -> str | None:
    """The store's public key, hex, to be published; None before the first certificate."""
    with store.reading() as connection:
        return public_key(connection, store.vault)
