"""Who walks in the generated footage: three people of public-domain photographs."""

from __future__ import annotations

from dataclasses import dataclass

from lfr_kit.models import model_path
from lfr_kit.sources.figure import Clothes, Portrait
from lfr_kit.sources.image_file import read_image
from lfr_kit.sources.walking import Gait

__all__ = ["Walker", "default_walkers"]

# Corners around head, hair and neck in each photo, clockwise from the crown or counterclockwise.
# fmt: off
_OBAMA_OUTLINE = (
    (491, 22), (428, 36), (377, 80), (353, 146), (344, 170), (334, 200), (342, 268), (364, 306),
    (380, 346), (398, 391), (412, 452), (450, 500), (545, 500), (572, 430), (580, 391), (606, 346),
    (620, 302), (638, 264), (646, 204), (630, 165), (628, 140), (606, 80), (555, 36),
)
_HOPPER_OUTLINE = (
    (255, 20), (200, 34), (172, 66), (150, 100), (148, 150), (158, 180), (154, 215), (166, 260),
    (190, 292), (203, 318), (203, 380), (230, 418), (300, 418), (330, 390), (336, 318), (352, 292),
    (366, 250), (370, 215), (364, 180), (370, 140), (370, 95), (345, 58), (310, 32),
)
_COLLINS_OUTLINE = (
    (232, 16), (200, 24), (172, 46), (157, 72), (157, 96), (172, 119), (185, 136), (188, 158),
    (198, 176), (224, 184), (248, 176), (260, 150), (268, 130), (284, 108), (290, 76), (285, 50),
    (264, 26),
)
# fmt: on

_PLAIN_CLOTHES = Clothes(jacket=(58, 66, 74))
_PLAIN_GAIT = Gait()


@dataclass(frozen=True, eq=False)
class Walker:
    """One person who walks through.

    Attributes
    ----------
    name
        For the ground truth.
    portrait
        The head.
    clothes
        The body.
    gait
        When, where and how fast.
    height_m
        Ground to crown.
    """

    name: str
    portrait: Portrait
    clothes: Clothes = _PLAIN_CLOTHES
    gait: Gait = _PLAIN_GAIT
    height_m: float = 1.75


def default_walkers() -> tuple[Walker, ...]:
    """Barack Obama, Grace Hopper and Eileen Collins.

    Raises
    ------
    ModelMissingError
        If a portrait is not on this machine; the message names the line that fetches it.
    """
    return (_obama(), _hopper(), _collins())


def _obama() -> Walker:
    return Walker(
        name="barack_obama",
        portrait=Portrait(read_image(model_path("portrait_obama_1")), (364, 112, 618, 455), _OBAMA_OUTLINE),
        clothes=Clothes(jacket=(38, 44, 58), tie=(52, 74, 138), skin=(150, 104, 82)),
        gait=Gait(start_s=1.2, lane_m=(-0.65, 0.3), speed_m_s=1.42, phase=0.35),
        height_m=1.84,
    )


def _hopper() -> Walker:
    return Walker(
        name="grace_hopper",
        portrait=Portrait(read_image(model_path("portrait_grace_hopper")), (160, 96, 365, 332), _HOPPER_OUTLINE),
        clothes=Clothes(jacket=(34, 38, 58), skin=(206, 158, 138)),
        gait=Gait(start_s=-1.4, lane_m=(0.55, -0.42), speed_m_s=1.36, phase=0.0),
        height_m=1.66,
    )


def _collins() -> Walker:
    jacket = Clothes(jacket=(176, 92, 58), shirt=(40, 42, 50), has_roll_neck=True, trousers=(52, 60, 84))
    return Walker(
        name="eileen_collins",
        portrait=Portrait(
            read_image(model_path("portrait_eileen_collins")), (179, 70, 268, 174), _COLLINS_OUTLINE
        ),
        clothes=jacket,
        gait=Gait(start_s=2.6, lane_m=(1.3, -0.25), speed_m_s=1.5, phase=0.6),
        height_m=1.72,
    )
