"""The engine of one deployment: this machine's pipeline with the authority's zones, threshold and watchlist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfr_kit.config import Settings
from lfr_kit.detection.zoned import ZonedDetector
from lfr_kit.errors import AuthorityError
from lfr_kit.pipeline import Pipeline

if TYPE_CHECKING:
    from lfr_kit.governance.deployment_state import Deployment
    from lfr_kit.operations.watchlists import Gallery

__all__ = ["engine_of"]


def engine_of(deployment: Deployment, gallery: Gallery, chosen: Settings) -> Pipeline:
    """A pipeline that is what the authority says, with everybody on the list enrolled.

    Raises
    ------
    AuthorityError
        If embedder, embedding space or score scale of this machine are others than the authority's.
    ConfigurationError, ModelMissingError
        See `Pipeline.from_settings`.
    """
    authority = deployment.authority
    zones = {camera.camera_id: camera.zone for camera in authority.cameras if camera.zone is not None}
    chosen = chosen.choosing(embedder=authority.embedder)
    if zones and chosen.detector.name == "blazeface_tiled":
        chosen = chosen.setting("detector", zones=zones)  # tiles outside the zone are not even looked at
    chosen = chosen.setting("policy", score_scale=authority.score_scale)
    pipeline = Pipeline.from_settings(chosen, threshold=deployment.threshold, score_scale=authority.score_scale)
    findings = _differences(pipeline, authority.space_id, authority.score_scale)
    if findings:
        raise AuthorityError(f"this machine is not what the authority names: {'; '.join(findings)}", findings)
    pipeline.detector = ZonedDetector(pipeline.detector, zones)
    pipeline.matcher.enrol(gallery.reference_ids, gallery.templates)
    return pipeline


def _differences(pipeline: Pipeline, space_id: str, score_scale: str) -> list[str]:
    here = {
        "embedding space": (pipeline.embedder.space_id, space_id),
        "score scale": (getattr(pipeline.matcher, "score_scale", "cosine"), score_scale),
    }
    return [f"{what} is {got}, not {want}" for what, (got, want) in here.items() if got != want]
