"""Runs: written whole, found unchanged or not at all, compared only with their like."""

from __future__ import annotations

import json
import re

import pytest

from evaluation.trial_scene import folder_trial, painted_stages
from lfr_kit.errors import OutputError, TableError, TamperedError
from lfr_kit.evaluation.compare_runs import compare_runs
from lfr_kit.evaluation.run_folder import check_folder, open_run, versions, write_run
from lfr_kit.evaluation.trial import TrialPlan, run_trial
from lfr_kit.evaluation.trial_run import prepare, trial_content


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return prepare(folder_trial(tmp_path_factory.mktemp("trial")), painted_stages(), None)


def content_of(prepared, **plan):
    result = run_trial(prepared.manifest, prepared.templates, TrialPlan(n_resamples=30, n_draws=3, **plan))
    return trial_content(prepared, result)


@pytest.fixture
def run(prepared, tmp_path):
    return write_run(tmp_path, content_of(prepared), versions('{"admission": "all"}', "painted"))


def test_run_is_whole_read_only_and_named_after_its_sources(run, prepared):
    names = {path.relative_to(run.path).as_posix() for path in run.path.rglob("*") if path.is_file()}
    assert {"manifest.json", "versions.json", "digests.json", "figures.json", "report.html"} <= names
    assert {name for name in names if name.startswith("plots/")} == {
        "plots/scores.svg", "plots/errors.svg", "plots/list-size.svg",
    }  # fmt: skip
    assert all(path.stat().st_mode & 0o222 == 0 for path in run.path.rglob("*.json"))
    assert run.path.name == content_of(prepared).name
    assert run.path.name != content_of(prepared, seed=1).name


def test_same_trial_again_is_the_same_run(run, prepared):
    again = write_run(run.path.parent, content_of(prepared), versions("{}", "later"))
    assert again.path == run.path
    assert len(list(run.path.parent.iterdir())) == 1


def test_run_names_nobody_and_its_page_loads_nothing(run):
    for path in run.path.rglob("*"):
        if path.is_file():
            assert not re.search(r"person_\d", path.read_text())
    page = (run.path / "report.html").read_text()
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page


@pytest.mark.parametrize("name", ["figures.json", "report.html", "manifest.json", "plots/scores.svg"])
def test_changed_or_missing_file_is_found(run, name):
    path = run.path / name
    path.chmod(0o644)
    path.write_text(path.read_text().replace("0", "1", 1))
    with pytest.raises(TamperedError, match="was changed"):
        open_run(run.path)
    path.unlink()
    with pytest.raises(TamperedError, match="was changed"):
        open_run(run.path)


def test_same_sources_with_other_figures_are_refused(run, prepared):
    figures = json.loads((run.path / "figures.json").read_text())
    other = content_of(prepared)
    object.__setattr__(other, "figures", {**figures, "listed": 99})
    with pytest.raises(TamperedError, match="other figures"):
        write_run(run.path.parent, other, {})


def test_what_is_no_run_is_named(tmp_path):
    with pytest.raises(TableError, match="is no run"):
        open_run(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        check_folder(tmp_path / "file")


def test_failed_write_leaves_nothing(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.rename", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OutputError, match="no room"):
        write_run(tmp_path, content_of(prepared), {})
    assert list(tmp_path.iterdir()) == []


def test_runs_of_one_trial_are_compared_row_by_row(run, prepared, tmp_path):
    recipe = versions('{"admission": "deployed"}', "another")
    content = content_of(prepared)
    object.__setattr__(content, "figures", {**content.figures, "space_id": "another:1"})
    other = write_run(tmp_path / "other", content, recipe)
    found = compare_runs([run, other])
    assert found.differences == ()
    assert any("never thresholds" in remark for remark in found.remarks)
    assert any("quality gates" in remark for remark in found.remarks)
    assert [row["run"] for row in found.rows[:2]] == [str(run.path), str(other.path)]
    assert len(found.rows) == 2 * sum(len(size["points"]) for size in run.figures["sizes"])


def test_runs_that_are_not_comparable_are_refused_with_all_reasons(run, prepared, tmp_path):
    content = content_of(prepared, list_sizes=(2,), seed=5)
    object.__setattr__(content, "sources", {**content.sources, "manifest": "0" * 64})
    other = write_run(tmp_path / "other", content, versions('{"admission": "all"}', "painted"))
    with pytest.raises(TableError) as refused:
        compare_runs([run, other])
    for reason in ("other people or pictures", "drew other lists", "no list size in common"):
        assert reason in str(refused.value)
    assert len(compare_runs([run, other], anyway=True).differences) == 3
    with pytest.raises(TableError, match="two runs or more"):
        compare_runs([run])
