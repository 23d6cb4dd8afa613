"""`lfr watchlist` from the command line: a list built, reviewed, frozen, withdrawn from, deleted, asked after."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from frozen_lists import add_many, new_list, picture, planned, somebody, unit_vector

from lfr_kit.errors import (
    DecisionConflictError,
    InputError,
    JustificationError,
    NotInStoreError,
    OutputError,
    PermissionRefusedError,
    SignInError,
    StateError,
    WatchlistError,
)
from lfr_kit.governance import alike
from lfr_kit.governance.vocabulary import Category
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.store import Store

WHY = ("--reason", "for the deployment at the station")
STATEMENT = (
    "--necessity",
    "wanted on a warrant, expected here",
    "--proportionality",
    "no less intrusive way to find them",
)


@pytest.fixture
def built(cli):
    """A list of three people in building, entered by another manager: its id and entry ids."""
    child = somebody(
        3,
        name="Zoë Ångström",
        date_of_birth=date(2012, 1, 1),
        rationale="last seen at the station",
        under_18_rationale="missing since Friday",
    )
    twin = replace(somebody(2), pictures=[picture(2, vector=unit_vector(1))])
    with Store.open(cli.chosen) as store:
        planned(store)
        watchlist = new_list(store)
        ids = add_many(store, watchlist, [somebody(1), twin, child])
    return watchlist.watchlist_id, ids


def seen(cli, watchlist, *entry_ids):
    found = cli.json("watchlist_reviewer", "watchlist", "review", watchlist, *WHY)["entries"]
    return [one["seen"] for one in found if not entry_ids or one["entry_id"] in entry_ids]


def approve(cli, watchlist, *entry_ids):
    return cli.json(
        "watchlist_reviewer", "watchlist", "approve", watchlist, *seen(cli, watchlist, *entry_ids), *STATEMENT
    )


def test_new_takes_the_categories_of_the_authority(cli):
    with Store.open(cli.chosen) as store:
        planned(store, extra_categories=[Category.VICTIM])
    made = cli.json("watchlist_manager", "watchlist", "new", "D-1", *WHY)
    assert re.fullmatch(r"W-[0-9a-f]+", made["watchlist_id"])
    assert "victim" in made["categories"]
    assert "witness" not in made["categories"]
    assert made["watchlist_id"] in cli("watchlist_manager", "watchlist", "list").stdout


def test_new_refusals_say_why(cli):
    with Store.open(cli.chosen) as store:
        planned(store)
    assert isinstance(cli.refused(None, "watchlist", "new", "D-1", *WHY), SignInError)
    assert isinstance(cli.refused("silver", "watchlist", "new", "D-1", *WHY), PermissionRefusedError)
    assert isinstance(cli.refused("watchlist_manager", "watchlist", "new", "D-1"), JustificationError)
    assert isinstance(cli.refused("watchlist_manager", "watchlist", "new", "D-2", *WHY), NotInStoreError)


def test_whole_life_of_a_list(cli, built):
    watchlist, (one, twin, child) = built
    decided = approve(cli, watchlist)["entries"]
    assert {each["entry_id"]: each["status"] for each in decided} == {
        one: "approved",
        twin: "approved",
        child: "pending_second_approval",
    }
    (waiting,) = seen(cli, watchlist)
    (done,) = cli.json(
        "silver", "watchlist", "approve", watchlist, waiting, "--second", "risk assessed, found necessary"
    )["entries"]
    assert (done["entry_id"], done["status"]) == (child, "approved")
    frozen = cli.json("watchlist_manager", "watchlist", "freeze", watchlist, *WHY)
    assert (frozen["n_entries"], frozen["left_out"]) == (3, [])
    (row,) = cli.json("watchlist_manager", "watchlist", "list", "--deployment", "D-1")["watchlists"]
    assert (row["state"], row["digest"], row["revision"]) == ("frozen", frozen["digest"], 0)
    assert row["n_by_age_band"] == {"13_to_17": 1, "18_or_over": 2}
    gone = cli.json("silver", "watchlist", "withdraw", watchlist, one, "--reason", "arrested this morning at home")
    assert (gone["revision"], gone["entries"][0]["status"]) == (1, "withdrawn")
    cli("watchlist_reviewer", "watchlist", "recheck", watchlist, twin, "--source", "PNC looked at, 09:40")
    (shown,) = cli.json("auditor", "watchlist", "show", watchlist, "--entry", twin, *WHY)["entries"]
    assert shown["verified_by"] == "watchlist_reviewer"
    deleted = cli.json("watchlist_manager", "watchlist", "delete", watchlist, "--because", "request", *WHY)
    assert deleted["found"] == []
    assert deleted["certificate_id"]
    assert isinstance(cli.refused("auditor", "watchlist", "show", watchlist, *WHY), StateError)
    listed = cli.json("auditor", "watchlist", "was-listed", "pnc/00001", *WHY)
    assert listed["was_listed"]
    assert listed["inclusions"][0]["deployment_id"] == "D-1"


def test_was_listed_unknown_reference_is_said_to_be_unknown(cli, built):
    assert not cli.json("auditor", "watchlist", "was-listed", "PNC/99999", *WHY)["was_listed"]
    assert "knows of no list" in cli("auditor", "watchlist", "was-listed", "PNC/99999", *WHY).stdout
    error = cli.refused("watchlist_manager", "watchlist", "was-listed", "PNC/99999", *WHY)
    assert isinstance(error, PermissionRefusedError)
    assert isinstance(cli.refused("auditor", "watchlist", "was-listed", "A\u202eB", *WHY), InputError)


def test_review_shows_names_versions_and_what_to_note(cli, built):
    watchlist, ids = built
    table = cli("watchlist_reviewer", "watchlist", "review", watchlist, *WHY).stdout
    for entry_id in ids:
        assert f"{entry_id}@1" in table  # to be copied, so never cut in two
    assert "Zoë Ångström" in table
    entries = cli.json("watchlist_reviewer", "watchlist", "review", watchlist, *WHY)["entries"]
    assert {one["name"] for one in entries} == {"Person 1", "Person 2", "Zoë Ångström"}
    assert all(one["seen"] == f"{one['entry_id']}@1" for one in entries)
    assert isinstance(cli.refused("watchlist_reviewer", "watchlist", "review", watchlist), JustificationError)


def words_of(table):
    """A table in one line, without the breaks of its cells."""
    return "".join(table.split())


def test_review_shows_all_that_is_judged(cli, built, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    watchlist, (one, twin, child) = built
    cli.json("watchlist_manager", "watchlist", "pairs", watchlist, "--threshold", 0.9, *WHY)
    found = cli.json("watchlist_reviewer", "watchlist", "review", watchlist, *WHY)["entries"]
    table = words_of(cli("watchlist_reviewer", "watchlist", "review", watchlist, *WHY).stdout)
    for entry in found:
        for name in ("legal_basis", "image_source"):
            assert entry[name]
            assert words_of(entry[name]) in table
        for each in entry["pictures"]:
            assert words_of(f"picture of {each['captured_on']}, quality {each['quality']:.0f}") in table
    assert "under18:missingsinceFriday" in table
    assert "lastseenatthestation" in table
    alike = {entry["entry_id"]: [each["entry_id"] for each in entry["alike"]] for entry in found}
    assert alike == {one: [twin], twin: [one], child: []}
    assert f"lookalike:{twin}(1.000)" in table


def test_review_says_that_an_unknown_age_takes_a_second_approver(cli, built):
    with Store.open(cli.chosen) as store:
        with store.reading() as connection:
            watchlist = rows.watchlist(connection, built[0])
        (unknown,) = add_many(store, watchlist, [somebody(8, date_of_birth=None)])
    table = " ".join(cli("watchlist_reviewer", "watchlist", "review", built[0], *WHY).stdout.split())
    assert "age unknown" in table
    (shown,) = cli.json("auditor", "watchlist", "show", built[0], "--entry", unknown, *WHY)["entries"]
    assert shown["second_approver_because"] == ["age_unknown"]
    (decided,) = approve(cli, built[0], unknown)["entries"]
    assert decided["status"] == "pending_second_approval"


def test_second_approver_reads_what_the_reviewer_wrote(cli, built):
    watchlist, (_, _, child) = built
    approve(cli, watchlist, child)
    table = words_of(cli("silver", "watchlist", "show", watchlist, "--entry", child, *WHY).stdout)
    assert "necessity:" in table
    assert "proportionality:" in table


def test_review_writes_pictures_for_the_owner_and_logs_a_disclosure(cli, built, tmp_path):
    watchlist, ids = built
    folder = tmp_path / "to look at"
    shown = cli("watchlist_reviewer", "watchlist", "review", watchlist, "--pictures", folder, *WHY)
    assert {file.name for file in folder.iterdir()} == {f"{entry_id}-1.jpg" for entry_id in ids}
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert "Deletethemyourself" in words_of(shown.stderr)
    (logged,) = cli.json("auditor", "audit", "show", "--operation", "disclosure", *WHY)["entries"]
    assert (logged["actor_id"], logged["subject"]) == ("watchlist_reviewer", f"watchlist:{watchlist}")
    again = cli.refused("watchlist_reviewer", "watchlist", "review", watchlist, "--pictures", folder, *WHY)
    assert isinstance(again, OutputError)
    assert len(cli.json("auditor", "audit", "show", "--operation", "disclosure", *WHY)["entries"]) == 1


def test_review_writes_every_usable_picture_and_warns_of_two_people_under_one_reference(
    cli, built, tmp_path, monkeypatch
):
    faceless = picture(11, vector=None, reasons=("no_face",))
    with Store.open(cli.chosen) as store:
        with store.reading() as connection:
            watchlist = rows.watchlist(connection, built[0])
        monkeypatch.setitem(alike._CLEARLY_DIFFERENT, watchlist.space_id, 0.8)
        two_people = replace(somebody(9), pictures=[picture(9), picture(10), faceless])
        (entry_id,) = add_many(store, watchlist, [two_people])
    folder = tmp_path / "look"
    words = ("watchlist", "show", built[0], "--entry", entry_id, "--pictures", folder, *WHY)
    (shown,) = cli.json("watchlist_reviewer", *words)["entries"]
    assert {file.name for file in folder.iterdir()} == {f"{entry_id}-1.jpg", f"{entry_id}-2.jpg"}
    assert "pictures_differ" in shown["warnings"]
    assert shown["status"] == "pending_review"
    (one,) = cli.json("watchlist_reviewer", "watchlist", "show", built[0], "--entry", built[1][0], *WHY)["entries"]
    assert "pictures_differ" not in one["warnings"]


def test_list_says_nothing_about_anybody(cli, built):
    printed = cli("watchlist_manager", "watchlist", "list").stdout
    printed += cli("watchlist_manager", "watchlist", "list", "--json").stdout
    assert built[0] in printed
    assert "Person" not in printed
    assert "PNC" not in printed


def test_no_command_prints_a_template_or_a_mac(cli, built):
    watchlist, _ = built
    printed = cli("watchlist_reviewer", "watchlist", "show", watchlist, "--json", *WHY).stdout
    printed += cli("watchlist_reviewer", "watchlist", "pairs", watchlist, "--threshold", -1, "--json", *WHY).stdout
    for word in ("vector", "template", "mac", "sealed", "jpeg"):
        assert f'"{word}' not in printed
        assert f'_{word}"' not in printed


def test_pairs_twins_are_shown(cli, built):
    watchlist, (one, twin, _) = built
    found = cli.json("watchlist_reviewer", "watchlist", "pairs", watchlist, "--threshold", 0.99, *WHY)
    assert found["n_pairs"] == 1
    assert {found["pairs"][0]["entry_id"], found["pairs"][0]["other_entry_id"]} == {one, twin}
    table = cli("watchlist_reviewer", "watchlist", "pairs", watchlist, "--threshold", 0.99, *WHY).stdout
    assert "look_alike" in table
    assert "1 pairs from 0.99 up; 1 shown" in table


def test_approve_old_version_is_refused(cli, built):
    watchlist, (one, *_) = built
    approve(cli, watchlist, one)
    error = cli.refused("watchlist_reviewer", "watchlist", "approve", watchlist, f"{one}@1", *STATEMENT)
    assert isinstance(error, DecisionConflictError)


@pytest.mark.parametrize("given", ["{0}", "{0}@", "{0}@x", "{0}@-1", "{0}@99999999999"])
def test_approve_without_the_version_seen_is_wrong_usage(cli, built, given):
    watchlist, (one, *_) = built
    words = ("watchlist", "approve", watchlist, given.format(one), *STATEMENT)
    assert "which version" in " ".join(cli("watchlist_reviewer", *words, status=2).stderr.split())


def test_approve_needs_a_statement_or_a_second_rationale(cli, built):
    watchlist, (one, *_) = built
    words = ("watchlist", "approve", watchlist, f"{one}@1")
    cli("watchlist_reviewer", *words, status=2)
    cli("watchlist_reviewer", *words, *STATEMENT, "--second", "and this one too, please", status=2)
    assert isinstance(cli.refused("watchlist_reviewer", *words, *STATEMENT[:2]), InputError)


def test_refuse_by_a_reviewer_keeps_the_entry_out(cli, built):
    watchlist, (one, *_) = built
    words = ("watchlist", "refuse", watchlist, f"{one}@1", "--reason", "another person of that name")
    assert "refused" in cli("watchlist_reviewer", *words).stdout
    (shown,) = cli.json("auditor", "watchlist", "show", watchlist, "--status", "refused", *WHY)["entries"]
    assert shown["pictures"] == []
    assert shown["review"] == {"refusal": "another person of that name"}


def test_freeze_says_who_is_left_out_and_why(cli, built):
    watchlist, (one, twin, child) = built
    assert isinstance(cli.refused("watchlist_manager", "watchlist", "freeze", watchlist, *WHY), WatchlistError)
    approve(cli, watchlist, one, child)
    table = cli("watchlist_manager", "watchlist", "freeze", watchlist, *WHY).stdout
    assert re.search(rf"{twin}\s+reviewer", table)
    assert re.search(rf"{child}\s+second_approver, under_18", table)
    assert "1 entries frozen, 2 left out" in table


def test_withdraw_of_another_lists_entry_is_refused(cli, built):
    with Store.open(cli.chosen) as store:
        planned(store, "D-2")
        (foreign,) = add_many(store, new_list(store, "D-2"), [somebody(7)])
    words = ("watchlist", "withdraw", built[0], foreign, "--reason", "arrested this morning at home")
    assert isinstance(cli.refused("silver", *words), NotInStoreError)


def test_show_unknown_list_says_where_to_look(cli, built):
    error = cli.refused("watchlist_manager", "watchlist", "show", "W-none", *WHY)
    assert isinstance(error, NotInStoreError)
    assert "lfr watchlist list" in str(error)
