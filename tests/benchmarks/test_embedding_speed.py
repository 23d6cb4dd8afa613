"""Referees: dlib's own library and facenet-pytorch's own module, each in a process of its own."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_kit.benchmarks.embedding_speed import (
    EmbeddingPlan,
    bench_dlib_resnet,
    bench_facenet,
    made_up_chips,
    precisions,
)
from lfr_kit.errors import SettingError

TINY = EmbeddingPlan(batch_size=2, rounds=1)
LEAST_COSINE = {"f32": 0.9999, "bf16": 0.999}


def check_parity(rows, network):
    for precision in precisions():
        (row,) = [r for r in rows if r["name"] == f"{network} {precision} network, parity"]
        assert LEAST_COSINE[precision] <= row["ours"] <= 1 + 1e-6


def test_made_up_chips_are_smooth_differ_and_repeat():
    chips = made_up_chips(3, 150)
    assert (chips.shape, chips.dtype) == ((3, 150, 150, 3), np.uint8)
    assert np.array_equal(chips, made_up_chips(3, 150))
    assert np.abs(chips[0].astype(int) - chips[1]).mean() > 10
    assert np.abs(np.diff(chips.astype(int), axis=1)).mean() < 10


def test_bench_dlib_resnet_times_both_and_agrees_with_dlib(weights, peer):
    weights("dlib_resnet")
    rows = bench_dlib_resnet(TINY, peer("face_recognition", "dlib"))
    check_parity(rows, "dlib_resnet")
    assert rows[0]["name"] == "dlib_resnet f32 network, batch 2"
    assert rows[0]["peer"] > 0
    assert [r["name"].split()[-1] for r in rows[-4:]] == ["single", "mirror", "jitter", "many"]
    assert all({"name", "ours", "peer", "unit", "ratio"} <= row.keys() for row in rows)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*jit.*")
def test_bench_facenet_times_both_and_agrees_with_facenet_pytorch(peer):
    rows = bench_facenet(EmbeddingPlan(batch_size=1, rounds=1), peer("facenet_pytorch", "facenet_pytorch"))
    check_parity(rows, "facenet")
    assert rows[0]["peer"] > 0


def test_embedding_plan_without_faces_is_refused():
    with pytest.raises(SettingError, match="batch"):
        EmbeddingPlan(batch_size=0)
