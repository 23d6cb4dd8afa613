"""Footage over HTTP: listed, watched, taken away. Referee: PyAV, the audit log, the folders of the server."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import av
import pytest
from alerted import logged
from filmed import filmed, opened_to_record

D = "D-0000000031"
WHY = "complaint 26/114"


@pytest.fixture(scope="module")
def segment(served) -> str:
    """A segment of a deployment that was granted with recording."""
    opened_to_record(served.store, D)
    return filmed(served.store, D).segment_id


def written(served) -> set[Path]:
    """Every file of the server's folders but those of the database and its log."""
    return {path for path in served.folder.rglob("*") if path.is_file() and path.parent.name != "store"}


def test_segments_are_listed_with_when_they_go_and_what_the_visitor_may(served, segment):
    found = served.browser("bronze").get(f"lfr/api/deployments/{D}/recordings").json()
    (only,) = [each for each in found["segments"] if each["segment_id"] == segment]
    assert (only["camera_id"], only["state"], only["is_missing"]) == ("north-1", "whole", False)
    assert (found["cameras"], found["may_play"], found["may_export"]) == (["north-1"], False, False)
    assert found["due_at"] > only["started_at"]
    assert served.browser("auditor").get(f"lfr/api/deployments/{D}/recordings").json()["may_play"]
    nothing = served.browser("bronze").get(f"lfr/api/deployments/{served.deployment_id}/recordings").json()
    assert (nothing["segments"], nothing["cameras"], nothing["due_at"]) == ([], [], None)


def test_segment_is_played_from_memory_logged_and_kept_nowhere(served, segment):
    before = written(served)
    answer = served.browser("silver").post(f"lfr/api/recordings/{segment}/play", {"reason": WHY})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.headers["cache-control"] == "no-store"
    with av.open(io.BytesIO(answer.content)) as found:
        assert sum(1 for _ in found.decode(video=0)) == 25
    assert written(served) == before
    last = logged(served.store, "recording.play")[-1]
    assert (last.actor_id, last.subject, last.deployment_id) == ("silver", f"recording:{segment}", D)


@pytest.mark.parametrize("body", [{}, {"reason": " "}, {"reason": 7}])
def test_playing_without_a_reason_is_refused(served, segment, body):
    assert served.browser("silver").post(f"lfr/api/recordings/{segment}/play", body).status_code == 400


def test_playing_takes_the_token_of_the_page_and_a_post(served, segment):
    browser = served.browser("silver")
    path = f"lfr/api/recordings/{segment}/play"
    assert browser.client.post(path, json={"reason": WHY}).status_code == 403
    assert browser.get(path).status_code == 405
    assert browser.post("lfr/api/recordings/V-none/play", {"reason": WHY}).status_code == 404


def test_export_is_an_archive_of_the_video_and_its_note(served, segment):
    before = written(served)
    asked = {"segments": [segment], "recipient": "Crown Prosecution Service", "reason": WHY}
    answer = served.browser("silver").post(f"lfr/api/deployments/{D}/recordings/export", asked)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        video_name, note_name = sorted(archive.namelist())
        note = json.loads(archive.read(note_name))
        assert note["sha256"] == hashlib.sha256(archive.read(video_name)).hexdigest()
    assert (note["recipient"], note["exported_by"]) == ("Crown Prosecution Service", "silver")
    assert written(served) == before
    assert [each.operation for each in logged(served.store, "recording.export")][-2:] == ["disclosure"] * 2
    del asked["recipient"]
    assert served.browser("silver").post(f"lfr/api/deployments/{D}/recordings/export", asked).status_code == 400


def test_footage_that_was_changed_is_not_shown(served, segment):
    other = filmed(served.store, D)
    path = served.chosen.recordings / D / f"{other.segment_id}.segment"
    path.write_bytes(path.read_bytes()[:-1])
    answer = served.browser("silver").post(f"lfr/api/recordings/{other.segment_id}/play", {"reason": WHY})
    assert answer.status_code >= 400
    assert answer.json()["error"]["kind"] == "TamperedError"
