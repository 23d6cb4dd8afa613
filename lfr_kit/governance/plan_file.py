"""A plan as people write it: TOML in, an authority or everything that is wrong with it, in words, at once."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lfr_kit.errors import AuthorityError
from lfr_kit.governance.acknowledgement import AcknowledgementRule
from lfr_kit.governance.authority import Authority
from lfr_kit.governance.camera import WHOLE_FRAME, Camera
from lfr_kit.governance.evidence import EVIDENCE_KINDS
from lfr_kit.governance.recording_grant import RecordingGrant

__all__ = ["LARGEST_PLAN_BYTES", "authority_of_json", "authority_of_plan", "authority_of_values"]

LARGEST_PLAN_BYTES = 64 * 1024
"""A plan in which every text is as long as it may be is no larger."""

_MOST_FINDINGS = 40
_MOST_DOTS = 200
"""In one line: reading a dotted key takes time with the square of its length."""
_EVIDENCE_LINES = sorted({line for kind in EVIDENCE_KINDS.values() for line in kind.model_fields})
_SAYINGS = {
    "missing": "is missing; it has no default",
    "timezone_aware": "has no time zone; add one, e.g. 2026-05-04T10:00:00+01:00",
    "datetime_type": "expected a date and time, e.g. 2026-05-04T10:00:00+01:00",
    "datetime_parsing": "expected a date and time, e.g. 2026-05-04T10:00:00+01:00",
    "datetime_from_date_parsing": "expected a date and time, e.g. 2026-05-04T10:00:00+01:00",
    "string_type": "expected text in quotes",
    "model_type": "expected a table of lines",
    "model_attributes_type": "expected a table of lines",
    "union_tag_not_found": "cannot be read before use_case is given",
    "tuple_type": f'expected a list (a zone also "{WHOLE_FRAME}")',
    "bool_type": "expected true or false",
    "finite_number": "is no finite number",
    "too_short": "needs at least one",
}


def authority_of_plan(content: bytes) -> Authority:
    """The authority a plan file asks for.

    Parameters
    ----------
    content
        Of the file: TOML in UTF-8.

    Raises
    ------
    AuthorityError
        If it is too large, no TOML, or no authority; `findings` has everything that is wrong.
    """
    if len(content) > LARGEST_PLAN_BYTES:
        raise AuthorityError(f"the plan is larger than {LARGEST_PLAN_BYTES:,} bytes; shorten it")
    if any(line.count(b".") > _MOST_DOTS for line in content.splitlines()):
        raise AuthorityError(f"the plan has a line with more than {_MOST_DOTS} dots; write it flat")
    try:
        values = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise AuthorityError("the plan is no text in UTF-8; save it as plain text") from None
    except tomllib.TOMLDecodeError as error:
        raise AuthorityError(f"the plan is not valid TOML: {_shortened(str(error), 200)}") from None
    except (RecursionError, ValueError):
        raise AuthorityError(
            "the plan is nested too deeply or holds a number that is none; write it flat"
        ) from None
    return authority_of_values(values)


def authority_of_values(values: Mapping[str, Any]) -> Authority:
    """The authority of plain values as TOML gives them.

    Raises
    ------
    AuthorityError
        If it is none; `findings` has everything that is wrong.
    """
    try:
        text = json.dumps(_told_apart(values), default=_plain)
    except (RecursionError, TypeError, ValueError):
        raise AuthorityError("the plan is nested too deeply or holds what no plan holds; write it flat") from None
    return authority_of_json(text)


def authority_of_json(text: str) -> Authority:
    """The authority of JSON as `Authority.model_dump_json` makes it.

    Raises
    ------
    AuthorityError
        If it is none; `findings` has everything that is wrong.
    """
    try:
        return Authority.model_validate_json(text)
    except ValidationError as error:
        findings = _findings(error)
        lines = "".join(f"\n  {finding}" for finding in findings)
        raise AuthorityError(f"the plan is no authority yet; put right:{lines}", findings) from None


def _told_apart(values: Mapping[str, Any]) -> dict[str, Any]:
    """Which evidence it is, follows from the use case; "whole frame" is the absence of a polygon."""
    told = dict(values)
    evidence, cameras = told.get("evidence"), told.get("cameras")
    if isinstance(evidence, dict):
        told["evidence"] = {"use_case": told.get("use_case"), **evidence}
    if isinstance(cameras, list):
        told["cameras"] = [_camera(each) for each in cameras]
    return told


def _camera(values: Any) -> Any:
    if isinstance(values, dict) and values.get("zone") == WHOLE_FRAME:
        return {**values, "zone": None}
    return values


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _findings(error: ValidationError) -> list[str]:
    details = error.errors(include_url=False, include_input=False)
    places = [each["loc"] for each in details]
    told = [each for each in details if not _follows_from_another(each, places)]
    findings = [line for each in told[:_MOST_FINDINGS] for line in _in_words(each)]
    if len(told) > _MOST_FINDINGS:
        findings.append(f"... and {len(told) - _MOST_FINDINGS} more")
    return findings


def _follows_from_another(each: ErrorDetails, places: list[tuple[int | str, ...]]) -> bool:
    """Whether it is only wrong because something else is: evidence of no use case, a list of wrong items."""
    if each["type"] == "union_tag_invalid":
        return ("use_case",) in places
    if each["type"] != "too_short":
        return False
    here = each["loc"]
    return any(place[: len(here)] == here and place != here for place in places)


def _in_words(each: ErrorDetails) -> list[str]:
    """A line per thing that is wrong: its place in the plan, and what to do."""
    place = _place(each)
    what = each["msg"].removeprefix("Value error, ").replace("\ntext: ", "\n").removeprefix("text: ")
    if each["type"] == "value_error" and (not place or ":" in what.split(" ", 1)[0]):
        prefix = f"{place}." if place else ""
        return [f"{prefix}{line}" for line in what.split("\n")]
    if each["type"] == "extra_forbidden":
        what = f"there is no such line in a plan{_did_you_mean(each)}"
    what = _SAYINGS.get(each["type"], what).replace("Input should be", "expected")
    return [f"{place}: {what}"]


def _place(each: ErrorDetails) -> str:
    """``cameras[2].zone``; the name of the evidence's kind, which pydantic puts in between, is left out."""
    parts = list(each["loc"])
    if parts[:1] == ["evidence"] and len(parts) > 1:
        del parts[1]
    place = ""
    for part in parts:
        place += f"[{part + 1}]" if isinstance(part, int) else f".{_shortened(str(part), 40)}"
    return place.removeprefix(".")


def _did_you_mean(each: ErrorDetails) -> str:
    parts = (Authority, Camera, RecordingGrant, AcknowledgementRule)
    known = [*(name for part in parts for name in part.model_fields), *_EVIDENCE_LINES]
    close = get_close_matches(str(each["loc"][-1])[:60], known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _shortened(text: str, length: int) -> str:
    visible = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
    return visible if len(visible) <= length else f"{visible[:length]}…"
