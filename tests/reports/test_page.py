"""The page as a browser's parser sees it (html.parser), and as WCAG 2 measures its colours."""

from __future__ import annotations

import base64
import io
import re
from collections import Counter
from dataclasses import fields
from html.parser import HTMLParser
from itertools import pairwise

import jinja2
import numpy as np
import pytest
from hand_made import make_alert, make_run, make_shot
from PIL import Image

from lfr_kit.reports.page import TEMPLATE, page_environment, portrait_uri, render_page, write_page
from lfr_kit.reports.run_record import AlertEntry, RunRecord


class Seen(HTMLParser):
    """Every element with its attributes, and the text of headings and title."""

    def __init__(self, page: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: Counter[str] = Counter()
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        self._open.append(tag)

    def handle_data(self, data):
        self.text[" ".join(data.split())] += 1

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(make_run())


def test_page_asks_nothing_of_anybody(page):
    seen = Seen(page)
    loading = {"src", "href", "xlink:href", "srcset", "data", "action", "poster", "background", "formaction"}
    targets = [value for _, attributes in seen.elements for key, value in attributes.items() if key in loading]
    assert targets
    assert all(target.startswith(("#", "data:image/")) for target in targets)
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", page)
    assert not {"script", "link", "iframe", "object", "embed", "base"} & {tag for tag, _ in seen.elements}


def test_page_shows_both_pictures_of_each_alert_and_no_other(page):
    pictures = [attributes for attributes in Seen(page).all("img")]
    assert [picture["alt"] for picture in pictures] == [
        "Face seen 2.0 s into the footage",
        "Reference photo of anna",
    ]
    assert all(picture["src"].startswith("data:image/jpeg;base64,") for picture in pictures)


def test_page_without_alert_holds_no_picture():
    page = render_page(make_run(alerts=(), searches=(), in_view=(), faces_seen=0, faces_seen_at_s=()))
    assert "data:image" not in page
    assert "No alert" in page


def test_page_states_what_the_run_found(page):
    text = " ".join(Seen(page).text)
    for words in ("1 alert for a person to judge", "anna", "0.620", "0.500", "An alert is not an identification."):
        assert words in text
    for words in (
        "dlib_resnet",
        "FaceNet's weights are not on this machine",
        "too blurred",
        "blurred.jpg",
        "0.1.0",
    ):
        assert words in text


def test_page_timings_are_those_of_the_run(page):
    """300 frames: 3.0 s are 10 ms a frame and 3.0 / 4.5 = 67 % of the time."""
    rows = re.findall(
        r'<tr><th scope="row">(.*?)</th>.*?>([\d.]+)</td>.*?>([\d.]+)</td>.*?(\d+) %', page, re.DOTALL
    )
    assert rows == [
        ("decoding", "1.00", "3.33", "22"),
        ("detection", "3.00", "10.00", "67"),
        ("embedding", "0.50", "1.67", "11"),
    ]


def test_page_names_from_outside_are_text_not_markup():
    hostile = '<img src=x onerror=alert(1)>"{{ 7*7 }}'
    shot = make_shot(0.0)
    page = render_page(make_run(source=hostile, alerts=(AlertEntry(make_alert(hostile), shot, 1),)))
    seen = Seen(page)
    assert len(seen.all("img")) == 2
    assert not any("onerror" in attributes for _, attributes in seen.elements)
    assert hostile in seen.text


def test_page_is_well_formed_for_readers_that_do_not_see(page):
    seen = Seen(page)
    assert seen.all("html")[0]["lang"] == "en"
    assert len(seen.all("h1")) == 1
    levels = [int(tag[1]) for tag, _ in seen.elements if re.fullmatch(r"h[1-6]", tag)]
    assert all(b - a <= 1 for a, b in pairwise(levels)), "no heading level is skipped"
    assert all(attributes.get("aria-label") for attributes in seen.all("svg"))
    ids = Counter(attributes["id"] for _, attributes in seen.elements if "id" in attributes)
    assert not [name for name, n in ids.items() if n > 1]
    referred = {a["aria-labelledby"] for _, a in seen.elements if "aria-labelledby" in a}
    assert referred <= set(ids)
    assert all(a.get("scope") for a in seen.all("th"))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("name", ["ink", "grey", "alert", "seen"])
def test_page_text_colours_reach_wcag_aa_on_every_ground(page, name):
    colours = dict(re.findall(r"--(\w+): (#\w{6})", page))
    for ground in ("#ffffff", colours["wash"]):
        low, high = sorted((luminance(colours[name]), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_page_template_uses_declared_fields_only_and_all_that_people_must_see():
    environment = page_environment()
    source = environment.loader.get_source(environment, TEMPLATE)[0]
    used = {
        node.attr
        for node in environment.parse(source).find_all(jinja2.nodes.Getattr)
        if isinstance(node.node, jinja2.nodes.Name) and node.node.name == "run"
    }
    declared = {field.name for field in fields(RunRecord)}
    through_functions = {"faces_seen_at_s", "in_view", "stage_seconds"}  # plots and the table of timings
    assert used | through_functions == declared


def test_page_every_declared_field_has_its_help():
    for field in fields(RunRecord):
        assert re.search(rf"^\s{{4}}(\w+, )*{field.name}(, \w+)*$", RunRecord.__doc__, re.MULTILINE), field.name


def test_portrait_is_a_square_round_the_face():
    shot = make_shot()
    jpeg = base64.b64decode(portrait_uri(shot).partition(",")[2])
    image = np.asarray(Image.open(io.BytesIO(jpeg))).astype(int)
    assert image.shape == (68, 68, 3)  # 1.7 times the 40 px face
    wanted = np.asarray(shot.image[6:74, 6:74]).astype(int)
    assert np.abs(image.mean(axis=(0, 1)) - wanted.mean(axis=(0, 1))).max() < 3


def test_page_on_a_full_disk_leaves_the_older_page(tmp_path, monkeypatch):
    from lfr_kit.errors import OutputError

    path = tmp_path / "report.html"
    path.write_text("older")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match="no room"):
        write_page(path, make_run())
    assert [(f.name, f.read_text()) for f in tmp_path.iterdir()] == [("report.html", "older")]
