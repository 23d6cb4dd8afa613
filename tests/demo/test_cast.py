"""Who is in the demo, and when it came out right."""

from __future__ import annotations

import pytest

from lfr_kit.demo import ABSENT, SOUGHT, Sighting, cast, lay_out_references, verdict
from lfr_kit.errors import ModelMissingError


def seen(name: str, at_s: float = 6.0) -> Sighting:
    return Sighting(name, "north", at_s, 0.95, 0.93)


@pytest.mark.parametrize(
    ("sightings", "is_right"),
    [
        ([seen(SOUGHT)], True),
        ([], False),
        ([seen(ABSENT)], False),
        ([seen(SOUGHT), seen(ABSENT)], False),
        ([seen(SOUGHT), seen(SOUGHT, 9.0)], False),
    ],
)
def test_verdict_is_right_for_one_alert_of_the_person_sought_only(sightings, is_right):
    assert verdict(sightings).is_right is is_right


def test_verdict_of_a_run_that_ended_early_is_not_right():
    assert not verdict([seen(SOUGHT)], "interrupted").is_right


def test_references_missing_portraits_are_all_named_with_the_line_that_fetches_them(tmp_path, monkeypatch):
    def absent(name):
        raise ModelMissingError(name)

    monkeypatch.setattr(cast, "model_path", absent)
    with pytest.raises(ModelMissingError, match="lfr models fetch portrait_obama_2 portrait_biden"):
        lay_out_references(tmp_path)
    assert list(tmp_path.iterdir()) == []
