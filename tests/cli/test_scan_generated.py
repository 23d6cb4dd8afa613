"""`lfr scan walkthrough` with clip and page: judged by the truth that generated footage knows."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import typer
from scipy.ndimage import gaussian_filter
from typer.testing import CliRunner

from lfr_kit.cli.scan import scan
from lfr_kit.config import settings
from lfr_kit.demo import SOUGHT, lay_out_references
from lfr_kit.errors import ModelMissingError

app = typer.Typer()
app.command()(scan)


@pytest.fixture(scope="module")
def real_run(tmp_path_factory):
    """The JSON and the folder of one whole scan; skipped where the networks were not fetched."""
    settings.cache_clear()
    photos, out = tmp_path_factory.mktemp("photos"), tmp_path_factory.mktemp("scan") / "out"
    try:
        lay_out_references(photos)
    except ModelMissingError as missing:
        pytest.skip(f"needs portraits: {missing}")
    words = ["walkthrough", "--references", photos, "--out", out, "--clip", "--page", "--json"]
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, ModelMissingError):
        pytest.skip(f"needs networks: {result.exception}")
    assert result.stdout, (result.output, result.exception)
    return json.loads(result.stdout), out


def test_scan_of_generated_footage_leaves_clip_page_lines_and_table(real_run):
    found, out = real_run
    assert [a["reference"] for a in found["alerts"]] == [SOUGHT]
    assert found["footage_seconds"] >= 12
    assert sorted(f.name for f in out.iterdir()) == ["alerts.csv", "alerts.jsonl", "annotated.mp4", "report.html"]
    assert sorted(found["files"]) == ["alert_lines", "alert_table", "clip", "page"]
    assert (out / "report.html").read_text().count("data:image/jpeg;base64,") == 2


def kept_detail(original: np.ndarray, shown: np.ndarray) -> float:
    """-1..1: how far the fine detail of one grey picture is that of another (correlation after a high pass)."""
    radius = len(original) / 12
    a, b = (image.astype(float).mean(axis=2) for image in (original, shown))
    a, b = a - gaussian_filter(a, radius), b - gaussian_filter(b, radius)
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum() + 1e-9))


def test_scan_clip_covers_every_face_that_walks_by_but_the_alerted(real_run):
    """The generated footage knows where every face is, also those the detector misses."""
    from lfr_kit.sources.walkthrough import Walkthrough

    found, out = real_run
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
                is_sought = face.name.replace("_", " ").lower() == SOUGHT.lower()
                (sought if is_sought else others).append((frame.position_s, detail))
    clip.release()
    assert len(others) > 200
    assert max(detail for _, detail in others) < 0.6
    alerted_at_s = found["alerts"][0]["first_at_s"]
    assert max(detail for at_s, detail in sought if at_s < alerted_at_s - 0.5) < 0.6
    assert np.median([detail for at_s, detail in sought if at_s > alerted_at_s + 0.5]) > 0.8
