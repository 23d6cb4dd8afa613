"""People who do not exist, as pictures that the scripted embedder can tell apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from lfr_kit.records import Detections


class MiddleDetector:
    """Finds one face, the middle of the picture; none where the picture is dark."""

    def detect(self, frames):
        return [self._found(frame) for frame in frames]

    def _found(self, frame):
        width, height = frame.size_wh
        if frame.image.mean() < 10:
            return Detections.empty(camera_id=frame.camera_id, frame_index=frame.frame_index)
        return Detections(
            camera_id=frame.camera_id,
            frame_index=frame.frame_index,
            boxes_px=[[width / 4, height / 4, 3 * width / 4, 3 * height / 4]],
            landmarks_px=np.zeros((1, 0, 2)),
            detection_scores=[0.9],
        )


def paint(path: Path, seed: int, noise: float = 0.0, shade: int = 0) -> Path:
    """A person's picture: random colours in a grid, the same for the same seed but for some noise."""
    colours = np.random.default_rng(seed).integers(0, 256, (4, 4, 3)).astype(float)
    colours += noise * np.random.default_rng((seed, shade)).normal(size=colours.shape)
    face = np.kron(np.clip(colours, 0, 255), np.ones((8, 8, 1)))
    picture = np.pad(face, ((16, 16), (16, 16), (0, 0)), constant_values=200).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    return path


def blacken(path: Path) -> Path:
    """A picture in which no face is found."""
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(path)
    return path


def paint_people(root: Path) -> Path:
    """Ten people with three photographs each, ten with one."""
    for person in range(20):
        for photo in range(3 if person < 10 else 1):
            paint(root / f"person_{person:02}" / f"{photo}.png", person, noise=20, shade=photo)
    return root
