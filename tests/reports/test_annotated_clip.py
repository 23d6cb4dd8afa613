"""The clip as a stranger would see it: decoded by OpenCV, not by what encoded it."""

from __future__ import annotations

import gc
import resource
import weakref

import av
import cv2
import numpy as np
import pytest
from hand_made import make_alert, make_frame, make_step, make_tracks, texture
from scipy.ndimage import laplace

from lfr_kit.errors import OutputError, SettingError
from lfr_kit.reports.annotated_clip import annotated_clip

PASSER_BY, ALERTED = [20.0, 30, 60, 80], [110.0, 30, 150, 80]
BOTH = {1: PASSER_BY, 3: ALERTED}


def checkers(width: int = 200, height: int = 120) -> np.ndarray:
    """Four-pixel checkers: strong detail that survives the codec."""
    y, x = np.mgrid[:height, :width] // 4
    return np.repeat((((x + y) % 2) * 200 + 20).astype(np.uint8)[..., None], 3, axis=2)


def decoded(path) -> list[np.ndarray]:
    video, frames = cv2.VideoCapture(str(path)), []
    while (read := video.read())[0]:
        frames.append(read[1])
    video.release()
    return frames


def detail(frame: np.ndarray, box: list[float]) -> float:
    x1, y1, x2, y2 = (int(v) for v in box)
    inner = frame[y1 + 8 : y2 - 8, x1 + 8 : x2 - 8].astype(float).mean(axis=2)
    return float(laplace(inner).var())


def is_covered(frame: np.ndarray, box: list[float]) -> bool:
    return detail(frame, box) < 0.02 * detail(checkers(), box)


def write(path, steps, **settings) -> list[np.ndarray]:
    with annotated_clip(path, **settings) as clip:
        for step in steps:
            clip.add(step)
    return decoded(path)


def steps_of(tracks_by_frame, alert_at=None):
    alert = make_alert(track_id=3)
    for i, tracks in enumerate(tracks_by_frame):
        alerts = [alert] if i == alert_at else []
        faces = None if tracks is None else make_tracks(tracks, i)
        yield make_step(make_frame(i, checkers()), faces, *alerts)


def test_clip_everybody_but_the_alerted_is_covered_and_he_from_his_alert_on(tmp_path):
    frames = write(tmp_path / "a.mp4", steps_of([BOTH] * 20, alert_at=10), n_waiting=0)
    assert len(frames) == 20
    assert all(is_covered(frame, PASSER_BY) for frame in frames)
    assert [is_covered(frame, ALERTED) for frame in frames] == [True] * 10 + [False] * 10


def test_clip_nobody_is_shown_without_an_alert(tmp_path):
    frames = write(tmp_path / "a.mp4", steps_of([BOTH] * 12))
    assert all(is_covered(frame, box) for frame in frames for box in (PASSER_BY, ALERTED))


def test_clip_frames_not_looked_at_are_covered_too(tmp_path):
    faces = [BOTH if i % 5 == 0 else None for i in range(20)]
    frames = write(tmp_path / "a.mp4", steps_of(faces, alert_at=5), n_waiting=0)
    assert all(is_covered(frame, PASSER_BY) for frame in frames)
    assert not any(is_covered(frame, ALERTED) for frame in frames[5:])


def test_clip_face_the_detector_misses_for_a_while_stays_covered(tmp_path):
    faces = [BOTH if i < 4 or i > 15 else {3: ALERTED} for i in range(20)]
    frames = write(tmp_path / "a.mp4", steps_of(faces))
    assert all(is_covered(frame, PASSER_BY) for frame in frames)


def test_clip_faces_without_a_track_are_covered(tmp_path):
    frames = write(tmp_path / "a.mp4", steps_of([[PASSER_BY]] * 6))
    assert all(is_covered(frame, PASSER_BY) for frame in frames)


def test_clip_face_found_late_is_covered_in_the_frames_still_waiting(tmp_path):
    faces = [{} if i < 10 else {1: PASSER_BY} for i in range(20)]
    frames = write(tmp_path / "a.mp4", steps_of(faces), n_waiting=4)
    assert [is_covered(frame, PASSER_BY) for frame in frames] == [False] * 6 + [True] * 14


def test_clip_passer_by_in_front_of_the_alerted_is_covered_not_shown(tmp_path):
    in_front = [100.0, 30, 140, 80]
    frames = write(tmp_path / "a.mp4", steps_of([{1: in_front, 3: ALERTED}] * 8, alert_at=0))
    assert all(is_covered(frame, in_front) for frame in frames)


def test_clip_alerted_face_is_boxed_and_named(tmp_path):
    grey, box = np.full((480, 640, 3), 90, np.uint8), {3: [300.0, 200, 380, 300]}
    steps = [make_step(make_frame(i, grey), make_tracks(box, i), make_alert(track_id=3)) for i in range(3)]
    shown = write(tmp_path / "a.mp4", steps)[-1].astype(int)
    amber = (shown[..., 2] > 200) & (shown[..., 0] < 140)  # decoded as BGR
    assert amber[210:290, 299:304].any(axis=1).all(), "left edge of the box"
    assert amber[210:290, 376:382].any(axis=1).all(), "right edge of the box"
    white = (shown > 220).all(axis=2)
    assert white[120:198, 300:600].sum() > 100, "words above the box"
    assert not white[310:].any()


def test_clip_keeps_the_times_of_the_frames(tmp_path):
    steps = [make_step(make_frame(i, checkers(), fps=12.5), make_tracks({}, i)) for i in range(10)]
    write(tmp_path / "a.mp4", steps)
    with av.open(str(tmp_path / "a.mp4")) as video:
        times = [frame.time for frame in video.decode(video=0)]
    np.testing.assert_allclose(times, np.arange(10) / 12.5, atol=1e-4)


def test_clip_odd_and_changing_sizes_are_fitted(tmp_path):
    sizes = [(121, 81), (121, 81), (60, 40), (300, 81), (122, 82)]
    steps = [make_step(make_frame(i, checkers(*wh)), make_tracks({}, i)) for i, wh in enumerate(sizes)]
    assert {frame.shape for frame in write(tmp_path / "a.mp4", steps)} == {(82, 122, 3)}


def test_clip_holds_only_the_frames_that_wait(tmp_path):
    alive: list[weakref.ref] = []
    with annotated_clip(tmp_path / "a.mp4", n_waiting=3) as clip:
        for step in steps_of([{1: PASSER_BY}] * 12):
            clip.add(step)
            alive.append(weakref.ref(step.frames[0]))
            del step
            gc.collect()
            assert sum(ref() is not None for ref in alive) <= 3
    gc.collect()
    assert not any(ref() for ref in alive)


def test_clip_run_that_fails_leaves_nothing_and_keeps_the_older_clip(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"older")
    with pytest.raises(ZeroDivisionError):
        write(path, (step if i < 11 else 1 // 0 for i, step in enumerate(steps_of([{}] * 12))))
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"older"]


def test_clip_no_room_on_disk_is_an_output_error_and_leaves_nothing(tmp_path):
    """A limit on file size stands for the full disk: the same writes fail."""
    noise = (make_step(make_frame(i, texture(240, 320, i)), make_tracks({}, i)) for i in range(60))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(OutputError, match=r"a\.mp4"):
            write(tmp_path / "a.mp4", noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_clip_without_frames_is_no_file(tmp_path):
    with annotated_clip(tmp_path / "a.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_clip_impossible_settings_are_refused(tmp_path):
    with pytest.raises(SettingError, match="n_waiting"), annotated_clip(tmp_path / "a.mp4", n_waiting=-1):
        pass
