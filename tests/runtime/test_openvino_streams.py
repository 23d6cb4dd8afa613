"""Referees: numpy on the same numbers, a process that imports OpenVINO with an empty home folder."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref

import numpy as np
import pytest

from lfr_kit.errors import ModelFormatError
from lfr_kit.runtime.openvino_streams import OpenVinoStreams
from lfr_kit.runtime.pixel_input import with_pixel_input


@pytest.fixture(scope="module")
def saved_network(tmp_path_factory):
    """x -> (sum over the picture, x * 2 at one pixel), float input (b, 4, 5, 3)."""
    import openvino
    from openvino import opset13

    x = opset13.parameter([1, 4, 5, 3], np.float32)
    total = opset13.reduce_sum(x, np.array([1, 2]), keep_dims=False)
    corner = opset13.slice(opset13.multiply(x, opset13.constant(2.0, np.float32)), [0, 0], [1, 1], [1, 1], [1, 2])
    path = tmp_path_factory.mktemp("network") / "sums.xml"
    openvino.save_model(openvino.Model([total, corner], [x]), str(path), compress_to_fp16=False)
    return path


@pytest.fixture(scope="module")
def streams(saved_network):
    return OpenVinoStreams(with_pixel_input(saved_network, mean=100.0, scale=50.0), precision="f32")


def pictures(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 4, 5, 3), dtype=np.uint8)


@pytest.mark.parametrize("n", [1, 2, 3, 9])
def test_run_pixels_gives_what_numpy_gives(streams, n):
    batch = pictures(n)
    values = (batch.astype(np.float64) - 100) / 50
    total, corner = streams.run(batch)
    np.testing.assert_allclose(total, values.sum(axis=(1, 2)), atol=1e-3)
    np.testing.assert_allclose(corner, 2 * values[:, 0, 0], atol=1e-5)


def test_start_several_batches_under_way_do_not_mix(streams):
    batches = [pictures(n, seed) for seed, n in enumerate([3, 1, 4, 2])]
    started = [streams.start(batch) for batch in batches]
    for batch, pending in reversed(list(zip(batches, started, strict=True))):
        expected = 2 * (batch[:, 0, 0].astype(np.float64) - 100) / 50
        np.testing.assert_allclose(pending.result()[1], expected, atol=1e-5)


def test_result_is_the_callers_own(streams):
    first = streams.run(pictures(2))[0]
    kept = first.copy()
    streams.run(pictures(2, seed=9))
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize(
    "batch",
    [np.zeros((0, 4, 5, 3), np.uint8), np.zeros((1, 4, 4, 3), np.uint8), np.zeros((1, 4, 5, 3), np.float32)],
)
def test_start_batch_of_another_kind_is_refused(streams, batch):
    with pytest.raises(ValueError, match="batch: expected"):
        streams.start(batch)


def test_with_pixel_input_file_that_is_no_network_is_refused(tmp_path):
    path = tmp_path / "broken.tflite"
    path.write_bytes(b"nothing")
    with pytest.raises(ModelFormatError, match=r"broken\.tflite"):
        with_pixel_input(path, mean=0, scale=1)


def test_openvino_keeps_no_identifier_and_loads_no_telemetry(tmp_path):
    script = "import lfr_kit.runtime, openvino, sys; print(sys.modules.get('openvino_telemetry'))"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "None\n"
    assert not list(tmp_path.rglob("*ga_cid*"))


def test_result_once_taken_leaves_no_pixel_behind(streams):
    batch = pictures(3)
    given = weakref.ref(batch)
    streams.run(batch)
    del batch
    gc.collect()
    assert given() is None


@pytest.mark.parametrize(("n_threads", "n_streams"), [(1, 1), (0, 5), (99, 8)])
def test_threads_are_as_set_also_where_the_system_knows_no_affinity(
    monkeypatch, saved_network, n_threads, n_streams
):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    network = with_pixel_input(saved_network, mean=0.0, scale=1.0)
    made = OpenVinoStreams(network, precision="f32", n_threads=n_threads)
    assert made._options["NUM_STREAMS"] == made._options["INFERENCE_NUM_THREADS"] == n_streams
