"""The public surface is a list under test; everything else may change."""

from __future__ import annotations

import lfr_kit
from lfr_kit import errors


def test_all_names_exactly_what_can_be_imported():
    for name in lfr_kit.__all__:
        assert getattr(lfr_kit, name) is not None
    assert lfr_kit.__all__ == [
        *("Frame", "Detections", "Tracks", "BestShot", "Template", "CandidateList", "Alert"),
        *("open_source", "enrol_folder", "Pipeline", "available", "create", "register", "settings", "LfrError"),
        "__version__",
    ]


def test_dir_lists_the_public_names():
    assert dir(lfr_kit) == sorted(lfr_kit.__all__)


def test_unknown_name_raises_attribute_error():
    assert not hasattr(lfr_kit, "no_such_name")


def test_every_error_is_in_the_printed_tree_under_its_parent():
    classes = {n: c for n, c in vars(errors).items() if isinstance(c, type) and issubclass(c, errors.LfrError)}
    assert sorted(classes) == errors.__all__
    tree = errors.__doc__.split("\n\n")[1].splitlines()
    path: list[str] = []
    for line in tree:
        name = line.lstrip("│├└─ ").split()[0]
        depth = (len(line) - len(line.lstrip("│├└─ "))) // 4
        path[depth:] = [name]
        parent = classes[name].__bases__[0].__name__
        assert depth == 0 or parent == path[depth - 1], (
            f"{name} stands under {path[depth - 1]}, derives from {parent}"
        )
    assert sorted(line.lstrip("│├└─ ").split()[0] for line in tree) == errors.__all__
