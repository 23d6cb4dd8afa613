"""One engine per deployment: two at once would count everybody twice, and halve the published false alert rate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lfr_kit.errors import StateError
from lfr_kit.governance.adjudication import check_alert_id
from lfr_kit.reports.whole_file import output_error

__all__ = ["the_only_run"]


@contextmanager
def the_only_run(folder: Path, deployment_id: str) -> Iterator[None]:
    """Holds a deployment for one engine of this machine; the hold goes with the process, also when it is killed.

    Where the system has no such locks (Windows), and between machines, whoever starts engines must see to it.

    Parameters
    ----------
    folder
        Of the spool.

    Raises
    ------
    StateError
        If another engine runs it.
    OutputError
        If nothing can be written there: then no alert could wait there either.
    """
    place = folder / f"{check_alert_id(deployment_id)}.running"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = place.open("wb")
    except OSError as error:
        raise output_error(place, error) from error
    with opened:
        try:
            import fcntl
        except ImportError:
            pass
        else:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StateError(
                    f"deployment {deployment_id}: an engine runs it already; a second one would count everybody "
                    "twice: end the first, or watch its alerts with: lfr alerts list " + deployment_id
                ) from None
        yield
