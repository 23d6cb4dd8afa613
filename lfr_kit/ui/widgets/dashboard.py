"""What all dashboards are made of: a script, a style sheet, and the deployment they show."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets

from lfr_kit.ui.template import THEME
from lfr_kit.ui.widgets.bundle import bundled

__all__ = ["Dashboard", "script", "styles"]

_FOLDER = Path(__file__).parent


def script(name: str) -> str:
    """The script of a widget of this folder."""
    return bundled(_FOLDER / f"{name}.js")


def styles(*names: str) -> str:
    """The theme, and then style sheets of this folder."""
    return "\n".join([THEME.read_text("utf-8"), *((_FOLDER / f"{name}.css").read_text("utf-8") for name in names)])


class Dashboard(anywidget.AnyWidget):
    """A page of live operation.

    Attributes
    ----------
    deployment_id
        Which deployment it shows; empty = the one named in the page's address (``?deployment=D``), else the
        newest that is open.
    """

    _esm = "export default { render() {} };"
    deployment_id = traitlets.Unicode("").tag(sync=True)
