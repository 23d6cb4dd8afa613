"""Use cases, each with the evidence it stands on (P3): a place is chosen for a stated reason, not at discretion.

References
----------
Metropolitan Police, LFR policy paragraphs 2.3, 2.7 and 2.9 (use cases in the published records since September
2024); R (Bridges) v SWP [2020] EWCA Civ 1058, paras 91 to 96 (who and where left to discretion is not law).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from lfr_kit.governance.grounds import ShortText
from lfr_kit.governance.part import Part
from lfr_kit.governance.vocabulary import UseCase

__all__ = [
    "EVIDENCE_KINDS",
    "CrimeHotspot",
    "Evidence",
    "MissingPersonHotspot",
    "ProtectedEvent",
    "ProtectedSite",
    "SpecificIntelligence",
]


class CrimeHotspot(Part):
    """Crime data show that this place is a hotspot."""

    use_case: Literal[UseCase.CRIME_HOTSPOT] = UseCase.CRIME_HOTSPOT
    crime_data_ref: ShortText = Field(description="reference of the crime data")
    period_from: date = Field(description="first day the data cover")
    period_to: date = Field(description="last day the data cover")

    @model_validator(mode="after")
    def _in_order(self) -> CrimeHotspot:
        if self.period_to < self.period_from:
            raise ValueError("period_to: lies before period_from; correct one of them")
        return self


class MissingPersonHotspot(Part):
    """A person missing at increased risk is likely to be here."""

    use_case: Literal[UseCase.MISSING_PERSON_HOTSPOT] = UseCase.MISSING_PERSON_HOTSPOT
    missing_person_ref: ShortText = Field(description="reference of the missing person's case")


class ProtectedSite(Part):
    """A protective security operation at critical national infrastructure."""

    use_case: Literal[UseCase.PSO_CNI] = UseCase.PSO_CNI
    designation: ShortText = Field(description="designation of the site or of the operation")


class ProtectedEvent(Part):
    """A protective security operation at an event."""

    use_case: Literal[UseCase.PSO_EVENT] = UseCase.PSO_EVENT
    event_name: ShortText = Field(description="name of the event")
    operation_ref: ShortText = Field(description="reference of the protective security operation")


class SpecificIntelligence(Part):
    """Intelligence says that people sought are likely to be here."""

    use_case: Literal[UseCase.SPECIFIC_INTELLIGENCE] = UseCase.SPECIFIC_INTELLIGENCE
    intelligence_ref: ShortText = Field(description="reference of the intelligence report")


Evidence = Annotated[
    CrimeHotspot | MissingPersonHotspot | ProtectedSite | ProtectedEvent | SpecificIntelligence,
    Field(discriminator="use_case"),
]
"""What a use case stands on; which one it is, `use_case` says."""

EVIDENCE_KINDS: dict[UseCase, type[Part]] = {
    UseCase.CRIME_HOTSPOT: CrimeHotspot,
    UseCase.MISSING_PERSON_HOTSPOT: MissingPersonHotspot,
    UseCase.PSO_CNI: ProtectedSite,
    UseCase.PSO_EVENT: ProtectedEvent,
    UseCase.SPECIFIC_INTELLIGENCE: SpecificIntelligence,
}
"""Use case -> what it must show."""
