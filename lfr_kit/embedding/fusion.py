"""Several templates of one person made one: their normalised mean.

Works within one person's photos (`fuse`) and along a live track (`TrackFusion`). What a track's fusion holds
lies in memory only and is let go when the track ends.

References
----------
Mean of descriptors as the template of a set: Klare et al., "Pushing the Frontiers of Unconstrained Face
Detection and Recognition: IJB-A", CVPR 2015, and common practice since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from lfr_kit.errors import RecordError, SettingError, SpaceMismatchError
from lfr_kit.records import Template

__all__ = ["TrackFusion", "fuse"]


def fuse(templates: Sequence[Template]) -> Template:
    """The normalised mean of templates of one person.

    Parameters
    ----------
    templates
        At least one, all of one embedding space. Each counts as much as the shots it is made of, times the
        quality of its (best) shot; one without a shot counts as of quality 100.

    Returns
    -------
    Template
        `n_shots` is the sum, `shot` the one of best quality (None where none has a shot). One template alone
        comes back as it is.

    Raises
    ------
    RecordError
        If there is none, or they cancel out.
    SpaceMismatchError
        If they are of several embedding spaces.
    """
    if not templates:
        raise RecordError("nothing to fuse: needs at least one template")
    if len(templates) == 1:
        return templates[0]
    spaces = sorted({template.space_id for template in templates})
    if len(spaces) > 1:
        raise SpaceMismatchError(
            f"templates of {len(spaces)} embedding spaces cannot be fused: {', '.join(spaces)}"
        )
    total = np.sum([_weight(template) * template.vector.astype(np.float64) for template in templates], axis=0)
    length = float(np.linalg.norm(total))
    if length < 1e-6:
        raise RecordError("templates cancel out: they point in opposite directions")
    shots = [template.shot for template in templates if template.shot is not None]
    return Template(
        vector=(total / length).astype(np.float32),
        space_id=spaces[0],
        shot=max(shots, key=lambda shot: shot.quality, default=None),
        n_shots=sum(template.n_shots for template in templates),
    )


def _weight(template: Template) -> float:
    quality = 100.0 if template.shot is None else max(template.shot.quality, 1.0)
    return template.n_shots * quality


class TrackFusion:
    """Keeps the best templates of every live track and gives their fusion.

    Parameters
    ----------
    n_best
        Templates kept per track, chosen by the quality of their shots.

    Raises
    ------
    SettingError
        If `n_best` is below 1.
    """

    def __init__(self, *, n_best: int = 3) -> None:
        if n_best < 1:
            raise SettingError(f"n_best: must be 1 or more, got {n_best}")
        self.n_best = n_best
        self._kept: dict[tuple[str, int], list[Template]] = {}

    def __len__(self) -> int:
        """How many tracks something is held for."""
        return len(self._kept)

    def add(self, templates: Iterable[Template]) -> list[Template]:
        """Takes new templates in.

        Parameters
        ----------
        templates
            As an embedder gives them, of any cameras and tracks.

        Returns
        -------
        list of Template
            One per track among them, fused of the best it has had, and every template that belongs to no
            track (`track_id` -1, or no shot) as it is; in order of first appearance.
        """
        found: dict[tuple[str, int] | int, Template] = {}
        for number, template in enumerate(templates):
            shot = template.shot
            if shot is None or shot.track_id < 0:
                found[number] = template
            else:
                key = (shot.camera_id, shot.track_id)
                found[key] = fuse(self._best(key, template))
        return list(found.values())

    def forget(self, camera_id: str, track_ids: Iterable[int]) -> None:
        """Lets go of tracks that ended; ids it does not know are no error."""
        for track_id in track_ids:
            self._kept.pop((camera_id, int(track_id)), None)

    def forget_camera(self, camera_id: str) -> None:
        """Lets go of every track of a camera."""
        self._kept = {key: kept for key, kept in self._kept.items() if key[0] != camera_id}

    def _best(self, key: tuple[str, int], template: Template) -> list[Template]:
        """What is kept of a track with `template` among it; the earlier of two equally good ones stays."""
        kept = [*self._kept.get(key, []), template]
        kept.sort(key=lambda one: -(one.shot.quality if one.shot else 0.0))
        self._kept[key] = kept[: self.n_best]
        return self._kept[key]
