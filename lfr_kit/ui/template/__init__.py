"""The page around a dashboard: a Voila template of its own, which asks nothing of any other machine.

`TEMPLATES` is a folder as Jupyter lays them out (``voila/templates/lfr``): put it before Jupyter's own, e.g. in
``JUPYTER_PATH``.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["TEMPLATE", "TEMPLATES", "THEME"]

TEMPLATE = "lfr"
"""Its name."""
TEMPLATES = Path(__file__).parent
"""Folder in which Jupyter finds it."""
THEME = TEMPLATES / "voila" / "templates" / TEMPLATE / "static" / "theme.css"
"""Colours, type and controls, of pages and of widgets."""
