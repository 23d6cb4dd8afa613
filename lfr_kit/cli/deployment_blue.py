"""`lfr deployment blue-list | blue-check`: staff walk through before the opening, and must be found."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lfr_kit.cli.deployment_fields import DeploymentArgument, when
from lfr_kit.cli.output import JsonOption, console, emit, progress, results
from lfr_kit.cli.signed_in import signed_in
from lfr_kit.cli.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfr_kit.governance.blue_list import BluePass, CheckResult
    from lfr_kit.operations.blue_list import Member

__all__ = ["blue_check", "blue_list", "check_fields"]

LARGEST_PHOTO_BYTES = 50_000_000


class BlueStep(StrEnum):
    """What can be done with a blue list."""

    LIST = "list"
    ADD = "add"
    REMOVE = "remove"


def blue_list(
    deployment_id: DeploymentArgument,
    step: Annotated[BlueStep, typer.Argument(help="What to do with it.")] = BlueStep.LIST,
    pseudonym: Annotated[str, typer.Argument(help="What the member of staff is called here; no real name.")] = "",
    photo: Annotated[
        Path | None, typer.Argument(help="To add: a picture of them; it is not kept.", exists=True, dir_okay=False)
    ] = None,
    consent: Annotated[
        str, typer.Option("--consent", metavar="REF", help="To add: where their consent is recorded.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Staff who agreed to walk through before the start; their list is searched by that check and nothing else."""
    from lfr_kit.operations import blue_list as operations
    from lfr_kit.operations.blue_enrolment import enrol_photo

    if step is BlueStep.ADD and photo is None:
        raise typer.BadParameter("to add somebody: blue-list DEPLOYMENT add PSEUDONYM PHOTO --consent REF")
    with signed_in() as (store, actor):
        if step is BlueStep.ADD and photo is not None:
            enrol_photo(store, actor, deployment_id, pseudonym, _bytes_of(photo), consent_ref=consent)
        elif step is BlueStep.REMOVE:
            operations.remove(store, actor, deployment_id, pseudonym)
        found = operations.members(store, actor, deployment_id)
    _say_members(deployment_id, found, as_json=as_json)


def blue_check(
    deployment_id: DeploymentArgument,
    passes: Annotated[
        list[str], typer.Option("--pass", metavar="PSEUDONYM", help="Who walks through now; once for each pass.")
    ],
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source", help="A recording of the pass, one for each --pass; else the cameras are looked at."
        ),
    ] = None,
    camera: Annotated[
        str, typer.Option("--camera", help="The authority's camera that recorded it; else its first.")
    ] = "",
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, max=600, help="After so long it is a miss.")
    ] = 30.0,
    as_json: JsonOption = False,
) -> None:
    """Staff walk through, before the opening and within the window; status 1 unless enough of them were found.

    One check is one command: announce every pass in it. Only the last check counts.
    """
    from lfr_kit.live.blue_check import BlueCheck
    from lfr_kit.operations import blue_list as operations

    if source and len(source) != len(passes):
        raise typer.BadParameter(f"{len(passes)} passes and {len(source)} recordings; give one --source a --pass")
    with signed_in() as (store, actor):
        check = BlueCheck(store, actor, deployment_id, longest_s=seconds)
        check.check_names(passes)
        walked = [
            _walked(check, pseudonym, recording, camera)
            for pseudonym, recording in zip(passes, source or [""] * len(passes), strict=True)
        ]
        result = operations.result(store, actor, deployment_id)
    if as_json:
        walks = [vars(each) for each in walked]
        emit({"deployment_id": deployment_id, **check_fields(result), "walked": walks})
    else:
        _say_check(passes, walked, result)
    if not result.is_passed:
        raise typer.Exit(1)


def check_fields(result: CheckResult) -> dict[str, Any]:
    """A check as plain values; it names nobody."""
    low, high = result.hits.interval()
    return {
        "is_passed": result.is_passed,
        "hits": result.hits.count,
        "passes": result.hits.trials,
        "true_recognition_rate": result.hits.value,
        "interval_95": [low, high],
        "median_latency_s": result.median_latency_s,
        "findings": list(result.findings),
    }


def _walked(check: Any, pseudonym: str, recording: str, camera: str) -> BluePass:
    """One pass; in front of a terminal somebody says when it begins, and reads at once what came of it."""
    import sys

    recorded = None
    if recording:
        from lfr_kit.sources import open_source

        recorded = open_source(recording, camera_id=camera or check.camera_ids[0])
    elif sys.stdin.isatty():
        prompt = f"Press Enter when {visible(pseudonym)} begins to walk: "
        console().print(prompt, end="", soft_wrap=True, markup=False, highlight=False)
        input()
    total = None if recorded is None else recorded.n_frames
    with progress(f"looking for {visible(pseudonym)}", total=total) as bar:
        found: BluePass = check.walk(pseudonym, recorded, on_frame=lambda: bar(1))
    if sys.stdin.isatty():
        console().print(_in_words(pseudonym, found), soft_wrap=True, markup=False, highlight=False)
    return found


def _in_words(pseudonym: str, found: BluePass) -> str:
    what = f"found after {found.latency_s:.1f} s by {found.camera_id}" if found.is_hit else "not found"
    others = f"; {found.n_others} others named" if found.n_others else ""
    return visible(f"{pseudonym}: {what}{others}")


def _bytes_of(photo: Path) -> bytes:
    from lfr_kit.errors import ImageError

    if photo.stat().st_size > LARGEST_PHOTO_BYTES:
        raise ImageError(f"{photo}: larger than 50 MB, which no portrait is", reason="too_large")
    return photo.read_bytes()


def _say_members(deployment_id: str, found: Sequence[Member], *, as_json: bool) -> None:
    rows = [vars(each) for each in found]
    if as_json:
        emit({"deployment_id": deployment_id, "members": rows})
        return
    for each in found:
        quality = "" if each.quality is None else f", picture {each.quality:.0f} of 100"
        line = f"{each.pseudonym}: consent {each.consent_ref}, by {each.enrolled_by} at {when(each.enrolled_at)}"
        _say(line + quality)
    if not found:
        _say("Nobody is on the blue list.")


def _say_check(called: Sequence[str], walked: Sequence[BluePass], result: CheckResult) -> None:
    for pseudonym, each in zip(called, walked, strict=True):
        _say(_in_words(pseudonym, each))
    _say(f"{result.in_words()}: {'passed' if result.is_passed else 'not passed'}")
    for finding in result.findings:
        _say(f"  {finding}")


def _say(line: str) -> None:
    results().print(visible(line), soft_wrap=True, markup=False, highlight=False)
