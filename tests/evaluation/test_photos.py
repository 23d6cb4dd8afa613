"""Referees: pictures painted here, whose colours (and so templates) are known; weak references."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from evaluation.painted_people import blacken, paint
from lfr_kit.config import settings
from lfr_kit.embedding.scripted import ScriptedEmbedder
from lfr_kit.errors import SettingError, UnknownAlgorithmError
from lfr_kit.evaluation.photos import PhotoStages, admission_gate, photo_stages, templates_of
from lfr_kit.quality.open_gate import OpenGate
from lfr_kit.registry import register, unregister


class Refusing:
    """Refuses every second shot."""

    def __init__(self):
        self.n = 0

    def examine(self, shots):
        self.n += 1
        return [replace(shot, reasons=("too_blurred",) if self.n % 2 else ()) for shot in shots]


@pytest.fixture
def photographs(tmp_path):
    return [paint(tmp_path / f"{i}.png", i) for i in range(5)]


@pytest.mark.parametrize("batch_size", [1, 2, 16])
def test_templates_of_keep_the_order_whatever_the_batch(photographs, stages, batch_size):
    done = []
    photos = templates_of(photographs, stages, batch_size=batch_size, progress=done.append)
    alone = [templates_of([path], stages).vectors[0] for path in photographs]
    assert np.array_equal(photos.vectors, alone)
    assert np.linalg.norm(photos.vectors, axis=1) == pytest.approx(1)
    assert sum(done) == len(photographs)


def test_templates_of_failures_are_counted_by_reason_in_their_place(photographs, stages, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    paths = [photographs[0], tmp_path / "none.png", blacken(tmp_path / "dark.png"), tmp_path / "broken.png"]
    photos = templates_of([*paths, photographs[1]], stages, batch_size=2)
    assert photos.reasons == ("", "not_found", "no_face", "unreadable", "")
    assert photos.failed == {"not_found": 1, "no_face": 1, "unreadable": 1}
    assert np.isnan(photos.vectors).all(1).tolist() == [False, True, True, True, False]


def test_templates_of_gate_refusals_are_failures(photographs, stages):
    photos = templates_of(photographs, replace(stages, gate=Refusing()))
    assert photos.failed == {"too_blurred": 3}


def test_templates_of_nothing_is_nothing(stages):
    photos = templates_of([], stages)
    assert len(photos) == 0
    assert photos.vectors.shape == (0, 0)


def test_templates_of_keep_no_picture(photographs, stages):
    seen = []

    class Watching(OpenGate):
        def examine(self, shots):
            seen.extend(weakref.ref(shot) for shot in shots)
            return super().examine(shots)

    photos = templates_of(photographs, replace(stages, gate=Watching()))
    gc.collect()
    assert len(seen) == len(photos) == 5
    assert not any(reference() for reference in seen)


@pytest.fixture
def own_gate(monkeypatch):
    monkeypatch.setenv("LFR_GATE__NAME", "refusing_every_second")
    monkeypatch.setenv("LFR_REFERENCE_GATE", '{"name": "open"}')
    settings.cache_clear()
    register("gate", "refusing_every_second", Refusing)
    yield
    unregister("gate", "refusing_every_second")
    settings.cache_clear()


def test_admission_gate_names_choose_the_gate_of_the_settings(own_gate):
    assert isinstance(admission_gate("probe"), Refusing)
    assert isinstance(admission_gate("reference"), OpenGate)


def test_admission_gate_all_looks_and_refuses_nobody(own_gate, photographs, stages):
    photos = templates_of(photographs, replace(stages, gate=admission_gate("all")))
    assert not photos.failed


def test_admission_gate_other_word_is_refused():
    with pytest.raises(SettingError, match="probe, reference, all"):
        admission_gate("good")


def test_photo_stages_by_name(own_gate):
    made, why = photo_stages(detector="scripted", embedder="scripted", admission="reference")
    assert isinstance(made, PhotoStages)
    assert isinstance(made.embedder, ScriptedEmbedder)
    assert "scripted" in why


def test_photo_stages_unknown_name_lists_the_right_ones(own_gate):
    with pytest.raises(UnknownAlgorithmError, match="blazeface_tiled"):
        photo_stages(detector="scrfd", embedder="scripted")
