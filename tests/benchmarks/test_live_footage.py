"""The street that `lfr bench live` plays."""

from __future__ import annotations

import pytest

from lfr_kit.benchmarks import live_footage
from lfr_kit.sources import open_source


@pytest.fixture
def short_street(monkeypatch):
    monkeypatch.setattr(live_footage, "_SIZE_WH", (320, 180))
    monkeypatch.setattr(live_footage, "_SECONDS", 0.4)


def test_street_is_drawn_once_and_plays_at_25_frames_a_second(short_street, tmp_path):
    drawn: list[int] = []
    clip = live_footage.street_clip(tmp_path / "footage", lambda: drawn.append(1))
    assert live_footage.street_clip(tmp_path / "footage", lambda: drawn.append(1)) == clip
    times = [frame.position_s for frame in open_source(str(clip))]
    assert len(drawn) == len(times) == 10
    assert times[-1] == pytest.approx(9 / 25)
    assert list(clip.parent.iterdir()) == [clip]


def test_street_has_the_bit_rate_of_a_camera(short_street, tmp_path, monkeypatch):
    lean = live_footage.street_clip(tmp_path / "lean").stat().st_size
    monkeypatch.setattr(live_footage, "_BITS_PER_S", 200_000)
    assert live_footage.street_clip(tmp_path / "leaner").stat().st_size < lean / 2
