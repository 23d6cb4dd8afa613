"""Deployments lived through by the people who may: from the sample plan to the opening, step by step."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from frozen_lists import MANAGER, frozen_list, unit_vector
from governed import FakeClock, person

from lfr_kit.governance.authority import Authority
from lfr_kit.governance.blue_list import BluePass
from lfr_kit.governance.checklist import VOUCHED_FOR, ItemResult, Ticked
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.governance.plan_file import authority_of_values
from lfr_kit.governance.roles import Action, Role
from lfr_kit.governance.start_checks import Engine
from lfr_kit.governance.vocabulary import DeploymentState, Operation
from lfr_kit.operations import blue_list, deployments, presence
from lfr_kit.records import Template
from lfr_kit.store.repository.blue_list import member_ids
from lfr_kit.store.store import Store, new_id

SAMPLE = Path(__file__).parent.parent / "data" / "deployment.toml"
SILVER, OTHER_SILVER = person(Role.SILVER), person(Role.SILVER, name="silver-2")
BRONZE, GOLD, OPERATOR = person(Role.BRONZE), person(Role.GOLD), person(Role.LFR_OPERATOR)
ENGAGER = person(Role.ENGAGEMENT_OFFICER)
OFFICER, OTHER_OFFICER = person(Role.AUTHORISING_OFFICER), person(Role.AUTHORISING_OFFICER, name="ao-2")
WHY = "because the plan says so"
BY_COSINE = {"score_scale": "cosine", "threshold": 0.962, "calibration_id": "dlib_resnet-lfw-2"}
"""What stages that are scripted score on; the sample's own scale is that of dlib_resnet."""


def plan_values(**changes: Any) -> dict[str, Any]:
    """The sample plan by cosine as plain values, with changes; a change to None takes the line out."""
    values = {**tomllib.loads(SAMPLE.read_text()), **BY_COSINE, **changes}
    return {name: value for name, value in values.items() if value is not None}


def plan(**changes: Any) -> Authority:
    """The sample plan, with changes."""
    return authority_of_values(plan_values(**changes))


def engine(found: Deployment, **changes: Any) -> Engine:
    """The engine that the authority names."""
    return Engine(**{"space_id": found.authority.space_id, **changes})


def drafted(store: Store, **changes: Any) -> Deployment:
    return deployments.draft(store, SILVER, plan(**changes), reason=WHY)


def requested(store: Store, **changes: Any) -> Deployment:
    return deployments.request(store, SILVER, drafted(store, **changes).deployment_id, reason=WHY)


def granted(store: Store, **changes: Any) -> Deployment:
    return deployments.grant(store, OFFICER, requested(store, **changes).deployment_id, reason=WHY)


def granted_urgently(store: Store, **changes: Any) -> Deployment:
    return deployments.grant_urgently(store, GOLD, requested(store, **changes).deployment_id, reason=WHY)


def blue_checked(store: Store, deployment_id: str, *hits: bool) -> None:
    """A check in which one member of staff walked through once for each of these, and was found or not."""
    check_id, threshold = new_id("K"), deployments.standing(store, deployment_id).threshold
    with store.reading() as connection:
        (member_id,) = member_ids(connection, deployment_id)
    for is_hit in hits:
        passed = BluePass(
            check_id=check_id,
            member_id=member_id,
            is_hit=is_hit,
            latency_s=2.5 if is_hit else None,
            threshold=threshold,
        )
        blue_list.record_pass(store, OPERATOR, deployment_id, passed)


def blue_member(store: Store, deployment_id: str, seed: int = 1) -> blue_list.Member:
    """A member of staff with a made-up face on the blue list."""
    with store.reading() as connection:
        found = deployments.deployment(connection, store.vault.key(connection, "store"), deployment_id)
    template = Template(vector=unit_vector(seed), space_id=found.authority.space_id)
    name = f"staff {seed}"
    return blue_list.enrol(store, MANAGER, deployment_id, name, consent_ref="HR/26/1", template=template)


def log(store: Store, deployment_id: str, kind: str, data: Mapping[str, Any]) -> None:
    """An event, in an act of its own."""
    with store.act(
        SILVER,
        Action.DEPLOYMENT_CHECKLIST,
        Operation.COLLECTION,
        subject=f"deployment:{deployment_id}",
        deployment_id=deployment_id,
        justification=WHY,
    ) as act:
        deployments.append_event(act, deployment_id, kind, data=data)


def prepare(store: Store, clock: FakeClock, found: Deployment) -> Deployment:
    """All that a granted deployment needs to open: list, notice, checklist, its window begun, officers there."""
    frozen_list(store, found.deployment_id)
    log(store, found.deployment_id, "notice_published", {"where": "www.wexcombe.example"})
    for item in VOUCHED_FOR:
        ticked = Ticked(item, ItemResult.DONE)
        deployments.tick_off(store, BRONZE, found.deployment_id, ticked, note="seen on the square by Bronze")
    blue_member(store, found.deployment_id)
    blue_checked(store, found.deployment_id, True, True, True)
    clock.now = found.starts_at
    if found.state == DeploymentState.GRANTED:
        presence.check_in(store, ENGAGER, found.deployment_id, team="team 1")
    return found


def opened(store: Store, clock: FakeClock, **changes: Any) -> Deployment:
    """An open deployment, opened at the first moment of its window."""
    found = prepare(store, clock, granted(store, **changes))
    return deployments.open_deployment(store, BRONZE, found.deployment_id, reason=WHY, engine=engine(found))
