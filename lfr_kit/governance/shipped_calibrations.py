"""Calibrations that come with this release. There is none of FaceNet: its weights could not be had."""

from __future__ import annotations

from datetime import date

from lfr_kit.governance.calibration import Calibration, Measurement

__all__ = ["SHIPPED_CALIBRATIONS"]

_DLIB_RESNET = (
    (1, 0.9330, 50, 69304),
    (2, 0.9346, 52, 69239),
    (3, 0.9363, 52, 69147),
    (5, 0.9417, 49, 69036),
    (10, 0.9430, 51, 68606),
    (25, 0.9510, 49, 67465),
    (50, 0.9538, 47, 65472),
    (100, 0.9567, 45, 61613),
    (200, 0.9587, 36, 54108),
    (200, 0.9611, 9, 54108),
    (200, 0.9661, 0, 54108),
    (400, 0.9611, 23, 39414),
    (400, 0.9661, 0, 39414),
)

SHIPPED_CALIBRATIONS: tuple[Calibration, ...] = (
    Calibration(
        calibration_id="dlib_resnet-lfw-1",
        space_id="dlib_resnet:55533b28:keypoints-mesh.v1",
        score_scale="cosine",
        measured_on=date(2026, 11, 22),
        measured_with=(
            "Labelled Faces in the Wild, 1,685 people, 3,469 press photographs; one photograph enrolled per "
            "person, everybody else searched, twenty draws per list size pooled (as lfr evaluate identify lfw_dev "
            "--enrol N --draws 20 draws them). Draws share their strangers, and a stranger has several pictures, "
            "so the intervals are the narrowest honest ones: at 400 enrolled, two strangers raised all 23 alerts. "
            "Still pictures of public people, not your cameras, light or public; nothing is known of differences "
            "between groups of people. A starting point: measure on your own footage before relying on it."
        ),
        measurements=tuple(
            Measurement(n_enrolled=n, threshold=threshold, n_false=n_false, n_searches=n_searches)
            for n, threshold, n_false, n_searches in _DLIB_RESNET
        ),
    ),
)
"""One: dlib_resnet, on cosine similarity."""
