"""dlib's face ResNet: 128-D templates. The default that needs no download site; weights are public domain.

The default of `crops` is the one past which more crops gained nothing at a false positive identification rate
of 1 % (table in `lfr_kit.embedding.crops`); cost grows with the number of crops.

References
----------
Davis King, "High Quality Face Recognition with Deep Metric Learning", dlib blog 2017; 99.38 % on LFW with
100 jittered crops per photo.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from lfr_kit.config import settings
from lfr_kit.embedding.align import DLIB_CHIP
from lfr_kit.embedding.crops import ALIGNMENT, CropPlan, Crops, embed_shots
from lfr_kit.embedding.dlib_dat import read_dat
from lfr_kit.embedding.dlib_resnet_network import CHIP_PX, DIMENSION, fold
from lfr_kit.models import model_digest, model_path
from lfr_kit.records import BestShot, Template
from lfr_kit.runtime.choice import ExecutorName, PrecisionName, check_precision, choose_executor
from lfr_kit.runtime.executor import Executor

__all__ = ["DlibResnetEmbedder"]

LARGEST_BATCH = 8
N_STREAMS = 2


class DlibResnetEmbedder:
    """See the module.

    Parameters
    ----------
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

    dimension = DIMENSION

    def __init__(
        self,
        *,
        crops: Crops = "jitter",
        live_crops: Crops = "mirror",
        executor: ExecutorName | None = None,
        precision: PrecisionName | None = None,
    ) -> None:
        runtime = settings().runtime
        self.crops = CropPlan(still=crops, live=live_crops)
        self.executor = choose_executor(executor or runtime.executor)
        self.precision = check_precision(precision or runtime.precision)
        self._path = model_path("dlib_resnet")
        self.space_id = f"dlib_resnet:{model_digest('dlib_resnet')[:8]}:{ALIGNMENT}"

    def embed(self, shots: Sequence[BestShot]) -> list[Template]:
        """See `Embedder.embed`."""
        vectors = embed_shots(shots, DLIB_CHIP, self.crops, self._network) if shots else ()
        return [
            Template(vector=vector, space_id=self.space_id, shot=shot)
            for vector, shot in zip(vectors, shots, strict=True)
        ]

    @cached_property
    def _network(self) -> Executor:
        network = fold(read_dat(self._path))
        if self.executor == "torch":
            from lfr_kit.embedding.dlib_resnet_torch import DlibResnetModule
            from lfr_kit.runtime.torch_executor import TorchExecutor

            shape = (CHIP_PX, CHIP_PX, 3)
            return TorchExecutor(DlibResnetModule(network), item_shape=shape, precision=self.precision)
        from lfr_kit.embedding.dlib_resnet_openvino import openvino_model
        from lfr_kit.runtime.openvino_executor import OpenVinoExecutor

        return OpenVinoExecutor(
            openvino_model(network),
            largest_batch=LARGEST_BATCH,
            precision=self.precision,
            n_threads=settings().runtime.n_threads,
            n_streams=N_STREAMS,
        )
