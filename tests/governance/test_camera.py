"""A camera and its zone of recognition."""

from __future__ import annotations

import pytest
from lived import plan

from lfr_kit.errors import AuthorityError

SQUARE = [[0, 0], [100, 0], [100, 100], [0, 100]]


def camera(**changes) -> dict:
    values = {"camera_id": "north", "source": "camera:0", "zone": SQUARE, **changes}
    return {name: value for name, value in values.items() if value is not None}


def finding(*cameras: dict) -> str:
    with pytest.raises(AuthorityError) as refused:
        plan(cameras=list(cameras))
    (line,) = refused.value.findings
    return line


def test_zone_polygon_is_kept_in_order():
    (found,) = plan(cameras=[camera()]).cameras
    assert found.zone == ((0, 0), (100, 0), (100, 100), (0, 100))


def test_zone_whole_frame_must_be_said():
    assert plan(cameras=[camera(zone="whole frame")]).cameras[0].zone is None
    assert finding(camera(zone=None)) == "cameras[1].zone: is missing; it has no default"


@pytest.mark.parametrize(
    ("zone", "what"),
    [
        ("everything", "expected a list (a zone also"),
        ([[0, 0], [1, 1]], "a zone has 3 to 64 corners"),
        ([[n, n * n] for n in range(65)], "a zone has 3 to 64 corners"),
        ([[0, 0], [50, 50], [100, 100]], "the zone has no area"),
        ([[0, 0], [100, 100], [100, 0], [0, 100]], "the zone"),
        ([[0, 0], [100, 0], [20, 80], [20, -1]], "corners lie between"),
        ([[0, 0], [100, 0], [0, 1e9]], "corners lie between"),
    ],
)
def test_zone_that_is_no_polygon_is_refused(zone, what):
    assert finding(camera(zone=zone)).startswith(f"cameras[1].zone: {what}")


def test_zone_whose_sides_cross_is_refused():
    bow_tie = [[0, 0], [100, 100], [100, 20], [0, 120]]
    assert "sides cross" in finding(camera(zone=bow_tie))


@pytest.mark.parametrize("camera_id", ["", "../etc", "a\nb", "x" * 61, "=cmd()", "<script>", "-rf"])
def test_camera_id_that_is_no_name_is_refused(camera_id):
    assert finding(camera(camera_id=camera_id)).startswith("cameras[1].camera_id: is no name of a camera")


def test_camera_ids_must_differ():
    assert "same camera_id" in finding(camera(), camera(camera_id="NORTH"))


def test_camera_source_is_not_shown_where_the_record_is_printed():
    found = plan(cameras=[camera(source="rtsp://user:secret@10.0.0.1/1")])
    assert "secret" not in repr(found)
