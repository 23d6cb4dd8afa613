"""Three recordings that stand for the cameras of the live demo: generated walk-throughs of other people each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lfr_kit.governance.camera import Camera

__all__ = ["CAMERA_IDS", "demo_cameras", "n_frames", "write_footage"]

CAMERA_IDS = ("north-approach", "ticket-hall", "river-steps")
_WHO = {
    "north-approach": ("barack_obama", "grace_hopper", "eileen_collins"),
    "ticket-hall": ("eileen_collins", "grace_hopper"),
    "river-steps": ("grace_hopper", "barack_obama"),
}
_LATER_S = {"north-approach": 0.0, "ticket-hall": 0.6, "river-steps": 2.4}
_SECONDS, _FPS = 14.0, 25.0
_ZONE = ((0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98))


def demo_cameras(folder: Path) -> tuple[Camera, ...]:
    """The demo's cameras, which are recordings in that folder."""
    return tuple(Camera(camera_id=each, source=str(_clip(folder, each)), zone=_ZONE) for each in CAMERA_IDS)


def n_frames() -> int:
    """Of all three recordings together."""
    return len(CAMERA_IDS) * round(_SECONDS * _FPS)


def write_footage(folder: Path, on_frame: Callable[[], None]) -> None:
    """Draws each camera's recording; those that are there already are left.

    Parameters
    ----------
    folder
        Where to; made if it is not there.
    on_frame
        Called after each frame drawn.

    Raises
    ------
    ModelMissingError
        If a portrait is not on this machine.
    OutputError
        If nothing can be written there.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for seed, camera_id in enumerate(CAMERA_IDS):
        _write(_clip(folder, camera_id), camera_id, seed, on_frame)


def _write(path: Path, camera_id: str, seed: int, on_frame: Callable[[], None]) -> None:
    from lfr_kit.reports.mp4_file import write_clip
    from lfr_kit.sources.cast import default_walkers
    from lfr_kit.sources.walkthrough import Walkthrough

    walkers = [
        replace(each, gait=replace(each.gait, start_s=each.gait.start_s + _LATER_S[camera_id]))
        for each in default_walkers()
        if each.name in _WHO[camera_id]
    ]
    footage = Walkthrough(walkers, seconds=_SECONDS, fps=_FPS, seed=seed, camera_id=camera_id)
    write_clip(path, footage, on_frame)


def _clip(folder: Path, camera_id: str) -> Path:
    return (folder / f"{camera_id}.mp4").absolute()
