"""What several rooms' tests share: real footage where it is at hand, and one real face that always is."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def testdata() -> Path:
    """The folder of real footage named by LFR_TESTDATA; the test is skipped where there is none."""
    folder = os.environ.get("LFR_TESTDATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("needs real footage: set LFR_TESTDATA to its folder")
    return Path(folder)


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """(606, 512, 3) uint8 RGB: Grace Hopper, a public-domain photo that matplotlib ships."""
    from PIL import Image

    path = files("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg"
    with path.open("rb") as file:
        return np.asarray(Image.open(file).convert("RGB"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("real_footage") and not os.environ.get("LFR_TESTDATA"):
        pytest.skip("needs real footage: set LFR_TESTDATA to its folder")
