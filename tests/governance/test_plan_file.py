"""A plan as people write it, and as those who mean harm do."""

from __future__ import annotations

import os
import tomllib
from datetime import timedelta

import pytest
from lived import SAMPLE, plan_values

from lfr_kit.embedding.crops import ALIGNMENT
from lfr_kit.errors import AuthorityError
from lfr_kit.governance.authority import Authority
from lfr_kit.governance.plan_file import LARGEST_PLAN_BYTES, authority_of_plan, authority_of_values
from lfr_kit.governance.shipped_calibrations import SHIPPED_CALIBRATIONS
from lfr_kit.models.catalogue import cards


def refusal(content: bytes) -> AuthorityError:
    with pytest.raises(AuthorityError) as refused:
        authority_of_plan(content)
    assert len(str(refused.value)) < 10_000
    return refused.value


def test_sample_plan_is_an_authority_with_every_line_given():
    found = authority_of_plan(SAMPLE.read_bytes())
    assert set(tomllib.loads(SAMPLE.read_text())) == set(Authority.model_fields) - {"recording"}, "off by default"
    assert found.ends_at - found.starts_at == timedelta(hours=4)
    assert [camera.zone is None for camera in found.cameras] == [False, True]


def test_sample_plan_rests_on_the_calibration_and_network_of_this_release():
    found = authority_of_plan(SAMPLE.read_bytes())
    calibration = next(each for each in SHIPPED_CALIBRATIONS if each.calibration_id == found.calibration_id)
    assert found.threshold >= calibration.floor(found.watchlist_cap)
    weights = next(card for card in cards() if card.name == found.embedder)
    assert found.space_id == calibration.space_id == f"dlib_resnet:{weights.sha256[:8]}:{ALIGNMENT}"


def test_plan_line_breaks_within_a_paragraph_mean_nothing():
    text = "Of 61 robberies in the quarter\nsince January, 44 happened on the square;\r\npatrols met none of "
    text += "the suspects among its visitors.\n\nA second paragraph follows."
    found = authority_of_values(plan_values(necessity=text)).necessity
    assert found.split("\n")[1:] == ["A second paragraph follows."]
    assert "quarter since January" in found


def test_plan_with_a_byte_order_mark_is_read():
    assert authority_of_plan(b"\xef\xbb\xbf" + SAMPLE.read_bytes()).place.startswith("Market Square")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"#" * (LARGEST_PLAN_BYTES + 1), "larger than 65,536 bytes"),
        (os.urandom(1000) + b"\xff\xfe", "no text in UTF-8"),
        (b"\x00\x01\x02", "not valid TOML"),
        (b"use_case = ", "not valid TOML"),
        (b"place = 'a'\nplace = 'b'", "not valid TOML"),
        (b"place = " + b"[" * 60_000, "nested too deeply"),
        (b"place" + b".a" * 30_000 + b" = 1", "more than 200 dots"),
        (b"threshold = " + b"9" * 60_000, "a number that is none"),
    ],
)
def test_plan_that_is_a_bomb_is_refused(content, what):
    assert what in str(refusal(content))


@pytest.mark.parametrize(
    "bomb",
    [
        (b"a." * 199 + b"a = {}\n") * 160,
        b"".join(b"a%d = 1\n" % n for n in range(12_000)),
        b"place = '" + b"x" * 60_000 + b"'",
        b"cameras = [" + b"{}," * 40_000 + b"]",
        b"x = {" + b"a={" * 20_000,
    ],
)
def test_plan_of_the_largest_size_is_refused_in_short_words(bomb):
    refusal(bomb[:LARGEST_PLAN_BYTES])


def test_plan_unknown_lines_beyond_forty_are_counted():
    found = refusal(b"".join(b"a%d = 1\n" % n for n in range(100))).findings
    assert len(found) == 41
    assert found[-1].startswith("... and ")


def test_plan_name_that_would_turn_text_around_is_escaped():
    found = refusal(b'"\\u202eevil\\u0007" = 1')
    assert "\u202e" not in str(found)
    assert "\\u202eevil\\x07" in str(found)


def test_plan_dates_where_text_belongs_and_text_where_dates_belong_are_refused():
    with pytest.raises(AuthorityError) as refused:
        authority_of_values(plan_values(place=plan_values()["starts_at"], policy_document_review_by="soon"))
    lines = refused.value.findings
    assert [line.split(":")[0] for line in lines] == ["policy_document_review_by"]
