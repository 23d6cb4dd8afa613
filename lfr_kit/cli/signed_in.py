"""Commands act for whoever is signed in on this terminal (`lfr users sign-in`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lfr_kit.governance.roles import Actor
    from lfr_kit.store.store import Store

__all__ = ["ReasonOption", "signed_in"]

ReasonOption = Annotated[str, typer.Option("--reason", help="Why it is done; the audit log keeps it.")]
"""Annotation of the option by which a command is told why: ``reason: ReasonOption = ""``."""


@contextmanager
def signed_in() -> Iterator[tuple[Store, Actor]]:
    """The store of the settings and who is signed in; the store is closed at the end.

    Raises
    ------
    SignInError
        If nobody is signed in on this terminal, or no longer.
    KeyMissingError, WrongKeyError, StoreError
        See `Store.open`.
    """
    from lfr_kit.operations.sessions import actor_of_terminal
    from lfr_kit.store.store import Store

    with Store.open() as store:
        yield store, actor_of_terminal(store)
