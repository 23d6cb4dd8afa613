"""`lfr bench`: how fast it is, on this machine, beside other libraries."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lfr_kit.cli.bench_soak import soak
from lfr_kit.cli.output import JsonOption, console, emit, progress, results

if TYPE_CHECKING:
    from lfr_kit.benchmarks.peers import PeerWorker
    from lfr_kit.pipeline import Pipeline

__all__ = ["app", "detect", "embed", "match", "start", "store", "sweep", "video"]

app = typer.Typer(
    help="How fast it is on this machine; --peer installs another library beside and interleaves both.",
    no_args_is_help=True,
)

_Peer = Annotated[
    bool, typer.Option("--peer", help="Time the other library too, in an environment of its own under the cache.")
]
_Rounds = Annotated[int, typer.Option("--rounds", min=1, help="Timed rounds of each side.")]
_Clip = Annotated[str, typer.Argument(help="A video or folder of pictures; default: generated footage.")]


@app.command()
def embed(
    network: Annotated[Literal["all", "dlib_resnet", "facenet"], typer.Option("--network", help="Which.")] = "all",
    batch: Annotated[int, typer.Option("--batch", min=1, help="Faces at once.")] = 8,
    rounds: _Rounds = 7,
    peer: _Peer = False,
    as_json: JsonOption = False,
) -> None:
    """Time per face of the networks beside dlib and facenet-pytorch, and whether they agree."""
    from lfr_kit.benchmarks.embedding_speed import EmbeddingPlan, bench_dlib_resnet, bench_facenet

    plan = EmbeddingPlan(batch_size=batch, rounds=rounds)
    rows = []
    if network != "facenet":
        with _worker("face_recognition", peer) as library:
            rows += bench_dlib_resnet(plan, library)
    if network != "dlib_resnet":
        with _worker("facenet_pytorch", peer) as library:
            rows += bench_facenet(plan, library)
    _show(rows, as_json)


@app.command()
def detect(
    clip: _Clip = "walkthrough",
    frames: Annotated[int, typer.Option("--frames", min=1, help="How many, evenly spread.")] = 10,
    rows: Annotated[int, typer.Option("--tile-rows", min=0, help="Rows of tiles; 2 are 8 tiles on 1080p.")] = 2,
    rounds: _Rounds = 5,
    peer: _Peer = False,
    as_json: JsonOption = False,
) -> None:
    """Tiled detection beside MediaPipe's Tasks API on the same squares, and whether they agree."""
    from lfr_kit.benchmarks.detection_speed import DetectionPlan, bench_detection

    with _worker("mediapipe", peer) as library:
        found = bench_detection(DetectionPlan(clip=clip, n_frames=frames, rows=rows, rounds=rounds), library)
    _show(found, as_json)


@app.command()
def match(
    exact: Annotated[int, typer.Option("--exact", min=1, help="References of the 512-D exact search.")] = 10_000,
    sizes: Annotated[
        str, typer.Option("--sizes", help="References of the 128-D lists, exact beside annoy_index.")
    ] = "20000,50000,100000,200000",
    rounds: _Rounds = 5,
    as_json: JsonOption = False,
) -> None:
    """Search time by list size, exact beside approximate with its recall."""
    from lfr_kit.benchmarks.matching_speed import MatchingPlan, bench_matching

    try:
        listed = tuple((int(size), 128) for size in sizes.split(",") if size)
    except ValueError:
        raise typer.BadParameter(f"--sizes: whole numbers with commas between, got {sizes!r}") from None
    _show(bench_matching(MatchingPlan(exact_size=(exact, 512), approximate_sizes=listed, rounds=rounds)), as_json)


@app.command()
def sweep(
    passes: Annotated[int, typer.Option("--passes", min=1, help="Made-up passes, ten of each person.")] = 4000,
    filler: Annotated[int, typer.Option("--filler", min=1, help="Made-up filler to draw from.")] = 20_000,
    enrol: Annotated[int, typer.Option("--enrol", min=1, help="Filler on the list of each draw.")] = 10_000,
    draws: Annotated[int, typer.Option("--draws", min=1, help="Draws of the list.")] = 20,
    thresholds: Annotated[int, typer.Option("--thresholds", min=2, help="Thresholds.")] = 200,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="How often it is timed.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """A trial counted at many thresholds and draws of filler, from templates to rates: seconds and peak memory."""
    from lfr_kit.benchmarks.sweep_speed import SweepPlan, bench_sweep

    plan = SweepPlan(
        n_passes=passes, n_filler=filler, n_enrolled=enrol, n_draws=draws, n_thresholds=thresholds, rounds=rounds
    )
    _show(bench_sweep(plan), as_json)


@app.command()
def video(
    clip: _Clip = "walkthrough",
    references: Annotated[
        str, typer.Option("--references", help="How many made-up people are enrolled, or a folder of photos.")
    ] = "1000",
    detect_every: Annotated[
        list[int] | None, typer.Option("--detect-every", min=1, help="Look in every nth frame; default: 1 and 3.")
    ] = None,
    rounds: _Rounds = 3,
    peer: _Peer = False,
    as_json: JsonOption = False,
) -> None:
    """The main job from decoding to alerts, frames per second, beside face_recognition's usual loop."""
    from lfr_kit.benchmarks.video_speed import VideoPlan, bench_video

    who = {"n_references": int(references)} if references.isdecimal() else {"references": references}
    plan = VideoPlan(clip=clip, detect_every=tuple(detect_every or (1, 3)), rounds=rounds, **who)
    with _worker("face_recognition", peer) as library:
        rows = bench_video(plan, _pipeline, library)
    _show(rows, as_json)


@app.command()
def enrol(
    folder: Annotated[Path, typer.Argument(help="Photos, NAME.jpg or NAME/*.jpg.")],
    crops: Annotated[
        str | None, typer.Option("--crops", help="single, mirror, jitter or many; default: the embedder's own.")
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Imports, each into a fresh store.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Pictures per second through the whole import of a watchlist, in a store that is thrown away."""
    from lfr_kit.benchmarks.enrolment_speed import EnrolmentPlan, bench_enrolment

    with progress("importing") as step:
        rows = bench_enrolment(EnrolmentPlan(folder, crops, rounds), progress=step)
    _show(rows, as_json)


@app.command()
def store(
    decisions: Annotated[int, typer.Option("--decisions", min=1, help="Decisions on alerts, and acts.")] = 300,
    entries: Annotated[int, typer.Option("--entries", min=1, help="Audit entries that are verified.")] = 1_000_000,
    references: Annotated[int, typer.Option("--references", min=1, help="People on the list.")] = 20_000,
    as_json: JsonOption = False,
) -> None:
    """The governed store: durable commits, audit log, opening; in a store of its own under the cache folder."""
    from lfr_kit.benchmarks.store_speed import StorePlan, bench_store

    plan = StorePlan(
        n_acts=decisions,
        n_decisions=decisions,
        n_appended=min(20_000, entries),
        n_verified=entries,
        n_references=references,
    )
    with progress("timing the store", total=plan.n_steps) as step:
        rows = bench_store(plan, step)
    _show(rows, as_json)


@app.command()
def live(
    clip: Annotated[
        Path | None,
        typer.Argument(help="A recording that every camera plays, over and over; default: generated 1080p25."),
    ] = None,
    cameras: Annotated[int, typer.Option("--cameras", min=1, max=8, help="How many.")] = 1,
    detect_every: Annotated[int, typer.Option("--detect-every", min=1, help="Look in every nth frame.")] = 2,
    seconds: Annotated[int, typer.Option("--seconds", min=5, help="How long it is watched.")] = 60,
    browser: Annotated[
        bool, typer.Option("--browser", help="Chromium looks, at all cameras; else a client, at one.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Cameras, runner, store, server and a visitor at once on this machine; in a store that is thrown away."""
    from lfr_kit.benchmarks.live_footage import N_FRAMES, street_clip
    from lfr_kit.benchmarks.live_speed import LivePlan, bench_live
    from lfr_kit.config import settings

    if clip is None:
        with progress("drawing a street", total=N_FRAMES) as step:
            clip = street_clip(settings().cache_dir / "footage", step)
    elif not clip.is_file():
        raise typer.BadParameter(f"{clip}: no such recording")
    plan = LivePlan(clip, cameras, detect_every, seconds, with_browser=browser)
    with progress("watching", total=plan.n_steps) as step:
        rows = bench_live(plan, step)
    _show(rows, as_json)


app.command()(soak)


@app.command(name="import")
def start(
    clip: _Clip = "walkthrough",
    rounds: _Rounds = 5,
    peer: _Peer = False,
    as_json: JsonOption = False,
) -> None:
    """Import, command line and first frame, each in a fresh process; exit 1 if the import brings heavy modules."""
    from lfr_kit.benchmarks.peers import install_peer
    from lfr_kit.benchmarks.starting_speed import bench_starting

    python = install_peer("face_recognition", tell=console().print) if peer else None
    rows = bench_starting(clip, rounds=rounds, peer_python=python)
    _show(rows, as_json)
    if any(row.get("heavy_modules") for row in rows):
        raise typer.Exit(1)


def _worker(name: str, wanted: bool) -> AbstractContextManager[PeerWorker | None]:
    from lfr_kit.benchmarks.peers import start_peer

    return start_peer(name, tell=console().print) if wanted else nullcontext()


def _pipeline(detect_every: int) -> Pipeline:
    from lfr_kit.pipeline import Pipeline

    pipeline = Pipeline.from_settings()
    pipeline.detect_every = detect_every
    return pipeline


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    from lfr_kit.benchmarks.machine import machine

    if as_json:
        emit({"machine": machine(), "rows": rows})
        return
    from rich.table import Table

    table = Table("what", "LFR Kit", "peer", "unit", "times as fast", "CPU ratio")
    for row in rows:
        low_high = row.get("ratio_range")
        spread = f" ({low_high[0]:.1f}..{low_high[1]:.1f})" if low_high else ""
        figures = [_text(row["ours"]), _text(row["peer"]), row["unit"], _text(row["ratio"]) + spread]
        table.add_row(row["name"], *figures, _text(row.get("cpu_ratio")))
    printer = results()
    printer.print(table)
    for row in rows:
        if "stage_ms" in row:
            stages = ", ".join(f"{stage} {ms:.1f}" for stage, ms in row["stage_ms"].items())
            printer.print(f"{row['name']}, ms per frame: {stages}")
    on = machine()
    console().print(f"{on['processor']}, {on['cores']} cores, {on['precision']}, load {on['load']}")


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
