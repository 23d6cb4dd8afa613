"""The certificate as a document: what is signed is what is read, and nothing else passes for it."""

from __future__ import annotations

import hashlib
import json

import pytest

from lfr_kit.errors import TamperedError
from lfr_kit.governance.deletion_certificate import (
    DeletionCertificate,
    SignedCertificate,
    canonical,
    rows_digest,
)


def made(**changes) -> SignedCertificate:
    given = {
        "certificate_id": "C-1",
        "store_id": "s",
        "deployment_id": "D-1",
        "reason": "ttl",
        "profile": "swp",
        "deleted_by": "silver-1",
        "deleted_at": "2026-05-04T12:00:00+00:00",
    }
    return SignedCertificate(
        certificate=DeletionCertificate(**given | changes), signature="ab" * 64, public_key="cd" * 32
    )


def test_certificate_survives_its_file():
    given = made(counts={"alert": 2}, remarks=["naïve, \u202e"], residue={"outcome": "nothing found"})
    assert SignedCertificate.from_text(given.to_text()) == given


def test_canonical_bytes_are_sorted_json_without_spaces():
    values = json.loads(canonical(made().certificate))
    assert canonical(made().certificate) == json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def test_digest_is_over_certificate_and_signature():
    given = made()
    expected = hashlib.sha256(canonical(given.certificate) + b"\xab" * 64).hexdigest()
    assert given.digest == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        '{"certificate": {}, "signature": "", "public_key": ""}',
        made().to_text().replace('"signature": "ab', '"signature": "AB'),
        made().to_text().replace('"signature": "ab', '"signature": "zz'),
        made().to_text().replace("certificate 1", "certificate 2"),
        made().to_text().replace('"remarks"', '"remark"'),
        json.dumps({**made().to_dict(), "more": 1}),
        made().to_text().replace("silver-1", "\\ud800"),
        made().to_text().replace('"reason": ', '"reason": "request", "reason": '),
    ],
)
def test_file_that_is_no_certificate_is_refused(text):
    with pytest.raises(TamperedError, match="no deletion certificate"):
        SignedCertificate.from_text(text)


def test_rows_digest_tells_rows_apart_and_does_not_heed_their_order():
    one, other = b"\x01" * 32, b"\x02" * 32
    whole = rows_digest({"A": one, "B": other})
    assert whole == rows_digest({"B": other, "A": one})
    assert (
        len({whole, rows_digest({"A": other, "B": one}), rows_digest({"AB": one}), rows_digest({"A": one})}) == 4
    )
