"""A whole deployment on the command line, as docs/deployments.md tells it, with the real engine."""

from __future__ import annotations

import csv
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_kit.demo import ABSENT, SOUGHT, lay_out_references
from lfr_kit.errors import ModelMissingError
from lfr_kit.governance.checklist import VOUCHED_FOR
from lfr_kit.governance.import_table import COLUMNS
from lfr_kit.models import model_path

SAMPLE = Path(__file__).parent.parent / "data" / "deployment.toml"
WHY = ("--reason", "as the guide tells it")


@pytest.fixture
def photos(tmp_path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    try:
        lay_out_references(folder)
        model_path("dlib_resnet")
    except ModelMissingError as missing:
        pytest.skip(f"needs networks and portraits: {missing}")
    return folder


def plan_file(folder: Path) -> Path:
    """The sample plan, from now on for an hour, with generated footage for a camera."""
    now = datetime.now(UTC)
    text = SAMPLE.read_text()
    values = tomllib.loads(text)
    for name, moment in (("starts_at", now - timedelta(minutes=1)), ("ends_at", now + timedelta(hours=1))):
        text = text.replace(values[name].isoformat(), moment.isoformat(timespec="seconds"))
    text = text[: text.index("[[cameras]]")]
    text += '[[cameras]]\ncamera_id = "north-approach"\nsource = "walkthrough"\nzone = "whole frame"\n'
    text = text.replace("threshold = 0.957", "threshold = 0.94")
    (folder / "plan.toml").write_text(text)
    return folder / "plan.toml"


def people_table(photos: Path) -> Path:
    with (photos / "people.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for ref, name in (("PNC/1", SOUGHT), ("PNC/2", ABSENT)):
            writer.writerow(
                {
                    "person_ref": ref,
                    "name": name,
                    "date_of_birth": "1961-08-04",
                    "category": "risk_of_harm",
                    "legal_basis": "common law",
                    "image_source": "official portrait",
                    "captured_on": "2025-01-20",
                    "response": "green",
                    "rationale": "stands for a person at risk",
                    "picture": next(photos.glob(f"{name}.*")).name,
                }
            )
    return photos / "people.csv"


def staff_walk_through(cli, deployment: str) -> None:
    """One who walks by in the generated footage, too, passes three times and is found, and is no public alert."""
    photo, blue = model_path("portrait_grace_hopper"), ("deployment", "blue-list", deployment)
    assert "blue_list_check" in str(cli.refused("silver", "deployment", "open", deployment, *WHY))
    assert "consent" in str(cli.refused("watchlist_manager", *blue, "add", "staff 1", photo))
    told = cli.json("watchlist_manager", *blue, "add", "staff 1", photo, "--consent", "HR/26/7")
    assert [each["pseudonym"] for each in told["members"]] == ["staff 1"]
    passes = [word for _ in range(3) for word in ("--pass", "staff 1", "--source", "walkthrough")]
    checked = cli.json("lfr_operator", "deployment", "blue-check", deployment, *passes)
    assert (checked["is_passed"], checked["hits"], checked["passes"]) == (True, 3, 3)


def test_deployment_from_draft_to_record_and_deletion_by_command(cli, photos, tmp_path, monkeypatch):
    deployment = cli.json("silver", "deployment", "draft", plan_file(tmp_path), *WHY)["deployment_id"]
    cli("silver", "deployment", "request", deployment, *WHY)
    assert "may not" in str(cli.refused("silver", "deployment", "grant", deployment, *WHY))
    cli("authorising_officer", "deployment", "grant", deployment, *WHY)

    watchlist = cli.json("watchlist_manager", "watchlist", "new", deployment, *WHY)["watchlist_id"]
    imported = cli.json("watchlist_manager", "watchlist", "import", watchlist, people_table(photos), *WHY)
    assert imported["n_people"] == {"accepted": 2}
    assert cli.refused("watchlist_manager", "watchlist", "freeze", watchlist, *WHY)
    waiting = cli.json("watchlist_reviewer", "watchlist", "review", watchlist, *WHY)["entries"]
    seen = [f"{entry['entry_id']}@{entry['version']}" for entry in waiting]
    statements = (
        "--necessity",
        "at risk and seen near the square",
        "--proportionality",
        "four hours at one place",
    )
    cli("watchlist_reviewer", "watchlist", "approve", watchlist, *seen, *statements)
    assert cli.json("watchlist_manager", "watchlist", "freeze", watchlist, *WHY)["n_entries"] == 2

    assert "public" in str(cli.refused("silver", "deployment", "open", deployment, *WHY))
    cli(
        "silver",
        "deployment",
        "notice",
        deployment,
        "--out",
        tmp_path / "notice",
        "--published",
        "example.org",
        "--no-pdf",
    )
    for item in VOUCHED_FOR:
        cli("bronze", "deployment", "checklist", deployment, "--done", item, *WHY)
    assert "nobody is checked in" in str(cli.refused("silver", "deployment", "open", deployment, *WHY))
    monkeypatch.setenv("LFR_LIVE__PRESENCE_LOST_AFTER_S", "600")
    cli("engagement_officer", "deployment", "check-in", deployment, "--team", "team 1")
    staff_walk_through(cli, deployment)
    cli("silver", "deployment", "check", deployment)
    cli("silver", "deployment", "open", deployment, *WHY)

    ran = cli.json("lfr_operator", "deployment", "run", deployment)
    (alert,) = ran["alert_ids"]
    assert cli.refused("engagement_officer", "alerts", "engage", alert, "--status-rechecked")
    shown = cli("lfr_operator", "alerts", "show", alert)
    assert SOUGHT in shown.stdout
    cli("lfr_operator", "alerts", "adjudicate", alert, "viable", "--because", "same_features")
    cli("engagement_officer", "alerts", "show", alert)
    cli("engagement_officer", "alerts", "engage", alert, "--status-rechecked")
    outcome = ("--truth", "true_confirmed", "--outcome", "other", "--id-method", "document")
    cli("engagement_officer", "alerts", "outcome", alert, *outcome)

    cli("silver", "deployment", "close", deployment, *WHY)
    out = tmp_path / "record"
    cli("silver", "deployment", "record", deployment, "--out", out, "--csv", "--html", "--final", *WHY)
    (row,) = csv.DictReader((out / f"record-{deployment}.csv").read_text("utf-8-sig").splitlines())
    assert (row["Total Alerts"], row["True Alerts Confirmed"], row["Outcome - Other"]) == ("1", "1", "1")
    assert row["Faces seen (estimate)"] == str(ran["faces_seen"])

    cli("silver", "watchlist", "delete", watchlist, "--because", "close", *WHY)
    assert cli.json("auditor", "watchlist", "was-listed", "PNC/1", *WHY)
    cli("auditor", "audit", "verify", *WHY)
