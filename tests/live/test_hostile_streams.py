"""Cameras that send garbage, too much or nothing: told in words, never in the way of the camera beside them."""

from __future__ import annotations

import threading
import time

import hostile_streams
import psutil
import pytest
from hostile_streams import HostileStream

from lfr_kit.config import settings
from lfr_kit.live.camera_health import CameraCondition
from lfr_kit.live.feeds import Happening
from lfr_kit.live.newest_of_each import NewestOfEach
from lfr_kit.sources import connection
from lfr_kit.sources.camera import Camera
from tests.stream_server import StreamServer


@pytest.fixture(scope="module")
def good():
    made = StreamServer()
    yield made
    made.stop()


@pytest.fixture
def impatient(monkeypatch):
    """What does not answer counts as broken after a second."""
    patient = Camera.__init__
    monkeypatch.setattr(
        Camera, "__init__", lambda self, *args, **named: patient(self, *args, timeout_s=1.0, **named)
    )


@pytest.fixture
def beside(good):
    """Opens a hostile camera beside a good one."""
    made = []

    def open_both(answer):
        stream = HostileStream(answer)
        feeds = NewestOfEach({"bad": stream.address, "good": good.address})
        made.extend((feeds, stream))
        return feeds, stream

    yield open_both
    for each in made:
        each.close()


def until(feeds, is_enough, within_s=25.0):
    """Takes rounds until it is enough: (frames of the bad one, news of it, how many of the good one since)."""
    frames, news, n_good = [], [], 0
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        taken = feeds.take()
        news += [each for each in taken.news if each.camera_id == "bad"]
        frames += [each for each in taken.frames if each.camera_id == "bad"]
        n_good += sum(each.camera_id == "good" for each in taken.frames)
        if is_enough(frames, news, n_good):
            return frames, news
    raise AssertionError(f"not within {within_s} s: {len(frames)} frames, {n_good} of the good one, news {news}")


def bad(feeds):
    return feeds.health()[0]


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (hostile_streams.random_bytes, "SourceUnreadableError", "not with video"),
        (hostile_streams.random_parts, "SourceUnreadableError", ""),
        (hostile_streams.header_without_end, "SourceNotFoundError", "no answer within 1 s"),
        (hostile_streams.html_page, "", ""),
        (hostile_streams.redirected_to_a_file, "SourceNotFoundError", "cannot be reached"),
        (hostile_streams.silence, "SourceNotFoundError", "no answer within 1 s"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_sends_no_picture_is_told_once_tried_again_and_the_other_camera_goes_on(
    impatient, beside, answer, code, words
):
    feeds, stream = beside(answer)
    until(feeds, lambda _, news, n_good: news and stream.n_connects >= 2 and n_good >= 20)
    frames, news = until(feeds, lambda _, news, n_good: n_good >= 20)
    assert (frames, news) == ([], []), "told once, not with every attempt"
    assert bad(feeds).condition is CameraCondition.LOST
    assert words in bad(feeds).why
    assert "0 s" not in bad(feeds).why
    assert code in ("", *_codes(beside(answer)[0]))


def _codes(feeds):
    _, news = until(feeds, lambda _, news, __: news)
    feeds.close()
    return [each.code for each in news]


def test_half_pictures_between_whole_ones_are_survived(beside):
    feeds, _ = beside(hostile_streams.half_pictures)
    frames, news = until(feeds, lambda frames, _, __: len(frames) >= 15)
    assert [each.happening for each in news] == [Happening.STARTED]
    assert {frame.size_wh for frame in frames} == {(160, 96)}


def test_camera_that_falls_silent_is_lost_and_opened_again(impatient, beside):
    feeds, stream = beside(hostile_streams.silence_after_pictures)
    _, news = until(feeds, lambda _, news, __: len(news) >= 3)
    assert [each.happening for each in news[:3]] == [Happening.STARTED, Happening.BROKEN, Happening.BACK]
    assert stream.n_connects >= 2
    assert "0 s" not in news[1].why


def test_picture_without_end_does_not_fill_the_memory(impatient, beside, monkeypatch):
    monkeypatch.setenv("LFR_LIMITS__FRAME_MEGAPIXELS", "1")
    settings.cache_clear()
    feeds, _ = beside(hostile_streams.picture_without_end)
    before, most = psutil.Process().memory_info().rss, [0]

    def watched(_, news, __):
        most[0] = max(most[0], psutil.Process().memory_info().rss)
        return [each.happening for each in news].count(Happening.BROKEN) >= 2

    until(feeds, watched)
    settings.cache_clear()
    assert most[0] - before < 250e6  # a second of it is several times as much


def test_pictures_over_the_limit_are_not_waited_for_without_end(impatient, beside, monkeypatch):
    monkeypatch.setenv("LFR_LIMITS__FRAME_MEGAPIXELS", "1")
    monkeypatch.setattr(connection, "_WITHOUT_PICTURE", 2.0)
    settings.cache_clear()
    feeds, _ = beside(hostile_streams.large_pictures)
    frames, news = until(feeds, lambda _, news, __: news)
    settings.cache_clear()
    assert (frames, news[0].code) == ([], "SourceUnreadableError")
    assert "megapixel" in news[0].why


def test_4k_and_one_picture_a_second_are_taken_as_they_are(beside):
    feeds, _ = beside(hostile_streams.pictures_of_4k)
    frames, _ = until(feeds, lambda frames, _, n_good: len(frames) >= 3 and n_good >= 20)
    assert frames[-1].size_wh == (3840, 2160)
    feeds.close()
    feeds, _ = beside(hostile_streams.one_a_second)
    frames, news = until(feeds, lambda frames, _, __: len(frames) >= 4)
    assert [each.happening for each in news] == [Happening.STARTED]
    assert bad(feeds).condition is CameraCondition.LIVE


def test_size_that_changes_within_a_stream_is_told_each_time(beside):
    feeds, _ = beside(hostile_streams.other_sizes)
    frames, news = until(feeds, lambda _, news, __: len(news) >= 3)
    assert [each.happening for each in news[:3]] == [Happening.STARTED, *[Happening.CHANGED] * 2]
    assert {frame.size_wh for frame in frames} == {(160, 96), (320, 240)}


def test_camera_that_comes_and_goes_is_waited_for_longer_each_time(beside, monkeypatch):
    """Each time is logged: twice a second for eight hours would fill the audit log."""
    from lfr_kit.live import camera_worker

    pauses = []

    class Stop(threading.Event):
        def wait(self, timeout=None):
            pauses.append(timeout)
            return super().wait(min(timeout, 0.05))

    monkeypatch.setattr(camera_worker, "Event", Stop)
    feeds, _ = beside(hostile_streams.coming_and_going)
    until(feeds, lambda _, news, __: [each.happening for each in news].count(Happening.BACK) >= 5)
    assert pauses[:5] == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_going_dark_waits_for_no_camera_that_does_not_answer_and_it_is_lit_again(impatient, beside):
    feeds, stream = beside(hostile_streams.silence)
    until(feeds, lambda _, __, n_good: n_good >= 5 and stream.n_connects)
    feeds.darken()
    still_reading = [each for each in threading.enumerate() if each.name == "lfr-bad"]
    assert still_reading, "nobody waited for it"
    assert {each.condition for each in feeds.health()} == {CameraCondition.DARK}
    until(feeds, lambda _, __, n_good: n_good >= 5)
    feeds.darken()
    feeds.close()
    assert not [each for each in threading.enumerate() if each.name in ("lfr-bad", "lfr-good")]
