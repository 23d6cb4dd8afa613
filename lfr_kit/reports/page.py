"""The page of a run: one HTML file that loads nothing, for a screen, a telephone or paper.

Its template, ``page.html.j2``, is given one thing: the `RunRecord`. What that cannot hold, no page can show.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np
from markupsafe import Markup
from PIL import Image as PillowImage

from lfr_kit.plots.svg import Plot
from lfr_kit.records import Alert, BestShot
from lfr_kit.reports.blur import alone
from lfr_kit.reports.run_plots import faces_plot, score_name, similarity_plot
from lfr_kit.reports.run_record import RunRecord
from lfr_kit.reports.whole_file import write_whole

__all__ = ["clock", "page_environment", "portrait_uri", "render_page", "score_strip", "write_page"]

TEMPLATE = "page.html.j2"
STAGE_ORDER = (
    "decoding", "detection", "tracking", "selection", "quality", "embedding", "matching", "alerting",
    "annotated clip",
)  # fmt: skip
_PORTRAIT_PX = 320
_STRIP_TICKS = 200
_FRAMING = 1.7
"""Side of a portrait against the larger side of the face box."""


def portrait_uri(shot: BestShot) -> str:
    """The face of a shot as a square JPEG in a data URI, framed alike for every shot; nobody else is in it.

    At most 320 px wide and never enlarged; moved and cut to lie inside the shot.
    """
    box = shot.box_px
    height, width = shot.image.shape[:2]
    side = min(max(int(_FRAMING * max(box[2] - box[0], box[3] - box[1])), 8), width, height)
    left = int(np.clip((box[0] + box[2] - side) / 2, 0, width - side))
    top = int(np.clip((box[1] + box[3] - side) / 2, 0, height - side))
    face = PillowImage.fromarray(alone(shot.image, box)).crop((left, top, left + side, top + side))
    face.thumbnail((_PORTRAIT_PX, _PORTRAIT_PX), PillowImage.Resampling.LANCZOS)
    jpeg = io.BytesIO()
    face.save(jpeg, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.getvalue()).decode("ascii")


def clock(seconds: float) -> str:
    """A moment in the footage, to a tenth of a second.

    >>> clock(6.44), clock(75), clock(3661.5)
    ('6.4 s', '1:15.0', '1:01:01.5')
    """
    tenths = round(seconds * 10)
    if tenths < 600:
        return f"{tenths / 10:.1f} s"
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


def counted(n: int, singular: str, plural: str = "") -> str:
    """A count with its noun.

    >>> counted(1, "face"), counted(2, "face"), counted(0, "search", "searches")
    ('1 face', '2 faces', '0 searches')
    """
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def _stage_rows(run: RunRecord) -> list[tuple[str, float, float, float]]:
    """(stage, seconds, milliseconds per frame, share of all stages in 0..1) in the order a frame passes them."""
    known = [stage for stage in STAGE_ORDER if stage in run.stage_seconds]
    order = known + [stage for stage in run.stage_seconds if stage not in STAGE_ORDER]
    total = sum(run.stage_seconds.values()) or 1.0
    frames = max(run.frames, 1)
    spent = [(stage, run.stage_seconds[stage]) for stage in order]
    return [(stage, seconds, 1000 * seconds / frames, seconds / total) for stage, seconds in spent]


@dataclass(frozen=True)
class Strip:
    """Scores on a line, as places from 0 to 100 % of its length: the alert's, the threshold's, the others'."""

    alert: float
    threshold: float
    others: list[float]
    description: str


def score_strip(run: RunRecord, alert: Alert) -> Strip:
    """Where an alert's score lies among those of all searches: how far it stands out, without a percentage."""
    others = sorted({round(point.score, 3) for point in run.searches})
    ends = np.array([*others, alert.comparison_score, alert.threshold])
    low, high = float(ends.min()), float(ends.max())
    room = 0.08 * max(high - low, 0.05)
    place = [round(100 * (score - low + room) / (high - low + 2 * room), 2) for score in ends.tolist()]
    return Strip(
        alert=place[-2],
        threshold=place[-1],
        others=place[:-2][:: 1 + len(others) // _STRIP_TICKS],
        description=f"Score {alert.comparison_score:.3f}, threshold {alert.threshold:.3f}; "
        f"the {counted(len(run.searches), 'search', 'searches')} of this run lie between {low:.3f} and {high:.3f}",
    )


def _drawn(plot: Plot) -> dict[str, Markup]:
    """SVG made here, not by strangers: the one thing the template does not escape."""
    return {"wide": Markup(plot.wide), "narrow": Markup(plot.narrow)}


def page_environment() -> jinja2.Environment:
    """Jinja with everything escaped, and an error for a name that is not declared."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(clock=clock, counted=counted, portrait=portrait_uri, words=_words)
    environment.globals.update(
        faces_plot=lambda run: _drawn(faces_plot(run)),
        similarity_plot=lambda run: _drawn(similarity_plot(run)),
        score_name=score_name,
        score_strip=score_strip,
        stage_rows=_stage_rows,
    )
    return environment


def _words(code: str) -> str:
    """A reason code in words: ``face_too_small`` -> face too small."""
    return code.replace("_", " ")


def render_page(run: RunRecord) -> str:
    """The page as text."""
    return page_environment().get_template(TEMPLATE).render(run=run)


def write_page(path: Path, run: RunRecord) -> None:
    """Writes the page, whole or not at all. OutputError if it cannot be written."""
    write_whole(path, render_page(run))
