"""Draws a quiet street: pavement, two rows of houses, lamp posts, an overcast sky. No outside picture."""

from __future__ import annotations

import cv2
import numpy as np

from lfr_kit.sources.drawing import Floats, Pixels, fill_polygon, floats, pixels
from lfr_kit.sources.walking import View

__all__ = ["draw_street"]

_HALF_WIDTH_M = 3.1
_FAR_M = 60.0
_HOUSE_HEIGHT_M = 5.8
_TEXELS_PER_M = 48


def draw_street(view: View, rng: np.random.Generator) -> Pixels:
    """(h, w, 3) uint8 RGB, slightly out of focus as a background is."""
    canvas = _sky(view)
    _lay(canvas, _facade(24.0, 5.6, rng, brick=(126, 112, 102)), _far_corners(view))
    for side, brick in ((-1.0, (132, 98, 82)), (1.0, (148, 138, 124))):
        _lay(canvas, _facade(_FAR_M, _HOUSE_HEIGHT_M, rng, brick=brick), _wall_corners(view, side))
    _lay(canvas, _pavement(rng), _ground_corners(view))
    _haze(canvas, view)
    for z_m, x_m in ((42.0, -2.6), (42.0, 2.6), (27.0, -2.6), (27.0, 2.6), (18.0, 2.6)):
        _lamp_post(canvas, view, x_m, z_m)
    soft = floats(cv2.GaussianBlur(canvas, (0, 0), 1.1 * view.size_wh[0] / 1280))
    return _vignetted(soft)


def _sky(view: View) -> Floats:
    width, height = view.size_wh
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    top, low = floats([176, 188, 203]), floats([222, 225, 228])
    canvas: Floats = np.broadcast_to(top + (low - top) * np.minimum(1, rows * 2.6), (height, width, 3)).copy()
    return canvas


def _corners(view: View, points: list[tuple[float, float, float]]) -> Floats:
    return floats([view.project(*point) for point in points])


def _far_corners(view: View) -> Floats:
    return _corners(view, [(-12, 5.6, _FAR_M), (12, 5.6, _FAR_M), (12, 0, _FAR_M), (-12, 0, _FAR_M)])


def _wall_corners(view: View, side: float) -> Floats:
    """Texture runs from near to far."""
    x_m, near = side * _HALF_WIDTH_M, 1.2
    return _corners(
        view, [(x_m, _HOUSE_HEIGHT_M, near), (x_m, _HOUSE_HEIGHT_M, _FAR_M), (x_m, 0, _FAR_M), (x_m, 0, near)]
    )


def _ground_corners(view: View) -> Floats:
    x_m, near = _HALF_WIDTH_M, 1.2
    return _corners(view, [(-x_m, 0, _FAR_M), (x_m, 0, _FAR_M), (x_m, 0, near), (-x_m, 0, near)])


def _lay(canvas: Floats, texture: Floats, corners: Floats) -> None:
    """Puts a flat texture into the picture in perspective."""
    height, width = texture.shape[:2]
    flat = floats([[0, 0], [width, 0], [width, height], [0, height]])
    turn = cv2.getPerspectiveTransform(flat, corners)
    size_wh = (canvas.shape[1], canvas.shape[0])
    laid = cv2.warpPerspective(texture, turn, size_wh, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), turn, size_wh)[..., None]
    canvas *= 1 - mask
    canvas += laid * mask


def _grain(shape: tuple[int, int], sizes: tuple[float, ...], rng: np.random.Generator) -> Floats:
    """(h, w, 1) noise of several grain sizes around 0, deviation about 1."""
    total = np.zeros(shape, np.float32)
    for size in sizes:
        coarse = rng.standard_normal((int(shape[0] / size) + 2, int(shape[1] / size) + 2), dtype=np.float32)
        total += cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return floats(total[..., None] / len(sizes) ** 0.5)


def _pavement(rng: np.random.Generator) -> Floats:
    """Flagstones 0.6 m wide, a darker carriageway left of a kerb."""
    rows, columns = int(_FAR_M * _TEXELS_PER_M * 0.6), int(2 * _HALF_WIDTH_M * _TEXELS_PER_M)
    texture = np.full((rows, columns, 3), (158, 153, 146), np.float32)
    flag = int(0.75 * _TEXELS_PER_M)
    n_rows, n_columns = rows // flag + 1, columns // flag + 1
    shades = rng.normal(0, 6, (n_rows, n_columns)).astype(np.float32)
    texture += np.kron(shades, np.ones((flag, flag), np.float32))[:rows, :columns, None]
    texture[::flag] -= 34
    texture[1::flag] -= 20
    for row in range(n_rows):
        shift = (row % 2) * flag // 2
        texture[row * flag : (row + 1) * flag, shift::flag] -= 30
    texture += _grain((rows, columns), (2, 9, 60), rng) * 5
    texture += _grain((rows, columns), (220,), rng) * 9
    edge = np.abs(np.linspace(-1, 1, columns, dtype=np.float32))[None, :, None]
    texture *= 1 - 0.35 * np.clip((edge - 0.8) / 0.2, 0, 1) ** 2  # dirt and shade along the walls
    return texture


def _facade(length_m: float, height_m: float, rng: np.random.Generator, *, brick: tuple[int, int, int]) -> Floats:
    """Houses of bricks with doors, windows and a base course."""
    rows, columns = int(height_m * _TEXELS_PER_M), int(length_m * _TEXELS_PER_M)
    texture = np.full((rows, columns, 3), brick, np.float32)
    course = 5
    shades = rng.normal(0, 7, (rows // course + 1, columns // 12 + 1)).astype(np.float32)
    texture += np.kron(shades, np.ones((course, 12), np.float32))[:rows, :columns, None]
    texture[::course] += 10
    house = int(5.0 * _TEXELS_PER_M)
    for begin in range(0, columns, house):
        piece = texture[:, begin : begin + house]
        piece *= np.float32(rng.uniform(0.88, 1.12)) * rng.uniform(0.97, 1.03, 3).astype(np.float32)
        _openings(piece, rng)
        piece[:, :3] *= 0.7
    texture[-int(0.5 * _TEXELS_PER_M) :] *= 0.72
    texture += _grain((rows, columns), (3, 40, 200), rng) * 5
    return texture


def _openings(house: Floats, rng: np.random.Generator) -> None:
    """A door, a wide window beside it, two windows above."""
    m = _TEXELS_PER_M
    bottom = house.shape[0]
    door = [(40, 58, 52), (92, 38, 34), (46, 50, 78), (70, 62, 50)][int(rng.integers(4))]
    _opening(house, (int(0.5 * m), bottom - int(2.3 * m), int(1.0 * m), int(2.3 * m)), door)
    glass = (62 + int(rng.integers(30)), 72, 80)
    _opening(house, (int(2.1 * m), bottom - int(2.3 * m), int(2.3 * m), int(1.6 * m)), glass)
    for x_m in (0.6, 2.8):
        _opening(house, (int(x_m * m), bottom - int(5.4 * m), int(1.2 * m), int(1.6 * m)), glass)


def _opening(house: Floats, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> None:
    x, y, width, height = box
    cv2.rectangle(house, (x - 5, y - 6), (x + width + 5, y + height), (206, 202, 194), -1)
    cv2.rectangle(house, (x, y), (x + width, y + height), colour, -1)
    shine = [(x, y + height / 2), (x + width / 2, y), (x + width * 0.75, y), (x, y + height * 0.75)]
    fill_polygon(house, shine, [min(255, value + 22) for value in colour])
    cv2.line(house, (x + width // 2, y), (x + width // 2, y + height), (190, 186, 180), 3)


def _haze(canvas: Floats, view: View) -> None:
    """Distance takes contrast away, most near the horizon."""
    height = view.size_wh[1]
    rows = np.arange(height, dtype=np.float32)[:, None, None]
    away = np.exp(-np.abs(rows - height * view.horizon_per_height) / (0.16 * height))
    canvas += (floats([208, 212, 216]) - canvas) * (0.42 * away)


def _lamp_post(canvas: Floats, view: View, x_m: float, z_m: float) -> None:
    foot, top = view.project(x_m, 0, z_m), view.project(x_m, 4.2, z_m)
    thick = max(1, round(view.focal_px * 0.07 / z_m))
    colour = (74.0, 78.0, 82.0)
    points = [tuple(round(value) for value in point) for point in (foot, top)]
    cv2.line(canvas, points[0], points[1], colour, thick, cv2.LINE_AA)
    base = view.project(x_m, 0.9, z_m)
    cv2.line(canvas, points[0], (points[0][0], round(base[1])), colour, 2 * thick, cv2.LINE_AA)
    radius = round(view.focal_px * 0.15 / z_m)
    cv2.ellipse(
        canvas, points[1], (radius, round(radius * 1.3)), 0, 0, 360, (214.0, 212.0, 200.0), -1, cv2.LINE_AA
    )


def _vignetted(canvas: Floats) -> Pixels:
    height, width = canvas.shape[:2]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    shaded = canvas * 1.08 * (1 - 0.13 * (x * x + y * y))[..., None]
    return pixels(np.clip(shaded, 0, 255).astype(np.uint8))
