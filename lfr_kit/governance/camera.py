"""A camera of an authority and its zone of recognition (L3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import Annotated

from pydantic import AfterValidator, Field

from lfr_kit.governance.grounds import ShortText
from lfr_kit.governance.part import Part

__all__ = ["WHOLE_FRAME", "Camera", "Zone"]

WHOLE_FRAME = "whole frame"
"""What a plan says where all a camera shows is the zone: it must be said, it is no default."""

Corner = tuple[float, float]
_MOST_CORNERS = 64
_LARGEST_PX = 100_000


def _check_zone(corners: Sequence[Corner]) -> Sequence[Corner]:
    """The polygon; ValueError if it is none, or crosses itself, and so has no clear inside."""
    if not 3 <= len(corners) <= _MOST_CORNERS:
        raise ValueError(f"a zone has 3 to {_MOST_CORNERS} corners x y, got {len(corners)}")
    if any(not 0 <= value <= _LARGEST_PX for corner in corners for value in corner):
        raise ValueError(f"corners lie between 0 and {_LARGEST_PX:,}: pixels, or 0 to 1 of the frame throughout")
    sides = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    if sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides) == 0:
        raise ValueError("the zone has no area; give its corners in order")
    if any(_cross(*one, *other) for one, other in combinations(sides, 2)):
        raise ValueError("the zone's sides cross; give its corners in order round it")
    return corners


def _cross(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    """Whether the inner parts of two sides cross."""
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _turn(a: Corner, b: Corner, c: Corner) -> int:
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (area > 0) - (area < 0)


def _check_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}", text):
        raise ValueError("is no name of a camera: up to 60 letters, digits, spaces, and . _ -")
    return text


Zone = Annotated[tuple[Corner, ...], AfterValidator(_check_zone)]
"""Corners x y in order: pixels of the frame, or shares of its width and height if all lie in 0..1."""


class Camera(Part):
    """One camera.

    Attributes
    ----------
    camera_id
        Its name in alerts and on the record.
    source
        What opens it, as `lfr_kit.sources.open_source` takes it; may hold a password, so it is shown to nobody.
    zone
        Corners of the zone of recognition; None = the whole frame, which a plan states in these words.
    """

    camera_id: Annotated[str, AfterValidator(_check_id)] = Field(description="its name on the record")
    source: ShortText = Field(description="what opens it, e.g. camera:0 or rtsp://...", repr=False)
    zone: Zone | None = Field(description=f'corners [x, y] of the zone of recognition, or "{WHOLE_FRAME}"')
