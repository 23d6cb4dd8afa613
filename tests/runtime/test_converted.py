from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino import opset13

from lfr_kit.runtime.converted import converted_network
from lfr_kit.runtime.openvino_executor import OpenVinoExecutor

WEIGHTS = np.linspace(-1, 1, 3000).reshape(3, 1000).astype(np.float32)


class Converter:
    """Converts, and counts how often."""

    def __init__(self) -> None:
        self.n_calls = 0

    def __call__(self) -> openvino.Model:
        self.n_calls += 1
        x = opset13.parameter([-1, 3], np.float32)
        return openvino.Model([opset13.result(opset13.matmul(x, WEIGHTS, False, False))], [x])


def cached(convert, folder: Path, *, digest: str = "aa", converter: str = "1") -> Path | openvino.Model:
    return converted_network("net", weights_digest=digest, converter=converter, convert=convert, cache_dir=folder)


def answer(network: Path | openvino.Model) -> np.ndarray:
    return OpenVinoExecutor(network, precision="f32").run(np.eye(3, dtype=np.float32))[0]


def test_converted_network_second_call_converts_nothing_and_gives_the_same(tmp_path):
    convert = Converter()
    first, second = cached(convert, tmp_path), cached(convert, tmp_path)
    assert convert.n_calls == 1
    assert first == second
    np.testing.assert_array_equal(answer(second), WEIGHTS)  # not rounded to half precision


@pytest.mark.parametrize("change", [{"digest": "bb"}, {"converter": "2"}], ids=["weights", "converter"])
def test_converted_network_other_weights_or_converter_are_converted_anew(tmp_path, change):
    convert = Converter()
    assert cached(convert, tmp_path) != cached(convert, tmp_path, **change)
    assert convert.n_calls == 2


@pytest.mark.parametrize("name", ["network.xml", "network.bin", "sha256"])
@pytest.mark.parametrize("harm", ["cut", "changed", "gone"])
def test_converted_network_damaged_cache_is_made_anew(tmp_path, name, harm):
    convert = Converter()
    part = cached(convert, tmp_path).parent / name
    content = part.read_bytes()
    part.unlink()
    if harm != "gone":
        part.write_bytes(content[:-10] if harm == "cut" else content[:-1] + bytes([content[-1] ^ 1]))
    np.testing.assert_array_equal(answer(cached(convert, tmp_path)), WEIGHTS)
    assert convert.n_calls == 2


def test_converted_network_unwritable_cache_is_no_obstacle(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    network = cached(Converter(), blocked)
    assert isinstance(network, openvino.Model)
    np.testing.assert_array_equal(answer(network), WEIGHTS)


def test_converted_network_disk_full_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise RuntimeError("No space left on device")

    monkeypatch.setattr(openvino, "save_model", full)
    assert isinstance(cached(Converter(), tmp_path), openvino.Model)
    assert list((tmp_path / "converted").iterdir()) == []


def test_converted_network_failed_conversion_leaves_nothing(tmp_path):
    def fail() -> openvino.Model:
        raise ValueError("broken weights")

    with pytest.raises(ValueError, match="broken weights"):
        cached(fail, tmp_path)
    assert not (tmp_path / "converted").exists()
