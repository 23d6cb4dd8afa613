"""Referees: numbers written into the pixels before encoding, OpenCV's own decoder, header facts by hand."""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from lfr_kit.config import Limits
from lfr_kit.errors import SettingError, SourceNotFoundError, SourceUnreadableError
from lfr_kit.sources import video_file
from lfr_kit.sources.video_file import VideoFile
from tests.sources.conftest import encode, number_of, numbered


def numbers(source):
    return [number_of(frame.image) for frame in source]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("a.mp4", {}),
        ("a.mkv", {}),
        ("a.mov", {"codec": "mpeg4"}),
        ("a.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("a.webm", {"codec": "libvpx-vp9"}),
        ("a.ts", {"codec": "mpeg2video"}),
        ("a.mkv", {"codec": "ffv1", "pix_fmt": "yuv422p10le"}),
        ("a.mkv", {"codec": "libx265", "x265-params": "log-level=none"}),
    ],
)
def test_video_file_any_codec_gives_every_frame_in_order(tmp_path, name, settings):
    source = VideoFile(encode(tmp_path / name, range(12), **settings))
    frames = list(source)
    assert [number_of(frame.image) for frame in frames] == list(range(12))
    assert [frame.frame_index for frame in frames] == list(range(12))
    assert np.allclose([frame.position_s for frame in frames], np.arange(12) / 25, atol=0.002)
    assert source.n_corrupt == 0


def test_video_file_gif_gives_its_frames_and_delays(tmp_path):
    from PIL import Image

    pictures = [Image.fromarray(numbered(i)) for i in range(6)]
    pictures[0].save(
        tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=[100, 300, 100, 100, 100, 100]
    )
    frames = list(VideoFile(tmp_path / "a.gif"))
    assert [number_of(frame.image) for frame in frames] == list(range(6))
    assert np.allclose([frame.position_s for frame in frames], [0, 0.1, 0.4, 0.5, 0.6, 0.7])


def test_video_file_pixels_agree_with_opencv(video):
    import cv2

    capture = cv2.VideoCapture(str(video))
    for frame in VideoFile(video):
        theirs = capture.read()[1][..., ::-1]
        assert np.abs(frame.image.astype(int) - theirs).mean() < 2
    capture.release()


def test_video_file_image_is_read_only_and_not_copied(video):
    frame = next(iter(VideoFile(video)))
    assert frame.image.shape == (96, 160, 3)
    assert frame.image.flags.c_contiguous
    assert not frame.image.flags.writeable
    assert frame.image.base is not None  # a view of what was decoded


def test_video_file_odd_size_is_contiguous(tmp_path):
    path = encode(tmp_path / "a.mkv", range(3), codec="ffv1", pix_fmt="yuv444p", size=(161, 97))
    frames = list(VideoFile(path))
    assert frames[2].image.shape == (97, 161, 3)
    assert frames[2].image.flags.c_contiguous


def test_video_file_colours_are_red_left_and_blue_right(video):
    image = next(iter(VideoFile(video))).image.astype(int)
    assert image[80, 20, 0] > image[80, 20, 2] + 100
    assert image[80, 140, 2] > image[80, 140, 0] + 100


def test_video_file_variable_frame_rate_keeps_the_times(tmp_path):
    times_s = [0.0, 0.04, 0.5, 0.52, 2.0]
    path = encode(tmp_path / "a.mkv", range(5), times_s=times_s)
    assert np.allclose([frame.position_s for frame in VideoFile(path)], times_s, atol=0.002)


@pytest.mark.parametrize(
    ("every_nth", "expected"), [(1, list(range(20))), (3, [0, 3, 6, 9, 12, 15, 18]), (50, [0])]
)
def test_video_file_every_nth_gives_these_frames(video, every_nth, expected):
    source = VideoFile(video, every_nth=every_nth)
    frames = list(source)
    assert [number_of(frame.image) for frame in frames] == expected
    assert [frame.frame_index for frame in frames] == expected
    assert source.n_frames == len(expected)


def test_video_file_every_nth_converts_no_other_frame(video, monkeypatch):
    converted = []
    real = video_file.rgb_image
    monkeypatch.setattr(video_file, "rgb_image", lambda *given: converted.append(1) or real(*given))
    assert len(list(VideoFile(video, every_nth=5))) == len(converted) == 4


@pytest.mark.parametrize(
    ("start_s", "end_s", "first", "behind"), [(0.28, 0.48, 7, 12), (0.4, None, 10, 20), (0, 0.1, 0, 3)]
)
def test_video_file_part_gives_its_frames_with_their_index(video, start_s, end_s, first, behind):
    source = VideoFile(video, start_s=start_s, end_s=end_s)
    frames = list(source)
    assert [number_of(frame.image) for frame in frames] == list(range(first, behind))
    assert [frame.frame_index for frame in frames] == list(range(first, behind))
    assert abs(source.n_frames - len(frames)) <= 1


def test_video_file_start_behind_the_end_gives_nothing(video):
    assert list(VideoFile(video, start_s=100)) == []


def test_video_file_seek_does_not_decode_what_comes_before(tmp_path, monkeypatch):
    path = encode(tmp_path / "a.mp4", range(100), g=10)
    decoded = []
    real = video_file.decoded_frames

    def counted(*given):
        for picture in real(*given):
            decoded.append(1)
            yield picture

    monkeypatch.setattr(video_file, "decoded_frames", counted)
    assert numbers(VideoFile(path, start_s=3.8)) == [95, 96, 97, 98, 99]
    assert len(decoded) < 20


def test_video_file_iterated_twice_gives_the_same(video):
    source = VideoFile(video)
    assert numbers(source) == numbers(source) == list(range(20))


def test_video_file_creation_time_dates_the_frames(tmp_path):
    path = encode(tmp_path / "a.mp4", metadata={"creation_time": "2024-05-06T07:08:09.000000Z"})
    frames = list(VideoFile(path))
    assert frames[0].captured_at == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert frames[5].captured_at - frames[0].captured_at == timedelta(seconds=0.2)


@pytest.mark.parametrize("tag", ["1970-01-01T00:00:00Z", "yesterday"])
def test_video_file_unset_clock_falls_back_to_the_file_time(tmp_path, tag):
    path = encode(tmp_path / "a.mkv", metadata={"creation_time": tag})
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert VideoFile(path).started_at == datetime.fromtimestamp(1_700_000_000, UTC)


def test_video_file_started_at_overrides_the_container(video):
    moment = datetime(2020, 1, 1, 12, tzinfo=UTC)
    source = VideoFile(video, started_at=moment, camera_id="north gate")
    frame = next(iter(source))
    assert (frame.captured_at, frame.camera_id) == (moment, "north gate")


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_video_file_display_rotation_is_applied(tmp_path, degrees, turns):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.set_display_rotation(degrees)
        for number in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(number), format="rgb24")))
        container.mux(stream.encode())
    image = list(VideoFile(tmp_path / "a.mp4"))[2].image
    upright = np.rot90(numbered(2), turns)  # both count counterclockwise
    assert np.abs(image.astype(int) - upright).mean() < 8


def test_video_file_oblong_pixels_are_made_square(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.sample_aspect_ratio = Fraction(4, 3)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(5), format="rgb24")))
        container.mux(stream.encode())
    frame = next(iter(VideoFile(tmp_path / "a.mp4")))
    assert frame.size_wh == (213, 96)
    assert number_of(frame.image) == 5


def test_video_file_changed_resolution_in_the_middle_is_followed(tmp_path):
    both = encode(tmp_path / "a.ts", range(5), codec="mpeg2video").read_bytes()
    both += encode(tmp_path / "b.ts", range(5), codec="mpeg2video", size=(320, 192)).read_bytes()
    (tmp_path / "both.ts").write_bytes(both)
    frames = list(VideoFile(tmp_path / "both.ts"))
    assert {frame.size_wh for frame in frames} == {(160, 96), (320, 192)}
    assert all(b.position_s >= a.position_s for a, b in pairwise(frames))


@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
def test_video_file_damage_in_the_middle_is_skipped_and_counted(tmp_path, name):
    path = encode(tmp_path / name, range(100), g=10)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 600] = np.random.default_rng(0).bytes(600)
    path.write_bytes(content)
    source = VideoFile(path)
    seen = numbers(source)
    assert seen[:20] == list(range(20))
    assert seen[-10:] == list(range(90, 100))
    assert source.n_corrupt > 0


def test_video_file_cut_off_end_gives_what_is_there(tmp_path):
    path = encode(tmp_path / "a.mkv", range(100), g=10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    seen = numbers(VideoFile(path))
    assert 20 < len(seen) < 90
    assert seen == list(range(len(seen)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 5000,
        b"just text, no video\n" * 50,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nclip.mp4\n",
    ],
)
@pytest.mark.parametrize("name", ["a.mp4", "a.txt", "a.m3u8", "a.avi"])
def test_video_file_no_video_raises_unreadable(tmp_path, video, content, name):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceUnreadableError, match=name):
        VideoFile(tmp_path / name)


def test_video_file_cut_off_at_the_start_raises_unreadable(tmp_path, video):
    (tmp_path / "cut.mp4").write_bytes(video.read_bytes()[:300])
    with pytest.raises(SourceUnreadableError, match="cut off"):
        VideoFile(tmp_path / "cut.mp4")


def test_video_file_not_one_frame_raises_at_the_first(tmp_path):
    path = encode(tmp_path / "a.mkv", range(10))
    content = path.read_bytes()
    start = content.index(b"\x1f\x43\xb6\x75")  # Matroska's Cluster: header intact, frames overwritten
    path.write_bytes(content[: start + 12] + b"\xff" * (len(content) - start - 12))
    source = VideoFile(path)
    with pytest.raises(SourceUnreadableError, match="not one frame"):
        next(iter(source))


def test_video_file_sound_only_raises_unreadable(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 44100
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    with pytest.raises(SourceUnreadableError, match="no video"):
        VideoFile(tmp_path / "a.mp4")


def test_video_file_missing_raises_not_found(tmp_path):
    with pytest.raises(SourceNotFoundError, match="nobody"):
        VideoFile(tmp_path / "nobody.mp4")


def test_video_file_folder_raises_unreadable(tmp_path):
    with pytest.raises(SourceUnreadableError):
        VideoFile(tmp_path)


def test_video_file_too_large_frames_are_refused_by_the_header(video, monkeypatch):
    small = video_file.settings().model_copy(update={"limits": Limits(frame_megapixels=0.01)})
    monkeypatch.setattr(video_file, "settings", lambda: small)
    with pytest.raises(SourceUnreadableError, match=r"limits\.frame_megapixels"):
        VideoFile(video)


def test_video_file_header_that_lies_about_the_size_is_refused_by_the_decoder(tmp_path, monkeypatch):
    path = encode(tmp_path / "a.ts", range(3), codec="mpeg2video")
    large = encode(tmp_path / "b.ts", range(30), codec="mpeg2video", size=(640, 480))
    path.write_bytes(path.read_bytes() + large.read_bytes())
    small = video_file.settings().model_copy(update={"limits": Limits(frame_megapixels=0.1)})
    monkeypatch.setattr(video_file, "settings", lambda: small)
    source = VideoFile(path)
    assert {frame.size_wh for frame in source} == {(160, 96)}
    assert source.n_corrupt > 0


@pytest.mark.parametrize(
    "settings",
    [
        {"every_nth": 0},
        {"start_s": -1},
        {"start_s": 2, "end_s": 1},
        {"started_at": datetime(2020, 1, 1)},
    ],
)
def test_video_file_wrong_setting_raises_setting_error(video, settings):
    with pytest.raises(SettingError, match=list(settings)[-1]):
        VideoFile(video, **settings)


def threads_named(name):
    return [thread for thread in threading.enumerate() if thread.name == name]


def test_video_file_consumer_that_stops_early_ends_the_thread(video):
    frames = iter(VideoFile(video))
    next(frames)
    assert threads_named("lfr-read-ahead")
    frames.close()
    assert not threads_named("lfr-read-ahead")


def test_video_file_let_go_ends_the_thread(video):
    for _frame in VideoFile(video):
        break
    del _frame
    deadline = time.monotonic() + 5
    while threads_named("lfr-read-ahead") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not threads_named("lfr-read-ahead")


def test_video_file_names_and_odd_letters_are_fine(tmp_path):
    path = encode(tmp_path / "Überwachung #1 %d 50% .mp4", range(3))
    assert numbers(VideoFile(str(path))) == [0, 1, 2]


@pytest.mark.real_footage
def test_video_file_real_samples_agree_with_opencv(footage):
    import cv2

    samples = (
        sorted(footage.glob("codec_samples/*")) + sorted(footage.glob("asl/*")) + sorted(footage.glob("*.gif"))
    )
    assert samples
    for path in samples:
        source, capture = VideoFile(path), cv2.VideoCapture(str(path))
        n_frames = 0
        for frame in source:
            is_read, theirs = capture.read()
            assert is_read, path
            if n_frames % 10 == 0:
                assert frame.image.shape == theirs.shape, path
                assert np.abs(frame.image.astype(int) - theirs[..., ::-1]).mean() < 4, path
            n_frames += 1
        assert not capture.read()[0], path
        assert source.n_corrupt == 0
        assert abs(source.n_frames - n_frames) <= 1, path


@pytest.mark.real_footage
def test_video_file_real_street_seeks_to_the_frame(footage):
    path = footage / "covent_garden_1080p.mp4"
    part = next(iter(VideoFile(path, start_s=2.0)))
    whole = next(frame for frame in VideoFile(path, end_s=2.1) if frame.position_s >= 2.0)
    assert part.frame_index == whole.frame_index == 50
    assert np.array_equal(part.image, whole.image)
