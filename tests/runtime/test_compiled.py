"""Compiled networks come back from their folder, and no state of that folder stands in the way."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.runtime.openvino_executor import OpenVinoExecutor

ONES = np.ones((1, 4), np.float32)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """x (b, 4) -> x times a matrix, as a file."""
    import openvino
    from openvino import opset13

    x = opset13.parameter([1, 4], np.float32, name="x")
    weights = np.arange(8, dtype=np.float32).reshape(4, 2)
    model = openvino.Model([opset13.matmul(x, opset13.constant(weights), False, False)], [x], "matrix")
    path = tmp_path_factory.mktemp("network") / "matrix.xml"
    openvino.save_model(model, str(path), compress_to_fp16=False)
    return path


@pytest.fixture
def answer(network):
    return lambda folder: OpenVinoExecutor(network, precision="f32", cache_dir=folder).run(ONES)[0].tolist()


def test_compiled_network_is_kept_and_found_again(answer, tmp_path):
    assert answer(tmp_path) == [[12, 16]]
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert kept
    assert answer(tmp_path) == [[12, 16]]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == kept


@pytest.mark.parametrize(
    "harm", [lambda b: b[:100], lambda b: b"", lambda b: b"x" * len(b)], ids=["cut", "empty", "other"]
)
def test_compiled_network_that_is_damaged_is_compiled_anew(answer, tmp_path, harm):
    answer(tmp_path)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            path.write_bytes(harm(path.read_bytes()))
    assert answer(tmp_path) == [[12, 16]]


def test_folder_that_cannot_be_made_is_no_obstacle(answer, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert answer(tmp_path / "file" / "cache") == [[12, 16]]
    assert (tmp_path / "file").read_text() == "in the way"


def test_folder_that_cannot_be_written_to_is_no_obstacle(answer, tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    assert answer(tmp_path) == [[12, 16]]
    assert list(tmp_path.iterdir()) == []
