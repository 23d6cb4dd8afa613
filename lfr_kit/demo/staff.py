"""The demo's staff: two who walk past a camera on their own, one of them twice, before the deployment opens.

They too walk by in the demo's public footage, where nobody looks for them: the blue list is not searched there. Of
each there is one photograph, by which they are enrolled and from which they are drawn; in earnest take another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from lfr_kit.models import model_path
from lfr_kit.operations.blue_enrolment import enrol_photo
from lfr_kit.sources import open_source
from lfr_kit.sources.cast import default_walkers
from lfr_kit.sources.walking import Gait

if TYPE_CHECKING:
    from lfr_kit.governance.roles import Actor
    from lfr_kit.stages import FrameSource
    from lfr_kit.store.store import Store

__all__ = ["STAFF", "enrol_staff", "recorded_passes"]

STAFF = {"staff 1": "grace_hopper", "staff 2": "eileen_collins"}
"""What they are called here -> the walker of the cast who plays them."""
_PASSES = ("staff 1", "staff 2", "staff 1")
_SECONDS, _FPS = 5.0, 8.0


def enrol_staff(store: Store, actor: Actor, deployment_id: str) -> None:
    """Puts them on the blue list. ModelMissingError if a portrait is not on this machine."""
    for pseudonym, name in STAFF.items():
        photo = model_path(f"portrait_{name}").read_bytes()
        enrol_photo(store, actor, deployment_id, pseudonym, photo, consent_ref=f"demo consent of {pseudonym}")


def recorded_passes(camera_id: str) -> Iterator[tuple[str, FrameSource]]:
    """Who walks through, and the recording of it."""
    walkers = {walker.name: walker for walker in default_walkers()}
    for n, pseudonym in enumerate(_PASSES):
        gait = Gait(lane_m=(0.3 - 0.3 * n, -0.2), first_face_px=32.0, phase=0.3 * n)
        walker = replace(walkers[STAFF[pseudonym]], gait=gait)
        played = {"fps": _FPS, "seconds": _SECONDS, "seed": n, "camera_id": camera_id}
        yield pseudonym, open_source("walkthrough", walkers=[walker], **played)
