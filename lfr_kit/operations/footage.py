"""Looking for people in recorded footage: who did, in what, for whom and why, logged before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lfr_kit.config import StoreSettings, settings
from lfr_kit.errors import AuthorityError, JustificationError
from lfr_kit.governance.roles import IN_WORDS, Action, Actor
from lfr_kit.governance.vocabulary import Operation
from lfr_kit.store.connection import database_file
from lfr_kit.store.store import Store, new_id

__all__ = ["FootageScan", "begin_scan", "end_scan", "is_live", "there_is_a_store", "without_password"]


@dataclass(frozen=True)
class FootageScan:
    """A scan that was begun.

    Attributes
    ----------
    scan_id
        Stands in the log with its beginning and its end.
    justification
        Why it is made.
    """

    scan_id: str
    justification: str


def there_is_a_store(chosen: StoreSettings | None = None) -> bool:
    """Whether the settings name a governed store: a database file that is there, or a database server."""
    file = database_file((chosen or settings().store).url)
    return file is None or file.is_file()


def begin_scan(store: Store, actor: Actor, source: str, references: Path, *, justification: str) -> FootageScan:
    """Logs that somebody is about to look for people in footage.

    Parameters
    ----------
    source
        The footage, as `lfr_kit.sources.open_source` takes it; a password in an address is not logged.
    references
        The folder of those who are looked for.

    Raises
    ------
    PermissionRefusedError
        If the actor may not.
    JustificationError
        If no reason is given, whatever the store's policy.
    AuthorityError
        If it is no footage but a camera or a stream: who passes it now is compared under an authority only.
    """
    if not justification.strip():
        raise JustificationError(f"to {IN_WORDS[Action.FOOTAGE_SCAN]}, say why (--reason); the audit log keeps it")
    begun = FootageScan(new_id("S"), justification)
    subject = f"footage:{begun.scan_id}"
    with store.act(
        actor, Action.FOOTAGE_SCAN, Operation.COLLECTION, subject=subject, justification=justification
    ) as act:
        if is_live(source):
            raise AuthorityError(
                f"{_logged(without_password(source))[:200]} is live, and who passes a camera is "
                "compared under a granted authority only: lfr deployment template; save a recording as a file"
            )
        people = _logged(str(references.absolute()))
        act.details.update(phase="begun", source=_logged(without_password(source)), references=people)
    return begun


def end_scan(
    store: Store, actor: Actor, begun: FootageScan, counts: dict[str, int], *, ended_early: str = ""
) -> None:
    """Logs what was seen: counts only.

    Parameters
    ----------
    counts
        E.g. frames, faces_seen, alerts, enrolled.
    ended_early
        Why it did not come to the end of the footage; empty if it did.

    Raises
    ------
    StoreError
        If it cannot be logged.
    """
    subject, why = f"footage:{begun.scan_id}", begun.justification
    with store.act(actor, Action.FOOTAGE_SCAN, Operation.CONSULTATION, subject=subject, justification=why) as act:
        act.details.update(phase="ended", ended_early=_logged(ended_early), **counts)


def is_live(source: str) -> bool:
    """Whether a source, as `lfr_kit.sources.open_source` takes it, is a camera or a stream, not a file.

    >>> is_live("camera:0"), is_live("rtsp://10.0.0.7/stream"), is_live("street.mp4")
    (True, True, False)
    """
    return source.startswith("camera:") or "://" in source or Path(source).is_char_device()


def without_password(source: str) -> str:
    """An address without the name and password that open it.

    >>> without_password("rtsp://guard:secret@10.0.0.7/stream?key=1")
    'rtsp://10.0.0.7/stream'
    """
    if "://" not in source:
        return source
    try:
        parts = urlsplit(source)
    except ValueError:
        return source.partition("://")[0] + "://(no valid address)"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _logged(text: str) -> str:
    """A path or message as it fits the log."""
    return text.encode(errors="backslashreplace").decode()[:2000]
