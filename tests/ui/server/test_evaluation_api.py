"""Evaluation over the API: runs as they were written, prices, plots that cannot act, and who may see them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from evaluated_runs import put_run

from lfr_kit.governance.roles import Action, Actor, Role, may
from lfr_kit.governance.threshold_price import Question, price_of

ASKED = "list=60&budget=1000&footfall=5000"
MAY = ("silver", "gold", "bronze", "analyst", "auditor", "boss")
MAY_NOT = ("operator", "officer", "manager", "reviewer")


@pytest.fixture(scope="module")
def runs(served):
    folder = served.folder / "runs"
    made = [put_run(folder, "a"), put_run(folder, "bb", noise=0.8)]
    (folder / "left-over").mkdir()
    spoilt = put_run(folder, "ccc", noise=0.7)
    path = spoilt.path / "figures.json"
    path.chmod(0o644)
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    return [*made, spoilt]


def names(runs):
    return [run.path.name for run in runs]


def test_runs_are_listed_newest_first_and_a_changed_one_says_so(served, runs):
    found = served.browser("analyst").get("lfr/api/evaluation").json()
    usable = [each for each in found["runs"] if "fault" not in each]
    assert [each["name"] for each in usable] == [runs[1].path.name, runs[0].path.name]
    assert usable[1]["embedder"] == "algorithm a, as asked for"
    assert (usable[1]["people"], usable[1]["passes"], usable[1]["longest_list"]) == (30, 120, 70)
    (spoilt,) = [each for each in found["runs"] if "fault" in each]
    assert spoilt["name"] == runs[2].path.name
    assert "was changed since" in spoilt["fault"]
    assert str(served.folder) not in str(found)


def test_calibrations_are_listed_with_their_validity(served, runs):
    found = served.browser("silver").get("lfr/api/evaluation").json()["calibrations"]
    shipped = next(each for each in found if each["calibration_id"].startswith("dlib_resnet"))
    assert shipped["valid_until"].startswith("2027-")
    assert shipped["is_valid"] is (shipped["days_left"] >= 0)
    assert shipped["score_scale"]
    assert shipped["largest_list"] >= 400


def test_prices_are_those_of_each_run(served, runs):
    query = "&".join(f"run={name}" for name in names(runs[:2]))
    found = served.browser("gold").get(f"lfr/api/evaluation/price?{query}&{ASKED}").json()
    for told, run in zip(found["prices"], runs[:2], strict=True):
        price = price_of(run.figures, Question(60, 1000, 5000))
        assert (told["run"], told["score_scale"]) == (run.path.name, "cosine")
        assert told["threshold"] == pytest.approx(price.threshold)
        assert told["tpir"] == pytest.approx(price.tpir)
        assert told["false_alerts_upper"] == pytest.approx(price.false_alerts_upper)
    assert found["differences"] == []


@pytest.mark.parametrize("name", ["errors", "scores", "list-size"])
@pytest.mark.parametrize(("width", "points"), [("wide", 8.4 * 72), ("narrow", 3.7 * 72)])
def test_plots_are_drawings_that_cannot_act(served, runs, name, width, points):
    path = f"lfr/api/evaluation/plots/{name}?run={runs[0].path.name}&{ASKED}&width={width}"
    answer = served.browser("auditor").get(path)
    assert answer.headers["content-type"].startswith("application/json")
    found = answer.json()
    drawing = ElementTree.fromstring(found["svg"])
    assert drawing.attrib["aria-label"] == found["description"]
    assert float(drawing.attrib["viewBox"].split()[2]) == pytest.approx(points, abs=0.1)
    for each in drawing.iter():
        assert not each.tag.endswith(("script", "foreignObject"))
        assert not [key for key in each.attrib if key.lower().startswith("on")]


@pytest.mark.parametrize("name", ["scores", "list-size"])
def test_a_plot_of_one_run_beside_another_says_whose_it_is(served, runs, name):
    path, first = f"lfr/api/evaluation/plots/{name}?{ASKED}", names(runs)[0]
    alone, beside = (
        served.browser("silver").get(f"{path}{''.join(f'&run={each}' for each in chosen)}").json()
        for chosen in ([first], names(runs[:2]))
    )
    assert first not in alone["svg"]
    assert f"{first} only" in beside["svg"]
    assert f"{first} only" in beside["description"]


@pytest.mark.parametrize("path", ["", f"/price?run=x&{ASKED}", f"/plots/errors?run=x&{ASKED}"])
@pytest.mark.parametrize("who", MAY_NOT)
def test_who_has_no_use_for_it_is_refused(served, runs, who, path):
    assert served.browser(who).get(f"lfr/api/evaluation{path}").status_code == 403


@pytest.mark.parametrize("who", MAY)
def test_who_decides_on_thresholds_may_look(served, runs, who):
    assert served.browser(who).get("lfr/api/evaluation").status_code == 200


def test_table_of_roles_agrees():
    allowed = {str(role) for role in Role if may(Actor("x", frozenset({role})), Action.EVALUATION_VIEW)}
    assert allowed == {"silver", "gold", "bronze", "analyst", "auditor", "administrator", "authorising_officer"}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"run=no-such-run&{ASKED}", 404),
        (f"run=left-over&{ASKED}", 404),
        (f"run=../../keys&{ASKED}", 404),
        (f"run=.&{ASKED}", 404),
        (ASKED, 400),
        ("run=x&list=0&budget=1000&footfall=1", 400),
        ("run=x&list=1e9&budget=1000&footfall=1", 400),
        ("run=x&list=-5&budget=1000&footfall=1", 400),
        ("run=x&budget=1000&footfall=1", 400),
        ("&".join(f"run=r{i}" for i in range(7)) + f"&{ASKED}", 400),
    ],
)
def test_what_cannot_be_asked_is_refused(served, runs, query, status):
    answer = served.browser("silver").get(f"lfr/api/evaluation/price?{query}")
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_a_changed_run_has_no_price(served, runs):
    answer = served.browser("silver").get(f"lfr/api/evaluation/price?run={runs[2].path.name}&{ASKED}")
    assert answer.status_code >= 400
    assert "changed" in answer.json()["error"]["message"] or answer.json()["error"]["kind"] == "TamperedError"
