"""FaceNet (InceptionResnetV1): 512-D templates, weights from VGGFace2 or CASIA-WebFace.

The published weights are converted once, through torch, and the converted network is kept by digest of the
weights and of the converter: a live runner starts without importing torch.

Alignment imitates the crops that facenet-pytorch cuts with MTCNN (see `lfr_kit.embedding.align.FACENET_CHIP`);
accuracy with the published weights has NOT been measured by this project.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

from lfr_kit.config import settings
from lfr_kit.embedding.align import FACENET_CHIP
from lfr_kit.embedding.crops import ALIGNMENT, CropPlan, Crops, embed_shots
from lfr_kit.errors import SettingError
from lfr_kit.models import model_digest, model_path
from lfr_kit.records import BestShot, Template
from lfr_kit.runtime.choice import ExecutorName, PrecisionName, check_precision, choose_executor
from lfr_kit.runtime.executor import Executor

if TYPE_CHECKING:
    import openvino

    from lfr_kit.embedding.facenet_network import FaceNetModule

__all__ = ["FaceNetEmbedder", "Weights"]

Weights = Literal["vggface2", "casia_webface"]

CONVERTER = "facenet-1"
"""Version of `FaceNetEmbedder._convert` and of what it folds."""

LARGEST_BATCH = 8
N_STREAMS = 2

_ITEM = (FACENET_CHIP.side_px, FACENET_CHIP.side_px, 3)


class FaceNetEmbedder:
    """See the module.

    Parameters
    ----------
    weights
        What it was trained on: ``"vggface2"`` or ``"casia_webface"``.
    crops
        How many crops the template of a still picture is made of, see `lfr_kit.embedding.crops`.
    live_crops
        The same for a shot of a live track, of which several are embedded and fused.
    executor
        ``"openvino"``, ``"torch"`` or ``"auto"``; None = the one in the settings.
    precision
        ``"f32"``, ``"bf16"`` or ``"auto"``; None = the one in the settings.

    Raises
    ------
    ModelMissingError
        If the weights are not on this machine.
    SettingError
        If a setting is none of these.
    """

    dimension = 512

    def __init__(
        self,
        *,
        weights: Weights = "vggface2",
        crops: Crops = "mirror",
        live_crops: Crops = "single",
        executor: ExecutorName | None = None,
        precision: PrecisionName | None = None,
    ) -> None:
        if weights not in get_args(Weights):
            raise SettingError(f"weights: one of {', '.join(get_args(Weights))}, got {weights!r}")
        runtime = settings().runtime
        self.weights = weights
        self.crops = CropPlan(still=crops, live=live_crops)
        self.executor = choose_executor(executor or runtime.executor)
        self.precision = check_precision(precision or runtime.precision)
        self._path = model_path(f"facenet_{weights}")
        self._digest = model_digest(f"facenet_{weights}")
        self.space_id = f"facenet:{self._digest[:8]}:{ALIGNMENT}"

    def embed(self, shots: Sequence[BestShot]) -> list[Template]:
        """See `Embedder.embed`."""
        vectors = embed_shots(shots, FACENET_CHIP, self.crops, self._network) if shots else ()
        return [
            Template(vector=vector, space_id=self.space_id, shot=shot)
            for vector, shot in zip(vectors, shots, strict=True)
        ]

    @cached_property
    def _network(self) -> Executor:
        if self.executor == "torch":
            from lfr_kit.runtime.torch_executor import TorchExecutor

            return TorchExecutor(self._module(), item_shape=_ITEM, precision=self.precision)
        from lfr_kit.runtime.converted import converted_network
        from lfr_kit.runtime.openvino_executor import OpenVinoExecutor

        network = converted_network(
            f"facenet_{self.weights}",
            weights_digest=self._digest,
            converter=CONVERTER,
            convert=self._convert,
            cache_dir=settings().cache_dir,
        )
        return OpenVinoExecutor(
            network,
            largest_batch=LARGEST_BATCH,
            precision=self.precision,
            n_threads=settings().runtime.n_threads,
            n_streams=N_STREAMS,
        )

    def _module(self) -> FaceNetModule:
        from lfr_kit.embedding.facenet_network import N_PEOPLE, load_facenet

        return load_facenet(self._path, N_PEOPLE[self.weights])

    def _convert(self) -> openvino.Model:
        import openvino
        import torch

        with warnings.catch_warnings():
            # OpenVINO's own way into torch; its other one, torch.export, warns as well.
            warnings.filterwarnings("ignore", r"`torch\.jit\..*` is deprecated", DeprecationWarning)
            return openvino.convert_model(
                self._module(), example_input=torch.zeros(1, *_ITEM), input=[openvino.PartialShape([-1, *_ITEM])]
            )
