"""Entries of one list that look alike, or have one picture between them: found, kept, and shown to reviewers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from lfr_kit.governance.alike import (
    MOST_PAIRS,
    AlikeKind,
    AlikePair,
    clearly_different_below,
    find_alike,
    find_differing,
)
from lfr_kit.governance.roles import Action, Actor
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.matching.one_person import verification_threshold
from lfr_kit.operations.watchlist_act import act_on, list_there
from lfr_kit.store.repository import reference_pictures as picture_rows
from lfr_kit.store.repository import watchlists as rows
from lfr_kit.store.repository.alike_pairs import write_pairs
from lfr_kit.store.store import Store

__all__ = ["PairsFound", "find_pairs"]


@dataclass(frozen=True)
class PairsFound:
    """Who looks like whom on a list.

    Attributes
    ----------
    threshold
        Least cosine of a look-alike pair.
    pairs
        Pairs with the same picture first, then the most alike.
    n_pairs
        How many there are; more than `pairs` holds where the threshold is too low for such a list.
    differing
        Entries whose own pictures are clearly of different people -> the least cosine of two of them.
    """

    threshold: float
    pairs: tuple[AlikePair, ...]
    n_pairs: int
    differing: Mapping[str, float] = field(default_factory=dict)


def find_pairs(
    store: Store, actor: Actor, watchlist_id: str, threshold: float | None = None, *, justification: str = ""
) -> PairsFound:
    """Compares everybody on a list with everybody else; the pairs replace those found before.

    Parameters
    ----------
    threshold
        Least cosine; None = `verification_threshold` of the list's embedding space.

    Raises
    ------
    PermissionRefusedError, JustificationError
        See `Store.act`.
    StateError
        If the list is deleted.
    SettingError
        If the threshold is out of range, far too low, or none is known for the space.
    """
    view, why = Action.WATCHLIST_VIEW, justification
    with act_on(store, actor, view, Operation.COMBINATION, watchlist_id, why) as act:
        watchlist = list_there(act, watchlist_id)
        at_least = verification_threshold(watchlist.space_id) if threshold is None else threshold
        templates = picture_rows.read_templates(act.connection, act.key(rows.scope(watchlist_id)), watchlist_id)
        same = _same_pictures(picture_rows.same_pictures(act.connection, watchlist_id))
        act.details.update(threshold=at_least, n_templates=len(templates.entry_ids))
    # Outside of any transaction: it takes seconds, and alerts must not wait.
    alike, n_alike = find_alike(templates.entry_ids, templates.vectors, at_least)
    below = clearly_different_below(watchlist.space_id)
    differing = find_differing(templates.entry_ids, templates.vectors, below)
    known = {(pair.entry_id, pair.other_entry_id) for pair in same}
    others = [pair for pair in alike if (pair.entry_id, pair.other_entry_id) not in known]
    pairs = [*same, *others][:MOST_PAIRS]
    n_pairs = n_alike + len(same) - (len(alike) - len(others))
    with act_on(store, actor, view, Operation.ALTERATION, watchlist_id, why) as act:
        list_there(act, watchlist_id)
        write_pairs(act.connection, watchlist_id, pairs)
        act.details.update(n_pairs=n_pairs, n_differing=len(differing))
    return PairsFound(at_least, tuple(pairs), n_pairs, differing)


def _same_pictures(groups: Sequence[Sequence[str]]) -> list[AlikePair]:
    pairs = {pair for group in groups for pair in combinations(sorted(group), 2)}
    return [AlikePair(*pair, AlikeKind.SAME_PICTURE, 1.0) for pair in sorted(pairs)]
