"""Aggregates of what officers perceived."""

from __future__ import annotations

from lfr_kit.governance.equality import (
    Perceived,
    PerceivedAge,
    PerceivedEthnicity,
    PerceivedSex,
    equality_tables,
)
from lfr_kit.governance.vocabulary import Truth

SEEN = Perceived(PerceivedEthnicity.IC3_BLACK, PerceivedSex.MALE, PerceivedAge.FROM_18_TO_24)
OTHER = Perceived(PerceivedEthnicity.IC1_WHITE_NORTHERN_EUROPEAN, PerceivedSex.MALE, PerceivedAge.FROM_50)


def test_tables_keep_true_and_false_alerts_apart():
    reports = [(Truth.FALSE_CONFIRMED, SEEN)] * 8 + [(Truth.FALSE_UNCONFIRMED, OTHER)] * 6
    reports += [(Truth.TRUE_CONFIRMED, OTHER)] * 20
    tables = {(table.alerts, table.by): table for table in equality_tables(reports)}
    assert set(tables) == {(alerts, by) for alerts in ("true", "false") for by in ("ethnicity", "sex", "age")}
    assert tables["false", "ethnicity"].counts["ic3"] == "8"
    assert tables["false", "ethnicity"].total == "14"
    assert tables["true", "sex"].total == "20"


def test_few_reports_show_nothing_but_that_they_are_few():
    tables = equality_tables([(Truth.FALSE_CONFIRMED, SEEN)] * 2)
    assert {text for table in tables for text in (*table.counts.values(), table.total)} == {"fewer than 5"}
