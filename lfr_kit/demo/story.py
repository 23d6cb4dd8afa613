"""The demo, gate by gate. Each gate says what was done, by whom, and what the program refused on the way."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from lfr_kit.demo.cast import ABSENT, PHOTO_OF, SOUGHT, Sighting, lay_out_references
from lfr_kit.demo.people import People, add_people
from lfr_kit.demo.plan import CAMERA_ID, CAMERAS, PLACE, plan
from lfr_kit.demo.staff import STAFF, enrol_staff, recorded_passes
from lfr_kit.errors import GovernanceError
from lfr_kit.governance.adjudication import Conclusion, DecisionReason, IdMethod, Verdict
from lfr_kit.governance.checklist import VOUCHED_FOR, ItemResult, Ticked
from lfr_kit.governance.shipped_calibrations import SHIPPED_CALIBRATIONS
from lfr_kit.governance.vocabulary import EntryStatus, Outcome, Truth
from lfr_kit.governance.watchlist_review import Statement
from lfr_kit.operations import (
    adjudication,
    alerts,
    audit,
    blue_list,
    deployments,
    documents,
    ledger,
    presence,
    records,
    residue_check,
    retention,
    watchlist_review,
    watchlists,
)
from lfr_kit.operations import watchlist_freezing as freezing
from lfr_kit.store.store import Store, utc_now

if TYPE_CHECKING:
    from lfr_kit.governance.camera import Camera
    from lfr_kit.governance.published_record import DeploymentRecord
    from lfr_kit.live.deployment_run import Progress
    from lfr_kit.pipeline import Pipeline
    from lfr_kit.records import Alert

__all__ = ["DemoClock", "Gate", "Story"]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_BEAT_EVERY = timedelta(seconds=5)
_ONE_DAY_AND_AN_HOUR = timedelta(hours=25)
_BORN = {SOUGHT: "1961-08-04", ABSENT: "1942-11-20"}
"""Whose age is not known takes a second approver: it may be a child."""


class DemoClock:
    """The time, and more where the demo says so: nobody waits a day for a deletion."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """Now, as the demo has it."""
        return utc_now() + self.ahead


@dataclass(frozen=True)
class Gate:
    """One thing a deployment must pass.

    Attributes
    ----------
    title
        Its name.
    words
        What happened, with names and numbers.
    refused
        What was tried first and refused, in the program's own words; empty where nothing was.
    """

    title: str
    words: str
    refused: str = ""


@dataclass
class Story:
    """A deployment from draft to deletion, on an empty store.

    Parameters
    ----------
    store, clock
        The store, which runs on that clock.
    folder
        For the table of people and their photographs; the caller removes it.
    tell
        Called with each gate as it is passed.
    on_progress
        Called with the run's progress after each frame.
    cameras, hours
        What the deployment looks through, and how long it lasts.
    password
        By which all its people can sign in; empty = by none.

    Attributes
    ----------
    sightings
        Alerts, with what was compared; known once a person has decided.
    record
        The deployment's record, fixed before anything was deleted.
    certificate_ids
        Of the deletions.
    is_proven
        Whether nothing was left of what was deleted, and the audit chain is whole.
    engine
        The pipeline that ran, and `run_seconds` how long it took.
    """

    store: Store
    clock: DemoClock
    folder: Path
    tell: Callable[[Gate], None]
    on_progress: Callable[[Progress], None]
    cameras: tuple[Camera, ...] = CAMERAS
    hours: float = 1.0
    password: str = field(default="", repr=False)
    people: People = field(init=False)
    deployment_id: str = field(init=False)
    watchlist_id: str = field(init=False)
    sightings: list[Sighting] = field(default_factory=list)
    record: DeploymentRecord = field(init=False)
    certificate_ids: list[str] = field(default_factory=list)
    is_proven: bool = False
    engine: Pipeline = field(init=False)
    run_seconds: float = 0.0
    _raised: dict[str, Alert] = field(default_factory=dict)
    _beat_at: datetime = _LONG_AGO

    def people_and_authority(self) -> None:
        """Users, a plan, and an officer who grants what another asked for."""
        self.people = add_people(self.store, self.password)
        self.tell(
            Gate("People", f"{len(self.people)} users, one role each; nobody holds two that check each other.")
        )
        planner, officer = self.people.planner, self.people.officer
        authority = plan(
            self.clock(), SHIPPED_CALIBRATIONS[0], len(PHOTO_OF), cameras=self.cameras, hours=self.hours
        )
        drafted = deployments.draft(self.store, planner, authority, reason="two people at risk may be near")
        self.deployment_id = drafted.deployment_id
        deployments.request(self.store, planner, self.deployment_id, reason="the risk grows by the hour")
        refused = _refusal(
            lambda: deployments.grant(self.store, planner, self.deployment_id, reason="my own plan")
        )
        deployments.grant(
            self.store, officer, self.deployment_id, reason="necessary and proportionate for one hour"
        )
        words = (
            f"{self.deployment_id} at {PLACE}, threshold {authority.threshold:.4f}: asked for by {planner.user_id}"
        )
        self.tell(Gate("Authority", f"{words}, granted by {officer.user_id}.", refused))

    def watchlist(self) -> None:
        """Built from a table, reviewed by another person, frozen under a digest."""
        from lfr_kit.enrolment_batch import BatchEnroller
        from lfr_kit.operations.import_files import read_source
        from lfr_kit.operations.watchlist_import import ImportOrder, import_people

        lister, reviewer = self.people.lister, self.people.reviewer
        made = watchlists.create(self.store, lister, self.deployment_id, justification="built for this deployment")
        self.watchlist_id = made.watchlist_id
        source = read_source(_people_table(self.folder))
        enroller = BatchEnroller.from_settings()
        order = ImportOrder(
            self.watchlist_id, source, enroller, "people reported missing today, from the missing persons register"
        )
        report = import_people(self.store, lister, order)
        pending = self._entries(EntryStatus.PENDING_REVIEW)
        why = Statement(
            necessity="reported missing today, at risk without medicine",
            proportionality="one hour at one place, of which nobody else need know anything",
        )
        refused = _refusal(
            lambda: watchlist_review.review(
                self.store, lister, self.watchlist_id, pending, why, justification="mine"
            )
        )
        watchlist_review.review(self.store, reviewer, self.watchlist_id, pending, why)
        second = self._entries(EntryStatus.PENDING_SECOND_APPROVAL)
        watchlist_review.approve_second(
            self.store, self.people.planner, self.watchlist_id, second, "the risk assessment of today bears it out"
        )
        frozen = freezing.freeze(self.store, lister, self.watchlist_id, justification="every entry is reviewed")
        (quarantined,) = [line for line in report.people if line.outcome == "quarantined"]
        approved = f"reviewed by {reviewer.user_id}, approved once more by {self.people.planner.user_id}"
        words = (
            f"{frozen.n_entries} people {approved}, frozen as {frozen.digest[:12]}...; "
            f"a third row waits in quarantine ({', '.join(quarantined.reasons)})."
        )
        self.tell(Gate("Watchlist", words, refused))

    def opening(self) -> None:
        """Notice, checklist, an officer on the ground, staff who are found, and only then the opening."""
        planner = self.people.planner
        refused = _refusal(
            lambda: deployments.open_deployment(self.store, planner, self.deployment_id, reason="now")
        )
        documents.note_notice(self.store, planner, self.deployment_id, where="www.wexcombe.example/lfr")
        for item in VOUCHED_FOR:
            ticked = Ticked(item, ItemResult.DONE)
            deployments.tick_off(self.store, planner, self.deployment_id, ticked, note="seen to by the demo")
        engager, nearest = self.people.engager, self.cameras[0].camera_id
        presence.check_in(self.store, engager, self.deployment_id, team="team 1", camera_id=nearest)
        self._staff_walk_through()
        deployments.open_deployment(self.store, planner, self.deployment_id, reason="everything is in place")
        words = (
            f"Notice published, {len(VOUCHED_FOR)} items ticked off, {engager.user_id} on the ground; "
            f"opened by {planner.user_id}."
        )
        self.tell(Gate("Opening", words, refused))

    def _staff_walk_through(self) -> None:
        """Two members of staff are enrolled by consent, walk past the camera, and must be found."""
        from lfr_kit.live.blue_check import BlueCheck

        planner, operator = self.people.planner, self.people.operator
        refused = _refusal(
            lambda: deployments.open_deployment(self.store, planner, self.deployment_id, reason="now")
        )
        enrol_staff(self.store, self.people.lister, self.deployment_id)
        check = BlueCheck(self.store, operator, self.deployment_id)
        for pseudonym, recording in recorded_passes(self.cameras[0].camera_id):
            presence.heartbeat(self.store, self.people.engager, self.deployment_id)
            check.walk(pseudonym, recording)
        told = blue_list.result(self.store, operator, self.deployment_id)
        words = f"{len(STAFF)} members of staff, enrolled by consent, walk past {self.cameras[0].camera_id}: "
        self.tell(Gate("Blue list", f"{words}{told.in_words()}. Of their faces nothing is kept.", refused))

    def run(self) -> Progress:
        """The engine on the authority's camera."""
        from lfr_kit.live.deployment_run import DeploymentRun

        def keep(alert: Alert) -> None:
            self._raised[alert.alert_id] = alert

        running = DeploymentRun(self.store, self.people.operator, self.deployment_id, on_alert=keep)
        self.engine, start = running.pipeline, perf_counter()
        done = running.run(self._heard_of)
        self.run_seconds = perf_counter() - start
        words = (
            f"{done.frames} frames of {CAMERA_ID}, {done.faces_seen} faces seen, {len(done.alert_ids)} alert(s); "
            "of everybody else nothing was kept."
        )
        self.tell(Gate("Run", words))
        return done

    def _heard_of(self, done: Progress) -> None:
        """The officer on the ground gives a sign of life again and again."""
        if self.clock() >= self._beat_at:
            presence.heartbeat(self.store, self.people.engager, self.deployment_id)
            self._beat_at = self.clock() + _BEAT_EVERY
        self.on_progress(done)

    def decisions(self) -> None:
        """An operator compares two pictures, an officer on the ground decides for himself."""
        for waiting in alerts.queue(self.store, self.people.operator, self.deployment_id):
            self._decide(waiting.alert_id)

    def _decide(self, alert_id: str) -> None:
        operator, engager = self.people.operator, self.people.engager
        refused = _refusal(lambda: adjudication.engage(self.store, engager, alert_id, status_rechecked=True))
        first_look = alerts.view(self.store, operator, alert_id)
        is_sought = first_look.name == SOUGHT
        verdict = Verdict.VIABLE if is_sought else Verdict.DISMISSED
        reason = DecisionReason.SAME_FEATURES if is_sought else DecisionReason.DIFFERENT_PERSON
        adjudication.decide(self.store, operator, alert_id, verdict, reason)
        score = alerts.view(self.store, operator, alert_id).score
        if score is not None and alert_id in self._raised:
            shot = self._raised[alert_id].shot
            seen = Sighting(
                first_look.name, first_look.camera_id, shot.position_s, score.comparison_score, score.threshold
            )
            self.sightings.append(seen)
        if is_sought:
            alerts.view(self.store, engager, alert_id)
            adjudication.engage(self.store, engager, alert_id, status_rechecked=True)
            met = Conclusion(truth=Truth.TRUE_CONFIRMED, outcome=Outcome.OTHER, id_method=IdMethod.DOCUMENT)
            adjudication.conclude(self.store, engager, alert_id, met)
        hidden = "the score hidden until the decision" if first_look.is_blind else "the score in view"
        met_by = (
            f" {engager.user_id} meets the person, makes sure who it is, and sees to them." if is_sought else ""
        )
        words = f"{operator.user_id} compares the two pictures, {hidden}: {verdict}.{met_by}"
        self.tell(Gate("Adjudication", words, refused))

    def closing(self) -> None:
        """The end, and the record that will be published."""
        planner = self.people.planner
        deployments.close(self.store, planner, self.deployment_id, reason="the hour is over")
        self.record = records.fix(
            self.store, planner, self.deployment_id, final=True, reason="every alert has its truth"
        )
        self.tell(Gate("Record", "Closed; the 16 published columns are computed from what happened and add up."))

    def deletion(self, out: Path) -> None:
        """A day later: what must go is gone, and it is looked for."""
        planner, auditor = self.people.planner, self.people.auditor
        self.clock.ahead += _ONE_DAY_AND_AN_HOUR
        done = retention.run(self.store, planner, reason="a day has passed since the deployment ended")
        self.certificate_ids = [each.certificate_id for each in done.deleted]
        searched = residue_check.verify(
            self.store, planner, reason="to prove the deletion", also=[out], only_these=True
        )
        words = (
            f"The demo's clock is set a day ahead: watchlist, alerts and their keys are deleted, signed for in "
            f"{', '.join(self.certificate_ids)}; {searched.n_marks} marks of what was deleted looked for in the "
            f"database, its log and {out}: {searched.outcome}."
        )
        self.tell(Gate("Deletion", words))
        listed = ledger.was_listed(
            self.store, auditor, "M-1001", justification="the person asks whether they were"
        )
        checked = audit.verify(self.store, auditor, justification="the end of the demo").report
        self.is_proven = done.is_good and searched.is_clean and not checked.findings and len(listed) == 1
        words = (
            f"{checked.n_entries} entries, chain unbroken. " if not checked.findings else "The chain is broken. "
        ) + f"Asked later whether M-1001 was listed: {len(listed)} list(s), no picture."
        self.tell(Gate("Audit", words))

    def _entries(self, status: EntryStatus) -> dict[str, int]:
        found = watchlists.show(
            self.store, self.people.reviewer, self.watchlist_id, statuses=[status], justification="to review each"
        )
        return {each.entry.entry_id: each.entry.version for each in found}


def _refusal(attempt: Callable[[], object]) -> str:
    """What the program says to something that must not be possible; of several findings the first."""
    try:
        attempt()
    except GovernanceError as refused:
        findings = getattr(refused, "findings", ())
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        return (findings[0] if findings else str(refused)).strip() + more
    raise AssertionError("the program allowed what it must refuse")


def _people_table(folder: Path) -> Path:
    """Two people with all that is needed, and one row that says too little to be searched."""
    lay_out_references(folder)
    shared = {
        "category": "missing_at_increased_risk",
        "legal_basis": "common law duty to protect life",
        "image_source": "official portrait, public domain",
        "captured_on": f"{utc_now().year - 1}-06-01",
        "response": "green",
        "rationale": "stands for a person reported missing and at risk",
        "under_18_rationale": "",
        "expires_at": "",
        "note": "",
    }
    rows = [
        {"person_ref": f"M-100{i}", "name": name, "date_of_birth": _BORN[name], "picture": photo.name, **shared}
        for i, (name, photo) in enumerate(zip((SOUGHT, ABSENT), _photos(folder), strict=True), 1)
    ]
    rows.append({**rows[1], "person_ref": "M-1003", "name": "Row Without Basis", "legal_basis": ""})
    table = folder / "people.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return table


def _photos(folder: Path) -> list[Path]:
    return [next(folder.glob(f"{name}.*")) for name in (SOUGHT, ABSENT)]
