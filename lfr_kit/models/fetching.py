"""Brings files into the models folder, from the first source of each card that gives the right one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lfr_kit.config import settings
from lfr_kit.errors import ModelDigestError, ModelError, ModelFetchError
from lfr_kit.models.address import download
from lfr_kit.models.catalogue import card, default_names
from lfr_kit.models.folder import check, place
from lfr_kit.models.model_card import Address, InstalledFile, ModelCard, PackageFile, Progress, Source
from lfr_kit.models.package_index import PackageIndex
from lfr_kit.models.reading import read_file, read_member
from lfr_kit.models.writing import one_at_a_time, store

__all__ = ["Fetched", "fetch"]


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A file that is in the models folder now; `came_from` is ``"already here"`` or names the source."""

    name: str
    path: Path
    came_from: str


def fetch(
    names: Iterable[str] | None = None, *, folder: Path | None = None, progress: Progress | None = None
) -> list[Fetched]:
    """Brings files into the models folder, each verified against its card before it gets its name.

    Sources in order: the models folder itself, `folder`, then those of the card: an installed package, the
    package index, the maker's address.

    Parameters
    ----------
    names
        Cards; None = what the offline product needs.
    folder
        Another folder to copy from, for instance the models folder of another machine on a stick.
    progress
        Told while bytes arrive.

    Returns
    -------
    list of Fetched
        One per name, in order.

    Raises
    ------
    UnknownModelError
        If there is no card of a name; nothing is fetched then.
    ModelFetchError
        If a file could not be had; says what every source answered. The others are fetched all the same.
    OutputError
        If a file cannot be written.
    """
    wanted = list(dict.fromkeys(card(name) for name in (default_names() if names is None else names)))
    here = [_already_here(which) for which in wanted]
    if all(isinstance(each, Fetched) for each in here):
        # Nothing is written then, so the folder may be one that nobody can write to.
        return [each for each in here if isinstance(each, Fetched)]
    fetched, failed = [], []
    with one_at_a_time(settings().models_dir), PackageIndex(progress) as index:
        for which in wanted:
            try:
                fetched.append(_fetch(which, folder, index, progress))
            except ModelFetchError as error:
                failed.append(str(error))
    if failed:
        raise ModelFetchError("\n".join(failed))
    return fetched


def _already_here(which: ModelCard) -> Fetched | ModelError:
    """The file, if it is the right one, else what speaks against it."""
    path = place(which)
    try:
        check(which, path)
    except ModelError as error:
        return error
    return Fetched(name=which.name, path=path, came_from="already here")


def _fetch(which: ModelCard, folder: Path | None, index: PackageIndex, progress: Progress | None) -> Fetched:
    here = _already_here(which)
    if isinstance(here, Fetched):
        return here
    answers = [f"models folder: {here}"] if isinstance(here, ModelDigestError) else []
    for source, came_from in _sources(which, folder):
        try:
            _bring(which, source, index, progress)
        except ModelError as error:
            answers.append(f"{came_from}: {error}")
        else:
            return Fetched(name=which.name, path=place(which), came_from=came_from)
    raise ModelFetchError(_failure(which, answers))


def _sources(which: ModelCard, folder: Path | None) -> Iterator[tuple[Source | Path, str]]:
    if folder is not None:
        yield folder / which.file_name, f"folder {folder}"
    for source in which.sources:
        yield source, str(source)


def _bring(which: ModelCard, source: Source | Path, index: PackageIndex, progress: Progress | None) -> None:
    path = place(which)
    match source:
        case Path():
            store(which, read_file(source), path, progress=progress)
        case InstalledFile():
            store(which, read_file(_installed(source)), path, progress=progress)
        case PackageFile():
            store(which, read_member(index.archive(source), source.member), path, progress=progress)
        case Address():
            download(which, source, path, progress=progress)


def _installed(source: InstalledFile) -> Path:
    """Looks the package up without importing it."""
    spec = find_spec(source.package)
    if spec is None or not spec.submodule_search_locations:
        raise ModelFetchError("it is not installed")
    return Path(next(iter(spec.submodule_search_locations)), *source.member.split("/"))


def _failure(which: ModelCard, answers: list[str]) -> str:
    lines = [f"{which.name}: could not be fetched."]
    lines += [f"  {answer}" for answer in answers]
    where = [source.url for source in which.sources if isinstance(source, Address)]
    origin = f" from {where[0]}" if where else " from another machine's models folder"
    lines.append(f"  By hand: get {which.file_name}{origin}, then: lfr models import {which.name} FILE")
    if which.without_it:
        lines.append(f"  Without it: {which.without_it}")
    return "\n".join(lines)
