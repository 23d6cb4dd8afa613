"""Manifests of trials: what is read, and what is refused by name."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime

import pytest

from evaluation.trial_scene import SOON, edit, folder_trial, painted_stages
from lfr_kit.errors import OutputError, RetentionError, TableError
from lfr_kit.evaluation.folder_manifest import group_table, people_of
from lfr_kit.evaluation.trial_manifest import check_retention
from lfr_kit.evaluation.trial_passes import templates_of_trial
from lfr_kit.evaluation.trial_tables import read_manifest

TODAY = datetime.now(UTC).date()


@pytest.fixture
def manifest(tmp_path):
    return folder_trial(tmp_path)


def test_folder_of_people_becomes_cohort_filler_and_crowd(manifest):
    counts = read_manifest(manifest).counts()
    assert (counts["cohort"], counts["filler"], counts["crowd"]) == (10, 5, 5)
    assert (counts["passes_of_the_cohort"], counts["passes_of_the_crowd"], counts["pictures"]) == (20, 5, 40)


def test_groups_come_from_the_table_and_stand_in_no_name(tmp_path):
    table = tmp_path / "said.csv"
    table.write_text("who,height,job\nperson_00,tall,\nperson_01,short,nurse\n")
    said = group_table(table, "who", ["height", "job"])
    found = read_manifest(folder_trial(tmp_path, groups=said))
    assert found.people[0].groups == {"height": "tall"}
    assert found.counts()["groups"] == {"height": {"short": 1, "tall": 1}, "job": {"nurse": 1}}


def test_pictures_in_one_folder_are_people_by_the_beginning_of_their_name(tmp_path):
    folder = folder_trial(tmp_path).parent.parent / "flat"
    folder.mkdir()
    for number in range(2):
        shutil.copy(tmp_path / "people" / "person_00" / f"{number}.png", folder / f"001_{number}.png")
    assert {name: len(paths) for name, paths in people_of(folder).items()} == {"001": 2}


@pytest.mark.parametrize(
    ("table", "old", "new", "what"),
    [
        ("people.csv", "person_00,cohort", "person_01,crowd", "person_01 stands in it twice"),
        ("people.csv", "person_00,cohort", "person_00,crowd", "person_00 is crowd, whose pictures are pass"),
        ("people.csv", "person_00,cohort", "person_00,public", "row 2, part"),
        ("people.csv", "person_00,cohort,,", "person_00,cohort,,tomorrow", "column retained_until: needs a date"),
        ("people.csv", "person_00,cohort,,", "someone,cohort,,", "'person_00' is not in the table of people"),
        ("pictures.csv", "person_00/0.png", "person_00/9.png", "a file is not there"),
        ("pictures.csv", "person_00/0.png", "../secret.png", "needs a path under"),
        ("pictures.csv", "person_00,reference,,", "person_00,pass,a,", "has no reference picture"),
        ("pictures.csv", "person_00,pass,1,", "person_00,pass,,", "column pass_id"),
        ("pictures.csv", "file,camera,day", "file,camera,when", "needs columns"),
        ("trial.toml", "data =", "about =", "lacks data"),
        ("trial.toml", 'trial_id = "painted"', 'trial_id = "../x"', "trial_id"),
        ("trial.toml", f"until = {SOON}", 'until = "later"', "needs a date without quotes"),
        ("trial.toml", "people =", "threshold = 1\npeople =", "lines that mean nothing: threshold"),
        ("trial.toml", "trial_id", "[[", "is no TOML"),
    ],
)
def test_wrong_manifest_is_refused_with_what_is_wrong(manifest, table, old, new, what):
    with pytest.raises(TableError, match=what.replace("[", r"\[")):
        read_manifest(edit(manifest, table, old, new))


def test_manifest_in_which_nobody_passes_has_no_trials(manifest):
    people = manifest.parent / "people.csv"
    lines = people.read_text().splitlines()
    people.write_text("\n".join([lines[0], "person_00,filler,,", "person_01,filler,,"]))
    pictures = manifest.parent / "pictures.csv"
    rows = pictures.read_text().splitlines()
    kept = [row for row in rows if row.startswith(("person_00,reference", "person_01,reference"))]
    pictures.write_text("\n".join([rows[0], *kept]))
    with pytest.raises(TableError, match="without passes there are no trials"):
        read_manifest(manifest)


def test_same_picture_under_another_name_is_refused(manifest, tmp_path):
    people = tmp_path / "people"
    shutil.copy(people / "person_03" / "1.png", people / "person_12" / "0.png")
    found = read_manifest(manifest)
    with pytest.raises(TableError, match="is the same picture as"):
        templates_of_trial(found, painted_stages())


def test_expired_member_and_too_long_a_time_are_refused(manifest):
    found = read_manifest(manifest)
    check_retention(found, SOON)
    with pytest.raises(RetentionError, match="person_00 and 19 more"):
        check_retention(found, date(SOON.year + 1, 1, 1))
    with pytest.raises(RetentionError, match="more than 3 years"):
        check_retention(found, date(TODAY.year - 4, 1, 1))
    one = read_manifest(edit(manifest, "people.csv", "person_00,cohort,,", "person_00,cohort,,2020-01-01"))
    with pytest.raises(RetentionError, match=r"person_00 \(2020-01-01\)"):
        check_retention(one, TODAY)


def test_manifest_is_not_overwritten(manifest, tmp_path):
    with pytest.raises(OutputError, match="is there already"):
        folder_trial(tmp_path)


def test_clip_needs_a_span_in_order(manifest):
    pictures = manifest.parent / "pictures.csv"
    lines = [line + ",," for line in pictures.read_text().splitlines()]
    lines[0] = lines[0][:-2] + ",start_s,end_s"
    pictures.write_text("\n".join(lines))
    assert not any(picture.is_clip for _, picture, _ in read_manifest(manifest).pictures)
    edit(manifest, "pictures.csv", "person_00/1.png,,,,", "person_00/1.png,,,2.5,1")
    with pytest.raises(TableError, match="start_s must lie before end_s"):
        read_manifest(manifest)
