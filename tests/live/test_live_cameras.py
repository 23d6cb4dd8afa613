"""Cameras that come, go and change, for real: streams over HTTP on this machine, recordings in real time."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from lfr_kit.live.camera_health import CameraCondition
from lfr_kit.live.feeds import Happening, InTurn
from lfr_kit.live.newest_of_each import NewestOfEach
from lfr_kit.sources import open_source
from tests.sources.conftest import encode, number_of
from tests.stream_server import StreamServer


@pytest.fixture
def server():
    made = StreamServer()
    yield made
    if made.is_on:
        made.stop()


@pytest.fixture
def watch():
    """Opens live cameras and closes them in the end."""
    made = []

    def open_them(**sources):
        made.append(NewestOfEach({name: str(source) for name, source in sources.items()}))
        return made[-1]

    yield open_them
    for each in made:
        each.close()


def until(feeds, is_enough, within_s=20.0):
    """Takes rounds until they are enough: (frames by camera, news)."""
    frames, news = {name: [] for name in feeds.camera_ids}, []
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        taken = feeds.take()
        news += taken.news
        for frame in taken.frames:
            frames[frame.camera_id].append(frame)
        if is_enough(frames, news):
            return frames, news
    raise AssertionError(f"not within {within_s} s; news: {news}")


def of(feeds, name):
    return next(each for each in feeds.health() if each.camera_id == name)


def test_newest_frame_of_each_and_none_twice(server, watch, tmp_path):
    clip = encode(tmp_path / "clip.mp4", range(50))
    feeds = watch(stream=server.address, clip=clip)
    frames, news = until(feeds, lambda seen, _: all(len(each) >= 5 for each in seen.values()))
    for of_camera in frames.values():
        indices = [frame.frame_index for frame in of_camera]
        assert indices == sorted(set(indices))
    assert Counter(each.happening for each in news) == {Happening.STARTED: 2}
    assert {each.condition for each in feeds.health()} == {CameraCondition.LIVE}


def test_slow_engine_gets_the_present_and_the_drops_are_counted(server, watch):
    feeds, lags = watch(stream=server.address), []
    until(feeds, lambda seen, _: seen["stream"])
    for _ in range(4):
        time.sleep(0.4)
        assert of(feeds, "stream").n_waiting == 1
        (frame,) = feeds.take().frames
        lags.append((server.now() - number_of(frame.image)) % 256)
    assert sorted(lags)[1] < 15  # twenty frames pass in each pause: a queue would lag by all of them
    assert of(feeds, "stream").n_dropped > 20


def test_camera_that_breaks_comes_back_and_the_other_never_stops(server, watch, tmp_path):
    clip = encode(tmp_path / "clip.mp4", range(50))
    feeds = watch(stream=server.address, clip=clip)
    before, _ = until(feeds, lambda seen, _: all(seen.values()))
    server.stop()
    _, news = until(feeds, lambda seen, told: Happening.BROKEN in [n.happening for n in told])
    assert of(feeds, "stream").condition is CameraCondition.LOST
    assert of(feeds, "stream").why
    until(feeds, lambda seen, _: len(seen["clip"]) >= 5)
    server.start()
    after, news = until(feeds, lambda seen, _: seen["stream"])
    assert [each.happening for each in news if each.camera_id == "stream"] == [Happening.BACK]
    assert after["stream"][0].frame_index > before["stream"][-1].frame_index
    assert after["stream"][0].position_s > before["stream"][-1].position_s
    assert of(feeds, "stream").n_connects == 2


def test_camera_that_is_not_there_is_told_once_and_does_not_hinder_the_other(watch, tmp_path):
    clip = encode(tmp_path / "clip.mp4", range(50))
    feeds = watch(nowhere="http://127.0.0.1:9/cam", clip=clip)
    frames, news = until(feeds, lambda seen, told: len(seen["clip"]) >= 30)
    told = [each for each in news if each.camera_id == "nowhere"]
    assert [(each.happening, each.code) for each in told] == [(Happening.BROKEN, "SourceNotFoundError")]
    assert frames["nowhere"] == []


def test_garbage_in_place_of_video_is_told_and_tried_again(watch, tmp_path):
    file = tmp_path / "garbage.mp4"
    file.write_bytes(b"not a video" * 1000)
    feeds = watch(garbage=file)
    _, news = until(feeds, lambda _, told: told)
    assert (news[0].happening, news[0].code) == (Happening.BROKEN, "SourceUnreadableError")
    encode(file, range(25))
    _, news = until(feeds, lambda seen, _: seen["garbage"])
    assert [each.happening for each in news] == [Happening.STARTED]


def test_recording_begins_again_at_its_end_and_says_so(watch, tmp_path):
    feeds = watch(clip=encode(tmp_path / "clip.mp4", range(10)))
    frames, news = until(feeds, lambda _, told: [n.happening for n in told].count(Happening.CHANGED) == 2)
    indices = [frame.frame_index for frame in frames["clip"]]
    assert indices == sorted(set(indices))
    assert Happening.BROKEN not in [each.happening for each in news]


def test_picture_of_another_size_is_told(watch, tmp_path):
    small, large = encode(tmp_path / "a.mp4", range(5)), encode(tmp_path / "b.mp4", range(5), size=(320, 192))
    current = tmp_path / "current.mp4"
    current.symlink_to(small)
    feeds = watch(camera=current)
    until(feeds, lambda seen, _: seen["camera"])
    current.unlink()
    current.symlink_to(large)
    until(feeds, lambda seen, _: seen["camera"] and seen["camera"][-1].size_wh == (320, 192))
    assert of(feeds, "camera").size_wh == (320, 192)


def test_dark_camera_is_let_go_and_gives_nothing_of_before(server, watch):
    feeds = watch(stream=server.address)
    until(feeds, lambda seen, _: seen["stream"])
    feeds.darken()
    assert of(feeds, "stream").condition is CameraCondition.DARK
    dark_at = server.now()
    time.sleep(0.4)
    frames, _ = until(feeds, lambda seen, _: seen["stream"])
    assert (number_of(frames["stream"][0].image) - dark_at) % 256 > 10
    assert of(feeds, "stream").condition is CameraCondition.LIVE


def test_generated_footage_stands_for_a_camera(watch):
    feeds = watch(generated="walkthrough")
    frames, _ = until(feeds, lambda seen, _: len(seen["generated"]) >= 3)
    assert frames["generated"][0].image.ndim == 3


def test_in_turn_gives_every_frame_of_each_and_tells_the_end(tmp_path):
    sources = {
        name: open_source(encode(tmp_path / f"{name}.mp4", range(n)), camera_id=name)
        for name, n in (("a", 3), ("b", 5))
    }
    feeds = InTurn(sources)
    assert feeds.n_frames == 5
    rounds = [feeds.take() for _ in range(6)]
    assert [[frame.camera_id for frame in each.frames] for each in rounds] == [["a", "b"]] * 3 + [["b"]] * 2 + [[]]
    ends = [(n, told.camera_id, told.happening) for n, each in enumerate(rounds) for told in each.news]
    assert ends == [(3, "a", Happening.ENDED), (5, "b", Happening.ENDED)]
    assert feeds.camera_ids == ()


def test_in_turn_gives_up_what_cannot_be_read_and_goes_on(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"not a video")
    good = open_source(encode(tmp_path / "good.mp4", range(3)), camera_id="good")
    bad = open_source("http://127.0.0.1:9/cam", camera_id="bad")
    feeds = InTurn({"bad": bad, "good": good})
    first = feeds.take()
    assert [(told.camera_id, told.happening) for told in first.news] == [("bad", Happening.FAILED)]
    assert [frame.camera_id for frame in first.frames] == ["good"]
