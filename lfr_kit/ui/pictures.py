"""Pictures in a notebook that are seen but not saved with it.

A picture drawn as cell output is stored in the ``.ipynb`` and travels with it. These go to the browser as
widget state instead, which Jupyter does not save unless told to: after closing, the notebook holds no face.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from lfr_kit.records import BestShot, Detections, Tracks

__all__ = ["gallery", "marked", "picture"]

Image = NDArray[np.uint8]
_COLOURS = ((255, 176, 0), (90, 200, 250), (120, 220, 130), (230, 120, 220), (250, 110, 90), (180, 160, 255))


class Picture(ipywidgets.Image):  # type: ignore[misc]
    """An image widget whose text form tells its size, not its bytes: the text form is saved with the notebook."""

    def __repr__(self) -> str:
        return f"Picture({len(self.value)} bytes, not saved)"


def picture(image: Image | BestShot, *, width_px: int | None = None) -> Picture:
    """One picture as a widget.

    Parameters
    ----------
    image
        (h, w, 3) uint8 RGB, or a shot.
    width_px
        Width on the screen; None = its own.
    """
    pixels = image.image if isinstance(image, BestShot) else image
    encoded = BytesIO()
    PillowImage.fromarray(pixels).save(encoded, "JPEG", quality=90)
    layout = ipywidgets.Layout(width=f"{width_px or pixels.shape[1]}px", height="auto")
    return Picture(value=encoded.getvalue(), format="jpeg", layout=layout)


def gallery(pictures: Mapping[str, Image | BestShot], *, width_px: int = 150) -> Any:
    """Pictures side by side, each under its caption; a widget."""
    tiles = []
    for caption, image in pictures.items():
        text = ipywidgets.Label(caption)
        tiles.append(
            ipywidgets.VBox([text, picture(image, width_px=width_px)], layout={"margin": "0 12px 12px 0"})
        )
    return ipywidgets.HBox(tiles, layout={"flex_flow": "row wrap"})


def marked(image: Image, faces: Detections | Tracks, labels: Mapping[int, str] | None = None) -> Image:
    """A copy of a frame with its faces boxed, one colour per track.

    Parameters
    ----------
    image
        (h, w, 3) uint8 RGB, unchanged.
    faces
        Detections, or tracks with their ids written beside the boxes.
    labels
        Track id -> text instead of its number.
    """
    import cv2

    detections = faces.detections if isinstance(faces, Tracks) else faces
    ids = faces.track_ids.tolist() if isinstance(faces, Tracks) else [-1] * len(detections)
    canvas = image.copy()
    thickness = max(1, image.shape[1] // 640)
    for box, track_id in zip(detections.boxes_px.round().astype(int).tolist(), ids, strict=True):
        colour = _COLOURS[track_id % len(_COLOURS)]
        cv2.rectangle(canvas, tuple(box[:2]), tuple(box[2:]), colour, thickness)
        text = (labels or {}).get(track_id, str(track_id) if track_id >= 0 else "")
        at = (box[0], box[1] - 4 * thickness)
        cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * thickness, colour, thickness, cv2.LINE_AA)
    return canvas
