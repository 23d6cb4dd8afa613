"""How many may be connected at once: more are turned away at the door, before the program runs out of handles."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream

__all__ = ["BoundedServer", "handles_to_have"]

_WANTED_HANDLES = 8192
_HANDLES_WITHOUT_LIMITS = 512
"""What Windows gives a program of C."""


class BoundedServer(HTTPServer):
    """Closes what comes when `most_connections` are open; WebSockets, which are somebody's, are not counted.

    A connection costs a handle, and who says half a sentence holds one until the time for it is over. A program
    that has none left can neither take nor refuse a connection, but is told of it again and again.
    """

    most_connections = _HANDLES_WITHOUT_LIMITS // 2

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """One more, or one too many."""
        if len(self._connections) >= self.most_connections:
            stream.close()
            return
        super().handle_stream(stream, address)


def handles_to_have() -> int:
    """How many handles this process may have: as many as it wants, if it may say so itself."""
    try:
        import resource
    except ImportError:
        return _HANDLES_WITHOUT_LIMITS
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED_HANDLES if most == resource.RLIM_INFINITY else min(_WANTED_HANDLES, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    now, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _WANTED_HANDLES if now == resource.RLIM_INFINITY else now
