"""What a plan says where footage is to be recorded (L12): which cameras, and why that is necessary."""

from __future__ import annotations

from pydantic import Field

from lfr_kit.governance.grounds import Ground, ShortText
from lfr_kit.governance.part import Part

__all__ = ["RecordingGrant"]

_MOST_CAMERAS = 64


class RecordingGrant(Part):
    """Part of an authority. A plan without it lets nothing be recorded."""

    cameras: tuple[ShortText, ...] = Field(
        min_length=1, max_length=_MOST_CAMERAS, description="camera_id of each whose whole picture is recorded"
    )
    why_necessary: Ground = Field(description="why footage of everybody who passes must be kept")
