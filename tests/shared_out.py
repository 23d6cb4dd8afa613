"""How tests are shared out among workers: a file to one, all browsers to one, what takes longest first."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

TOGETHER = "tests/browser/"
"""Its tests share a server and a browser, which take seconds to start: one worker gets them all."""
FIRST = (TOGETHER, "tests/live/", "notebooks/", "tests/ui/server/", "tests/cli/")
"""Where tests take long: what is small comes last, so that no worker waits long for another at the end."""


class SharedOut(LoadFileScheduling):
    """As ``--dist loadfile``, but for `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER if nodeid.startswith(TOGETHER) else super()._split_scope(nodeid)


def place_in_line(nodeid: str) -> int:
    """Where a test comes: the smaller, the sooner."""
    return next((n for n, folder in enumerate(FIRST) if nodeid.startswith(folder)), len(FIRST))
