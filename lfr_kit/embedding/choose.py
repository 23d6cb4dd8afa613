"""Which embedder to use, and one sentence that says why."""

from __future__ import annotations

from typing import Any

from lfr_kit.errors import ModelMissingError
from lfr_kit.registry import create
from lfr_kit.stages import Embedder

__all__ = ["choose_embedder"]

_FACENET_WEIGHTS = ("vggface2", "casia_webface")


def choose_embedder(name: str = "auto", **settings: Any) -> tuple[Embedder, str]:
    """The embedder of that name, or the best whose weights are here.

    Parameters
    ----------
    name
        A name in the registry, which never falls back to another; or ``"auto"``: FaceNet where its weights are
        present (VGGFace2 before CASIA-WebFace), else dlib_resnet.
    settings
        Of the embedder; under ``"auto"``, `weights` says which FaceNet to look for.

    Returns
    -------
    tuple
        The embedder, and the sentence to be said aloud.

    Raises
    ------
    UnknownAlgorithmError
        If there is no such name.
    ModelMissingError
        If the weights of the embedder asked for (under ``"auto"``: of every one) are not on this machine.
    ModelDigestError
        If a weights file is here and is not what it claims to be: not taken for an absent one.
    """
    if name != "auto":
        return create("embedder", name, **settings), f"{name}, as asked for"
    wanted = settings.pop("weights", None)
    for weights in (wanted,) if wanted else _FACENET_WEIGHTS:
        try:
            embedder = create("embedder", "facenet", weights=weights, **settings)
        except ModelMissingError:
            continue
        return embedder, f"facenet with {weights} weights, because they are on this machine (auto)"
    absent = f"FaceNet's {wanted or 'vggface2'} weights are not on this machine (auto)"
    mend = f"lfr models fetch facenet_{wanted or 'vggface2'}"
    return create("embedder", "dlib_resnet", **settings), f"dlib_resnet, because {absent}; to have them: {mend}"
