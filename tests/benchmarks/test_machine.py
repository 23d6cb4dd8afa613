"""Referee: what the interpreter itself says."""

from __future__ import annotations

import json
import platform

import numpy as np

from lfr_kit.benchmarks.machine import machine


def test_machine_says_what_ran_where():
    found = machine()
    assert found["cores"] >= 1
    assert found["processor"]
    assert found["precision"] in ("bf16", "f32")
    assert found["versions"]["python"] == platform.python_version()
    assert found["versions"]["numpy"] == np.__version__
    assert json.loads(json.dumps(found)) == found
