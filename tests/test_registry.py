"""Algorithms by name: the table names what exists, plug-ins join it, mistakes get the right names."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from lfr_kit import registry
from lfr_kit.alerting.never import NeverPolicy
from lfr_kit.errors import DuplicateAlgorithmError, SettingError, UnknownAlgorithmError

ALL = [(stage, name) for stage in registry.STAGES for name in registry.available(stage)]


@pytest.fixture
def added():
    names = []

    def add(stage, name, where):
        registry.register(stage, name, where)
        names.append((stage, name))

    yield add
    for stage, name in names:
        registry.unregister(stage, name)


@pytest.mark.parametrize(("stage", "name"), ALL, ids=lambda part: part)
def test_factory_of_every_listed_name_is_a_class(stage, name):
    assert isinstance(registry.factory(stage, name), type)


def test_factory_of_a_wrong_name_suggests_and_lists_the_right_ones():
    with pytest.raises(UnknownAlgorithmError, match=r"did you mean 'exact'.*annoy_index, empty, exact"):
        registry.factory("matcher", "exakt")


def test_available_of_a_wrong_stage_lists_the_stages():
    with pytest.raises(UnknownAlgorithmError, match="detector, tracker"):
        registry.available("matchmaker")


def test_create_with_a_misspelt_setting_lists_the_settings():
    with pytest.raises(SettingError, match=r"'n_candidate'.*n_candidates, normalisation"):
        registry.create("matcher", "exact", n_candidate=3)


def test_create_passes_settings_on():
    assert registry.create("matcher", "exact", n_candidates=3).n_candidates == 3


@pytest.mark.parametrize("where", [NeverPolicy, "lfr_kit.alerting.never:NeverPolicy"], ids=["class", "text"])
def test_register_then_create_gives_the_added_algorithm(added, where):
    added("policy", "mine", where)
    assert isinstance(registry.create("policy", "mine"), NeverPolicy)
    assert "mine" in registry.available("policy")


def test_register_of_a_name_in_use_is_refused(added):
    added("policy", "mine", NeverPolicy)
    for name in ("mine", "never"):
        with pytest.raises(DuplicateAlgorithmError, match=name):
            registry.register("policy", name, NeverPolicy)


def test_unregister_of_a_built_in_is_refused():
    with pytest.raises(UnknownAlgorithmError, match="never"):
        registry.unregister("policy", "never")
    assert "never" in registry.available("policy")


def test_entry_point_of_another_package_is_available(monkeypatch):
    point = EntryPoint("theirs", "lfr_kit.alerting.never:NeverPolicy", "lfr_kit.policy")
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == point.group else [])
    registry._installed.cache_clear()
    try:
        assert "theirs" in registry.available("policy")
        assert isinstance(registry.create("policy", "theirs"), NeverPolicy)
    finally:
        monkeypatch.undo()
        registry._installed.cache_clear()


def test_two_packages_with_one_name_are_refused(monkeypatch):
    points = [EntryPoint("theirs", f"package{i}:Policy", "lfr_kit.policy") for i in range(2)]
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == "lfr_kit.policy" else [])
    registry._installed.cache_clear()
    try:
        with pytest.raises(DuplicateAlgorithmError, match="theirs"):
            registry.available("policy")
    finally:
        monkeypatch.undo()
        registry._installed.cache_clear()


def test_listing_algorithms_imports_none_of_them():
    code = (
        "import sys; from lfr_kit import registry;"
        "[registry.available(stage) for stage in registry.STAGES];"
        "rooms = ('sources', 'detection', 'tracking', 'quality', 'selection', 'embedding', 'matching',"
        " 'alerting');"
        "print([m for m in sys.modules if m.startswith(tuple(f'lfr_kit.{room}' for room in rooms))])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_unknown_name_without_a_near_one_is_two_sentences():
    with pytest.raises(UnknownAlgorithmError, match=r"no matcher 'zzz'\. Available: annoy_index"):
        registry.create("matcher", "zzz")


def test_setting_of_the_wrong_type_is_a_setting_error():
    with pytest.raises(SettingError, match=r"blazeface_tiled.*smallest_face_px='x'"):
        registry.create("detector", "blazeface_tiled", smallest_face_px="x")
