"""Was somebody on a watchlist? Answered after the list is deleted, for a complaint or a request for access."""

from __future__ import annotations

from lfr_kit.errors import InputError
from lfr_kit.governance.person_text import clean_text
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.repository import ledger as rows
from lfr_kit.store.repository.ledger import Inclusion
from lfr_kit.store.store import Store

__all__ = ["was_listed"]


def was_listed(store: Store, actor: Actor, person_ref: str, *, justification: str = "") -> list[Inclusion]:
    """Every frozen list that a person was on, oldest first; the search itself is logged.

    Parameters
    ----------
    person_ref
        The identity reference they were listed under; case and spaces do not matter.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    InputError
        If the reference is empty, too long, or holds characters that mislead.
    """
    wanted = clean_text(person_ref, "person_ref", 64)
    if not wanted:
        raise InputError("person_ref: is empty; give the reference the person may have been listed under")
    with store.act(
        actor, Action.LEDGER_SEARCH, Operation.CONSULTATION, subject="ledger", justification=justification
    ) as act:
        found = rows.inclusions_of(act.connection, act.key("ledger"), wanted, act.at.date())
        act.details.update(person_ref=wanted, found=len(found))
    return found
