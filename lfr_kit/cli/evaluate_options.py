"""Options that the commands of `lfr evaluate` share."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

__all__ = ["CropsOption", "DetectorOption", "EmbedderOption", "TrialAdmitOption", "TrialNormalisationOption"]

EmbedderOption = Annotated[str, typer.Option("--embedder", help="auto, dlib_resnet, facenet, ...")]
CropsOption = Annotated[str | None, typer.Option("--crops", help="Crops per face; default: the embedder's own.")]
DetectorOption = Annotated[str | None, typer.Option("--detector", help="Default: the one in the settings.")]
TrialAdmitOption = Annotated[
    Literal["deployed", "all"],
    typer.Option("--admit", help="Faces as the quality gates admit them on the day, or all that are found."),
]
TrialNormalisationOption = Annotated[
    Literal["auto", "none", "rivals"],
    typer.Option(
        "--normalisation",
        help="Scores are cosines (none), or less rivals; auto: as searches score with this embedder.",
    ),
]
