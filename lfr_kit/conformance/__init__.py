"""One suite of checks for every algorithm of a stage, also for those of other packages.

>>> from lfr_kit import conformance
>>> conformance.check("tracker", "iou_kalman")[:2]
['follows_the_protocol', 'refuses_an_unknown_setting']

A plug-in's own tests need one line, ``conformance.check("detector", "scrfd", min_score=0.4)``. No footage
is needed: the one face in it is a public-domain photo that matplotlib ships.
"""

from __future__ import annotations

from typing import Any

from lfr_kit import registry, stages
from lfr_kit.conformance.checks import CHECKS, refuses_an_unknown_setting
from lfr_kit.conformance.comparing import made
from lfr_kit.errors import ConformanceError

__all__ = ["CHECKS", "check"]

PROTOCOLS = {
    "source": stages.FrameSource,
    "detector": stages.Detector,
    "tracker": stages.Tracker,
    "selector": stages.BestShotSelector,
    "gate": stages.QualityGate,
    "embedder": stages.Embedder,
    "matcher": stages.Matcher,
    "policy": stages.AlertPolicy,
}


def check(stage: str, name: str, **settings: Any) -> list[str]:
    """Holds one algorithm to the contract of its stage.

    Parameters
    ----------
    stage, name
        As in `registry.create`.
    **settings
        The algorithm's own, as in `registry.create`. A policy's threshold should be on the cosine scale.

    Returns
    -------
    list of str
        Names of the checks, all passed, in the order they were made.

    Raises
    ------
    ConformanceError
        If a check fails; the message names the check and what was found.
    LfrError
        If the algorithm cannot be made (unknown name, weights not on this machine).
    """

    def make(**more: Any) -> Any:
        return registry.create(stage, name, **settings, **more)

    with made(make) as algorithm:
        if not isinstance(algorithm, PROTOCOLS[stage]):
            raise ConformanceError(f"{stage} {name!r} lacks a member of {PROTOCOLS[stage].__name__}")
    passed = ["follows_the_protocol"]
    for one in (refuses_an_unknown_setting, *CHECKS[stage]):
        try:
            one(make)
        except ConformanceError as error:
            raise ConformanceError(f"{stage} {name!r} fails {one.__name__}: {error}") from None
        passed.append(one.__name__)
    return passed
