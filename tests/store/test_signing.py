"""The store's signing key: sealed, its own, and known only through the sealed half."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from lfr_kit.errors import KeyDestroyedError, TamperedError
from lfr_kit.governance.deletion_certificate import DeletionCertificate
from lfr_kit.store.signing import check_signature, public_key, sign
from lfr_kit.store.tables.keys import store_info

CERTIFICATE = DeletionCertificate(
    certificate_id="C-1",
    store_id="s",
    deployment_id=None,
    reason="ttl",
    profile=None,
    deleted_by="system",
    deleted_at="2026-05-04T12:00:00+00:00",
)


def signed(store, certificate=CERTIFICATE):
    with store.engine.begin() as connection:
        return sign(connection, store.vault, certificate)


def public(store):
    with store.reading() as connection:
        return public_key(connection, store.vault)


def test_store_signs_with_one_key_made_at_first_use(store):
    assert public(store) is None
    first, second = signed(store), signed(store)
    assert first == second
    assert first.public_key == public(store)
    check_signature(first, public(store))


def test_signature_of_another_certificate_does_not_fit(store):
    given = signed(store)
    with pytest.raises(TamperedError, match="does not fit"):
        check_signature(replace(given, certificate=replace(CERTIFICATE, reason="error")), public(store))


def test_store_that_never_signed_knows_no_signature(store):
    given = signed(store)
    with pytest.raises(TamperedError, match="not this store's key"):
        check_signature(given, None)


def test_private_key_is_sealed(store):
    signed(store)
    with store.engine.begin() as connection:
        value = connection.execute(
            select(store_info.c.value).where(store_info.c.name == "signing_key")
        ).scalar_one()
        changed = ("A" if value[40] != "A" else "B").join((value[:40], value[41:]))
        connection.execute(update(store_info).where(store_info.c.name == "signing_key").values(value=changed))
    with pytest.raises(TamperedError):
        public(store)


@pytest.mark.parametrize("value", ["", "A", "not base64", "\u00e9"])
def test_private_key_that_was_made_unreadable_signs_nothing(store, value):
    signed(store)
    with store.engine.begin() as connection:
        connection.execute(update(store_info).where(store_info.c.name == "signing_key").values(value=value))
    with pytest.raises(TamperedError):
        public(store)
    with pytest.raises(TamperedError):
        signed(store)


@pytest.mark.parametrize("signature", ["", "zz", "00", "\u00e9"])
def test_signature_that_is_none_does_not_fit(store, signature):
    given = replace(signed(store), signature=signature)
    with pytest.raises(TamperedError, match="does not fit"):
        check_signature(given, public(store))


def test_without_its_wrapping_key_nothing_is_signed(store):
    signed(store)
    with store.engine.begin() as connection:
        store.vault.destroy(connection, "signing", store.clock())
    with pytest.raises(KeyDestroyedError):
        signed(store)
