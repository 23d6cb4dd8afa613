"""`lfr recording` as people type it. Referee: the files and the audit log."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from filmed import filmed, opened_to_record

from lfr_kit.errors import (
    InputError,
    JustificationError,
    NotInStoreError,
    OutputError,
    PermissionRefusedError,
    RetentionError,
)
from lfr_kit.store.store import Store

D = "D-0000000001"
WHY = ("--reason", "complaint 26/114")


@pytest.fixture
def segment(cli) -> str:
    """A segment of a deployment in the store of the command line."""
    with Store.open(cli.chosen) as store:
        opened_to_record(store)
        return filmed(store).segment_id


def actions(cli) -> list[str]:
    from alerted import logged

    with Store.open(cli.chosen) as store:
        return [each.action for each in logged(store)]


def test_list_says_what_there_is_and_when_it_goes(cli, segment):
    found = cli.json("bronze", "recording", "list", D)
    (only,) = found["segments"]
    assert (only["segment_id"], only["state"], only["n_frames"]) == (segment, "whole", 25)
    assert found["due_at"] > only["started_at"]
    assert segment in cli("bronze", "recording", "list", D).stdout
    next(cli.chosen.recordings.rglob("*.segment")).unlink()
    assert "NOT ON THIS MACHINE" in cli("bronze", "recording", "list", D, status=1).stdout


def test_list_of_a_deployment_without_recording_says_so(cli):
    with Store.open(cli.chosen) as store:
        from alerted import Opened

        Opened(store, D)
    assert "nothing is recorded" in cli("bronze", "recording", "list", D).stdout
    assert isinstance(cli.refused("bronze", "recording", "list", "D-none"), NotInStoreError)


def test_play_checks_a_segment_and_writes_nothing(cli, segment, tmp_path):
    before = sorted(path for path in tmp_path.rglob("*") if "store" not in path.parts)
    found = cli.json("auditor", "recording", "play", segment, *WHY)
    assert (found["frames_decoded"], found["is_intact"]) == (25, True)
    assert "intact, 25 frames" in cli("auditor", "recording", "play", segment, *WHY).stdout
    after = sorted(path for path in tmp_path.rglob("*") if "store" not in path.parts)
    assert set(after) - set(before) <= {tmp_path / "session-auditor"}
    assert actions(cli).count("recording.play") == 2
    assert isinstance(cli.refused("auditor", "recording", "play", segment), JustificationError)


def test_wrong_role_is_refused_and_logged(cli, segment, tmp_path):
    out = tmp_path / "a.mp4"
    assert isinstance(cli.refused("lfr_operator", "recording", "play", segment, *WHY), PermissionRefusedError)
    words = ("export", segment, "--out", out, "--recipient", "court", *WHY)
    assert isinstance(cli.refused("auditor", "recording", *words), PermissionRefusedError)
    assert not out.exists()
    assert actions(cli)[-2:] == ["refused:recording.play", "refused:recording.export"]


def test_play_sends_the_video_to_a_pipe_and_to_nothing_else(cli, segment, tmp_path):
    cli("silver", "recording", "list", D)
    command = [sys.executable, "-m", "lfr_kit.cli.main", "recording", "play", segment, "--pipe", *WHY]
    environment = {**os.environ, "LFR_STORE__SESSION_FILE": str(tmp_path / "session-silver")}
    piped = subprocess.run(command, env=environment, capture_output=True, check=True).stdout
    assert piped[4:8] == b"ftyp"
    with (tmp_path / "copy.mp4").open("wb") as file:
        refused = subprocess.run(command, env=environment, stdout=file, stderr=subprocess.PIPE, check=False)
    assert refused.returncode == 1
    assert b"is no pipe" in refused.stderr
    assert (tmp_path / "copy.mp4").stat().st_size == 0
    cli("silver", "recording", "play", segment, "--pipe", "--json", *WHY, status=2)


def test_export_writes_video_and_note_for_the_owner_and_overwrites_nothing(cli, segment, tmp_path):
    out = tmp_path / "a.mp4"
    words = ("recording", "export", segment, "--out", out, "--recipient", "Crown Prosecution Service", *WHY)
    done = cli.json("silver", *words)
    assert done["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    note = json.loads((tmp_path / "a.mp4.json").read_text())
    assert (note["recipient"], note["exported_by"], note["reason"]) == (
        "Crown Prosecution Service",
        "silver",
        "complaint 26/114",
    )
    for path in (out, tmp_path / "a.mp4.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert isinstance(cli.refused("silver", *words), OutputError)
    nobody = ("recording", "export", segment, "--out", tmp_path / "b.mp4", "--recipient", " ", *WHY)
    assert isinstance(cli.refused("silver", *nobody), InputError)
    assert actions(cli).count("recording.export") == 2, "begun and done, and nothing of what was refused"


def test_hold_and_release_and_deletion_by_hand(cli, segment):
    cli("silver-2", "recording", "list", D)  # makes the user
    day = datetime.now(UTC).date() + timedelta(days=30)
    about = ("--case", "CR/26/1", "--reviewer", "silver-2", "--review-on", day)
    placed = cli.json("gold", "recording", "hold", segment, *about, *WHY)
    assert placed["segment_ids"] == [segment]
    assert cli.json("bronze", "recording", "list", D)["segments"][0]["hold_id"] == placed["hold_id"]
    assert cli.json("silver", "retention", "status", status=0)["held_segments"] == 1
    assert isinstance(cli.refused("silver", "recording", "delete", D, *WHY), RetentionError)
    cli("silver-2", "recording", "release", placed["hold_id"], *WHY)
    done = cli.json("silver", "recording", "delete", D, "--because", "error", *WHY)
    assert done["found"] == []
    assert cli.json("bronze", "recording", "list", D)["segments"] == []
    assert not list(cli.chosen.recordings.rglob("*.segment"))
