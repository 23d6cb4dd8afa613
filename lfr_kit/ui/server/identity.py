"""Who Jupyter's and Voila's own handlers take a visitor for: whoever signed in to the store, and nobody else."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.web import RequestHandler

from lfr_kit.ui.server.visitor import visitor_of

__all__ = ["StoreIdentityProvider"]


class StoreIdentityProvider(IdentityProvider):
    """Sessions of the store; no tokens, no anonymous visitors, no sign-in pages of Jupyter's."""

    @property
    def auth_enabled(self) -> bool:
        """Always."""
        return True

    @property
    def login_available(self) -> bool:
        """Always."""
        return True

    async def _get_user(self, handler: RequestHandler) -> User | None:
        visitor = await visitor_of(handler)
        if visitor is None or visitor.must_change_password:
            return None
        return User(username=visitor.user_id)

    def is_token_authenticated(self, handler: RequestHandler) -> bool:
        """Never."""
        return False

    def should_check_origin(self, handler: RequestHandler) -> bool:
        """Always."""
        return True

    def get_handlers(self) -> list[Any]:
        """None: the pages are `lfr_kit.ui.server.pages`."""
        return []
