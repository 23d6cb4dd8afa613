"""From which cosine two pictures are taken to show one person, by embedding space.

References
----------
FaceNet's: Schroff et al., CVPR 2015 (squared distance 1.1, a cosine of 0.45).
"""

from __future__ import annotations

from lfr_kit.errors import SettingError

__all__ = ["verification_threshold"]

_VERIFICATION_THRESHOLDS = {"dlib_resnet": 0.917, "facenet": 0.45}
"""Start of a space -> cosine. dlib_resnet's: where its errors on pairs are fewest, 4 of 1,200 pairs of two people
taken for one, 10 of 1,200 of one person for two (``lfr evaluate verify lfw_dev``). FaceNet's is its authors'."""


def verification_threshold(space_id: str) -> float:
    """The cosine from which two pictures are taken to show one person.

    Raises
    ------
    SettingError
        If none is known for the embedding space.
    """
    for name, threshold in _VERIFICATION_THRESHOLDS.items():
        if space_id.startswith(name):
            return threshold
    raise SettingError(f"threshold: none is known for embedding space {space_id!r}; give one with --threshold")
