"""Reasons in words: what a program can tell of them."""

from __future__ import annotations

import pytest

from lfr_kit.governance.grounds import check_substance

REASONS = (
    "Of 61 robberies in the quarter since January, 44 happened on the square or close to it, and patrols on the "
    "last three market days met none of the suspects among six thousand visitors."
)


def test_substance_of_reasons_is_taken_as_it_is():
    assert check_substance(REASONS, 80, 12) is REASONS


def test_substance_of_another_language_is_taken():
    welsh = (
        "Digwyddodd y rhan fwyaf o'r lladradau eleni ar sgwâr y farchnad, ac ni ddaeth yr heddlu o hyd i neb o'r "
        "rhai sydd dan amheuaeth ymhlith chwe mil o ymwelwyr bob dydd."
    )
    assert check_substance(welsh, 80, 12) == welsh


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "0 letters"),
        ("Because it is necessary.", "letters in words; at least 80"),
        ("necessary " * 40, "same word again and again"),
        ("the necessary the proportionate the strict " * 6, "again and again|different words"),
        (". , ; : - 1 2 3 4 5 6 7 8 9 0 " * 20, "0 letters"),
        ("a b c d e f g h i j k l m n o p q r s t u v w x y z", "26 letters"),
        ("TBC " + REASONS, "placeholder 'tbc'"),
        ("Lorem ipsum dolor sit amet " * 5, "placeholder 'lorem'"),
        (
            "supercalifragilisticexpialidocious antidisestablishmentarianism floccinaucinihilipilification",
            "3 different",
        ),
        (" ".join(["We must find these wanted men before they leave the market square."] * 4), "repeats its own"),
    ],
)
def test_substance_of_filler_is_refused(text, what):
    with pytest.raises(ValueError, match=what):
        check_substance(text, 80, 12)
