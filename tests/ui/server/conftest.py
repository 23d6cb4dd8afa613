"""One server for all tests of a session, and a runner that publishes what it is told to."""

from __future__ import annotations

import pytest
from served import Served, placed

from lfr_kit.live.frame_bus import BusPublisher


@pytest.fixture(scope="session")
def served(founded, tmp_path_factory):
    """A running server."""
    with placed(founded(None), tmp_path_factory.mktemp("served")) as place:
        place.start()
        yield place
        place.stop()


@pytest.fixture
def place(founded, tmp_path):
    """A store as `served` has one, for tests that start and stop a server of their own."""
    with placed(founded(None), tmp_path) as made:
        yield made
        made.stop()


@pytest.fixture
def bus(served: Served):
    """The runner's end of the bus."""
    with BusPublisher(served.bus_dir, served.deployment_id) as publisher:
        yield publisher
