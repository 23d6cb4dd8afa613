from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_kit.embedding import dlib_dat
from lfr_kit.embedding.dlib_dat import read_dat, read_tensors
from lfr_kit.errors import ModelFormatError, ModelMissingError

from .conftest import affine_bytes, compact, convolution_bytes, fully_connected_bytes, ints, tag

RNG = np.random.default_rng(0)
WEIGHT = RNG.normal(size=(4, 3, 5, 5)).astype(np.float32)
BIAS, GAMMA, BETA = RNG.normal(size=(3, 4)).astype(np.float32)
MATRIX = RNG.normal(size=(6, 2)).astype(np.float32)
STREAM = (
    ints(2, 7)
    + tag("loss_metric_2")
    + convolution_bytes(WEIGHT, BIAS, stride=2)
    + ints(0, 0, 1)
    + affine_bytes(GAMMA, BETA)
    + tag("relu_")
    + convolution_bytes(WEIGHT + 1, BIAS + 1)
    + affine_bytes(GAMMA + 1, BETA + 1)
    + fully_connected_bytes(MATRIX)
    + ints(1, 2, 3)
)


def test_read_tensors_hand_written_stream_gives_every_tensor_in_order():
    tensors = read_tensors(STREAM)
    expected = {
        "con_0.weight": WEIGHT,
        "con_0.bias": BIAS,
        "affine_0.gamma": GAMMA,
        "affine_0.beta": BETA,
        "con_1.weight": WEIGHT + 1,
        "con_1.bias": BIAS + 1,
        "affine_1.gamma": GAMMA + 1,
        "affine_1.beta": BETA + 1,
        "fc_0.weight": MATRIX,
    }
    assert tensors.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(tensors[name], value)
        assert tensors[name].dtype == np.float32


def test_read_tensors_result_is_owned_by_the_caller():
    tensors = read_tensors(STREAM)
    assert all(tensor.flags.writeable for tensor in tensors.values())


@given(st.integers(0, len(STREAM) - 1))
def test_read_tensors_stream_cut_anywhere_raises_or_gives_whole_tensors_only(end):
    whole = read_tensors(STREAM)
    try:
        found = read_tensors(STREAM[:end])
    except ModelFormatError:
        return
    for name, tensor in found.items():
        np.testing.assert_array_equal(tensor, whole[name])


@given(st.binary(max_size=200))
def test_read_tensors_any_bytes_after_a_tag_raise_only_format_errors(noise):
    for name in ("con_4", "affine_", "fc_2"):
        try:
            read_tensors(tag(name) + noise)
        except ModelFormatError:
            continue


def test_read_tensors_tensor_larger_than_the_file_is_refused_without_allocating():
    hostile = tag("con_4") + ints(2, 2**60, 2**60, 1, 1) + b"\0" * 64
    tracemalloc.start()
    with pytest.raises(ModelFormatError, match="past the end"):
        read_tensors(hostile)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (convolution_bytes(WEIGHT, BIAS[:3]), "do not fill"),
        (
            convolution_bytes(WEIGHT, BIAS)
            .replace(ints(4, 5, 5, 2), ints(4, 5, 5, 2))
            .replace(ints(4, 5, 5, 1, 1), ints(4, 3, 3, 1, 1)),
            "filters",
        ),
        (affine_bytes(GAMMA, BETA[:3]), "do not fill"),
        (fully_connected_bytes(MATRIX).replace(ints(2, 6), ints(2, 7), 1), "do not fill"),
        (affine_bytes(np.array([np.nan, 1]), np.array([1, 1])), "NaN"),
        (tag("fc_2") + ints(2, 6) + ints(3, 6, 2, 1, 1) + MATRIX.tobytes(), "version"),
        (tag("fc_2") + ints(2, 6) + ints(2, -6, 2, 1, 1) + MATRIX.tobytes(), "version"),
        (tag("fc_2") + b"\x00", "no integer"),
        (tag("fc_2") + b"\x0f" + b"\x01" * 15, "no integer"),
    ],
    ids=["bias", "filters", "affine", "fc", "nan", "version", "negative", "no digits", "long integer"],
)
def test_read_tensors_record_that_disagrees_with_itself_is_refused(stream, message):
    with pytest.raises(ModelFormatError, match=message):
        read_tensors(stream)


def test_read_tensors_tag_inside_a_tensor_is_not_a_layer():
    planted = np.frombuffer(tag("fc_2").ljust(8, b"\0"), "<f4")
    weight = WEIGHT.copy()
    weight.ravel()[:2] = planted
    assert set(read_tensors(convolution_bytes(weight, BIAS))) == {"con_0.weight", "con_0.bias"}


def test_read_dat_absent_file_says_how_to_fetch_it(tmp_path):
    with pytest.raises(ModelMissingError, match="lfr models fetch dlib_resnet"):
        read_dat(tmp_path / "none.dat")


def test_read_dat_damaged_file_is_named(tmp_path):
    path = tmp_path / "cut.dat"
    path.write_bytes(STREAM[: len(STREAM) // 2])
    with pytest.raises(ModelFormatError, match=r"cut\.dat.*fetch"):
        read_dat(path)


def test_read_dat_oversized_file_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(dlib_dat, "LARGEST_FILE_BYTES", len(STREAM) - 1)
    path = tmp_path / "large.dat"
    path.write_bytes(STREAM)
    with pytest.raises(ModelFormatError, match="no dlib face network"):
        read_dat(path)


def test_compact_integers_of_the_writer_are_dlibs():
    # Worked by hand from dlib/serialize.h: control byte, then little-endian digits.
    assert compact(0) == b"\x01\x00"
    assert compact(-2) == b"\x81\x02"
    assert compact(4736) == b"\x02\x80\x12"
