"""LFR Kit: live facial recognition as police lawfully run it: overt, watchlist-based, a person decides.

The frame's way::

    Frame -> Detections -> Tracks -> BestShots -> Templates -> CandidateLists -> Alerts

>>> from lfr_kit import Pipeline, enrol_folder, open_source
>>> pipeline = Pipeline.from_settings()                                  # doctest: +SKIP
>>> enrol_folder(pipeline, "references/")                                # doctest: +SKIP
>>> for alert in pipeline.run(open_source("street.mp4")):                # doctest: +SKIP
...     print(alert.reference_id, alert.shot.position_s, alert.similarity)

Each arrow is one stage (`lfr_kit.stages`), each stage has algorithms by name (`lfr_kit.registry`).
What lies before the alert stays in memory only and is let go: no passer-by reaches the disk.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Frame": "lfr_kit.records",
    "Detections": "lfr_kit.records",
    "Tracks": "lfr_kit.records",
    "BestShot": "lfr_kit.records",
    "Template": "lfr_kit.records",
    "CandidateList": "lfr_kit.records",
    "Alert": "lfr_kit.records",
    "open_source": "lfr_kit.sources",
    "enrol_folder": "lfr_kit.enrolment",
    "Pipeline": "lfr_kit.pipeline",
    "available": "lfr_kit.registry",
    "create": "lfr_kit.registry",
    "register": "lfr_kit.registry",
    "settings": "lfr_kit.config",
    "LfrError": "lfr_kit.errors",
}

__all__ = [*_HOME, "__version__"]

if TYPE_CHECKING:
    from lfr_kit.config import settings
    from lfr_kit.enrolment import enrol_folder
    from lfr_kit.errors import LfrError
    from lfr_kit.pipeline import Pipeline
    from lfr_kit.records import Alert, BestShot, CandidateList, Detections, Frame, Template, Tracks
    from lfr_kit.registry import available, create, register
    from lfr_kit.sources import open_source


def __getattr__(name: str) -> Any:
    """Public names, imported when first used: `import lfr_kit` stays fast."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'lfr_kit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
