"""Networks of the embedders beside the libraries they come from: time per face, and whether they agree.

Pictures are made up (smooth random colours): both sides get the same chips, so both must give the same
descriptors, whoever is on them. FaceNet runs on random weights saved in the official file's form, so that
it can be timed where the published ones are not at hand.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lfr_kit.benchmarks.measuring import Sample, comparison_row, figure_row, interleaved, timed
from lfr_kit.benchmarks.peers import PeerWorker
from lfr_kit.embedding.align import DLIB_CHIP, FACENET_CHIP, MESH_CORNERS, Chip
from lfr_kit.embedding.dlib_resnet import DlibResnetEmbedder
from lfr_kit.errors import SettingError
from lfr_kit.models import model_path
from lfr_kit.records import BestShot
from lfr_kit.runtime.executor import Executor, host_precision

__all__ = ["EmbeddingPlan", "bench_dlib_resnet", "bench_facenet", "made_up_chips", "random_facenet"]

Precision = Literal["f32", "bf16"]
_N_PEOPLE = 8631
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class EmbeddingPlan:
    """How many faces at once, and how often."""

    batch_size: int = 8
    rounds: int = 7

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise SettingError(f"batch: at least 1, got {self.batch_size}")


def precisions() -> tuple[Precision, ...]:
    """What is worth timing here: bf16 only where the processor computes in it."""
    return ("f32", "bf16") if host_precision() == "bf16" else ("f32",)


def made_up_chips(n: int, side_px: int) -> NDArray[np.uint8]:
    """(n, side, side, 3) uint8: smooth random colours with some grain."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (n, 10, 10, 3)).astype(np.float32)
    places = np.linspace(0, 8.999, side_px)
    low, share = places.astype(int), (places % 1).astype(np.float32)
    rows = coarse[:, low] * (1 - share[:, None, None]) + coarse[:, low + 1] * share[:, None, None]
    smooth = rows[:, :, low] * (1 - share[:, None]) + rows[:, :, low + 1] * share[:, None]
    return np.clip(smooth + rng.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)


def bench_dlib_resnet(plan: EmbeddingPlan, peer: PeerWorker | None = None) -> list[dict[str, Any]]:
    """Our port beside dlib's own library, both given the same batch; then whole templates by `crops`."""
    chips = made_up_chips(plan.batch_size, DLIB_CHIP.side_px)
    if peer is not None:
        peer.ask("load", weights=model_path("dlib_resnet"))
    rows = []
    for precision in precisions():
        network = DlibResnetEmbedder(precision=precision)._network
        rows += _network_rows(f"dlib_resnet {precision}", network, chips, plan, peer)
    return rows + _template_rows(plan)


def bench_facenet(plan: EmbeddingPlan, peer: PeerWorker | None = None) -> list[dict[str, Any]]:
    """Our conversion, one batch, beside facenet-pytorch's module, one call per face."""
    chips = made_up_chips(plan.batch_size, FACENET_CHIP.side_px)
    with tempfile.TemporaryDirectory() as folder:
        weights = random_facenet(Path(folder) / "random.pt")
        if peer is not None:
            peer.ask("load", weights=weights)
        model = _converted_facenet(weights)
    rows = []
    for precision in precisions():
        rows += _network_rows(f"facenet {precision}", _executor(model, precision), chips, plan, peer)
    return rows


def random_facenet(path: Path) -> Path:
    """Saves random weights in the form of the published file."""
    import torch

    from lfr_kit.embedding.facenet_network import _architecture

    torch.manual_seed(0)
    network = _architecture().InceptionResnetV1(pretrained=None, classify=True, num_classes=_N_PEOPLE)
    torch.save(network.state_dict(), path)
    return path


def _converted_facenet(weights: Path) -> Any:
    import openvino
    import torch

    from lfr_kit.embedding.facenet_network import load_facenet

    item = (FACENET_CHIP.side_px, FACENET_CHIP.side_px, 3)
    shape = openvino.PartialShape([-1, *item])
    return openvino.convert_model(
        load_facenet(weights, _N_PEOPLE), example_input=torch.zeros(1, *item), input=[shape]
    )


def _executor(model: Any, precision: Precision) -> Executor:
    from lfr_kit.embedding.facenet import LARGEST_BATCH, N_STREAMS
    from lfr_kit.runtime.openvino_executor import OpenVinoExecutor

    return OpenVinoExecutor(model, largest_batch=LARGEST_BATCH, n_streams=N_STREAMS, precision=precision)


def _network_rows(
    name: str, network: Executor, chips: NDArray[np.uint8], plan: EmbeddingPlan, peer: PeerWorker | None
) -> list[dict[str, Any]]:
    """Time per face, and the least cosine between both sides' descriptors of a chip."""
    n = len(chips)

    def describe() -> NDArray[np.float32]:
        return network.run(chips.astype(np.float32))[0]

    theirs: Callable[[], Sample] | None = None
    if peer is not None:
        running = peer

        def theirs() -> Sample:
            return running.timed("describe", n, chips=chips)

    compared = interleaved(lambda: timed(describe, n), theirs, rounds=plan.rounds)
    rows = [comparison_row(f"{name} network, batch {n}", compared, "ms", "face")]
    if peer is not None:
        cosine = _least_cosine(describe(), np.array(peer.ask("describe", chips=chips)))
        rows.append(figure_row(f"{name} network, parity", cosine, "least cosine to the peer's descriptor"))
    return rows


def _least_cosine(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    x, y = a.astype(np.float64), b.astype(np.float64)
    return float(((x * y).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)).min())


def _template_rows(plan: EmbeddingPlan) -> list[dict[str, Any]]:
    """Whole templates: cutting the crops out and describing all of them."""
    shots = [_shot(chip, DLIB_CHIP) for chip in made_up_chips(plan.batch_size, DLIB_CHIP.side_px)]
    rows = []
    for crops in ("single", "mirror", "jitter", "many"):
        embedder = DlibResnetEmbedder(crops=crops)
        once = partial(timed, partial(embedder.embed, shots), len(shots))
        compared = interleaved(once, rounds=plan.rounds)
        rows.append(comparison_row(f"dlib_resnet template, crops {crops}", compared, "ms", "face"))
    return rows


def _shot(image: NDArray[np.uint8], chip: Chip) -> BestShot:
    """A picture whose key points and mesh lie where the chip wants them."""
    side = image.shape[0]
    mesh = np.full((468, 2), side / 2, np.float32)
    mesh[list(MESH_CORNERS)] = chip.mesh_corners_px
    ears = np.array([(0.0, side / 2), (side, side / 2)])
    return BestShot(
        image=image,
        origin_px=np.zeros(2, np.float32),
        box_px=np.array([0, 0, side, side], np.float32),
        landmarks_px=np.concatenate([chip.key_points_px, ears]).astype(np.float32),
        mesh_px=mesh,
        quality=100.0,
        camera_id="made_up",
        track_id=-1,
        frame_index=0,
        captured_at=_NO_TIME,
    )
