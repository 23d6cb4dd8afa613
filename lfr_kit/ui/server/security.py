"""What every answer tells the browser not to do, and which requests are turned away unread."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlparse

from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError

__all__ = [
    "CONTENT_SECURITY_POLICY",
    "HEADERS",
    "NO_STORE",
    "check_same_origin",
    "is_loopback",
    "is_same_origin",
    "refuse_tokens",
]

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        # blob: is how anywidget loads a widget's module.
        "script-src 'self' blob:",
        # Lumino and anywidget put style elements into the page.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' data: blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'self'",
    ]
)
"""No other machine is asked for anything, and no script stands in a page."""

NO_STORE = "no-store"

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "X-Frame-Options": "SAMEORIGIN",
    "Server": "lfr",
}
"""Of every answer."""

_SITES = frozenset({"same-origin", "none"})


def is_loopback(address: str) -> bool:
    """Whether a name or address is this machine's own."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def is_same_origin(request: HTTPServerRequest, *, must_say: bool = False) -> bool:
    """Whether a request comes from a page of this server, as far as the browser says where it comes from.

    Parameters
    ----------
    must_say
        Whether one that names no origin is another's: browsers always name it when they open a WebSocket.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in _SITES:
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return not must_say
    return urlparse(origin).netloc.lower() == request.host.lower() != ""


def check_same_origin(request: HTTPServerRequest, *, must_say: bool = False) -> None:
    """HTTPError 403 for what comes from another origin."""
    if not is_same_origin(request, must_say=must_say):
        raise HTTPError(403, "the request comes from another origin")


def refuse_tokens(request: HTTPServerRequest) -> None:
    """HTTPError 403 for an address or a header that carries a token: a link to sign in with can be passed on."""
    says = request.headers.get("Authorization", "").partition(" ")[0].lower()
    if "token" in request.query_arguments or says == "token":
        raise HTTPError(403, "no tokens are taken; sign in")
