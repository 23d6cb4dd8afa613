"""Cache of converted networks: torch is needed once, to convert; never to run.

A converted network lies in a folder of its own, ``cache_dir/converted/NAME-KEY/``, where KEY is made of the
digest of the weights, the version of the conversion and that of OpenVINO. It holds weights only, nothing of
anybody's face, and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import openvino

__all__ = ["converted_network"]

_NETWORK = "network.xml"
_WEIGHTS = "network.bin"
_DIGEST = "sha256"


def converted_network(
    name: str, *, weights_digest: str, converter: str, convert: Callable[[], openvino.Model], cache_dir: Path
) -> Path | openvino.Model:
    """The converted network, from the cache or made now.

    Parameters
    ----------
    name
        First part of the folder's name.
    weights_digest
        SHA-256 of the weights file, hex.
    converter
        Version of the conversion: change it whenever `convert` would give another network.
    convert
        Makes the network; called only if the cache does not hold it intact.
    cache_dir
        See `lfr_kit.config.Settings.cache_dir`.

    Returns
    -------
    Path or openvino.Model
        Path of the ``.xml``, or, where the cache cannot be written to, the network itself.
    """
    key = hashlib.sha256(f"{weights_digest} {converter} {version('openvino')}".encode()).hexdigest()[:24]
    folder = cache_dir / "converted" / f"{name}-{key}"
    if _is_intact(folder):
        return folder / _NETWORK
    network = convert()
    try:
        _store(network, folder)
    except OSError:  # no room or no permission: everything works, the next start converts again
        return network
    return folder / _NETWORK


def _is_intact(folder: Path) -> bool:
    try:
        return (folder / _DIGEST).read_text(encoding="ascii") == _digest(folder)
    except (OSError, UnicodeDecodeError):
        return False


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for part in (_NETWORK, _WEIGHTS):
        with (folder / part).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _store(network: openvino.Model, folder: Path) -> None:
    """Writes the folder beside its place and renames it: it is there whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        _save(network, beside)
        (beside / _DIGEST).write_text(_digest(beside), encoding="ascii")
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one
        _rename(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _save(network: openvino.Model, folder: Path) -> None:
    import openvino

    try:
        openvino.save_model(network, str(folder / _NETWORK), compress_to_fp16=False)
    except RuntimeError as error:  # OpenVINO reports a full disk this way
        raise OSError(f"{folder}: {error}") from None


def _rename(beside: Path, folder: Path) -> None:
    try:
        beside.rename(folder)
    except OSError:
        if not _is_intact(folder):  # else another process was faster: its network is ours
            raise
