"""Which matcher to use, and what its scores are where nobody said."""

from __future__ import annotations

from typing import Any, Literal

from lfr_kit.matching.rivals import rival_scale
from lfr_kit.registry import create
from lfr_kit.stages import Matcher

__all__ = ["choose_matcher", "usual_normalisation"]

_FINDS_MORE_LESS_RIVALS = frozenset({"dlib_resnet"})
"""Embedders of which that was measured, on people it was not set on (docs/figures.md). FaceNet's weights could not
be had: whoever has them measures with ``lfr evaluate identify --normalisation rivals --against none``."""


def usual_normalisation(space_id: str, matcher: str = "exact") -> Literal["none", "rivals"]:
    """How scores of an embedding space are normalised where nobody chose.

    Parameters
    ----------
    space_id
        Of the embedder.
    matcher
        Name of the matcher; annoy_index knows no rivals.

    Examples
    --------
    >>> usual_normalisation("dlib_resnet:19.24.v1"), usual_normalisation("facenet_vggface2:v1")
    ('rivals', 'none')
    """
    is_measured = space_id.partition(":")[0] in _FINDS_MORE_LESS_RIVALS
    return "rivals" if is_measured and matcher == "exact" else "none"


def choose_matcher(name: str, space_id: str, score_scale: str | None = None, **settings: Any) -> Matcher:
    """The matcher of that name.

    Parameters
    ----------
    space_id
        Of the embedder in use.
    score_scale
        On which searches shall score, if `settings` leave it open: an authority says it. None = as is usual in the
        embedding space. A matcher that cannot is made all the same, and says its own scale.
    settings
        Of the matcher.

    Raises
    ------
    UnknownAlgorithmError, SettingError
        If there is no such name or setting.
    """
    if name == "exact" and "normalisation" not in settings:
        usual = usual_normalisation(space_id)
        settings["normalisation"] = {None: usual, "cosine": "none", rival_scale(): "rivals"}.get(
            score_scale, usual
        )
    matcher: Matcher = create("matcher", name, **settings)
    return matcher
