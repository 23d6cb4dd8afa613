from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import openvino
import pytest
from openvino import opset13

from lfr_kit.runtime.openvino_executor import OpenVinoExecutor


@pytest.fixture
def network() -> openvino.Model:
    """(b, 3) -> x squared, and sums of rows."""
    x = opset13.parameter([-1, 3], np.float32)
    outputs = [opset13.multiply(x, x), opset13.reduce_sum(x, np.array([1]), keep_dims=True)]
    return openvino.Model([opset13.result(output) for output in outputs], [x])


@pytest.mark.parametrize("n_streams", [1, 2, 3])
@pytest.mark.parametrize("n", [0, 1, 6, 17])
def test_openvino_executor_any_streams_and_batch_give_what_numpy_gives(network, n, n_streams):
    batch = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
    squares, sums = OpenVinoExecutor(network, largest_batch=6, n_streams=n_streams, precision="f32").run(batch)
    np.testing.assert_allclose(squares, batch**2, rtol=1e-6)
    np.testing.assert_allclose(sums, batch.sum(axis=1, keepdims=True), rtol=1e-5, atol=1e-6)


def test_openvino_executor_outputs_are_the_callers_own(network):
    executor = OpenVinoExecutor(network, largest_batch=4, n_streams=2, precision="f32")
    first = executor.run(np.ones((4, 3), np.float32))[0]
    executor.run(np.full((4, 3), 2, np.float32))
    np.testing.assert_array_equal(first, np.ones((4, 3)))


@pytest.mark.parametrize("n_streams", [1, 2])
def test_openvino_executor_keeps_nothing_of_what_it_was_given_or_gave(network, n_streams):
    executor = OpenVinoExecutor(network, largest_batch=4, n_streams=n_streams, precision="f32")
    batch = np.ones((4, 3), np.float32)
    given = weakref.ref(batch)
    executor.run(batch)
    del batch
    gc.collect()
    assert given() is None
    left = [tensor.data for request in executor._requests[4] for tensor in request.output_tensors]
    assert left
    assert not any(values.any() for values in left)


def test_openvino_executor_from_several_threads_mixes_nothing(network):
    executor = OpenVinoExecutor(network, largest_batch=4, precision="f32")

    def is_right(value):
        return all((executor.run(np.full((4, 3), value, np.float32))[0] == value**2).all() for _ in range(200))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(is_right, range(1, 5)))
