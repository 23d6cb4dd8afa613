from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from lfr_kit.errors import SettingError
from lfr_kit.runtime.executor import Executor
from lfr_kit.runtime.torch_executor import TorchExecutor

ITEM = (4, 3)
BATCH = np.random.default_rng(0).normal(size=(7, *ITEM)).astype(np.float32)


class Affine(nn.Module):
    """x @ W + 1, and x itself doubled."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.arange(6.0).reshape(3, 2))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x @ self.weight + 1, 2 * x


@pytest.fixture
def executor() -> TorchExecutor:
    return TorchExecutor(Affine(), item_shape=ITEM, largest_batch=3, device="cpu", precision="f32")


def test_torch_executor_gives_what_numpy_gives(executor):
    first, second = executor.run(BATCH)
    np.testing.assert_allclose(first, BATCH @ np.arange(6.0).reshape(3, 2) + 1, rtol=1e-5)
    np.testing.assert_allclose(second, 2 * BATCH)
    assert first.dtype == np.float32


def test_torch_executor_never_hands_over_more_than_its_largest_batch():
    sizes = []

    class Watching(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            sizes.append(len(x))
            return x

    TorchExecutor(Watching(), item_shape=ITEM, largest_batch=3, device="cpu").run(BATCH)
    assert sizes == [3, 3, 1]


def test_torch_executor_empty_batch_gives_empty_outputs_of_the_right_shape(executor):
    assert [output.shape for output in executor.run(BATCH[:0])] == [(0, 4, 2), (0, 4, 3)]


def test_torch_executor_leaves_a_read_only_batch_as_it_is():
    class Writing(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.zero_()

    batch = BATCH.copy()
    batch.flags.writeable = False
    TorchExecutor(Writing(), item_shape=ITEM, device="cpu").run(batch)
    np.testing.assert_array_equal(batch, BATCH)


def test_torch_executor_bf16_rounds_and_gives_float32():
    executor = TorchExecutor(Affine(), item_shape=ITEM, device="cpu", precision="bf16")
    found = executor.run(BATCH)[1]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 2 * BATCH, rtol=2**-8)
    assert (found != 2 * BATCH).any()


def test_torch_executor_wrong_item_shape_is_refused(executor):
    with pytest.raises(ValueError, match="expected"):
        executor.run(BATCH[:, :2])


def test_torch_executor_meets_the_protocol(executor):
    run: Executor = executor
    assert len(run.run(BATCH)) == 2


@pytest.mark.parametrize("wrong", [{"device": "tpu"}, {"precision": "f8"}, {"largest_batch": 0}], ids=str)
def test_torch_executor_wrong_setting_is_named(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        TorchExecutor(Affine(), item_shape=ITEM, **wrong)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_torch_executor_absent_cuda_is_an_error_and_no_fallback():
    with pytest.raises(SettingError, match="cuda"):
        TorchExecutor(Affine(), item_shape=ITEM, device="cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_torch_executor_on_cuda_gives_what_numpy_gives():
    executor = TorchExecutor(Affine(), item_shape=ITEM, device="cuda", precision="f32")
    np.testing.assert_allclose(
        executor.run(BATCH)[0], BATCH @ np.arange(6.0).reshape(3, 2) + 1, rtol=1e-4, atol=1e-4
    )
