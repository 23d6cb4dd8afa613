"""What several tests of live operation begin with."""

from __future__ import annotations

import pytest
from disc_scene import SCRIPTED

from lfr_kit.config import settings

collect_ignore = ["rtsp_server.py"]
"""A program for the system's own Python."""


@pytest.fixture
def scripted_stages(monkeypatch, tmp_path):
    """The engine sees discs as faces; what the store does not take lies in a folder of the test."""
    for name, value in SCRIPTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LFR_STORE__SPOOL_DIR", str(tmp_path / "spool"))
    settings.cache_clear()
    yield
    settings.cache_clear()
