"""An open deployment on footage of discs that stand for faces: their inner colour is who they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import av
import cv2
import numpy as np
from frozen_lists import frozen_list, move, picture, planned, somebody
from governed import person

from lfr_kit.config import settings
from lfr_kit.governance.camera import Camera
from lfr_kit.governance.roles import Role
from lfr_kit.governance.vocabulary import DeploymentState
from lfr_kit.operations import presence
from lfr_kit.pipeline import Pipeline
from lfr_kit.records import BestShot
from lfr_kit.sources import open_source

GREEN, BLUE, RED = (20, 200, 20), (20, 20, 220), (210, 20, 20)
MAGENTA = (255, 0, 255)
ENGAGER = person(Role.ENGAGEMENT_OFFICER)
SCRIPTED = {
    "LFR_DETECTOR__NAME": "scripted",
    "LFR_SELECTOR__NAME": "first",
    "LFR_TRACKER__SETTINGS": '{"n_confirm": 2}',
    "LFR_GATE__NAME": "open",
}
"""Settings under which the engine sees discs."""


def street(*people) -> np.ndarray:
    """(240, 320, 3) RGB with a disc for each (x, y, inner colour)."""
    image = np.full((240, 320, 3), 90, np.uint8)
    for x, y, colour in people:
        cv2.circle(image, (x, y), 24, MAGENTA, -1)
        cv2.circle(image, (x, y), 16, colour, -1)
    return image


def shoot(folder, frames) -> None:
    """A folder of pictures."""
    folder.mkdir(parents=True)
    for i, image in enumerate(frames):
        cv2.imwrite(str(folder / f"{i:02d}.png"), image[..., ::-1])


def film(path, frames, fps) -> None:
    """A video in which every pixel is as it was drawn."""
    with av.open(str(path), "w") as video:
        stream = video.add_stream("ffv1", rate=fps)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "bgr0"
        for image in frames:
            video.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        video.mux(stream.encode())


def template_of(colour, folder) -> np.ndarray:
    """What the engine makes of a disc of this colour."""
    shoot(folder, [street((160, 120, colour))] * 3)
    chosen = settings().choosing(embedder="scripted")
    pipeline = Pipeline.from_settings(chosen, threshold=0.999)
    seen: list[BestShot] = []
    examine = pipeline.gate.examine
    pipeline.gate.examine = lambda shots: seen.extend(shots) or examine(shots)
    for _ in pipeline.run(open_source(folder)):
        pass
    return pipeline.embedder.embed(seen[:1])[0].vector


def open_scene(store, tmp_path, footage, *, threshold: float = 0.999, **plan) -> list[str]:
    """Deployment D-1, open, with an officer on the ground: Green and Red are sought; one camera, north.

    `footage`: of the camera, a file or frames, which become a folder of pictures: one a second.
    `plan`: further changes of its authority.

    Returns
    -------
    list of str
        Entry ids of Green and Red.
    """
    if not isinstance(footage, Path):
        shoot(tmp_path / "north", footage)
        footage = tmp_path / "north"
    people = []
    for seed, colour in ((1, GREEN), (2, RED)):
        vector = template_of(colour, tmp_path / f"reference-{seed}")
        people.append(replace(somebody(seed), pictures=[picture(seed, vector=vector)]))
    now = store.clock()
    planned(
        store,
        "D-1",
        0,
        cameras=(Camera(camera_id="north", source=str(footage), zone=None),),
        embedder="scripted",
        threshold=threshold,
        ends_at=now + timedelta(hours=5),
        **plan,
    )
    _, entry_ids, _ = frozen_list(store, "D-1", people)
    with store.engine.begin() as connection:
        store.vault.new_key(connection, "deployment:D-1", now)
    move(store, "D-1", DeploymentState.OPEN)
    presence.check_in(store, ENGAGER, "D-1", team="team 1")
    return entry_ids
