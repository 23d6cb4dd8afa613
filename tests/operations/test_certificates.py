"""Only what this store signed, unchanged, and wrote into its audit chain is a certificate."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from retained import SILVER, WHY, lived
from sqlalchemy import delete, update

from lfr_kit.config import settings
from lfr_kit.errors import NotInStoreError, RetentionError, TamperedError
from lfr_kit.governance.deletion_certificate import DeletionCertificate, SignedCertificate, canonical
from lfr_kit.operations import certificates, deletion, retention
from lfr_kit.store.tables.audit import audit_entries
from lfr_kit.store.tables.keys import store_info
from lfr_kit.store.tables.retention import certificates as table


@pytest.fixture(autouse=True)
def own_spool(tmp_path, monkeypatch):
    monkeypatch.setenv("LFR_STORE__SPOOL_DIR", str(tmp_path / "spool"))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def signed(store, clock) -> SignedCertificate:
    lived(store, clock)
    clock.advance(hours=24)
    done = retention.run(store, SILVER, reason=WHY)
    return certificates.certificate(store, done.deleted[0].certificate_id)


def other(value):
    """Another value of the same kind."""
    if isinstance(value, dict):
        return {**value, "more": 1}
    if isinstance(value, list):
        return [*value, "more"]
    return value + 1 if isinstance(value, int) else f"{value}0"


def test_certificate_names_what_was_deleted_and_nobody(store, signed):
    body = signed.certificate
    assert (body.reason, body.profile, body.deleted_by) == ("ttl", "swp", "silver-1")
    assert (body.deleted_at, body.completed_at) == ("2026-05-05T12:00:00+00:00", "2026-05-05T12:00:00+00:00")
    assert set(body.digests) >= {"pictures", "entries", "alerts"}
    assert "Sought Person" not in signed.to_text()
    assert "PNC/" not in signed.to_text()


def test_signature_is_that_of_the_standard(signed):
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed.public_key))
    key.verify(bytes.fromhex(signed.signature), canonical(signed.certificate))


def test_genuine_certificate_from_a_file_is_known_to_the_chain(store, signed):
    seq = certificates.check_certificate(store, SignedCertificate.from_text(signed.to_text()))
    with store.reading() as connection:
        row = connection.execute(audit_entries.select().where(audit_entries.c.seq == seq)).one()
    assert row.subject == f"certificate:{signed.certificate.certificate_id}"


def test_certificate_with_any_field_changed_is_refused(store, signed):
    for field in fields(DeletionCertificate):
        changed = {field.name: other(getattr(signed.certificate, field.name))}
        tampered = replace(signed, certificate=replace(signed.certificate, **changed))
        with pytest.raises(TamperedError):
            certificates.check_certificate(store, tampered)


def test_certificate_with_another_signature_is_refused(store, signed):
    for place in (0, 64, 127):
        sign = "0" if signed.signature[place] != "0" else "1"
        changed = signed.signature[:place] + sign + signed.signature[place + 1 :]
        with pytest.raises(TamperedError):
            certificates.check_certificate(store, replace(signed, signature=changed))
    with pytest.raises(TamperedError):
        certificates.check_certificate(store, replace(signed, signature=""))


def resigned(signed: SignedCertificate) -> SignedCertificate:
    key = Ed25519PrivateKey.generate()
    changed = replace(signed.certificate, counts={"alert": 0})
    public = key.public_key().public_bytes_raw().hex()
    return SignedCertificate(certificate=changed, signature=key.sign(canonical(changed)).hex(), public_key=public)


def test_certificate_signed_with_another_key_is_refused(store, signed):
    with pytest.raises(TamperedError, match="not this store's key"):
        certificates.check_certificate(store, resigned(signed))


def test_key_put_into_the_database_does_not_pass_for_the_stores(store, signed):
    with store.engine.begin() as connection:
        where = store_info.c.name == "signing_key"
        connection.execute(update(store_info).where(where).values(value="AAAA" * 20))
    with pytest.raises(TamperedError):
        certificates.check_certificate(store, resigned(signed))


def test_certificate_the_chain_does_not_know_is_refused(store, signed):
    with store.engine.begin() as connection:
        subject = f"certificate:{signed.certificate.certificate_id}"
        connection.execute(delete(audit_entries).where(audit_entries.c.subject == subject))
    with pytest.raises(TamperedError, match="audit chain"):
        certificates.check_certificate(store, signed)


def test_row_changed_in_the_database_is_not_given_out(store, signed):
    body = {**signed.certificate.to_dict(), "counts": {"alert": 1}}
    with store.engine.begin() as connection:
        connection.execute(update(table).values(body=body))
    with pytest.raises(TamperedError):
        certificates.certificate(store, signed.certificate.certificate_id)


def test_deletion_cut_off_has_no_certificate_yet(store, clock, monkeypatch):
    lived(store, clock)
    clock.advance(hours=24)

    def cut_off(*_):
        raise RetentionError("cut off")

    monkeypatch.setattr(deletion, "clean_pages", cut_off)
    with pytest.raises(RetentionError, match="cut off"):
        retention.run(store, SILVER, reason=WHY)
    (begun,) = retention.status(store).unfinished
    with pytest.raises(RetentionError, match="nothing is certified"):
        certificates.certificate(store, begun)
    assert certificates.certificate_ids(store) == []


def test_certificate_unknown_is_refused(store):
    with pytest.raises(NotInStoreError):
        certificates.certificate(store, "C-none")


def test_file_unreadable_or_too_large_is_refused(store, tmp_path):
    (tmp_path / "large").write_bytes(b" " * (4 * 1024**2 + 1))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name in ("large", "bytes", "none", "."):
        with pytest.raises(TamperedError, match="cannot be read"):
            certificates.text_of(tmp_path / name)


def test_certificates_of_one_store_are_signed_by_one_key(store, clock, signed):
    lived(store, clock, deployment_id="D-0000000002")
    clock.advance(hours=24)
    done = retention.run(store, SILVER, reason=WHY)
    second = certificates.certificate(store, done.deleted[0].certificate_id)
    assert second.public_key == signed.public_key == certificates.signing_key(store)
    assert json.loads(second.to_text())["public_key"] == signed.public_key
