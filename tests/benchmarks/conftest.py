"""Peers from this very environment: the workers are the real ones, nothing is installed for them."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from lfr_kit.benchmarks.peers import PeerWorker
from lfr_kit.errors import ModelMissingError
from lfr_kit.models import model_path


@pytest.fixture
def peer(monkeypatch):
    """Starts a peer's worker; skipped where its library is not installed here."""
    # Torch's threads wait by spinning, which takes minutes where other tests run beside these.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    workers = []

    def start(name, module):
        if find_spec(module) is None:  # not imported here: that is the worker's business
            pytest.skip(f"needs {module}")
        workers.append(PeerWorker(name, Path(sys.executable)))
        return workers[-1]

    yield start
    for worker in workers:
        worker.close()


@pytest.fixture
def weights():
    """The file of a model card; skipped where it is not on this machine."""

    def find(name):
        try:
            return model_path(name)
        except ModelMissingError as error:
            pytest.skip(str(error))

    return find
