"""Items of the checklist that the program sees for itself, and nobody vouches for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from lfr_kit.config import settings
from lfr_kit.governance.checklist import SEEN, ChecklistItem, ItemResult, Ticked
from lfr_kit.governance.presence import why_nobody
from lfr_kit.operations.blue_list import why_not_passed
from lfr_kit.store.repository import presence
from lfr_kit.store.vault import DataKey

__all__ = ["not_seen", "seen_as_ticked"]


def not_seen(connection: Connection, key: DataKey, deployment_id: str, now: datetime) -> dict[ChecklistItem, str]:
    """Item -> why it is not so; one that is so is left out."""
    there = presence.of_deployment(connection, key, deployment_id)
    lost_after_s = settings().live.presence_lost_after_s
    why = {
        ChecklistItem.ENGAGEMENT_OFFICERS_PRESENT: why_nobody(there.checked, now, lost_after_s, there.n_refused),
        ChecklistItem.BLUE_LIST_CHECK: why_not_passed(connection, key, deployment_id),
    }
    return {item: words for item, words in why.items() if words}


def seen_as_ticked(wanting: Mapping[ChecklistItem, str]) -> list[Ticked]:
    """The items that are so, as if they were ticked off."""
    return [Ticked(item, ItemResult.DONE) for item in SEEN if item not in wanting]
