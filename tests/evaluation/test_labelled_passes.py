"""Passes of people whose whereabouts are known: generated footage and clips written here."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.painted_people import MiddleDetector
from lfr_kit.embedding.scripted import ScriptedEmbedder
from lfr_kit.errors import TableError
from lfr_kit.evaluation.curve_conditions import CONDITIONS
from lfr_kit.evaluation.curve_passes import PassTemplateMaker, pass_levels, rows_of_people
from lfr_kit.evaluation.labelled_passes import (
    LabelledPass,
    chosen_shots,
    passes_of_clips,
    passes_of_walks,
    read_clips,
    walks_of,
)
from lfr_kit.evaluation.open_set_study import matcher_maker
from lfr_kit.evaluation.operating_curve import CurveLevel
from lfr_kit.evaluation.photos import PhotoStages, PhotoTemplates, templates_of
from lfr_kit.quality.open_gate import OpenGate
from lfr_kit.records import BestShot, Detections
from lfr_kit.sources.figure import Clothes, Portrait
from lfr_kit.sources.walking import Gait
from lfr_kit.sources.walkthrough import Walker, Walkthrough


def shot(frame_index, quality=50.0, height=40.0, fps=25.0):
    from datetime import UTC, datetime

    return BestShot(
        image=np.zeros((60, 60, 3), np.uint8),
        origin_px=[0, 0],
        box_px=[5, 5, 35, 5 + height],
        landmarks_px=np.zeros((0, 2)),
        mesh_px=np.zeros((0, 2)),
        quality=quality,
        camera_id="c",
        track_id=-1,
        frame_index=frame_index,
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        position_s=frame_index / fps,
    )


WALK = [shot(i, quality=i, height=10 + i) for i in range(50)]


def chosen(**how):
    return [each.frame_index for each in chosen_shots(WALK, **how)]


def test_shots_are_the_best_by_quality_and_a_fifth_of_a_second_apart():
    assert chosen(n_best=3) == [49, 44, 39]
    assert chosen(n_best=1) == [49]


def test_every_nth_frame_only():
    assert chosen(every_nth=16, n_best=9) == [48, 32, 16, 0]


def test_only_faces_of_a_size():
    assert chosen(heights_px=(20, 30), n_best=9) == [19, 14]


def test_nothing_to_choose_from_is_nothing_chosen():
    assert chosen_shots([]) == []


class TruthDetector:
    """Finds every walker's face where it truly is, and a face where nobody is."""

    def __init__(self, walk):
        self.walk = walk

    def detect(self, frames):
        return [self._found(frame) for frame in frames]

    def _found(self, frame):
        boxes = [face.box_px for face in self.walk.truth(frame.frame_index) if face.visible > 0.9]
        boxes = np.array([*boxes, [2, 2, 12, 14]], np.float32)
        return Detections(
            camera_id=frame.camera_id,
            frame_index=frame.frame_index,
            boxes_px=boxes,
            landmarks_px=np.zeros((len(boxes), 0, 2)),
            detection_scores=np.full(len(boxes), 0.9),
        )


@pytest.fixture(scope="module")
def walk():
    rng = np.random.default_rng(0)
    walkers = [
        Walker(
            name=name,
            portrait=Portrait(rng.integers(0, 255, (120, 100, 3), dtype=np.uint8), (25, 20, 75, 90)),
            clothes=Clothes(jacket=(60, 60, 60)),
            gait=Gait(start_s=start, lane_m=(lane, lane)),
        )
        for name, start, lane in (("a", 0.0, -0.8), ("b", 0.5, 0.8))
    ]
    return Walkthrough(walkers, size_wh=(640, 360), fps=2, seconds=6, seed=4)


def test_found_faces_go_to_whoever_truly_walks_there(walk):
    passes = passes_of_walks([walk], TruthDetector(walk))
    assert [each.person for each in passes] == ["a", "b"]
    for each in passes:
        assert each.n_frames == 12
        assert len(each.shots) >= 8
        for found in each.shots:
            box = found.box_px + np.tile(found.origin_px, 2)
            own = next(f for f in walk.truth(found.frame_index) if f.name == each.person)
            assert np.allclose(box, own.box_px, atol=1)


def test_walks_take_four_at_a_time_and_repeat_by_seed(people_folder):
    photos = {f"p{i}": people_folder / f"person_{i:02}" / "0.png" for i in range(9)}
    walks, again = (walks_of(photos, MiddleDetector(), seed=2) for _ in range(2))
    assert [[walker.name for walker in each.walkers] for each in walks] == [
        ["p0", "p1", "p2", "p3"], ["p4", "p5", "p6", "p7"], ["p8"],
    ]  # fmt: skip
    assert np.array_equal(walks[0].image(30), again[0].image(30))
    assert not np.array_equal(walks[0].image(30), walks_of(photos, MiddleDetector(), seed=3)[0].image(30))


def test_a_photograph_without_a_face_walks_nowhere(tmp_path):
    from evaluation.painted_people import blacken, paint

    walks = walks_of({"a": paint(tmp_path / "a.png", 1), "b": blacken(tmp_path / "b.png")}, MiddleDetector())
    assert [walker.name for each in walks for walker in each.walkers] == ["a"]


class Counting(ScriptedEmbedder):
    made = 0

    def embed(self, shots):
        self.made += len(shots)
        return super().embed(shots)


def test_a_shot_is_embedded_once_however_often_it_is_chosen(people_folder):
    photos = [people_folder / f"person_{i:02}" / "0.png" for i in range(4)]
    embedder = Counting()
    stages = PhotoStages(MiddleDetector(), OpenGate(), embedder)
    references = templates_of(photos, stages)
    embedder.made = 0
    passes = [LabelledPass(f"p{i}", tuple(shot(f, quality=20 + f) for f in range(0, 32, 4)), 32) for i in range(4)]
    first = CurveLevel(
        "", references, PhotoTemplates((None,) * 4, ("",) * 4), np.arange(4), 2, matcher_maker("exact")
    )
    levels = pass_levels(CONDITIONS["every-nth"], (1, 8, 16), passes, first, stages)
    assert [each.level for each in levels] == [1, 8, 16]
    n_chosen = len(
        {f for nth in (1, 8, 16) for f in [s.frame_index for s in chosen_shots(passes[0].shots, every_nth=nth)]}
    )
    assert embedder.made == 4 * n_chosen
    assert all(t is not None and t.shot is None for each in levels for t in each.probes.templates)


def test_a_pass_without_a_face_says_so(people_folder, stages):
    found = PassTemplateMaker(stages).of([[], [shot(3)]])
    assert found.reasons == ("no_face", "")
    assert found.templates[0] is None


def write(folder, rows, header="clip,person,from_s,to_s"):
    (folder / "a.mp4").write_bytes(b"")
    (folder / "b.mp4").write_bytes(b"")
    table = folder / "passes.csv"
    table.write_text("\n".join([header, *rows]))
    return table


def test_table_of_passes_is_read(tmp_path):
    spans = read_clips(write(tmp_path, ["a.mp4,Ann,0,2.5", "a.mp4,Bo,2.5,4", "b.mp4,Ann,1,3"]), tmp_path)
    assert [(s.clip.name, s.person, s.from_s, s.to_s) for s in spans] == [
        ("a.mp4", "Ann", 0, 2.5), ("a.mp4", "Bo", 2.5, 4), ("b.mp4", "Ann", 1, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("c.mp4,Ann,0,1", "row 3, column clip: no such file"),
        ("../a.mp4,Ann,0,1", "row 3, column clip"),
        ("a.mp4,,5,6", "row 3, column person"),
        ("a.mp4,Ann,x,1", "row 3, column from_s"),
        ("a.mp4,Ann,-1,1", "row 3, column from_s"),
        ("a.mp4,Ann,6,6", "row 3, column to_s"),
        ("a.mp4,Ann,1.9,6", "Ann and Bo pass in a.mp4 at one time"),
    ],
)
def test_table_of_passes_with_a_fault_names_row_and_column(tmp_path, row, words):
    with pytest.raises(TableError, match=words):
        read_clips(write(tmp_path, ["a.mp4,Bo,0,2", row]), tmp_path)


def test_somebody_without_a_reference_is_named():
    with pytest.raises(TableError, match="no reference of Zoe"):
        rows_of_people(["Ann", "Zoe"], ["Ann", "Bo"])
    assert rows_of_people(["Ann"], ["Bo", "Ann"]).tolist() == [1]


def test_clips_give_the_main_face_of_the_frames_in_their_span(tmp_path):
    av = pytest.importorskip("av")
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 96, "yuv420p"
        for i in range(30):
            picture = np.full((96, 96, 3), 0 if i < 10 else 150, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
    table = tmp_path / "t.csv"
    table.write_text("clip,person,from_s,to_s\na.mp4,Ann,0.5,2.0\n")
    (found,) = passes_of_clips(read_clips(table, tmp_path), MiddleDetector())
    assert found.person == "Ann"
    assert found.n_frames in (15, 16)
    positions = [each.position_s for each in found.shots]
    assert min(positions) >= 0.95
    assert max(positions) <= 2.05
    assert len(positions) in (10, 11)
