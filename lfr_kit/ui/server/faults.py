"""Errors as answers: which status, and what is told of them."""

from __future__ import annotations

import re
from typing import Any

from lfr_kit.errors import (
    ConfigurationError,
    DecisionConflictError,
    GovernanceError,
    InputError,
    JustificationError,
    KeyDestroyedError,
    LfrError,
    MatchingError,
    NotInStoreError,
    SignInError,
    StateError,
    StoreBusyError,
    StoreFullError,
)

__all__ = ["TooLargeError", "WorkerLostError", "fields_of", "status_of"]


class TooLargeError(InputError):
    """What was sent is larger than is taken."""


class WorkerLostError(LfrError):
    """The process that enrols pictures ended while it worked; nothing of the picture it had was kept."""


_STATUSES: tuple[tuple[type[LfrError], int], ...] = (
    (TooLargeError, 413),
    (InputError, 400),
    (JustificationError, 400),
    (SignInError, 401),
    (StateError, 409),
    (DecisionConflictError, 409),
    (GovernanceError, 403),
    (NotInStoreError, 404),
    (KeyDestroyedError, 410),
    (StoreBusyError, 503),
    (StoreFullError, 503),
    (WorkerLostError, 503),
    (MatchingError, 409),
    (ConfigurationError, 400),
)
"""The first that fits counts."""


_OPTION = re.compile(r" \(--[a-z-]+\)")
"""How the command line is told it: nothing to somebody in a browser."""


def status_of(error: BaseException) -> int:
    """The HTTP status of an error; 500 for what nobody foresaw."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


def fields_of(error: BaseException, status: int) -> dict[str, Any]:
    """What stands under ``error`` in an answer: of what nobody foresaw no more than that it happened."""
    if isinstance(error, LfrError):
        findings = list(getattr(error, "findings", ()))
        return {"kind": type(error).__name__, "message": _OPTION.sub("", str(error)), "findings": findings}
    if status < 500:
        said = getattr(error, "log_message", None) or getattr(error, "reason", None) or "refused"
        return {"kind": type(error).__name__, "message": said, "findings": []}
    message = "something went wrong in the server; its log says what"
    return {"kind": "ServerError", "message": message, "findings": []}
