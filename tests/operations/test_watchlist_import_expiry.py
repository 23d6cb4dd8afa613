"""Imports of people whose expiry is over: nothing is taken of them, and they stop nobody else."""

from __future__ import annotations

from imported_lists import everything, on_list
from painted_photos import painted_enroller, row, save, write_table

from lfr_kit.detection.scripted import ScriptedDetector
from lfr_kit.operations.import_report import report_lines


def test_import_takes_nothing_of_whoever_is_expired_as_they_are_given(store, building, bring, tmp_path):
    save(tmp_path / "a.png", 1)
    save(tmp_path / "b.png", 2)
    given = [row("A", "a.png", expires_at="2026-05-03"), row("B", "b.png", expires_at="2026-05-04")]
    report = bring(write_table(tmp_path / "t.csv", given))
    assert (report.n_people, report.n_pictures) == ({"expired": 1, "accepted": 1}, {"kept_out": 1, "enrolled": 1})
    (line,) = [each for each in report_lines(report) if each[2] == "A"]
    assert (line[1], "expires_at that lies ahead" in line[5]) == ("expired", True)
    assert list(on_list(store, building)) == ["B"]


def test_import_again_after_the_expiry_is_the_same_as_once(store, building, bring, clock, tmp_path):
    save(tmp_path / "a.png")
    table = write_table(tmp_path / "t.csv", [row("A", "a.png", expires_at="2026-05-04T09:30+00:00")])
    bring(table)
    before = everything(store, building)
    clock.advance(hours=1)
    assert bring(table).n_people == {"unchanged": 1}
    earlier = [row("A", "a.png", expires_at="2026-05-04T09:10+00:00", note="new")]
    assert bring(write_table(tmp_path / "t.csv", earlier)).n_people == {"expired": 1}
    assert everything(store, building) == before


def test_import_whoever_runs_out_while_it_runs_stops_nobody_else(store, building, bring, clock, tmp_path):
    class Slow(ScriptedDetector):
        def detect(self, frames):
            clock.advance(hours=1)
            return super().detect(frames)

    save(tmp_path / "a.png", 1)
    save(tmp_path / "b.png", 2)
    given = [row("A", "a.png", expires_at="2026-05-04T09:30+00:00"), row("B", "b.png")]
    report = bring(write_table(tmp_path / "t.csv", given), enroller=painted_enroller(detector=Slow()))
    assert (report.n_people, list(on_list(store, building))) == ({"expired": 1, "accepted": 1}, ["B"])
