"""From photographs to references: which are taken, which are refused, and with what reason code."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lfr_kit.enrolment import best_shot_of, enrol_folder, references_in
from lfr_kit.errors import EnrolmentError, InputError, SourceNotFoundError
from lfr_kit.quality.open_gate import OpenGate
from lfr_kit.records import Detections


class Boxes:
    """A detector that finds the given boxes in every picture, whatever is in it."""

    def __init__(self, *boxes):
        self.boxes, self.shapes = boxes, []

    def detect(self, frames):
        self.shapes += [frame.image.shape for frame in frames]
        return [self._one(frame) for frame in frames]

    def _one(self, frame):
        boxes = np.array(self.boxes, np.float32).reshape(-1, 4)
        centres = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
        return Detections(
            camera_id=frame.camera_id,
            frame_index=frame.frame_index,
            boxes_px=boxes,
            landmarks_px=np.repeat(centres, 6, axis=1),
            detection_scores=np.ones(len(boxes)),
        )


class Refuse:
    def examine(self, shots):
        return [replace(shot, reasons=("too_blurred", "too_dark")) for shot in shots]


IMAGE = np.full((200, 200, 3), 128, np.uint8)
MIDDLE, SMALL, CORNER = (60, 60, 140, 140), (0, 0, 30, 30), (0, 0, 76, 76)


def test_best_shot_of_one_face_is_cut_out_with_its_box():
    shot = best_shot_of(IMAGE, Boxes(MIDDLE), OpenGate())
    np.testing.assert_allclose(shot.box_px + np.tile(shot.origin_px, 2), MIDDLE)
    assert shot.track_id == -1


def test_best_shot_of_a_photograph_belongs_to_no_camera():
    assert best_shot_of(IMAGE, Boxes(MIDDLE), OpenGate()).camera_id == ""


def test_best_shot_of_no_face_says_so_after_trying_with_a_border():
    detector = Boxes()
    with pytest.raises(EnrolmentError) as refusal:
        best_shot_of(IMAGE, detector, OpenGate())
    assert refusal.value.reason == "no_face"
    assert detector.shapes == [(200, 200, 3), (400, 400, 3)]


def test_best_shot_of_huge_faceless_photo_is_shrunk_before_the_border():
    detector = Boxes()
    with pytest.raises(EnrolmentError):
        best_shot_of(np.zeros((6000, 8000, 3), np.uint8), detector, OpenGate())
    assert max(detector.shapes[1]) < 4000


def test_best_shot_of_two_faces_alike_in_size_is_refused():
    with pytest.raises(EnrolmentError) as refusal:
        best_shot_of(IMAGE, Boxes(CORNER, MIDDLE), OpenGate())
    assert refusal.value.reason == "several_faces"


def test_best_shot_of_small_face_in_the_background_is_no_obstacle():
    shot = best_shot_of(IMAGE, Boxes(SMALL, MIDDLE), OpenGate())
    np.testing.assert_allclose(shot.box_px + np.tile(shot.origin_px, 2), MIDDLE)


def test_best_shot_of_pick_main_takes_the_face_in_the_middle():
    shot = best_shot_of(IMAGE, Boxes(CORNER, MIDDLE), OpenGate(), pick="main")
    np.testing.assert_allclose(shot.box_px + np.tile(shot.origin_px, 2), MIDDLE)


def test_best_shot_of_poor_face_carries_the_gates_first_reason():
    with pytest.raises(EnrolmentError, match="too_dark") as refusal:
        best_shot_of(IMAGE, Boxes(MIDDLE), Refuse())
    assert refusal.value.reason == "too_blurred"


def photo(path):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(IMAGE).save(path)


def test_references_in_takes_files_and_folders_sorted(tmp_path):
    for name in ("b.jpg", "a/2.png", "a/1.png", ".hidden.jpg"):
        photo(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a photo")
    (tmp_path / "empty").mkdir()
    found = references_in(tmp_path)
    assert {k: [p.name for p in v] for k, v in found.items()} == {"a": ["1.png", "2.png"], "b": ["b.jpg"]}


def test_references_in_two_photos_of_one_name_are_ambiguous(tmp_path):
    photo(tmp_path / "a.jpg")
    photo(tmp_path / "a.png")
    with pytest.raises(InputError, match="named 'a'"):
        references_in(tmp_path)


@pytest.mark.parametrize("name", ["absent", "file.jpg", "empty"])
def test_references_in_nothing_to_read_is_a_clear_error(tmp_path, name):
    (tmp_path / "empty").mkdir()
    photo(tmp_path / "file.jpg")
    with pytest.raises(SourceNotFoundError, match="NAME"):
        references_in(tmp_path / name)


@pytest.fixture
def small_pipeline():
    from test_pipeline import pipeline

    return lambda detector: pipeline(detector=detector)


def test_enrol_folder_broken_photos_are_reported_and_the_rest_enrolled(tmp_path, small_pipeline):
    photo(tmp_path / "anna/1.png")
    photo(tmp_path / "anna/2.png")
    (tmp_path / "bert.jpg").write_bytes(b"")
    (tmp_path / "carl.jpg").write_bytes(b"no picture at all")
    ticks = []
    made = small_pipeline(Boxes(MIDDLE))
    before = len(made.matcher)
    report = enrol_folder(made, tmp_path, progress=lambda: ticks.append(1), gate=OpenGate())
    assert report.n_photos == {"anna": 2}
    assert [(r.reference_id, r.reason) for r in report.refused] == [("bert", "empty"), ("carl", "unreadable")]
    assert len(made.matcher) == before + 1
    assert len(ticks) == 4


def test_enrol_folder_nobody_enrolled_raises_with_the_first_reason(tmp_path, small_pipeline):
    photo(tmp_path / "anna.png")
    with pytest.raises(EnrolmentError, match="nobody could be enrolled") as refusal:
        enrol_folder(small_pipeline(Boxes()), tmp_path, gate=OpenGate())
    assert refusal.value.reason == "no_face"


@pytest.mark.parametrize("name", ["new\nline", "esc\x1b[31m", "turned\u202egnp", "no text \udcff"])
def test_references_in_name_that_misleads_or_cannot_be_written_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    Image.fromarray(IMAGE).save(tmp_path / name / "1.png")
    with pytest.raises(InputError, match="rename it") as refusal:
        references_in(tmp_path)
    assert str(refusal.value).isascii()


@pytest.mark.parametrize("name", ["Zoë", "李", 'a,b"c', "=SUM(A1)", "\u0646\u0645\u06cc\u200c\u062e"])
def test_references_in_names_of_all_scripts_are_taken(tmp_path, name):
    Image.fromarray(IMAGE).save(tmp_path / f"{name}.png")
    assert list(references_in(tmp_path)) == [name]


def test_enrol_folder_names_everybody_it_passed_over(tmp_path, small_pipeline):
    Image.fromarray(IMAGE).save(tmp_path / "anna.png")
    Image.fromarray(IMAGE).save(tmp_path / "hedy.jp2")
    (tmp_path / "bert.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (tmp_path / "carl").mkdir()
    (tmp_path / "dora.jpg.part").write_bytes(b"x")
    (tmp_path / ".hidden").write_bytes(b"x")
    report = enrol_folder(small_pipeline(Boxes(MIDDLE)), tmp_path, gate=OpenGate())
    assert list(report.shots) == ["anna", "hedy"]
    assert [(r.path.name, r.reason) for r in report.refused] == [
        ("bert.heic", "unreadable"),
        ("carl", "no_photo"),
        ("dora.jpg.part", "not_a_photo"),
    ]
    assert "HEIC is not read" in report.refused[0].message
