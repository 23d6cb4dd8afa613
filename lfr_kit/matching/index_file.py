"""The files of an approximate index: a manifest, and the trees it names.

``watchlist.json`` (the path the caller chose) holds whose vectors the trees hold, how much they find
and their digest; ``watchlist-1f2e3d4c.ann`` holds the trees. A new index is written whole under its
own name before the manifest is replaced, so a crash leaves either the old pair or the new one.

These files hold templates of the people on a watchlist: they are written only where the caller asked
for them, readable by the owner alone, and nothing here makes a copy.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lfr_kit.errors import IndexFileError, OutputError
from lfr_kit.matching.annoy_forest import AnnoyForest, load_forest

__all__ = [
    "Manifest",
    "delete_index",
    "one_writer",
    "open_index",
    "read_manifest",
    "write_index",
    "write_manifest",
]

_OWNER_ONLY = 0o600


class Manifest(BaseModel):
    """What a manifest file holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["lfr_kit annoy index 1"] = "lfr_kit annoy index 1"
    index_file: str = Field(description="name of the file with the trees, in the same folder")
    index_sha256: str = Field(description="its digest")
    space_id: str = Field(description="embedding space of the vectors")
    dimension: Annotated[int, Field(ge=1, description="length of a vector")]
    n_trees: Annotated[int, Field(ge=1, description="trees in the forest")]
    search_k: Annotated[int, Field(ge=1, description="nodes a search looks at")]
    recall_at_1: Annotated[float, Field(ge=0, le=1, description="measured share of best references found")]
    reference_ids: tuple[str, ...] = Field(description="whose vectors, row by row")
    ids_sha256: str = Field(description="digest of reference_ids")
    withdrawn: tuple[str, ...] = Field((), description="those of them who are no longer enrolled")

    @property
    def enrolled(self) -> frozenset[str]:
        """Who is enrolled."""
        return frozenset(self.reference_ids).difference(self.withdrawn)


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file.

    Raises
    ------
    IndexFileError
        If it is absent, truncated, damaged, or not a manifest.
    """
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise IndexFileError(f"{path}: no such index; build it with rebuild(), or correct index_path") from None
    except OSError as error:
        raise IndexFileError(f"{path}: cannot be read ({error.strerror})") from None
    except ValidationError as error:
        what = error.errors()[0]
        where = ".".join(map(str, what["loc"])) or "file"
        raise IndexFileError(
            f"{path}: not an index manifest, or damaged ({where}: {what['msg']}); build it anew"
        ) from None
    if _digest_of_ids(manifest.reference_ids) != manifest.ids_sha256:
        raise IndexFileError(f"{path}: its reference ids are not those it was written with; build it anew")
    return manifest


def open_index(path: Path) -> tuple[Manifest, AnnoyForest]:
    """Verifies and maps the index of a manifest file.

    Raises
    ------
    IndexFileError
        If a file is absent, truncated, damaged, or the two do not belong together.
    """
    manifest = read_manifest(path)
    trees = path.with_name(Path(manifest.index_file).name)
    if not trees.is_file():
        raise IndexFileError(f"{trees}: is absent though {path.name} names it; build the index anew")
    if _digest_of_file(trees) != manifest.index_sha256:
        raise IndexFileError(f"{trees}: damaged, truncated or of another gallery (digest differs); build it anew")
    forest = load_forest(trees, manifest.dimension, manifest.search_k, manifest.recall_at_1)
    if len(forest) != len(manifest.reference_ids):
        raise IndexFileError(f"{trees}: holds {len(forest)} vectors for {len(manifest.reference_ids)} references")
    return manifest, forest


def write_index(
    path: Path,
    forest: AnnoyForest,
    reference_ids: Sequence[str],
    space_id: str,
    shared: AbstractSet[str] = frozenset(),
) -> Manifest:
    """Writes a forest and its manifest, then takes away the trees of the manifest it replaced.

    Parameters
    ----------
    path
        Of the manifest.
    forest
        With the vectors of `reference_ids`, row by row.
    reference_ids, space_id
        Who is in it, and the space of the vectors.
    shared
        Those of them whom the manifest there held as enrolled when the forest was begun: who of them it does
        no longer was withdrawn by another process meanwhile, and stays so.

    Raises
    ------
    OutputError
        If they cannot be written; what was there before is untouched.
    """
    old = _named_by(path)
    with _output_errors(path), tempfile.TemporaryDirectory(dir=path.parent, prefix=".lfr-") as folder:
        fresh = Path(folder) / "trees"
        forest.index.save(str(fresh))
        fresh.chmod(_OWNER_ONLY)
        digest = _digest_of_file(fresh)
        trees = path.with_name(f"{path.stem}-{digest[:8]}.ann")
        fresh.replace(trees)
    with one_writer(path):
        gone = shared - _enrolled_in(path) if shared else frozenset()
        manifest = _manifest(forest, trees.name, digest, reference_ids, space_id, gone)
        write_manifest(path, manifest)
    if old is not None and old != trees:
        old.unlink(missing_ok=True)
    return manifest


def _manifest(
    forest: AnnoyForest,
    index_file: str,
    digest: str,
    reference_ids: Sequence[str],
    space_id: str,
    gone: AbstractSet[str],
) -> Manifest:
    return Manifest(
        index_file=index_file,
        index_sha256=digest,
        space_id=space_id,
        dimension=forest.index.f,
        n_trees=forest.index.get_n_trees(),
        search_k=forest.search_k,
        recall_at_1=forest.recall,
        reference_ids=tuple(reference_ids),
        ids_sha256=_digest_of_ids(reference_ids),
        withdrawn=tuple(key for key in reference_ids if key in gone),
    )


def _enrolled_in(path: Path) -> AbstractSet[str]:
    """Who is enrolled by the manifest that lies there; nobody where none does."""
    with suppress(IndexFileError):
        return read_manifest(path).enrolled
    return frozenset()


@contextmanager
def one_writer(path: Path) -> Iterator[None]:
    """Inside, no other process reads a manifest to write it back changed, so that no withdrawal is lost.

    Where the system knows no such lock (Windows), nothing is held.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    with _output_errors(path):
        folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Replaces a manifest file; raises OutputError, and leaves it as it was, if that fails."""
    with _output_errors(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(manifest.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)


def delete_index(path: Path) -> None:
    """Takes away a manifest and the trees it names, if they are there."""
    trees = _named_by(path)
    with _output_errors(path):
        path.unlink(missing_ok=True)
        if trees is not None:
            trees.unlink(missing_ok=True)


def _named_by(path: Path) -> Path | None:
    """The trees of the manifest that lies there, if it is one and their name is of our making."""
    with suppress(IndexFileError):
        trees = path.with_name(Path(read_manifest(path).index_file).name)
        return trees if trees.match(f"{path.stem}-*.ann") else None
    return None


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_of_ids(reference_ids: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(reference_ids)).encode()).hexdigest()


@contextmanager
def _output_errors(path: Path) -> Iterator[None]:
    """Turns an OSError into an OutputError that names the file."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{path}: the index cannot be written ({error.strerror or error}); "
            "free some room or choose another index_path"
        ) from error
