"""The gate before comparison: measures each shot, fits a face mesh, and says what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from lfr_kit.errors import SettingError
from lfr_kit.quality.face_mesh import FaceMesh
from lfr_kit.quality.measures import Measures, measure, quality
from lfr_kit.records import BestShot

__all__ = ["PROFILES", "FaceMeshGate", "Thresholds", "reasons_against"]


@dataclass(frozen=True)
class Thresholds:
    """What a shot must reach; the defaults are those of live probes.

    Attributes
    ----------
    min_inter_eye_px
        Distance of the eyes.
    min_laplacian_variance
        Of the face at 64 px.
    max_yaw_deg, max_pitch_deg, max_roll_deg
        Of the head, either way.
    min_luminance, max_luminance
        Mean of the face, 0..255.
    min_presence
        Of the face mesh, 0..1.
    max_cut_off
        Share of the box outside the picture.
    """

    min_inter_eye_px: float = 9.0
    min_laplacian_variance: float = 20.0
    max_yaw_deg: float = 60.0
    max_pitch_deg: float = 50.0
    max_roll_deg: float = 60.0
    min_luminance: float = 18.0
    max_luminance: float = 240.0
    min_presence: float = 0.5
    max_cut_off: float = 0.3


PROFILES = {
    "probe": Thresholds(),
    "reference": Thresholds(
        min_inter_eye_px=24.0,
        min_laplacian_variance=40.0,
        max_yaw_deg=40.0,
        max_pitch_deg=35.0,
        max_roll_deg=45.0,
        min_luminance=30.0,
        max_luminance=225.0,
        min_presence=0.8,
        max_cut_off=0.1,
    ),
}
"""``probe``: passers-by, as they come. ``reference``: enrolment, where another photo can be asked for."""


_SHARES = ("min_presence", "max_cut_off")


class FaceMeshGate:
    """Fills `quality`, `mesh_px` and `reasons` of shots.

    Parameters
    ----------
    profile
        ``"probe"`` or ``"reference"``: where thresholds not given come from.
    **thresholds
        Single thresholds instead of the profile's, by their names in `Thresholds`: ``min_presence=0.4``.

    Raises
    ------
    SettingError
        If the profile or a threshold does not exist or is out of range.
    """

    def __init__(
        self,
        *,
        profile: Literal["probe", "reference"] = "probe",
        **thresholds: float,
    ) -> None:
        if profile not in PROFILES:
            raise SettingError(f"profile: no {profile!r}; there are: {', '.join(PROFILES)}")
        known = [field.name for field in fields(Thresholds)]
        unknown = [name for name in thresholds if name not in known]
        if unknown:
            raise SettingError(
                f"gate 'face_mesh' has no setting {unknown[0]!r}; thresholds are: {', '.join(known)}"
            )
        self.profile = profile
        self.thresholds = replace(PROFILES[profile], **thresholds)
        self._mesh = FaceMesh()
        _check(self.thresholds)

    def examine(self, shots: Sequence[BestShot]) -> list[BestShot]:
        """See `QualityGate.examine`. A reason already there stays."""
        if not shots:
            return []
        mesh, presence = self._mesh.fit(shots)
        return [
            self._judged(shot, points, float(p)) for shot, points, p in zip(shots, mesh, presence, strict=True)
        ]

    def _judged(self, shot: BestShot, mesh: Any, presence: float) -> BestShot:
        measured = measure(shot.image, shot.box_px, shot.landmarks_px, shot.detection_score)
        against = reasons_against(measured, presence, self.thresholds)
        is_there = "no_face_mesh" not in against
        return replace(
            shot,
            quality=quality(measured) if is_there else 0.0,
            mesh_px=mesh if is_there else np.zeros((0, 2), np.float32),
            reasons=tuple(dict.fromkeys((*shot.reasons, *against))),
        )


def reasons_against(measured: Measures, presence: float, limits: Thresholds) -> tuple[str, ...]:
    """Codes of `REASONS`, in their order; a value equal to its threshold passes."""
    head = measured.head
    is_turned = head is not None and (
        abs(head.yaw_deg) > limits.max_yaw_deg
        or abs(head.pitch_deg) > limits.max_pitch_deg
        or abs(head.roll_deg) > limits.max_roll_deg
    )
    verdicts = {
        "face_too_small": measured.inter_eye_px < limits.min_inter_eye_px,
        "too_blurred": measured.laplacian_variance < limits.min_laplacian_variance,
        "turned_away": is_turned,
        "too_dark": measured.mean_luminance < limits.min_luminance,
        "too_bright": measured.mean_luminance > limits.max_luminance,
        "no_face_mesh": presence < limits.min_presence,
        "cut_off": measured.cut_off > limits.max_cut_off,
    }
    return tuple(code for code, holds in verdicts.items() if holds)


def _check(limits: Thresholds) -> None:
    for name, value in asdict(limits).items():
        most = 1.0 if name in _SHARES else np.inf
        if not isinstance(value, int | float) or not (0 <= value <= most and np.isfinite(value)):
            upper = "of 0 to 1" if name in _SHARES else "of 0 or more"
            raise SettingError(f"{name}: must be a number {upper}, got {value!r}")
    if limits.min_luminance > limits.max_luminance:
        raise SettingError(f"min_luminance: must not exceed max_luminance ({limits.max_luminance})")
