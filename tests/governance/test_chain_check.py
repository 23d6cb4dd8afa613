"""The chain checked against chains broken on purpose, each in a known way; hashes by another hand."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from lfr_kit.governance.audit import GENESIS, Head, Link, chain_hash, check_details, identity, stamp
from lfr_kit.governance.chain_check import FindingKind, check_chain

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
N = 12


def seal(entry: str, why: str) -> bytes:
    """Stands for AES-GCM: bytes that only their maker can make for this identity."""
    return why.encode() + hmac.digest(b"secret", entry.encode() + why.encode(), "sha256")


def opens(entry: str, sealed: bytes) -> bool:
    return hmac.compare_digest(sealed[-32:], hmac.digest(b"secret", entry.encode() + sealed[:-32], "sha256"))


def made(seq: int, previous: str, *, subject: str = "", sealed: bytes | None = None, at: str = "") -> Link:
    named = ("k1", "consultation", "alert.view", subject or f"alert:A-{seq}", "D-1" if seq % 2 else None)
    at = at or stamp(START + timedelta(seconds=seq))
    entry = identity(seq, at, named)
    sealed = seal(entry, f"reason {seq}") if sealed is None else sealed
    return Link(seq, at, *named, sealed, previous, chain_hash(previous, entry, sealed))


def chain(n: int = N) -> list[Link]:
    links: list[Link] = []
    for seq in range(1, n + 1):
        links.append(made(seq, links[-1].hash if links else GENESIS))
    return links


def head_of(links: list[Link]) -> Head:
    return Head(links[-1].seq, links[-1].hash, is_genuine=True)


def rehashed(links: list[Link], renumber: bool = False) -> list[Link]:
    """As one without the key would mend it: every previous hash and hash made anew."""
    done: list[Link] = []
    for place, link in enumerate(links, start=1):
        seq = place if renumber else link.seq
        previous = done[-1].hash if done else GENESIS
        digest = chain_hash(previous, identity(seq, link.at, link[2:7]), link.sealed_details)
        done.append(link._replace(seq=seq, previous_hash=previous, hash=digest))
    return done


def found(links, head, opens=opens) -> list[tuple[str, int, int]]:
    return [(str(each.kind), each.seq, each.last_seq) for each in check_chain(links, head, opens).findings]


@pytest.mark.parametrize("checker", [opens, None], ids=["with the key", "without"])
@pytest.mark.parametrize("n", [1, 2, N])
def test_whole_chain_has_no_findings(n, checker):
    links = chain(n)
    report = check_chain(links, head_of(links), checker)
    assert (report.is_whole, report.n_entries, report.warnings) == (True, n, ())


def test_empty_chain_under_an_empty_head_is_whole():
    assert check_chain([], Head(0, GENESIS, is_genuine=True), opens).is_whole


def test_chain_hash_is_that_of_the_written_layout():
    """The layout by hand: previous hash, place, time, five names, each with its length; then what is sealed."""
    at = "2026-05-04T09:00:00.000000+00:00"
    text = f"64:{GENESIS}7,32:{at}2:k112:consultation10:alert.view9:alert:A-73:D-1"
    expected = hashlib.sha256(text.encode() + b"sealed").hexdigest()
    entry = identity(7, at, ("k1", "consultation", "alert.view", "alert:A-7", "D-1"))
    assert chain_hash(GENESIS, entry, b"sealed") == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c", "d", "e", "f"), ("a", "bc", "d", "e", "f")),
        (("a", "b", "c", "d", None), ("a", "b", "c", "d", "")),
        (("a", "b", "c", "d", None), ("a", "b", "c", "d", "~")),
        (("a1:b", "c", "d", "e", None), ("a", "1:bc", "d", "e", None)),
    ],
)
def test_identity_reads_in_only_one_way(one, other):
    assert identity(1, "t", one) != identity(1, "t", other)
    assert identity(1, "1t", one) != identity(11, "t", one)


@pytest.mark.parametrize("checker", [opens, None], ids=["with the key", "without"])
@pytest.mark.parametrize("place", [1, 6, N])
@pytest.mark.parametrize(
    "change",
    [
        {"at": "2026-05-04T08:00:00.000000+00:00"},
        {"actor_id": "k2"},
        {"operation": "erasure"},
        {"action": "alert.raise"},
        {"subject": "alert:A-999"},
        {"deployment_id": "D-2"},
        {"sealed_details": b"nothing of the kind" * 3},
        {"hash": "f" * 64},
        {"subject": 17},
        {"sealed_details": "text"},
        {"subject": "\ud800"},
        {"at": None},
        {"at": b"2026-05-04"},
    ],
    ids=lambda change: "-".join(map(str, change)),
)
def test_changed_field_is_found_in_its_entry(change, place, checker):
    links = chain()
    head = head_of(links)
    links[place - 1] = links[place - 1]._replace(**change)
    assert found(links, head, checker) == [("changed", place, place)]


@pytest.mark.parametrize("place", [1, 6, N])
def test_changed_entry_with_its_hash_made_anew_is_found(place):
    links = chain()
    head = head_of(links)
    before = links[place - 1]
    links[place - 1] = made(place, before.previous_hash, subject="alert:X", sealed=before.sealed_details)
    assert found(links, head) == [("changed", place, place)]


def test_changed_entry_with_its_hash_made_anew_is_found_without_the_key():
    links = chain()
    head = head_of(links)
    links[5] = made(6, links[5].previous_hash, subject="alert:X", sealed=links[5].sealed_details)
    assert found(links, head, None) == [("changed", 6, 6)]
    links = chain()
    links[-1] = made(N, links[-1].previous_hash, subject="alert:X", sealed=links[-1].sealed_details)
    assert found(links, head, None) == [("head", 0, 0)]


@pytest.mark.parametrize("place", [1, 6, N])
def test_changed_entry_with_all_that_follows_made_anew_is_still_named(place):
    links = chain()
    head = head_of(links)
    links[place - 1] = links[place - 1]._replace(actor_id="somebody.else")
    kinds = found(rehashed(links), head)
    assert ("changed", place, place) in kinds
    assert {seq for _, seq, _ in kinds} <= {place, 0}


def test_chain_made_anew_to_its_end_is_seen_by_the_head_without_the_key():
    links = chain()
    head = head_of(links)
    links[5] = links[5]._replace(actor_id="somebody.else")
    assert found(rehashed(links), head, None) == [("head", 0, 0)]


@pytest.mark.parametrize("checker", [opens, None], ids=["with the key", "without"])
@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ([1], [("removed", 1, 1)]),
        ([6], [("removed", 6, 6)]),
        ([N], [("removed", N, N)]),
        ([5, 6, 7], [("removed", 5, 7)]),
        ([3, 8, 9], [("removed", 3, 3), ("removed", 8, 9)]),
        ([N - 1, N], [("removed", N - 1, N)]),
        (list(range(1, N + 1)), [("removed", 1, N)]),
    ],
)
def test_removed_entries_are_named(gone, expected, checker):
    links = chain()
    head = head_of(links)
    assert found([link for link in links if link.seq not in gone], head, checker) == expected


def test_removed_entry_with_the_rest_moved_up_is_named():
    links = chain()
    head = head_of(links)
    left = [link._replace(seq=link.seq - 1) if link.seq > 6 else link for link in links if link.seq != 6]
    expected = [("removed", 6, 6)] + [("moved", seq, seq) for seq in range(6, N)]
    assert sorted(found(left, head)) == sorted(expected)
    assert sorted(set(found(rehashed(left), head)) - {("head", 0, 0)}) == sorted(expected)


def test_tail_removed_with_the_head_rewritten_is_seen_by_its_mac():
    links = chain()[:-2]
    forged = Head(links[-1].seq, links[-1].hash, is_genuine=False)
    assert found(links, forged) == [("head", 0, 0)]


def test_head_that_is_gone_is_a_finding():
    assert found(chain(), None) == [("head", 0, 0)]


def test_inserted_entry_is_named_and_what_it_pushed_down():
    links = chain()
    head = head_of(links)
    forged = made(6, links[4].hash, subject="alert:X", sealed=b"no seal of the program's own " * 2)
    pushed = [link._replace(seq=link.seq + 1) for link in links[5:]]
    expected = [("inserted", 6, 6)] + [("moved", seq, seq) for seq in range(7, N + 2)]
    assert sorted(found([*links[:5], forged, *pushed], head)) == sorted(expected)
    assert sorted(found(rehashed([*links[:5], forged, *pushed]), head)) == sorted(expected)


def test_entry_appended_without_the_key_is_named():
    links = chain()
    head = head_of(links)
    links.append(made(N + 1, links[-1].hash, sealed=b"no seal of the program's own " * 2))
    assert found(links, head) == [("inserted", N + 1, N + 1)]
    assert found(links, head, None) == [("inserted", N + 1, N + 1)]


def test_genuine_entries_after_a_head_that_was_put_back_are_named():
    links = chain()
    old = Head(N - 2, links[N - 3].hash, is_genuine=True)
    assert found(links, old) == [("inserted", N - 1, N - 1), ("inserted", N, N)]


@pytest.mark.parametrize("checker", [opens, None], ids=["with the key", "without"])
def test_entry_far_after_the_end_is_named_and_nothing_that_never_was(checker):
    links = chain()
    far = made(10**18, links[-1].hash, sealed=b"no seal of the program's own " * 2, at=links[-1].at)
    assert found([*links, far], head_of(links), checker) == [("inserted", 10**18, 10**18)]
    cut = [*links[:-2], far]
    assert found(cut, head_of(links), checker) == [("removed", N - 1, N), ("inserted", 10**18, 10**18)]


def test_entry_before_the_first_is_inserted():
    links = chain()
    assert found([made(0, GENESIS), *links], head_of(links)) == [("inserted", 0, 0)]


@pytest.mark.parametrize("checker", [opens, None], ids=["with the key", "without"])
def test_two_entries_that_changed_places_are_named(checker):
    links = chain()
    head = head_of(links)
    links[4], links[8] = links[8]._replace(seq=5), links[4]._replace(seq=9)
    assert found(links, head, checker) == [("moved", 5, 5), ("moved", 9, 9)]


def test_three_entries_in_a_ring_with_hashes_made_anew_are_named():
    links = chain()
    head = head_of(links)
    links[2], links[5], links[9] = links[9]._replace(seq=3), links[2]._replace(seq=6), links[5]._replace(seq=10)
    kinds = [each for each in found(rehashed(links), head) if each[0] != "head"]
    assert kinds == [("moved", 3, 3), ("moved", 6, 6), ("moved", 10, 10)]


def test_entries_in_another_order_than_their_places_are_named():
    links = chain()
    shuffled = [*links[:4], links[5], links[4], *links[6:]]
    assert ("moved", 5, 5) in found(shuffled, head_of(links))


def test_entry_written_twice_is_named():
    links = chain()
    assert found([*links[:6], links[5], *links[6:]], head_of(links)) == [("moved", 6, 6)]


def test_link_that_was_rewritten_is_found_though_the_seal_opens():
    links = chain()
    head = head_of(links)
    other = "e" * 64
    entry = identity(6, links[5].at, links[5][2:7])
    digest = chain_hash(other, entry, links[5].sealed_details)
    links[5] = links[5]._replace(previous_hash=other, hash=digest)
    assert ("changed", 6, 6) in found(links, head)


def test_large_damage_is_summed_up_and_both_ends_of_it_are_named():
    links = chain(2000)
    head = head_of(links)
    damaged = [link._replace(actor_id="k9") if 500 <= link.seq < 1800 else link for link in links]
    report = check_chain(damaged, head, opens)
    seqs = [each.seq for each in report.findings]
    assert seqs[0] == 500
    assert seqs[-1] == 1799
    assert report.n_unexplained + len(seqs) == 1300


def test_large_renumbering_does_not_claim_that_the_last_entry_is_gone():
    links = chain(2000)
    head = head_of(links)
    left = [link._replace(seq=link.seq - 1) if link.seq > 500 else link for link in links if link.seq != 500]
    removed = [each.seq for each in check_chain(left, head, opens).findings if each.kind is FindingKind.REMOVED]
    assert removed == [500]


def test_clock_that_ran_backwards_is_a_warning_at_its_entry():
    links: list[Link] = []
    for seq, minute in enumerate((0, 1, 2, -58, -57, 3), start=1):
        at = stamp(START + timedelta(minutes=minute))
        links.append(made(seq, links[-1].hash if links else GENESIS, at=at))
    report = check_chain(links, head_of(links), opens)
    assert report.is_whole
    assert [(each.kind, each.seq) for each in report.warnings] == [(FindingKind.CLOCK, 4)]
    assert "3,600 s" in report.warnings[0].message


def test_entries_a_moment_out_of_order_are_no_warning():
    links: list[Link] = []
    for seq, second in enumerate((0, 3, 1), start=1):
        at = stamp(START + timedelta(seconds=second))
        links.append(made(seq, links[-1].hash if links else GENESIS, at=at))
    assert check_chain(links, head_of(links), opens).warnings == ()


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"picture": b"\xff\xd8\xff"}, "picture: is a bytes"),
        ({"deep": {"er": [1, [memoryview(b"x")]]}}, "deep: is a memoryview"),
        ({"note": "x" * 4097}, "note: 4,097 characters"),
        ({"many": ["y" * 4000] * 17}, "many: with it they pass 65,536"),
        ({"n": list(range(70_000))}, "n: with it"),
        ({"name": "\ud800"}, "name: is no valid text"),
        ({"at": START}, "at: is a datetime"),
        ({"k" * 10: {"x" * 5000: 1}}, "5,000 characters"),
    ],
)
def test_details_hold_no_pictures_and_no_long_texts(details, words):
    assert words in check_details(details)


def test_details_of_plain_values_are_taken():
    assert check_details({"n": 3, "x": 0.5, "ok": True, "none": None, "ids": ["a", ("b",)], "m": {"k": "v"}}) == ""
