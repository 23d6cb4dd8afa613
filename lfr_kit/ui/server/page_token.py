"""The token that a page sends with whatever changes something: made from the session, so that it fits no other."""

from __future__ import annotations

import hashlib
import hmac
from time import time
from typing import Any

from tornado.escape import utf8
from tornado.web import RequestHandler

from lfr_kit.ui.server.visitor import COOKIE

__all__ = ["OfSession", "page_token"]

_COOKIE = "_xsrf"
_LENGTH = 16
_VERSION = 2


def page_token(secret: str | bytes, session_token: bytes) -> bytes:
    """Of a session: whoever has not its cookie cannot make it, and cannot put another in its place.

    >>> page_token("secret", b"session 1") == page_token("secret", b"session 2")
    False
    """
    return hmac.new(utf8(secret), b"page token:" + session_token, hashlib.sha256).digest()[:_LENGTH]


class OfSession(RequestHandler):
    """A handler whose token is that of the session; of nobody's, Tornado's own, which only a cookie proves."""

    def _get_raw_xsrf_token(self) -> tuple[int | None, bytes, float]:
        session = self.get_secure_cookie(COOKIE, max_age_days=1)
        if not session:
            return super()._get_raw_xsrf_token()
        return self._of(session)

    def give_page_token(self, session_token: str) -> None:
        """Of a session that has just begun."""
        self._raw_xsrf_token = None, self._of(session_token.encode())[1], time()
        vars(self).pop("_xsrf_token", None)
        _ = self.xsrf_token

    def _of(self, session_token: bytes) -> tuple[int | None, bytes, float]:
        """Version, token, time; the version is None if the browser does not have it yet."""
        secret: Any = self.settings["cookie_secret"]
        token = page_token(secret, session_token)
        cookie = self.get_cookie(_COOKIE)
        had = self._decode_xsrf_token(cookie)[1] if cookie else None
        return _VERSION if had == token else None, token, time()
