"""A watchlist held against strangers and against itself: which threshold it calls for, before it is deployed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfr_kit.errors import SpaceMismatchError, WatchlistError
from lfr_kit.evaluation.calibrate import highest_pair
from lfr_kit.evaluation.list_search import RivalScoring, stranger_tops
from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.operations.watchlist_act import act_on, list_there
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.reference_pictures import read_templates
from lfr_kit.store.store import Store

__all__ = ["ListCheck", "check_list", "list_templates"]


@dataclass(frozen=True)
class ListCheck:
    """How alike people on a list are to each other, and to strangers; nobody is named.

    Attributes
    ----------
    n_people
        On the list, with a template.
    highest_pair
        Highest cosine between two of them; None with fewer than two. At or above the threshold, an alert to one
        may be to the other.
    highest_stranger
        Highest score of a stranger who passed in the trial.
    above
        Strangers at or above the threshold, of all; None without one.
    """

    n_people: int
    highest_pair: float | None
    highest_stranger: float | None
    above: Rate | None


def check_list(
    owners: Sequence[str],
    vectors: NDArray[np.float32],
    strangers: NDArray[np.float32],
    threshold: float | None = None,
    rivals: RivalScoring | None = None,
) -> ListCheck:
    """Compares a list with itself and with strangers.

    Parameters
    ----------
    owners
        n: whose each template of the list is.
    vectors
        (n, d) float32 of unit length.
    strangers
        (s, d) float32: one row per pass with a face, of people who are not on the list.
    rivals
        The list, for scores of strangers less rivals; None = cosines.

    Raises
    ------
    SpaceMismatchError
        If the vectors are of different lengths.
    """
    if len(strangers) and strangers.shape[1] != vectors.shape[1]:
        raise SpaceMismatchError(
            f"the list's templates have {vectors.shape[1]} numbers, the strangers' {strangers.shape[1]}"
        )
    tops = np.zeros(0)
    if len(strangers) and len(vectors):
        nobody = np.full(len(strangers), -1)
        tops = stranger_tops(strangers @ vectors.T, [np.arange(len(vectors))], rivals, nobody)[:, 0]
    return ListCheck(
        n_people=len(set(owners)),
        highest_pair=highest_pair(vectors, owners),
        highest_stranger=float(tops.max()) if len(tops) else None,
        above=None if threshold is None else Rate(int((tops >= threshold).sum()), len(tops), "strangers' passes"),
    )


def list_templates(
    store: Store, actor: Actor, watchlist_id: str, *, space_id: str, reason: str
) -> tuple[list[str], NDArray[np.float32]]:
    """Templates of a list of the store, for `check_list`: they stay in memory, and the look at them is logged.

    Raises
    ------
    PermissionRefusedError, JustificationError
        If the person may not look at watchlists, or gives no reason.
    NotInStoreError, StateError
        If there is no such list, or it is deleted.
    SpaceMismatchError
        If the list is of another embedding space.
    WatchlistError
        If nobody on it has a template.
    """
    with act_on(store, actor, Action.WATCHLIST_VIEW, Operation.COMBINATION, watchlist_id, reason) as act:
        found = list_there(act, watchlist_id)
        if found.space_id != space_id:
            raise SpaceMismatchError(f"watchlist {watchlist_id}: is of space {found.space_id}, not {space_id}")
        templates = read_templates(act.connection, act.key(rows.scope(watchlist_id)), watchlist_id)
        act.details["n_templates"] = len(templates.entry_ids)
    if not templates.entry_ids:
        raise WatchlistError(f"watchlist {watchlist_id}: nobody on it has a template yet; import pictures first")
    return templates.entry_ids, templates.vectors
