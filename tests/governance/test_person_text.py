"""Text about people says what it seems to say. Referee: the Unicode database's own names and categories."""

from __future__ import annotations

import unicodedata

import pytest

from lfr_kit.errors import InputError
from lfr_kit.governance.person_text import canonical_ref, clean_text


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        ("\u202e", "RIGHT-TO-LEFT OVERRIDE"),
        ("\u200f", "RIGHT-TO-LEFT MARK"),
        ("\u2067", "RIGHT-TO-LEFT ISOLATE"),
        ("\u200b", "ZERO WIDTH SPACE"),
        ("\u200d", "ZERO WIDTH JOINER"),
        ("\ufeff", "ZERO WIDTH NO-BREAK SPACE"),
        ("\u00ad", "SOFT HYPHEN"),
        ("\u115f", "HANGUL CHOSEONG FILLER"),
        ("\u3164", "HANGUL FILLER"),
        ("\u034f", "COMBINING GRAPHEME JOINER"),
        ("\ufe0f", "VARIATION SELECTOR-16"),
        ("\U000e0101", "VARIATION SELECTOR-18"),
        ("\U000e0041", "TAG LATIN CAPITAL LETTER A"),
        ("\u2028", "LINE SEPARATOR"),
    ],
)
def test_clean_text_character_that_misleads_is_refused_by_name(sign, name):
    assert unicodedata.name(sign) == name
    with pytest.raises(InputError) as refused:
        clean_text(f"Ada{sign}Lovelace", "name", 80)
    assert name in str(refused.value)
    assert f"U+{ord(sign):04X}" in str(refused.value)
    assert "character 4" in str(refused.value)
    assert sign not in str(refused.value)


@pytest.mark.parametrize(
    "sign", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\n", "\r", "\ud800", "\ue000", "\u0378"]
)
def test_clean_text_control_surrogate_private_or_unassigned_is_refused(sign):
    with pytest.raises(InputError, match=r"^name: character 2 is U\+"):
        clean_text(f"A{sign}B", "name", 80)


@pytest.mark.parametrize(
    "name",
    [
        "Zoë Ångström",
        "محمد عبد الله",
        "李小龙",
        "Νίκος",
        "Björk Guðmundsdóttir",
        "O'Neill-Smith",
        "Nguyễn Thị",
        "דוד",
    ],
)
def test_clean_text_names_of_all_peoples_pass(name):
    assert clean_text(name, "name", 80) == unicodedata.normalize("NFC", name)


def test_clean_text_decomposed_letters_become_the_composed_ones():
    assert clean_text("Zoe\u0308", "name", 80) == "Zo\u00eb"


def test_clean_text_every_kind_of_space_becomes_an_ordinary_one():
    assert clean_text("\u00a0Ada\u2003\u00a0 Love\tlace\u3000", "name", 80) == "Ada Love lace"


def test_clean_text_lines_are_kept_only_where_they_belong():
    assert clean_text("first \r\n  second\n", "note", 80, lines=True) == "first\nsecond"
    with pytest.raises(InputError):
        clean_text("first\nsecond", "name", 80)


def test_clean_text_ten_megabytes_are_refused_at_once_and_not_repeated():
    with pytest.raises(InputError) as refused:
        clean_text("A" * 10_000_000, "name", 200)
    assert str(refused.value) == "name: 10,000,000 characters; at most 200 are taken; shorten it"


@pytest.mark.parametrize(("length", "is_taken"), [(200, True), (201, False)])
def test_clean_text_length_counts_to_the_character(length, is_taken):
    if is_taken:
        assert len(clean_text("é" * length, "name", 200)) == length
    else:
        with pytest.raises(InputError, match="201 characters"):
            clean_text("é" * length, "name", 200)


def test_clean_text_decomposed_text_is_measured_composed():
    assert len(clean_text("e\u0301" * 200, "name", 200)) == 200


def test_clean_text_text_that_grows_when_composed_is_measured_after():
    assert len(unicodedata.normalize("NFC", "\ufb2c")) == 3
    with pytest.raises(InputError, match="240 characters"):
        clean_text("\ufb2c" * 80, "name", 200)


def test_clean_text_heap_of_marks_is_refused():
    assert clean_text("q" + "\u0323" * 4, "name", 80)
    with pytest.raises(InputError, match="more than 4 marks"):
        clean_text("q" + "\u0323" * 5 + "b", "name", 80)


@pytest.mark.parametrize("value", [None, 7, b"Ada", ["Ada"]])
def test_clean_text_what_is_no_text_is_refused(value):
    with pytest.raises(InputError, match=r"^name: expected text, got"):
        clean_text(value, "name", 80)


@pytest.mark.parametrize("sql", ["'; DROP TABLE entries; --", '" OR 1=1', "%s %(x)s {0} :name ?", "\\'); --"])
def test_clean_text_sql_is_text_like_any_other(sql):
    assert clean_text(sql, "name", 80) == sql


@pytest.mark.parametrize("other", ["pnc 12/345A", "PNC12/345a", " pnc12/345a ", "ＰＮＣ12/345a"])
def test_canonical_ref_how_it_was_typed_makes_no_other_person(other):
    assert canonical_ref(other) == canonical_ref("PNC12/345A")


def test_canonical_ref_other_people_stay_others():
    assert canonical_ref("PNC12/345A") != canonical_ref("PNC12/346A")
