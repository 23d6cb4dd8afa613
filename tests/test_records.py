"""Records: checked at birth, read-only ever after, indexed like the arrays they hold."""

from __future__ import annotations

import gc
import weakref
from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lfr_kit.errors import RecordError
from lfr_kit.records import Alert, BestShot, CandidateList, Detections, Frame, Template, Tracks

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLACES = st.floats(-500, 5000, width=32)


def frame(**changes) -> Frame:
    given = {
        "image": np.zeros((6, 8, 3), np.uint8),
        "frame_index": 0,
        "captured_at": NOON,
        "camera_id": "door",
    }
    return Frame(**{**given, **changes})


def detections(n=2, k=6, **changes) -> Detections:
    corner = np.arange(2.0 * n).reshape(n, 2)
    given = {
        "camera_id": "door",
        "frame_index": 0,
        "boxes_px": np.hstack([corner, corner + 5]),
        "landmarks_px": np.zeros((n, k, 2)),
        "detection_scores": np.full(n, 0.5),
    }
    return Detections(**{**given, **changes})


def shot(**changes) -> BestShot:
    given = {
        "image": np.zeros((9, 9, 3), np.uint8),
        "origin_px": np.zeros(2),
        "box_px": np.array([1, 1, 8, 8]),
        "landmarks_px": np.zeros((6, 2)),
        "mesh_px": np.zeros((0, 2)),
        "quality": 50.0,
        "camera_id": "door",
        "track_id": 1,
        "frame_index": 0,
        "captured_at": NOON,
    }
    return BestShot(**{**given, **changes})


def template(**changes) -> Template:
    return Template(**{"vector": np.array([0.6, 0.8]), "space_id": "plane", **changes})


def candidate_list(**changes) -> CandidateList:
    given = {
        "probe": template(),
        "reference_ids": ["ada", "bob"],
        "similarities": np.array([0.9, 0.1]),
        "comparison_scores": np.array([0.9, 0.1]),
        "score_scale": "cosine",
        "n_enrolled": 2,
    }
    return CandidateList(**{**given, **changes})


def tracks(**changes) -> Tracks:
    return Tracks(**{"detections": detections(), "track_ids": [0, -1], "ended_ids": [], **changes})


MAKERS = [frame, detections, tracks, shot, template, candidate_list]
WRONG = [
    (frame, {"image": np.zeros((6, 8), np.uint8)}, r"expected shape \(n, n, 3\), got \(6, 8\)"),
    (frame, {"image": np.zeros((6, 8, 3))}, "expected uint8"),
    (frame, {"image": np.zeros((0, 8, 3), np.uint8)}, "no pixels"),
    (frame, {"captured_at": datetime(2026, 1, 1)}, "timezone"),
    (detections, {"boxes_px": np.zeros((2, 5))}, r"boxes_px: expected shape \(n, 4\), got \(2, 5\)"),
    (detections, {"boxes_px": np.array([[5, 5, 1, 9], [0, 0, 1, 1]])}, "x2 >= x1"),
    (detections, {"boxes_px": np.full((2, 4), np.nan)}, "NaN"),
    (detections, {"landmarks_px": np.zeros((3, 6, 2))}, r"landmarks_px: expected shape \(2, n, 2\)"),
    (detections, {"detection_scores": np.array([0.5, 1.5])}, r"\[0, 1\]"),
    (detections, {"detection_scores": np.array([0.5])}, r"expected shape \(2\), got \(1,\)"),
    (tracks, {"track_ids": [3, 3]}, "two faces"),
    (tracks, {"track_ids": [3]}, "track_ids"),
    (shot, {"image": np.zeros((0, 9, 3), np.uint8)}, "no pixels"),
    (shot, {"quality": 101.0}, r"\[0, 100\]"),
    (shot, {"quality": float("nan")}, r"\[0, 100\]"),
    (shot, {"mesh_px": np.zeros((5, 2))}, "468"),
    (shot, {"box_px": np.zeros((1, 4))}, "box_px"),
    (template, {"vector": np.array([0.6, 0.6])}, "unit length"),
    (template, {"vector": np.array([np.nan, 1.0])}, "NaN"),
    (candidate_list, {"comparison_scores": np.array([0.1, 0.9])}, "rank order"),
    (candidate_list, {"similarities": np.array([1.5, 0.1])}, r"\[-1, 1\]"),
    (candidate_list, {"reference_ids": ["ada"]}, "similarities"),
]


@pytest.mark.parametrize(("make", "changes", "message"), WRONG)
def test_record_with_wrong_arrays_is_refused_at_birth(make, changes, message):
    with pytest.raises(RecordError, match=message):
        make(**changes)


def test_alert_below_its_threshold_is_refused():
    with pytest.raises(RecordError, match="below the threshold"):
        Alert(
            alert_id="1",
            reference_id="ada",
            similarity=0.4,
            comparison_score=0.4,
            threshold=0.5,
            score_scale="cosine",
            n_enrolled=1,
            shot=shot(),
        )


def arrays_of(record) -> dict[str, np.ndarray]:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_record_cannot_be_changed(make):
    record = make()
    for name, array in arrays_of(record).items():
        with pytest.raises(FrozenInstanceError):
            setattr(record, name, array)
        assert not array.flags.writeable, name
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@given(
    boxes=hnp.arrays(np.float32, st.tuples(st.integers(0, 8), st.just(2)), elements=PLACES),
    sides=st.floats(0, 900, width=32),
    n_landmarks=st.integers(0, 6),
)
def test_detections_keep_what_they_were_given_whatever_the_caller_does_next(boxes, sides, n_landmarks):
    n = len(boxes)
    given_boxes = np.hstack([boxes, boxes + np.float32(sides)])
    landmarks = np.ones((n, n_landmarks, 2), np.float32)
    scores = np.linspace(0, 1, n, dtype=np.float32)
    record = detections(n, boxes_px=given_boxes, landmarks_px=landmarks, detection_scores=scores)
    before = given_boxes.copy()
    given_boxes[:], landmarks[:], scores[:] = -1, -1, 0.5
    assert len(record) == n
    np.testing.assert_array_equal(record.boxes_px, before)
    assert (record.landmarks_px == 1).all()
    np.testing.assert_array_equal(record.detection_scores, np.linspace(0, 1, n, dtype=np.float32))
    assert all(array.dtype == np.float32 for array in arrays_of(record).values())


@given(n=st.integers(0, 7), data=st.data())
def test_detections_indexed_hold_the_rows_numpy_gives(n, data):
    record = detections(n)
    rows = data.draw(
        st.one_of(
            hnp.arrays(bool, n),
            st.slices(n),
            st.lists(st.integers(0, n - 1), max_size=9) if n else st.just([]),
        )
    )
    chosen = record[rows]
    index = rows if isinstance(rows, slice) else np.asarray(rows, bool if np.asarray(rows).dtype == bool else int)
    for name, array in arrays_of(record).items():
        np.testing.assert_array_equal(getattr(chosen, name), array[index])
    assert (chosen.camera_id, chosen.frame_index) == (record.camera_id, record.frame_index)


def test_detections_indexed_with_one_number_stay_detections():
    assert len(detections(3)[1]) == 1
    np.testing.assert_array_equal(detections(3)[1].boxes_px, detections(3).boxes_px[1:2])


def test_frame_of_a_writeable_buffer_is_a_copy_and_of_a_read_only_one_is_not():
    image = np.zeros((6, 8, 3), np.uint8)
    assert not np.shares_memory(frame(image=image).image, image)
    image.flags.writeable = False
    assert np.shares_memory(frame(image=image).image, image)


class Buffer(np.ndarray):
    """An array that can be watched."""


@pytest.mark.parametrize("is_read_only", [True, False])
def test_shot_cut_from_a_frame_lets_the_frame_go(is_read_only):
    image = np.zeros((90, 90, 3), np.uint8).view(Buffer)
    image.flags.writeable = not is_read_only
    alive = weakref.ref(image)
    kept = shot(image=image[10:20, 10:20], landmarks_px=np.zeros((6, 2)))
    del image
    gc.collect()
    assert alive() is None
    assert kept.image.base is None


def test_template_of_a_batch_lets_the_batch_go():
    batch = np.eye(4, dtype=np.float32).view(Buffer)
    alive = weakref.ref(batch)
    kept = template(vector=batch[0])
    del batch
    gc.collect()
    assert alive() is None
    assert kept.vector.tolist() == [1, 0, 0, 0]


def test_records_compare_by_identity():
    record = detections()
    assert record == record
    assert record != detections()


def test_frame_size_is_width_then_height():
    assert frame(image=np.zeros((6, 8, 3), np.uint8)).size_wh == (8, 6)


def test_shot_with_reasons_is_not_usable():
    assert shot().is_usable
    assert not shot(reasons=("too_blurred",)).is_usable
