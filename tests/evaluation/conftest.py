"""Fixtures of the tests on painted people."""

from __future__ import annotations

import pytest

from evaluation.painted_people import MiddleDetector, paint_people
from lfr_kit.embedding.scripted import ScriptedEmbedder
from lfr_kit.evaluation.photos import PhotoStages
from lfr_kit.quality.open_gate import OpenGate


@pytest.fixture
def stages():
    return PhotoStages(MiddleDetector(), OpenGate(), ScriptedEmbedder())


@pytest.fixture
def people_folder(tmp_path):
    """Ten people with three photographs each, ten with one."""
    return paint_people(tmp_path / "people")
