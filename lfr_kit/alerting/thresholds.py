"""Default thresholds, by embedding space and score scale: measured, never guessed."""

from __future__ import annotations

from lfr_kit.errors import SettingError

__all__ = ["DEFAULT_THRESHOLDS", "default_threshold"]

DEFAULT_THRESHOLDS: dict[tuple[str, str], float] = {}
"""(network name at the start of a `space_id`, score scale) -> threshold."""


def default_threshold(space_id: str, score_scale: str = "cosine") -> float:
    """The threshold used where none is set.

    Parameters
    ----------
    space_id
        Of the embedder in use; the longest name in the table that it starts with counts.
    score_scale
        Of the matcher in use.

    Raises
    ------
    SettingError
        If none was ever measured for this space and scale.
    """
    fitting = [name for name, scale in DEFAULT_THRESHOLDS if scale == score_scale and space_id.startswith(name)]
    if not fitting:
        raise SettingError(
            f"threshold: none is known for embedding space {space_id!r} on scale {score_scale!r}; "
            "find one with: lfr evaluate calibrate"
        )
    return DEFAULT_THRESHOLDS[max(fitting, key=len), score_scale]
