"""Pictures reach the browser and not the saved notebook."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from lfr_kit.records import Detections, Tracks
from lfr_kit.ui.pictures import gallery, marked, picture

NOISE = np.random.default_rng(1).integers(0, 255, (40, 60, 3)).astype(np.uint8)


def test_picture_shows_the_image_and_its_saved_form_holds_no_pixel():
    widget = picture(NOISE)
    assert Image.open(BytesIO(widget.value)).size == (60, 40)
    saved = widget._repr_mimebundle_()
    assert set(saved) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert "xff" not in str(saved)


def test_gallery_has_a_caption_for_each_picture_and_its_saved_form_no_pixel():
    widget = gallery({"anna": NOISE, "bert": NOISE})
    assert [tile.children[0].value for tile in widget.children] == ["anna", "bert"]
    assert "xff" not in str(widget._repr_mimebundle_())


def test_marked_boxes_every_face_and_leaves_the_frame_alone():
    found = Detections(
        camera_id="c",
        frame_index=0,
        boxes_px=[[5, 5, 20, 20], [30, 10, 50, 30]],
        landmarks_px=np.zeros((2, 0, 2)),
        detection_scores=[1, 1],
    )
    before = NOISE.copy()
    canvas = marked(NOISE, Tracks(detections=found, track_ids=[4, -1], ended_ids=[]), {4: "anna"})
    np.testing.assert_array_equal(NOISE, before)
    for x1, _, x2, y2 in found.boxes_px.astype(int):
        assert len(np.unique(canvas[y2, x1 : x2 + 1], axis=0)) == 1, "the lower edge is one line of one colour"
    assert (canvas[20, 6] != canvas[30, 31]).any(), "two tracks, two colours"
