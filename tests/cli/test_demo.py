"""`lfr demo`: what it promises, and one real run judged by the footage's own truth."""

from __future__ import annotations

import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import typer
from scipy.ndimage import gaussian_filter
from typer.testing import CliRunner

from lfr_kit import demo as story
from lfr_kit.cli.demo import demo
from lfr_kit.config import settings
from lfr_kit.errors import ModelMissingError, OutputError

app = typer.Typer()
app.command()(demo)


def alert(name: str, at_s: float = 6.0) -> SimpleNamespace:
    return SimpleNamespace(reference_id=name, shot=SimpleNamespace(position_s=at_s))


@pytest.mark.parametrize(
    ("alerts", "is_right"),
    [
        ([alert(story.SOUGHT)], True),
        ([], False),
        ([alert(story.ABSENT)], False),
        ([alert(story.SOUGHT), alert(story.ABSENT)], False),
        ([alert(story.SOUGHT), alert(story.SOUGHT, 9.0)], False),
    ],
)
def test_verdict_is_right_for_one_alert_of_the_person_sought_only(alerts, is_right):
    assert story.verdict(alerts).is_right is is_right


def test_verdict_of_a_run_that_ended_early_is_not_right():
    assert not story.verdict([alert(story.SOUGHT)], "interrupted").is_right


def test_references_missing_portraits_are_all_named_with_the_line_that_fetches_them(tmp_path, monkeypatch):
    def absent(name):
        raise ModelMissingError(name)

    monkeypatch.setattr(story, "model_path", absent)
    with pytest.raises(ModelMissingError, match="lfr models fetch portrait_obama_2 portrait_biden"):
        story.lay_out_references(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_demo_folder_with_other_things_is_refused_before_any_work(tmp_path):
    (tmp_path / "thesis.docx").write_text("mine")
    result = CliRunner().invoke(app, ["--out", str(tmp_path)])
    assert isinstance(result.exception, OutputError)
    assert [f.name for f in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.fixture(scope="module")
def real_run(tmp_path_factory):
    """The JSON and the folder of one whole run; skipped where the networks were not fetched."""
    settings.cache_clear()
    out = tmp_path_factory.mktemp("demo") / "out"
    result = CliRunner().invoke(app, ["--out", str(out), "--json"])
    if isinstance(result.exception, ModelMissingError):
        pytest.skip(f"needs networks and portraits: {result.exception}")
    assert result.stdout, result.output
    return result.exit_code, json.loads(result.stdout), out


def test_demo_alerts_once_and_on_the_person_sought_only(real_run):
    exit_code, found, _ = real_run
    assert exit_code == 0
    assert found["as_expected"] is True
    assert [a["reference"] for a in found["alerts"]] == [story.SOUGHT]
    assert found["frames"] >= 300
    assert found["footage_seconds"] >= 12
    assert found["n_enrolled"] == 2
    assert found["embedder"] in found["embedder_reason"]


def test_demo_leaves_clip_page_lines_and_table(real_run):
    _, found, out = real_run
    assert sorted(f.name for f in out.iterdir()) == ["alerts.csv", "alerts.jsonl", "annotated.mp4", "report.html"]
    assert sorted(found["files"]) == ["alert_lines", "alert_table", "clip", "page"]
    assert (out / "report.html").read_text().count("data:image/jpeg;base64,") == 2


def kept_detail(original: np.ndarray, shown: np.ndarray) -> float:
    """-1..1: how far the fine detail of one grey picture is that of another (correlation after a high pass)."""
    radius = len(original) / 12
    a, b = (image.astype(float).mean(axis=2) for image in (original, shown))
    a, b = a - gaussian_filter(a, radius), b - gaussian_filter(b, radius)
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum() + 1e-9))


def test_demo_clip_covers_every_face_that_walks_by_but_the_alerted(real_run):
    """The generated footage knows where every face is, also those the detector misses."""
    from lfr_kit.sources.walkthrough import Walkthrough

    _, found, out = real_run
    footage, clip = Walkthrough(), cv2.VideoCapture(str(out / "annotated.mp4"))
    sought, others = [], []
    for frame in footage:
        shown = clip.read()[1][..., ::-1]
        for face in footage.truth(frame.frame_index):
            x1, y1, x2, y2 = np.clip(face.box_px, 0, [1280, 720, 1280, 720]).astype(int)
            x, y = (x2 - x1) // 5, (y2 - y1) // 5
            inner = np.s_[y1 + y : y2 - y, x1 + x : x2 - x]
            if face.visible > 0.9 and y2 - y1 >= 24:
                detail = kept_detail(frame.image[inner], shown[inner])
                is_sought = face.name.replace("_", " ").lower() == story.SOUGHT.lower()
                (sought if is_sought else others).append((frame.position_s, detail))
    clip.release()
    assert len(others) > 200
    assert max(detail for _, detail in others) < 0.6
    alerted_at_s = found["alerts"][0]["first_at_s"]
    assert max(detail for at_s, detail in sought if at_s < alerted_at_s - 0.5) < 0.6
    assert np.median([detail for at_s, detail in sought if at_s > alerted_at_s + 0.5]) > 0.8
