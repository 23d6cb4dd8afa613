"""Every document by its structure: what a screen reader needs, that it loads nothing, that it names nobody."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hand_counted import S, alert, computed, false, moved, true
from recorded import START, authority

from lfr_kit.documents import internal, pdf, public, record_files
from lfr_kit.documents.files import write_documents
from lfr_kit.documents.internal import BriefingFacts, GroupRate, HistoryLine
from lfr_kit.errors import MissingDependencyError, OutputError
from lfr_kit.evaluation.rates import Rate
from lfr_kit.governance.deletion_certificate import DeletionCertificate, SignedCertificate
from lfr_kit.governance.deployment_state import Deployment
from lfr_kit.governance.published_record import Correction, WatchlistCounts
from lfr_kit.governance.roll_up import roll_up
from lfr_kit.governance.vocabulary import DeploymentState

HOSTILE = "<script>alert(1)</script>\"'&"


def deployment(**plan) -> Deployment:
    asked = authority(**plan)
    return Deployment(
        deployment_id="D-0000000001",
        state=DeploymentState.GRANTED,
        version=2,
        authority=asked,
        authority_digest="5d" * 32,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        threshold=asked.threshold,
        asked_by=frozenset({"bronze-1"}),
        drafted_by="bronze-1",
        requested_by="bronze-1",
        granted_by="authorising_officer-1",
        granted_at=START - timedelta(days=1),
    )


def record(**changes):
    alerts = [alert("1", true("arrest"), engaged=True), alert("2", false("no_action"), engaged=True), alert("3")]
    correction = Correction(
        column="Watchlist Size",
        old_value="411",
        new_value="412",
        reason="counted again",
        corrected_by="silver-1",
        corrected_at=START,
    )
    counts = WatchlistCounts(size=412, by_category={"suspect": 409, "victim": 3}, by_age_band={"18_or_over": 412})
    return computed(alerts, watchlist=counts).model_copy(update={"corrections": (correction,), **changes})


def certificate() -> SignedCertificate:
    body = DeletionCertificate(
        certificate_id="X-1",
        store_id="e3" * 16,
        deployment_id="D-0000000001",
        reason="ttl",
        profile="swp",
        deleted_by="system",
        deleted_at="2026-05-05T14:00:00+00:00",
        completed_at="2026-05-05T14:00:03+00:00",
        counts={"alerts": 3},
        digests={"alerts": "ab" * 32},
        keys_destroyed=["K-1"],
        held_back=1,
        residue={"found_before": 12, "found_after": 0, "places": ["database"]},
        remarks=["one alert is held"],
    )
    return SignedCertificate(certificate=body, signature="ab" * 64, public_key="cd" * 32)


def briefing(**changes) -> str:
    of = deployment()
    facts = {"n_entries": 412, "by_response": {"red": 12}, "by_category": {"suspect": 412}, "by_age_band": {}}
    return internal.briefing(BriefingFacts(deployment=of, public=public.public_facts(of), **{**facts, **changes}))


def every_document(**plan) -> dict[str, str]:
    of = deployment(**plan)
    facts = public.public_facts(of)
    history = [HistoryLine(at=START, actor_id="silver-1", step="grant", reason="necessary")]
    aborted = computed(events=[moved(5, S.OPEN), moved(9, S.ABORTED)], state=S.ABORTED)
    return {
        "notice": public.notice(facts),
        "poster-A4": public.poster(facts, "A4"),
        "poster-A3": public.poster(facts, "A3"),
        "leaflet": public.leaflet(facts),
        "authority": internal.authority(of, history, "ab" * 32),
        "briefing": briefing(),
        "certificate": internal.certificate(certificate()),
        "record": record_files.record_page(record()),
        "aborted": record_files.record_page(aborted),
        "roll_up": record_files.roll_up_page(roll_up([record(), aborted], 2026)),
    }


DOCUMENTS = every_document()
VOID = {"meta", "br", "link", "img", "hr", "input", "path", "circle"}


class Outline(HTMLParser):
    """What a screen reader meets: elements in order, with attributes and text, and whether all are closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.words = ""
        self.texts: dict[str, list[str]] = {}
        self.feed(html)
        self.faults += [f"{tag} is not closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.words += " " if tag in ("td", "th", "dt", "dd", "br", "p", "li") else ""
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if "style" not in self.open:
            self.words += data
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def all(self, *tags: str):
        return [attrs for tag, attrs in self.elements if tag in tags]


@pytest.fixture(params=DOCUMENTS, ids=str)
def outline(request) -> Outline:
    return Outline(DOCUMENTS[request.param])


def plain(html: str) -> str:
    return " ".join(Outline(html).words.split())


def test_document_is_well_formed_with_language_and_title(outline):
    assert outline.faults == []
    assert outline.all("html") == [{"lang": "en-GB"}]
    assert outline.texts["title"][0].strip()


def test_document_has_one_main_heading_and_skips_no_level(outline):
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_document_has_one_main_part(outline):
    assert len(outline.all("main")) == 1


def test_tables_have_captions_and_every_header_its_scope(outline):
    assert len(outline.all("caption")) == len(outline.all("table"))
    assert all(attrs.get("scope") in ("col", "row") for attrs in outline.all("th"))
    assert all(text.strip() for text in outline.texts.get("caption", []))


def test_pictures_are_named_or_hidden_from_screen_readers(outline):
    assert all(attrs.get("alt") for attrs in outline.all("img"))
    assert all(attrs.get("aria-hidden") == "true" or attrs.get("aria-label") for attrs in outline.all("svg"))


def test_document_loads_nothing_and_runs_nothing(outline):
    assert not outline.all("script", "link", "iframe", "object", "embed", "form", "base")
    for tag, attrs in outline.elements:
        assert not {"src", "srcset", "background", "data", "action"} & attrs.keys(), tag
        assert not any(name.startswith("on") for name in attrs), tag
    policies = [each["content"] for each in outline.all("meta") if each.get("http-equiv")]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert not re.search(r"url\(|@import", "".join(outline.texts["style"]))


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("#0b0c0c", "#ffffff"),
        ("#505a5f", "#ffffff"),
        ("#0b0c0c", "#f4f5f6"),
        ("#ffffff", "#12395b"),
        ("#ffdd00", "#12395b"),
        ("#0b0c0c", "#ffdd00"),
        ("#12395b", "#ffffff"),
    ],
)
def test_colours_of_text_have_the_contrast_of_wcag_aa(ink, paper):
    lighter, darker = sorted((luminance(ink), luminance(paper)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_no_other_colour_of_text_is_used():
    known = {"#0b0c0c", "#505a5f", "#fff", "#ffdd00", "#12395b"}
    used = {colour for html in DOCUMENTS.values() for colour in re.findall(r"[{;]\s*color:\s*(#\w+)", html)}
    assert used <= known


@pytest.mark.parametrize("name", ["notice", "poster-A4", "poster-A3", "leaflet"])
def test_public_documents_say_where_when_and_that_walking_round_is_no_offence(name):
    words = plain(DOCUMENTS[name])
    assert "North entrance, The Green, Exampleton" in words
    assert "Monday 4 May 2026" in words
    assert "10:00 to 16:00" in words
    assert re.search(r"(not an|no) offence and (is )?not suspicious", words)
    assert "lfr@police.example, 101" in words
    assert "police.example/complaints" in words
    assert "ico.org.uk" in words


@pytest.mark.parametrize("name", ["notice", "leaflet"])
def test_public_documents_say_what_becomes_of_data_by_the_profile(name):
    words = plain(DOCUMENTS[name])
    assert "forgotten at once" in words
    assert "put right, restricted or deleted" in words
    assert "deleted within 24 hours" in words
    assert "in secret" in words
    assert "31 days" in plain(every_document(retention_profile="mps")[name])


@pytest.mark.parametrize("name", ["notice", "poster-A4", "poster-A3", "leaflet"])
def test_public_documents_quote_no_ground_and_name_no_officer(name):
    words = plain(DOCUMENTS[name])
    plan = authority()
    for text in (
        plan.necessity,
        plan.purpose,
        plan.strategic_intent,
        plan.watchlist_criteria,
        plan.evidence.operation_ref,
    ):
        assert text not in words
    assert "bronze-1" not in words
    assert "authorising_officer" not in words


def test_no_document_shows_where_a_camera_is_opened_from():
    assert not any("rtsp" in html or "secret@" in html for html in DOCUMENTS.values())


def test_authority_has_all_grounds_who_asked_who_granted_and_both_digests():
    words = plain(DOCUMENTS["authority"])
    plan = authority()
    for text in (
        plan.necessity, plan.proportionality, plan.less_intrusive_means, plan.legal_basis, plan.why_there,
        plan.collateral_intrusion, plan.dpia_ref, plan.equality_ref, "5d" * 32, "ab" * 32,
    ):  # fmt: skip
        assert " ".join(text.split()) in words
    assert "Granted by authorising_officer-1" in words
    assert "Asked for by bronze-1" in words
    assert "signature" in words


def test_authority_that_is_not_granted_says_so():
    words = plain(internal.authority(Deployment(**{**deployment().__dict__, "granted_by": None}), [], None))
    assert "Not granted." in words
    assert "no list is frozen yet" in words


def test_briefing_says_plainly_that_no_difference_was_measured():
    words = plain(briefing())
    assert "No differences between groups of people were measured" in words
    assert "That does not mean that there are none." in words


def test_briefing_prints_measured_differences_with_counts_and_intervals():
    words = plain(
        briefing(differences=[GroupRate("women", "strangers with an alert", Rate(3, 2_000, "searches"))])
    )
    assert "3 of 2,000 (0.15 %)" in words
    assert "0.0309 % to 0.438 %" in words
    assert "No differences between groups" not in words


def test_briefing_has_a_card_for_each_role_and_all_colours():
    words = plain(briefing())
    for text in ("LFR operator", "Engagement officer", "Bronze", "Silver", "RED", "AMBER", "GREEN"):
        assert text in words


def test_certificate_says_in_words_why_how_much_and_what_the_search_found():
    words = " ".join(Outline(DOCUMENTS["certificate"]).words.split())
    assert "the time for which it may be kept was over (retention profile SWP)" in words
    assert "Found before 12 pieces, so the search finds what is there" in words
    assert "Found after 0 pieces" in words
    assert "ttl" not in words


def test_record_page_shows_both_rates_intervals_and_the_provisional_mark():
    words = plain(DOCUMENTS["record"])
    assert "1 of 12,120 (0.00825 %)" in words
    assert "1 of 2 (50 %)" in words
    assert "This record is provisional. 1 alert still awaits review" in words
    assert "counted again" in words


def test_record_in_no_form_names_who_corrected_it():
    made = record()
    forms = (record_files.record_page(made), record_files.record_csv([made]), record_files.record_json(made))
    assert not any("silver-1" in form for form in forms)


def test_record_withholds_small_numbers_of_the_watchlist():
    words = plain(DOCUMENTS["record"])
    assert "victim fewer than 5" in words
    assert record_files.record_values(record())["watchlist"]["by_category"]["victim"] == "fewer than 5"


def test_csv_begins_with_the_published_headings_and_no_cell_is_a_formula():
    text = record_files.record_csv([record(location='=HYPERLINK("http://x")')])
    assert text.startswith("\ufeffDeployment Location,Date,Duration,LFR Use Case,")
    assert "\r\n\"'=HYPERLINK(" in text


def test_csv_rate_is_no_date_to_a_spreadsheet():
    assert "1 of 12120 (0.00825 %)" in record_files.record_csv([record()])


def test_corrections_as_csv_are_safe_for_spreadsheets():
    made = record().corrections[0].model_copy(update={"reason": "@SUM(A1)"})
    assert "'@SUM(A1)" in record_files.corrections_csv([("D-1", made)])


def test_hostile_text_comes_out_as_text():
    html = public.notice(public.public_facts(deployment(place=HOSTILE))) + record_files.record_page(
        record(location=HOSTILE)
    )
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_name_that_no_context_holds_is_an_error():
    import jinja2

    from lfr_kit.documents.page import environment

    with pytest.raises(jinja2.UndefinedError):
        environment().from_string("{{ somebody }}").render()


@pytest.fixture(scope="module")
def rendered() -> dict[str, bytes]:
    return {name: pdf.pdf_bytes(DOCUMENTS[name]) for name in ("poster-A3", "poster-A4", "leaflet", "record")}


def objects(content: bytes) -> bytes:
    """The bytes of a PDF with its compressed parts opened."""
    import zlib

    opened = [content]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            opened.append(zlib.decompressobj().decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(opened)


@pytest.mark.parametrize("name", ["poster-A3", "poster-A4", "leaflet", "record"])
def test_pdf_is_tagged_with_title_and_language(rendered, name):
    found = objects(rendered[name])
    assert rendered[name].startswith(b"%PDF-1.7")
    assert re.search(rb"/Lang ?\(en-GB\)", found)
    assert re.search(rb"/Marked true", found)
    assert re.search(rb"/DisplayDocTitle true", found)
    assert b"pdfuaid:part" in found
    assert b"/StructTreeRoot" in found


def test_pdf_names_its_picture_and_has_one_main_heading(rendered):
    found = objects(rendered["poster-A4"])
    assert found.count(b"/S /Figure") == found.count(b"/Alt (A face in a frame)") == 1
    assert len(re.findall(rb"/S /H1\b", found)) == 1


@pytest.mark.parametrize(
    ("name", "size_pt", "n_pages"),
    [("poster-A4", (595, 842), 1), ("poster-A3", (842, 1191), 1), ("leaflet", (420, 595), 2)],
)
def test_pdf_has_the_paper_it_is_made_for(rendered, name, size_pt, n_pages):
    boxes = re.findall(rb"/MediaBox ?\[ ?0 0 ([\d.]+) ([\d.]+) ?\]", objects(rendered[name]))
    assert [(round(float(width)), round(float(height))) for width, height in boxes] == [size_pt] * n_pages


def test_pdf_without_pango_names_the_line_that_installs_it(monkeypatch, tmp_path):
    import builtins

    real = builtins.__import__

    def without(name, *rest, **named):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match="apt-get install libpango"):
        write_documents(tmp_path, {"notice": DOCUMENTS["notice"]})
    assert [path.name for path in tmp_path.iterdir()] == ["notice.html"]


def test_document_that_asked_for_something_outside_gets_nothing(tmp_path, monkeypatch):
    import weasyprint
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "asked.png")
    address = (tmp_path / "asked.png").as_uri()
    html = f'<html lang="en"><title>t</title><body><img alt="a" src="{address}"></body></html>'
    assert b"/Subtype /Image" in objects(weasyprint.HTML(string=html).write_pdf())
    assert b"/Subtype /Image" not in objects(pdf.pdf_bytes(html))


def test_documents_are_refused_where_a_file_lies(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match="is a file"):
        write_documents(tmp_path / "out", {"notice": "x"}, pdf=False)
    assert (tmp_path / "out").read_text() == "mine"


def test_times_are_local_in_winter_too():
    starts_at = datetime(2026, 12, 4, 10, tzinfo=UTC)
    of = deployment(starts_at=starts_at, ends_at=starts_at + timedelta(hours=16))
    words = plain(public.notice(public.public_facts(of)))
    assert "Friday 4 December 2026, 10:00 to 02:00 on Saturday 5 December 2026" in words


def test_pdf_leaves_damaged_pictures_refused(portrait):
    """WeasyPrint tells Pillow to let truncated pictures pass, for the whole process."""
    from io import BytesIO

    from PIL import Image

    from lfr_kit.errors import ImageError
    from lfr_kit.sources.image_file import read_image

    pdf.pdf_bytes("<html lang='en'><title>x</title><p>x</p></html>")
    encoded = BytesIO()
    Image.fromarray(portrait).save(encoded, "JPEG")
    with pytest.raises(ImageError, match="damaged"):
        read_image(encoded.getvalue()[:-4000])


def test_roll_up_lists_of_each_deployment_what_its_rate_rests_on():
    words = " ".join(Outline(DOCUMENTS["roll_up"]).words.split())
    assert "Status Watchlist Threshold Faces seen Alerts False Arrests" in words
    assert "provisional 412 0.64 12,120 3 1 1" in words


RECORDED = every_document(
    recording={
        "cameras": ["north-1"],
        "why_necessary": (
            "Complaints about officers at last year's fair could not be settled for want of footage, and the "
            "panel that looked into them asked for recordings of the entrance."
        ),
    }
)


@pytest.mark.parametrize("name", ["notice", "poster-A4", "poster-A3", "leaflet"])
def test_public_is_told_that_video_is_recorded_and_for_how_long_and_only_where_it_is(name):
    said = plain(RECORDED[name])
    assert "Video is recorded here" in said
    assert "deleted within 31 days" in said
    assert "nothing of it is stored" not in said
    assert "Nothing is kept" not in said
    assert "ideo" not in plain(DOCUMENTS[name])


def test_authority_names_the_recorded_cameras_and_the_reason_or_says_that_there_are_none():
    said = plain(RECORDED["authority"])
    assert "the whole picture of north-1, also outside the zone; deleted within 31 days" in said
    assert "Why footage must be recorded Complaints about officers" in said
    assert "none: no footage is kept" in plain(DOCUMENTS["authority"])
