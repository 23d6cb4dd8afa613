"""Photographs of nobody: discs that the scripted detector takes for faces, each person in colours of their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from lfr_kit.detection.scripted import MARKER, ScriptedDetector
from lfr_kit.embedding.scripted import ScriptedEmbedder
from lfr_kit.enrolment_batch import BatchEnroller
from lfr_kit.governance.import_table import COLUMNS
from lfr_kit.quality.open_gate import OpenGate

SPACE = ScriptedEmbedder().space_id

GOOD = {
    "name": "Ada Example",
    "date_of_birth": "1990-02-03",
    "category": "suspect",
    "legal_basis": "custody record",
    "image_source": "custody",
    "captured_on": "2025-06-01",
    "response": "amber",
    "rationale": "wanted for questioning",
}
"""Cells of a row that lacks nothing but who and which picture."""


def painted_enroller(**replaced) -> BatchEnroller:
    """An enroller that needs no weights."""
    stages = {"detector": ScriptedDetector(), "gate": OpenGate(), "embedder": ScriptedEmbedder()} | replaced
    return BatchEnroller(**stages)


def photo(seed: int = 0, n_faces: int = 1, side: int = 240) -> np.ndarray:
    """A photograph with discs for faces before a background that `seed` chooses."""
    rng = np.random.default_rng(seed)
    image = np.asarray(rng.integers(0, 200, (8, 8, 3)), np.uint8).repeat(side // 8, 0).repeat(side // 8, 1)
    image[:, :, 1] = np.maximum(image[:, :, 1], 90)
    rows, columns = np.indices(image.shape[:2])
    for face in range(n_faces):
        x = side * (face + 1) / (n_faces + 1)
        radius = side * 0.35 / n_faces
        image[(rows - side / 2) ** 2 + (columns - x) ** 2 < radius**2] = MARKER
    return image


def save(path: Path, seed: int = 0, n_faces: int = 1) -> Path:
    """Such a photograph as a PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(photo(seed, n_faces)).save(path, format="PNG")
    return path


def row(person_ref: str, picture: str, **cells: str) -> dict[str, str]:
    """A complete row, but for what `cells` says."""
    return GOOD | {"person_ref": person_ref, "picture": picture} | cells


def write_table(path: Path, rows: Sequence[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> Path:
    """A CSV as a spreadsheet writes it."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\ufeff" + text.getvalue(), encoding="utf-8", newline="")
    return path
