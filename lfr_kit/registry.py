"""Algorithms by name: stage -> {name: where it lives}. Nothing is imported until it is asked for.

>>> from lfr_kit import registry
>>> registry.available("matcher")
['annoy_index', 'empty', 'exact']

A third party adds an algorithm without touching this package: either at run time with `register`,
or by an entry point in the group ``lfr_kit.<stage>``, e.g. in its pyproject.toml::

    [project.entry-points."lfr_kit.detector"]
    scrfd = "their_package.scrfd:ScrfdDetector"
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from lfr_kit.errors import DuplicateAlgorithmError, SettingError, UnknownAlgorithmError

__all__ = ["STAGES", "available", "create", "factory", "register", "unregister", "unregister_all"]

Factory = Callable[..., Any]

_BUILT_IN: dict[str, dict[str, str]] = {
    "source": {
        "video_file": "lfr_kit.sources.video_file:VideoFile",
        "image_folder": "lfr_kit.sources.image_folder:ImageFolder",
        "camera": "lfr_kit.sources.camera:Camera",
        "walkthrough": "lfr_kit.sources.walkthrough:Walkthrough",
    },
    "detector": {
        "blazeface_tiled": "lfr_kit.detection.blazeface_tiled:BlazeFaceTiledDetector",
        "mediapipe_face": "lfr_kit.detection.mediapipe_face:MediaPipeFaceDetector",
        "scripted": "lfr_kit.detection.scripted:ScriptedDetector",
        "yunet": "lfr_kit.detection.yunet:YuNetDetector",
    },
    "tracker": {
        "iou_kalman": "lfr_kit.tracking.iou_kalman:IouKalmanTracker",
        "single_frame": "lfr_kit.tracking.single_frame:SingleFrameTracker",
    },
    "selector": {
        "best_quality": "lfr_kit.selection.best_quality:BestQualitySelector",
        "first": "lfr_kit.selection.first:FirstSelector",
    },
    "gate": {
        "face_mesh": "lfr_kit.quality.face_mesh_gate:FaceMeshGate",
        "open": "lfr_kit.quality.open_gate:OpenGate",
    },
    "embedder": {
        "dlib_resnet": "lfr_kit.embedding.dlib_resnet:DlibResnetEmbedder",
        "facenet": "lfr_kit.embedding.facenet:FaceNetEmbedder",
        "scripted": "lfr_kit.embedding.scripted:ScriptedEmbedder",
    },
    "matcher": {
        "annoy_index": "lfr_kit.matching.annoy_index:AnnoyIndexMatcher",
        "empty": "lfr_kit.matching.empty:EmptyMatcher",
        "exact": "lfr_kit.matching.exact:ExactMatcher",
    },
    "policy": {
        "never": "lfr_kit.alerting.never:NeverPolicy",
        "threshold_with_cooldown": "lfr_kit.alerting.threshold_with_cooldown:ThresholdWithCooldown",
    },
}

STAGES = tuple(_BUILT_IN)
"""The names of the stages, in order."""

_added: dict[str, dict[str, str | Factory]] = {stage: {} for stage in STAGES}


@cache
def _installed(stage: str) -> dict[str, Any]:
    """Entry points of other packages: name -> entry point."""
    found: dict[str, Any] = {}
    for point in entry_points(group=f"lfr_kit.{stage}"):
        if point.name in found or point.name in _BUILT_IN[stage]:
            raise DuplicateAlgorithmError(
                f"{stage} {point.name!r}: two installed packages offer it (one is {point.value}); uninstall one"
            )
        found[point.name] = point
    return found


def _table(stage: str) -> dict[str, Any]:
    if stage not in _BUILT_IN:
        raise UnknownAlgorithmError(f"no stage {stage!r}; there are: {', '.join(STAGES)}")
    return {**_BUILT_IN[stage], **_installed(stage), **_added[stage]}


def available(stage: str) -> list[str]:
    """Names that `create` takes for a stage, sorted. UnknownAlgorithmError for a stage that is none."""
    return sorted(_table(stage))


def register(stage: str, name: str, where: str | Factory) -> None:
    """Adds an algorithm: `where` is ``"module:Class"`` (imported when first used) or a class or function.

    Raises
    ------
    DuplicateAlgorithmError
        If the name is taken.
    UnknownAlgorithmError
        If there is no such stage.
    """
    if name in _table(stage):
        raise DuplicateAlgorithmError(f"{stage} {name!r} exists already; choose another name")
    _added[stage][name] = where


def unregister(stage: str, name: str) -> None:
    """Takes back what `register` added; built-in names stay. UnknownAlgorithmError if it was not added."""
    if name not in _added.get(stage, {}):
        raise UnknownAlgorithmError(f"{stage} {name!r} was not added by register()")
    del _added[stage][name]


def unregister_all() -> None:
    """Takes back everything that `register` added in this process."""
    for names in _added.values():
        names.clear()


def factory(stage: str, name: str) -> Factory:
    """The class or function behind a name, imported now.

    Raises
    ------
    UnknownAlgorithmError
        If there is no such name; the message lists the right ones.
    """
    table = _table(stage)
    if name not in table:
        close = get_close_matches(name, table, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        raise UnknownAlgorithmError(f"no {stage} {name!r}{hint} Available: {', '.join(sorted(table))}")
    where = table[name]
    if isinstance(where, str):
        module, _, attribute = where.partition(":")
        where = getattr(import_module(module), attribute)
    elif hasattr(where, "load"):
        where = where.load()
    made: Factory = where
    return made


def create(stage: str, name: str, **settings: Any) -> Any:
    """Makes an algorithm: ``create("matcher", "exact", n_candidates=5)``.

    Raises
    ------
    UnknownAlgorithmError
        If there is no such name; the message lists the right ones.
    SettingError
        If the algorithm has no such setting (the message lists those it has), or one is of the wrong type.
    """
    make = factory(stage, name)
    parameters = inspect.signature(make).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    unknown = [key for key in settings if key not in parameters]
    if unknown and not takes_any:
        known = ", ".join(parameters) or "none"
        raise SettingError(f"{stage} {name!r} has no setting {unknown[0]!r}; it has: {known}")
    try:
        return make(**settings)
    except TypeError as error:
        if not settings:
            raise
        given = ", ".join(f"{key}={value!r}" for key, value in settings.items())
        raise SettingError(f"{stage} {name!r} cannot be made with {given}: {error}") from error
