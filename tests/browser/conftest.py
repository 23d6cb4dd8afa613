"""One server, one runner and one browser for all tests here; each test has windows of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import served as served_module
from evaluated_runs import put_run
from served import Served, placed

from browser.playing import FakeRunner, tell_what_happened, with_portraits
from browser.visiting import Visitors
from lfr_kit.benchmarks.live_browser import FLAGS, PROGRAM, why_no_browser

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="package")
def chromium() -> Iterator[object]:
    """Debian's chromium, driven; skipped, with the reason, where it cannot be."""
    why = why_no_browser()
    if why:
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
    yield browser
    browser.close()
    playwright.stop()


@pytest.fixture(scope="package")
def site(chromium, founded, tmp_path_factory) -> Iterator[Served]:
    """A running server on a store with an open deployment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(served_module, "Opened", with_portraits())
        with placed(founded(None), tmp_path_factory.mktemp("site")) as place:
            tell_what_happened(place)
            put_run(place.folder / "runs", "first")
            put_run(place.folder / "runs", "second", noise=0.9)
            place.start()
            yield place
            place.stop()


@pytest.fixture
def runner(site: Served) -> Iterator[FakeRunner]:
    """Publishes frames and figures, as a runner does."""
    with FakeRunner(site) as running:
        yield running


@pytest.fixture
def visitors(site: Served, chromium) -> Iterator[Visitors]:
    """Opens windows, signed in or not; at the end no page may have failed or asked another machine."""
    made = Visitors(site, chromium)
    yield made
    made.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where pictures of the screen are kept: never committed."""
    folder = Path(__file__).parents[2] / "out" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
