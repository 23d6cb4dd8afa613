"""What reaches a page: one <svg> element, without a script, an address or a loose quotation mark."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from lfr_kit.plots.cmc import cmc
from lfr_kit.plots.svg import plot_of, svg_of

NASTY = """a "quoted" <script>alert(1)</script> & 'group'"""


def of_curves(label="one photo"):
    return lambda axes: cmc(axes, {label: [0.5, 0.75, 0.75]})


def test_svg_is_an_image_that_says_in_words_what_it_shows():
    svg = svg_of(of_curves(), "cmc")
    assert svg.startswith(
        '<svg role="img" aria-label="Identification rate up to rank 3: one photo 0.500 at rank 1'
    )
    assert ">identification rate</text>" in svg
    assert "http" not in svg
    assert "<script" not in svg


def test_svg_of_a_nasty_label_stays_a_label():
    element = ElementTree.fromstring(svg_of(of_curves(NASTY), "cmc", is_file=True))
    assert NASTY in element.attrib["aria-label"]
    assert not [each for each in element.iter() if each.tag.endswith("script")]
    assert NASTY in {"".join(each.itertext()) for each in element.iter() if each.tag.endswith("text")}


def test_svg_file_can_be_read_on_its_own_and_is_the_same_each_time():
    one, two = (svg_of(of_curves(), "cmc", is_file=True) for _ in range(2))
    assert one == two
    assert ElementTree.fromstring(one).tag == "{http://www.w3.org/2000/svg}svg"


def test_two_plots_in_one_page_share_no_id():
    first, second = (plot_of(of_curves(), name) for name in ("one", "two"))
    ids = [
        each.attrib["id"]
        for svg in (first.wide, first.narrow, second.wide, second.narrow)
        for each in ElementTree.fromstring(svg.replace("xlink:href", "href")).iter()
        if "id" in each.attrib
    ]
    assert len(ids) == len(set(ids))


def test_narrow_plot_is_drawn_for_a_telephone_not_shrunk():
    plot = plot_of(of_curves(), "cmc")
    widths = [
        float(ElementTree.fromstring(svg.replace("xlink:href", "href")).attrib["viewBox"].split()[2])
        for svg in (plot.wide, plot.narrow)
    ]
    assert widths == pytest.approx([8.4 * 72, 3.7 * 72], abs=0.01)
