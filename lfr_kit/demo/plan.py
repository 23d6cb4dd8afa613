"""The demo's plan: grounds that would have to be this concrete, for a place that does not exist."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from lfr_kit.errors import AuthorityError
from lfr_kit.governance.authority import Authority, Schedule8Condition
from lfr_kit.governance.calibration import Calibration
from lfr_kit.governance.camera import Camera
from lfr_kit.governance.evidence import MissingPersonHotspot
from lfr_kit.governance.vocabulary import UseCase

__all__ = ["CAMERAS", "CAMERA_ID", "PLACE", "plan"]

CAMERA_ID = "north-approach"
PLACE = "Lower Wexcombe, station forecourt"
_ZONE = ((0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98))


CAMERAS = (Camera(camera_id=CAMERA_ID, source="walkthrough", zone=_ZONE),)
"""The demo's one camera: generated footage."""


def plan(
    now: datetime,
    calibration: Calibration,
    n_enrolled: int,
    *,
    cameras: tuple[Camera, ...] = CAMERAS,
    hours: float = 1.0,
) -> Authority:
    """An authority that begins now.

    Parameters
    ----------
    now
        The time at which it is drafted.
    calibration
        What its threshold rests on.
    n_enrolled
        How many people the list is to hold.
    cameras, hours
        What it looks through, and how long it lasts.
    """
    floor = calibration.floor(n_enrolled)
    if floor is None:
        raise AuthorityError(f"calibration {calibration.calibration_id}: says nothing of {n_enrolled} people")
    return Authority(
        use_case=UseCase.MISSING_PERSON_HOTSPOT,
        evidence=MissingPersonHotspot(missing_person_ref="MP 2026/0417, last seen at the station this morning"),
        strategic_intent="Find two missing people at risk while they may be near, with little burden on others.",
        purpose="Find people reported missing and at increased risk who pass the forecourt within the hour.",
        legal_basis="Common law duty to protect life; Data Protection Act 2018, Part 3.",
        schedule_8_condition=Schedule8Condition.VITAL_INTERESTS,
        necessity=(
            "Both left hospital this morning without the medicine they depend on within hours. One was seen here "
            "at nine; officers with photographs searched the platforms and found nobody among the travellers."
        ),
        proportionality=(
            "Templates of people who are not on the list are gone within a second and nobody sees their pictures. "
            "The zone leaves the side entrance free, signs stand at each approach, and it lasts one hour. Against "
            "that stands a risk to two lives that grows by the hour."
        ),
        less_intrusive_means=(
            "Officers with photographs have searched since ten; the families and the hospital were asked; an "
            "appeal goes out as well, but reaches few of those who hurry through the forecourt."
        ),
        collateral_intrusion="Travellers pass the zone, children among them; the side entrance stays outside it.",
        place=PLACE,
        why_there="One of them was seen here this morning; the forecourt is the way to every platform.",
        starts_at=now - timedelta(seconds=1),
        ends_at=now + timedelta(hours=hours),
        why_then="The risk grows by the hour, and the midday trains leave within this one.",
        expected_footfall=400,
        cameras=cameras,
        watchlist_criteria="Only people reported missing today and assessed as at increased risk.",
        watchlist_cap=10,
        embedder="dlib_resnet",
        space_id=calibration.space_id,
        threshold=floor,
        score_scale=calibration.score_scale,
        calibration_id=calibration.calibration_id,
        equality_ref="EIA demo/1",
        dpia_ref="DPIA demo/1",
        community_impact_ref="CIA demo/1",
        policy_document_version="APD demo/1",
        policy_document_review_by=date(now.year + 1, 1, 31),
        contact="Wexcombe Constabulary, lfr@wexcombe.example, 01632 960 101",
        complaint_route="www.wexcombe.example/complaints, or at any police station",
    )
