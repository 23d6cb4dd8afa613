"""Calibrations that come with this release, as ``lfr evaluate calibrate`` wrote them (docs/evaluation.md).

There is none of FaceNet: its weights could not be had. Whoever has them makes one with that command.
"""

from __future__ import annotations

from importlib.resources import files

from lfr_kit.governance.calibration import Calibration

__all__ = ["SHIPPED_CALIBRATIONS"]


def _shipped(name: str) -> Calibration:
    return Calibration.model_validate_json((files("lfr_kit.governance") / f"{name}.json").read_bytes())


SHIPPED_CALIBRATIONS: tuple[Calibration, ...] = (_shipped("dlib_resnet-lfw-3"), _shipped("dlib_resnet-lfw-2"))
"""Of dlib_resnet: less rivals, which is how searches score by default, for lists of up to some six hundred people;
and on cosine similarity, for up to some four hundred. Neither promises anything for longer ones."""
