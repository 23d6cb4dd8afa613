"""A walking person as a cut-out: a drawn body under the head of a photograph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np

from lfr_kit.sources.drawing import Floats, Pixels, fill_polygon, floats, pixels, sixteenths
from lfr_kit.sources.walking import FACE_HEIGHT_M

__all__ = ["Clothes", "Figure", "Portrait", "make_figure"]

Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]

_WIDTH_M = 0.84
_CROWN_M = 0.12
"""Room above the crown, for hats."""
_CHIN_M = _CROWN_M + 0.25
_NECK_M = _CHIN_M - 0.028
"""The collar covers the chin's lower edge, as it does seen from slightly above."""
_FACE_PX = 184
"""Height of the face in the largest cut-out."""


@dataclass(frozen=True, eq=False)
class Portrait:
    """A photo and where the head is in it.

    Attributes
    ----------
    image
        (h, w, 3) uint8 RGB.
    face_box_px
        x1 y1 x2 y2 of the face, hairline to chin, in the photo.
    head_outline_px
        x y corners around head, hair and neck; empty = an ellipse about the face.
    """

    image: Pixels
    face_box_px: tuple[float, float, float, float]
    head_outline_px: Points = ()


@dataclass(frozen=True)
class Clothes:
    """What somebody wears; colours are RGB.

    Attributes
    ----------
    jacket, shirt, trousers
        Colours.
    tie
        Its colour; None = no tie.
    has_roll_neck
        The shirt closes around the neck.
    skin
        Colour of the hands.
    """

    jacket: Colour
    shirt: Colour = (226, 228, 232)
    trousers: Colour = (38, 40, 46)
    tie: Colour | None = None
    has_roll_neck: bool = False
    skin: Colour = (196, 150, 126)


@dataclass(frozen=True, eq=False)
class Figure:
    """A cut-out in several sizes, each half as large as the one before.

    Attributes
    ----------
    levels
        (h, w, 4) uint8: RGB multiplied with alpha, and alpha.
    px_per_m
        Scale of the largest level.
    face_box_m
        x1 y1 x2 y2 of the face in the cut-out, in metres from its top left corner.
    foot_m
        (x, y) of the ground between the feet, likewise.
    clothes
        For the legs, which move and are drawn anew in every picture.
    """

    levels: tuple[Pixels, ...]
    px_per_m: float
    face_box_m: tuple[float, float, float, float]
    foot_m: tuple[float, float]
    clothes: Clothes


def make_figure(portrait: Portrait, clothes: Clothes, body_height_m: float, scale: float = 1.0) -> Figure:
    """Draws the body and puts the head on it.

    Parameters
    ----------
    portrait, clothes
        Whose head, and what it stands on.
    body_height_m
        Ground to crown.
    scale
        Picture width over 1280: how large the largest cut-out must be.
    """
    px_per_m = _FACE_PX * scale / FACE_HEIGHT_M
    # Hands hang 0.95 m below the crown; what is below them is drawn with the legs.
    drawing = np.zeros((round(px_per_m * (_CROWN_M + 1.02)), round(px_per_m * _WIDTH_M), 4), np.uint8)
    _draw_body(_Pen(drawing, px_per_m), clothes)
    canvas = drawing.astype(np.float32)
    _shade(canvas, px_per_m)
    box = _paste_head(canvas, px_per_m, portrait)
    largest = np.clip(canvas, 0, 255).astype(np.uint8)
    if clothes.has_roll_neck:
        _draw_roll_neck(_Pen(largest, px_per_m), clothes)
    return Figure(
        levels=_pyramid(largest),
        px_per_m=px_per_m,
        face_box_m=box,
        foot_m=(_WIDTH_M / 2, _CROWN_M + body_height_m),
        clothes=clothes,
    )


class _Pen:
    """Draws in metres from the middle of the cut-out's top edge.

    Edges are smooth and colours come out multiplied with alpha, because smoothing mixes with (0, 0, 0, 0).
    """

    def __init__(self, canvas: Pixels, px_per_m: float) -> None:
        self._canvas, self._px_per_m = canvas, px_per_m

    def polygon(self, points_m: Points, colour: Colour, *, mirrored: bool = False) -> None:
        """Filled; with its mirror image too if `mirrored`."""
        for sign in (1, -1) if mirrored else (1,):
            fill_polygon(self._canvas, self._placed(points_m, sign), (*colour, 255))

    def line(self, points_m: Points, colour: Colour, width_m: float) -> None:
        """Open line, with its mirror image."""
        thick = max(1, round(width_m * self._px_per_m))
        for sign in (1, -1):
            corners = sixteenths(self._placed(points_m, sign))
            cv2.polylines(self._canvas, [corners], False, (*colour, 255), thick, cv2.LINE_AA, 4)

    def _placed(self, points_m: Points, sign: int) -> list[tuple[float, float]]:
        scale = self._px_per_m
        return [((_WIDTH_M / 2 + sign * x) * scale, y * scale) for x, y in points_m]


def _toned(colour: Colour, factor: float) -> Colour:
    red, green, blue = (int(min(255, value * factor)) for value in colour)
    return red, green, blue


def _smooth(points_m: Points, n_rounds: int = 2) -> list[tuple[float, float]]:
    """Cuts the corners of a closed outline (Chaikin)."""

    def cut(points: list[tuple[float, float]], _round: int) -> list[tuple[float, float]]:
        pairs = zip(points, [*points[1:], points[0]], strict=True)
        return [
            point
            for (ax, ay), (bx, by) in pairs
            for point in (
                (0.75 * ax + 0.25 * bx, 0.75 * ay + 0.25 * by),
                (0.25 * ax + 0.75 * bx, 0.25 * ay + 0.75 * by),
            )
        ]

    return reduce(cut, range(n_rounds), list(points_m))


def _draw_body(draw: _Pen, clothes: Clothes) -> None:
    y = _NECK_M
    hand = _smooth(
        [(0.225, y + 0.66), (0.275, y + 0.66), (0.272, y + 0.74), (0.245, y + 0.765), (0.225, y + 0.72)]
    )
    draw.polygon(hand, clothes.skin, mirrored=True)
    arm = [(0.12, y + 0.08), (0.185, y + 0.10), (0.228, y + 0.19), (0.256, y + 0.42), (0.284, y + 0.67)]
    draw.polygon(
        _smooth([*arm, (0.222, y + 0.685), (0.192, y + 0.46), (0.16, y + 0.3)]),
        _toned(clothes.jacket, 0.86),
        mirrored=True,
    )
    half = [(0.062, y + 0.03), (0.115, y + 0.06), (0.188, y + 0.095), (0.2, y + 0.2), (0.172, y + 0.42)]
    half += [(0.188, y + 0.7), (0.17, y + 0.73)]
    draw.polygon(_smooth([*half, *[(-x, v) for x, v in reversed(half)]]), clothes.jacket)
    draw.line([(0.178, y + 0.2), (0.16, y + 0.4), (0.172, y + 0.68)], _toned(clothes.jacket, 0.72), 0.006)
    if clothes.has_roll_neck:
        draw.line([(0.0, y + 0.1), (0.0, y + 0.71)], _toned(clothes.jacket, 0.75), 0.008)
    else:
        _draw_shirt_front(draw, clothes)


def _draw_shirt_front(draw: _Pen, clothes: Clothes) -> None:
    y = _NECK_M
    shirt = [(-0.052, y + 0.0), (0.052, y + 0.0), (0.07, y + 0.05), (0.0, y + 0.33), (-0.07, y + 0.05)]
    draw.polygon(shirt, clothes.shirt)
    if clothes.tie:
        half = [(0.02, y + 0.055), (0.014, y + 0.095), (0.033, y + 0.24), (0.0, y + 0.33)]
        draw.polygon([*half, *[(-x, v) for x, v in reversed(half)]], clothes.tie)
    wing = [(0.056, y + 0.0), (0.076, y + 0.04), (0.036, y + 0.1), (0.008, y + 0.06)]
    draw.polygon(wing, _toned(clothes.shirt, 0.94), mirrored=True)
    lapel = [(0.07, y + 0.035), (0.128, y + 0.15), (0.098, y + 0.165), (0.112, y + 0.19), (0.0, y + 0.36)]
    draw.polygon([*lapel, (0.066, y + 0.06)], _toned(clothes.jacket, 1.22), mirrored=True)
    draw.line([(0.0, y + 0.35), (0.004, y + 0.7)], _toned(clothes.jacket, 0.7), 0.005)


def _draw_roll_neck(draw: _Pen, clothes: Clothes) -> None:
    y = _NECK_M
    neck = [
        (-0.056, y + 0.0),
        (0.0, y + 0.02),
        (0.056, y + 0.0),
        (0.074, y + 0.06),
        (0.0, y + 0.115),
        (-0.074, y + 0.06),
    ]
    draw.polygon(_smooth(neck), clothes.shirt)
    draw.line([(0.06, y + 0.025), (0.0, y + 0.055)], _toned(clothes.shirt, 1.5), 0.005)


def _shade(canvas: Floats, px_per_m: float) -> None:
    """Rounds the body by light from above and makes folds."""
    height, width = canvas.shape[:2]
    rng = np.random.default_rng(7)
    across = np.abs(np.linspace(-1, 1, width, dtype=np.float32))[None, :]
    folds = cv2.resize(
        rng.standard_normal((14, 22), dtype=np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    cloth = cv2.resize(
        rng.standard_normal((height // 3, width // 3), dtype=np.float32),
        (width, height),
        interpolation=cv2.INTER_LINEAR,
    )
    down = np.linspace(1.12, 0.84, height, dtype=np.float32)[:, None]
    light = down * (1.08 - 0.42 * across**2) + 0.055 * folds + 0.025 * cloth
    canvas[..., :3] *= light[..., None]
    # The head throws a soft shadow on collar and chest.
    x, y = np.meshgrid(np.arange(width) / px_per_m - _WIDTH_M / 2, np.arange(height) / px_per_m - _CHIN_M - 0.01)
    shadow = np.exp(-((x / 0.08) ** 2 + (y / 0.05) ** 2)).astype(np.float32)
    canvas[..., :3] *= 1 - 0.5 * shadow[..., None]


def _paste_head(canvas: Floats, px_per_m: float, portrait: Portrait) -> tuple[float, float, float, float]:
    """Puts the chin to its place on the body; returns the face box in metres."""
    x1, y1, x2, y2 = portrait.face_box_px
    scale = px_per_m * FACE_HEIGHT_M / (y2 - y1)
    # Shrinking first averages pixels; warping alone would leave most of them out.
    factor = min(1.0, max(scale, 0.05))
    image = floats(cv2.resize(portrait.image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
    mask = _head_mask(portrait, factor, image.shape[:2])
    rest = scale / factor
    move = floats(
        [
            [rest, 0, px_per_m * _WIDTH_M / 2 - scale * (x1 + x2) / 2],
            [0, rest, px_per_m * _CHIN_M - scale * y2],
        ]
    )
    size_wh = (canvas.shape[1], canvas.shape[0])
    head = cv2.warpAffine(_toned_like_street(image, mask), move, size_wh, flags=cv2.INTER_CUBIC)
    alpha = cv2.warpAffine(mask, move, size_wh, flags=cv2.INTER_LINEAR)[..., None]
    canvas[..., :3] += (head - canvas[..., :3]) * alpha
    canvas[..., 3:] = np.maximum(canvas[..., 3:], 255 * alpha)
    half = (x2 - x1) / (y2 - y1) * FACE_HEIGHT_M / 2
    return _WIDTH_M / 2 - half, _CHIN_M - FACE_HEIGHT_M, _WIDTH_M / 2 + half, _CHIN_M


def _head_mask(portrait: Portrait, factor: float, shape: tuple[int, int]) -> Floats:
    """(h, w) 0..1 with a soft edge, for the photo shrunk by `factor`."""
    face_height = portrait.face_box_px[3] - portrait.face_box_px[1]
    outline = _smooth(portrait.head_outline_px or _ellipse_about(portrait.face_box_px))
    mask = np.zeros(shape, np.uint8)
    fill_polygon(mask, [(factor * x, factor * y) for x, y in outline], (255,))
    # A hand-drawn outline is close: its edge may be sharp, and lies inside the hair.
    sharpness = 2.0 if portrait.head_outline_px else 1.0
    edge = max(0.5, factor * face_height * (0.012 if portrait.head_outline_px else 0.04))
    soft = floats(cv2.GaussianBlur(mask, (0, 0), edge)) / 255
    return floats(np.clip(sharpness * soft - (sharpness - 1), 0, 1))


def _ellipse_about(face_box_px: tuple[float, float, float, float]) -> list[tuple[float, float]]:
    """An outline that takes in hair, ears and chin of an ordinary head."""
    x1, y1, x2, y2 = face_box_px
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    across = (x1 + x2) / 2 + 0.64 * (x2 - x1) * np.cos(angles)
    down = y1 + 0.42 * (y2 - y1) + 0.72 * (y2 - y1) * np.sin(angles)
    return list(zip(across.tolist(), down.tolist(), strict=True))


def _toned_like_street(image: Floats, mask: Floats) -> Floats:
    """Studio light made a little flatter, its brightness drawn toward the middle."""
    grey = float(image[mask > 0.5].mean())
    return floats(np.clip(128 * (grey / 128) ** 0.35 + (image - grey) * 0.9, 0, 255))


def _pyramid(largest: Pixels) -> tuple[Pixels, ...]:
    levels = [largest]
    while min(levels[-1].shape[:2]) > 48:
        height, width = levels[-1].shape[:2]
        levels.append(pixels(cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)))
    return tuple(levels)
