"""What must be known of a person before anybody looks for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lfr_kit.errors import InputError
from lfr_kit.governance.vocabulary import Category, EntryStatus, Response
from lfr_kit.governance.watchlist import (
    DEFAULT_CATEGORIES,
    AgeBand,
    Entry,
    EntryDetails,
    ReferencePicture,
    age_band,
    age_on,
    is_built_too_early,
    is_loadable,
    is_old_picture,
    missing,
    needs_second_approver,
    second_approver_because,
    warnings_of,
)

DAY = date(2026, 5, 4)
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
DETAILS = EntryDetails(
    person_ref="PNC/1", name="Ada", date_of_birth=date(1990, 1, 1), legal_basis="PACE", image_source="custody"
)
PICTURE = ReferencePicture(
    picture_id="P-1", entry_id="E-1", picture_mac="ab", captured_on=date(2025, 1, 1), quality=80.0
)
ENTRY = Entry(
    entry_id="E-1",
    watchlist_id="W-1",
    person_mac="cd",
    status=EntryStatus.APPROVED,
    category=Category.SUSPECT,
    response=Response.RED,
    age_band=AgeBand.ADULT,
    created_by="m",
    created_at=NOW,
    changed_by="m",
    digest="ef",
)


def wanting(details=DETAILS, category=Category.SUSPECT, response=Response.RED, pictures=(PICTURE,)):
    return missing(details, category, response, pictures, DEFAULT_CATEGORIES, DAY)


def test_missing_entry_with_everything_can_be_reviewed():
    assert wanting() == ()


@pytest.mark.parametrize(
    ("field", "code"),
    [("person_ref", "identity_ref"), ("legal_basis", "legal_basis"), ("image_source", "image_source")],
)
@pytest.mark.parametrize("blank", ["", "   ", "\u00a0"])
def test_missing_required_text_is_named(field, code, blank):
    assert wanting(replace(DETAILS, **{field: blank})) == (code,)


def test_missing_category_and_response_are_named():
    assert wanting(category=None, response=None) == ("category", "response")


@pytest.mark.parametrize("category", list(Category))
def test_missing_category_is_taken_only_if_the_list_names_it(category):
    off = {Category.ASSOCIATE, Category.WITNESS, Category.VICTIM}
    assert wanting(category=category) == (("category_not_allowed",) if category in off else ())
    assert missing(DETAILS, category, Response.RED, [PICTURE], frozenset({category}), DAY) == ()


@pytest.mark.parametrize(
    ("pictures", "codes"),
    [
        ((), ("picture",)),
        ((replace(PICTURE, captured_on=None),), ("captured_on",)),
        ((replace(PICTURE, captured_on=DAY + timedelta(days=1)),), ("captured_on",)),
        ((replace(PICTURE, quality=None),), ("quality",)),
        ((replace(PICTURE, reasons=("no_face",)),), ("template",)),
        ((PICTURE, replace(PICTURE, reasons=("no_face",), captured_on=None, quality=None)), ()),
        ((PICTURE, replace(PICTURE, captured_on=None)), ("captured_on",)),
    ],
)
def test_missing_pictures_are_named(pictures, codes):
    assert wanting(pictures=pictures) == codes


def test_missing_birth_after_the_deployment_is_named():
    assert wanting(replace(DETAILS, date_of_birth=DAY + timedelta(days=1))) == ("date_of_birth",)


def test_missing_under_18_without_a_rationale_of_their_own_is_named():
    child = replace(DETAILS, date_of_birth=date(2010, 1, 1))
    assert wanting(child) == ("under_18_rationale",)
    assert wanting(replace(child, under_18_rationale="missing for two days, at risk")) == ()


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(2008, 5, 4), date(2026, 5, 3), 17),
        (date(2008, 5, 4), date(2026, 5, 4), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2008, 12, 31), date(2009, 1, 1), 0),
    ],
)
def test_age_on_is_attained_on_the_birthday(born, on, age):
    assert age_on(born, on) == age


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (None, AgeBand.UNKNOWN),
        (DAY + timedelta(days=1), AgeBand.UNKNOWN),
        (date(2013, 5, 5), AgeBand.UNDER_13),
        (date(2013, 5, 4), AgeBand.FROM_13_TO_17),
        (date(2008, 5, 5), AgeBand.FROM_13_TO_17),
        (date(2008, 5, 4), AgeBand.ADULT),
    ],
)
def test_age_band_is_of_the_day_of_the_deployment(born, band):
    assert age_band(born, DAY) is band


@pytest.mark.parametrize("category", list(Category))
@pytest.mark.parametrize("band", list(AgeBand))
def test_needs_second_approver_for_children_unknown_ages_and_the_higher_test(category, band):
    higher = {
        Category.ASSOCIATE,
        Category.WITNESS,
        Category.VICTIM,
        Category.MISSING_AT_INCREASED_RISK,
    }
    is_child = band in (AgeBand.UNDER_13, AgeBand.FROM_13_TO_17)
    is_unknown = band is AgeBand.UNKNOWN
    assert needs_second_approver(category, band) is (is_child or is_unknown or category in higher)
    because = second_approver_because(category, band)
    assert ("under_18" in because, "age_unknown" in because) == (is_child, is_unknown)
    assert ("higher_test" in because) is (category in higher)


def test_is_old_picture_from_the_day_after_five_years():
    assert not is_old_picture(date(2021, 5, 4), DAY)
    assert is_old_picture(date(2021, 5, 3), DAY)
    assert not is_old_picture(None, DAY)


def test_warnings_of_old_picture_only_where_no_newer_one_is_there():
    old = replace(PICTURE, captured_on=date(2015, 1, 1))
    assert warnings_of(ENTRY, [old], DAY) == ("old_picture",)
    assert warnings_of(ENTRY, [old, PICTURE], DAY) == ()
    assert warnings_of(replace(ENTRY, age_band=AgeBand.UNKNOWN), [PICTURE], DAY) == ("age_unknown",)
    assert warnings_of(ENTRY, [PICTURE, replace(PICTURE, reasons=("blurred",))], DAY) == ("unusable_picture",)


@pytest.mark.parametrize("status", list(EntryStatus))
def test_is_loadable_only_approved(status):
    assert is_loadable(replace(ENTRY, status=status), NOW) is (status is EntryStatus.APPROVED)


def test_is_loadable_not_what_was_never_frozen():
    assert not is_loadable(replace(ENTRY, digest=None), NOW)


def test_is_loadable_until_the_moment_it_expires():
    assert is_loadable(replace(ENTRY, expires_at=NOW + timedelta(microseconds=1)), NOW)
    assert not is_loadable(replace(ENTRY, expires_at=NOW), NOW)


def test_is_built_too_early_after_24_hours():
    assert not is_built_too_early(NOW - timedelta(hours=24), NOW)
    assert is_built_too_early(NOW - timedelta(hours=24, seconds=1), NOW)


def test_details_texts_are_cleaned_at_birth():
    assert EntryDetails(name=" Zoe\u0308 ").name == "Zo\u00eb"


@pytest.mark.parametrize(
    "field",
    ["person_ref", "name", "legal_basis", "image_source", "rationale", "note", "under_18_rationale"],
)
@pytest.mark.parametrize("text", ["A\u202eB", "A\u200bB", "A" * 10_000_000, "A\x00B"])
def test_details_text_that_misleads_is_refused_in_every_field(field, text):
    with pytest.raises(InputError, match=f"^{field}: "):
        EntryDetails(**{field: text})


def test_details_birth_before_1900_is_refused():
    with pytest.raises(InputError, match="before 1900"):
        EntryDetails(date_of_birth=date(1899, 12, 31))
