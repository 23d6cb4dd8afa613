"""An empty plan to fill in, made from the authority itself: what the one asks for, the other prints."""

from __future__ import annotations

from enum import StrEnum

from pydantic.fields import FieldInfo

from lfr_kit.governance.acknowledgement import AcknowledgementRule
from lfr_kit.governance.authority import Authority
from lfr_kit.governance.camera import WHOLE_FRAME, Camera
from lfr_kit.governance.evidence import EVIDENCE_KINDS
from lfr_kit.governance.recording_grant import RecordingGrant
from lfr_kit.governance.shipped_calibrations import SHIPPED_CALIBRATIONS

__all__ = ["plan_template"]

_HEAD = """\
# Plan of a deployment. Fill in every line, then: lfr deployment draft PLAN.toml --reason "..."
# Nothing that gives a reason has a default. A line that begins with # is not read: take the # away.
# Long texts may go over several lines between three quotes.
"""
_EXAMPLES = {
    "use_case": '"crime_hotspot"',
    "schedule_8_condition": '"statutory_purposes"',
    "starts_at": "2026-05-04T11:00:00+01:00",
    "ends_at": "2026-05-04T15:00:00+01:00",
    "expected_footfall": "6000",
    "watchlist_cap": "100",
    "extra_categories": "[]",
    "embedder": f'"{SHIPPED_CALIBRATIONS[0].space_id.split(":")[0]}"',
    "space_id": f'"{SHIPPED_CALIBRATIONS[0].space_id}"',
    "threshold": "0.957",
    "score_scale": f'"{SHIPPED_CALIBRATIONS[0].score_scale}"',
    "calibration_id": f'"{SHIPPED_CALIBRATIONS[0].calibration_id}"',
    "policy_document_review_by": "2027-01-31",
    "retention_profile": '"swp"',
    "blind_first_look": "true",
    "decision_limit_s": "60",
    "period_from": "2026-01-01",
    "period_to": "2026-04-26",
    "recording.cameras": '["name of a camera"]',
    "acknowledgement.red_s": "30",
    "acknowledgement.amber_s": "0",
    "acknowledgement.green_s": "0",
    "zone": f'[[160, 120], [1120, 120], [1240, 700], [40, 700]]  # or "{WHOLE_FRAME}"',
}
_TABLES = ("evidence", "acknowledgement", "recording", "cameras")


def plan_template() -> str:
    """TOML with a line for each field, and what belongs there.

    >>> 'necessity = ""' in plan_template()
    True
    """
    lines = [_HEAD]
    lines += [_line(name, field) for name, field in Authority.model_fields.items() if name not in _TABLES]
    lines.append("\n# What the use case stands on: keep the lines of yours.\n[evidence]")
    for use_case, kind in EVIDENCE_KINDS.items():
        lines.append(f"# of {use_case}:")
        lines += [_line(name, field, "# ") for name, field in kind.model_fields.items() if name != "use_case"]
    for table, part in (("acknowledgement", AcknowledgementRule), ("recording", RecordingGrant)):
        lines.append(f"\n# {Authority.model_fields[table].description}.\n# [{table}]")
        lines += [_line(f"{table}.{name}", field, "# ") for name, field in part.model_fields.items()]
    lines.append(f"\n# {Authority.model_fields['cameras'].description}; one such block each.\n[[cameras]]")
    lines += [_line(name, field) for name, field in Camera.model_fields.items()]
    return "\n".join(lines) + "\n"


def _line(name: str, field: FieldInfo, off: str = "") -> str:
    example, name = _EXAMPLES.get(name), name.rpartition(".")[2]
    value = f'{off}{name} = ""' if example is None else f"# {name} = {example}"
    return f"# {field.description or name}{_choices(field)}\n{value}"


def _choices(field: FieldInfo) -> str:
    """What a closed list holds, in words; empty for anything else."""
    kind = field.annotation
    for inner in (kind, *getattr(kind, "__args__", ())):
        if isinstance(inner, type) and issubclass(inner, StrEnum):
            return f": {', '.join(inner)}"
    return ""
