"""The server's own pages as HTML: templates that load nothing from anywhere."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader

__all__ = ["page", "refused_page"]


def page(template: str, base_url: str, /, **values: Any) -> str:
    """A template of this server, filled in; everything in it is escaped."""
    given = {"root": f"{base_url}lfr/", "base_url": base_url, "css": _css()}
    return _templates().get_template(f"{template}.html.j2").render(**given, **values)


def refused_page(base_url: str, status: int, fault: str, **account: Any) -> str:
    """The page that says what is wrong, and leads back.

    Parameters
    ----------
    account
        ``user``, ``roles``, ``next`` and ``xsrf``: who is signed in, and what leads to another account; none = the
        page does not offer it.
    """
    return page("refused", base_url, heading=f"Refused ({status})", fault=fault, **account)


@cache
def _templates() -> Environment:
    return Environment(loader=PackageLoader("lfr_kit.ui.server", "templates"), autoescape=True)


@cache
def _css() -> str:
    return (files("lfr_kit.ui.server") / "templates" / "page.css").read_text()
