"""A build backend that builds nothing: it reads name and version out of PKG-INFO.

``pip download`` asks every source distribution for its metadata, and would run the package's setup.py for
that. Put in setuptools' place (see `package_index`), this answers instead, so no code of the package runs.
It is run by the Python that runs pip, in the folder of the unpacked package, and needs the standard library only.
"""

from __future__ import annotations

from email import message_from_string
from pathlib import Path
from typing import Any

__all__ = ["prepare_metadata_for_build_wheel"]


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Any = None) -> str:
    """PEP 517: writes ``NAME-VERSION.dist-info/METADATA`` and returns the folder's name."""
    text = Path("PKG-INFO").read_text(encoding="utf-8", errors="replace")
    message = message_from_string(text)
    folder = Path(metadata_directory) / f"{message['Name']}-{message['Version']}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {message['Name']}\nVersion: {message['Version']}\n", encoding="utf-8"
    )
    return folder.name
