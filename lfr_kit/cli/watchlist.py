"""`lfr watchlist`: a list for one deployment, built, reviewed, frozen, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lfr_kit.cli.deployment_fields import DeploymentArgument
from lfr_kit.cli.output import JsonOption, emit, results
from lfr_kit.cli.signed_in import ReasonOption, signed_in
from lfr_kit.cli.watchlist_import import import_pictures
from lfr_kit.cli.watchlist_tables import (
    ENTRY_COLUMNS,
    entry_fields,
    entry_rows,
    print_table,
    summary_fields,
    summary_rows,
)
from lfr_kit.governance.vocabulary import DeletionReason, EntryStatus

if TYPE_CHECKING:
    from lfr_kit.operations.watchlist_review import Decided

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    help="Watchlists: new, import, pairs, review, approve, freeze, withdraw, delete.",
)

ListArgument = Annotated[str, typer.Argument(metavar="WATCHLIST", help="Id of the list, see: lfr watchlist list")]
EntriesArgument = Annotated[list[str], typer.Argument(metavar="ENTRY...", help="Entry ids.")]
SeenArgument = Annotated[
    list[str],
    typer.Argument(metavar="ENTRY@VERSION...", help="As lfr watchlist review shows them, e.g. E-12ab@1."),
]
PicturesOption = Annotated[
    Path | None,
    typer.Option("--pictures", help="Write each one's usable pictures to this folder; logged as a disclosure."),
]


@app.command()
def new(
    deployment: DeploymentArgument,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Begins a list for a deployment that is drafted; its authority says which categories it takes."""
    from lfr_kit.operations.watchlists import create

    with signed_in() as (store, actor):
        made = create(store, actor, deployment, justification=reason)
    categories = sorted(made.allowed_categories)
    if as_json:
        emit({"watchlist_id": made.watchlist_id, "deployment_id": deployment, "categories": categories})
        return
    _say(f"{made.watchlist_id}: begun for {deployment}; takes {', '.join(categories)}")


app.command("import")(import_pictures)


@app.command("list")
def list_(
    deployment: Annotated[str, typer.Option("--deployment", help="Only those of this deployment.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Every list in numbers: nothing about anybody, so no reason is asked for."""
    from lfr_kit.operations.watchlists import summaries

    with signed_in() as (store, actor):
        found = summaries(store, actor, deployment or None)
    if as_json:
        emit({"watchlists": [summary_fields(each) for each in found]})
        return
    if not found:
        _say("No watchlist yet. Begin one: lfr watchlist new DEPLOYMENT")
        return
    columns = ("watchlist", "deployment", "state", "begun (UTC)", "entries", "withdrawals", "digest")
    print_table(columns, summary_rows(found))


@app.command()
def show(
    watchlist: ListArgument,
    entry: Annotated[list[str] | None, typer.Option("--entry", help="Only this entry; may be repeated.")] = None,
    status: Annotated[
        list[EntryStatus] | None, typer.Option("--status", help="Only entries of this status; may be repeated.")
    ] = None,
    pictures: PicturesOption = None,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Who is on a list, by name. Logged as a consultation."""
    _show(watchlist, _Asked(tuple(status or ()), tuple(entry or ()), pictures, reason), as_json)


@app.command()
def review(
    watchlist: ListArgument,
    pictures: PicturesOption = None,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Entries that wait for a review or a second approval, as a reviewer must see them before approving."""
    waiting = (EntryStatus.PENDING_REVIEW, EntryStatus.PENDING_SECOND_APPROVAL)
    _show(watchlist, _Asked(waiting, (), pictures, reason), as_json)


@app.command()
def approve(
    watchlist: ListArgument,
    entries: SeenArgument,
    necessity: Annotated[str, typer.Option("--necessity", help="Why it is necessary to look for them.")] = "",
    proportionality: Annotated[str, typer.Option("--proportionality", help="Why it is proportionate.")] = "",
    second: Annotated[
        str, typer.Option("--second", help="Second approval instead, by a third person: its rationale.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Approves entries as they were seen, for this deployment; each is recorded by itself."""
    from lfr_kit.governance.watchlist_review import Statement
    from lfr_kit.operations.watchlist_review import approve_second
    from lfr_kit.operations.watchlist_review import review as approved

    if bool(second) is bool(necessity or proportionality):
        raise typer.BadParameter("give --necessity and --proportionality, or --second for the second approval")
    seen = _seen(entries)
    with signed_in() as (store, actor):
        if second:
            decided = approve_second(store, actor, watchlist, seen, second)
        else:
            statement = Statement(necessity=necessity, proportionality=proportionality)
            decided = approved(store, actor, watchlist, seen, statement)
    _say_decided(watchlist, decided, as_json)


@app.command()
def refuse(
    watchlist: ListArgument, entries: SeenArgument, reason: ReasonOption = "", as_json: JsonOption = False
) -> None:
    """Refuses entries: their pictures and templates are deleted at once, and no import brings them back."""
    from lfr_kit.operations.watchlist_review import refuse as refused

    with signed_in() as (store, actor):
        decided = refused(store, actor, watchlist, _seen(entries), reason)
    _say_decided(watchlist, decided, as_json)


@app.command("send-back")
def send_back(
    watchlist: ListArgument, entries: SeenArgument, reason: ReasonOption = "", as_json: JsonOption = False
) -> None:
    """Puts entries into quarantine: whoever entered them completes or mends them, then they are reviewed anew."""
    from lfr_kit.operations.watchlist_review import send_back as sent_back

    with signed_in() as (store, actor):
        decided = sent_back(store, actor, watchlist, _seen(entries), reason)
    _say_decided(watchlist, decided, as_json)


@app.command()
def withdraw(
    watchlist: ListArgument, entries: EntriesArgument, reason: ReasonOption = "", as_json: JsonOption = False
) -> None:
    """Takes people off a list, also while it is searched: from the next frame on nobody looks for them."""
    from lfr_kit.operations.watchlist_review import withdraw as withdrawn

    with signed_in() as (store, actor):
        revision, decided = withdrawn(store, actor, watchlist, entries, reason)
    _say_decided(watchlist, decided, as_json, revision=revision)


@app.command()
def recheck(
    watchlist: ListArgument,
    entries: EntriesArgument,
    source: Annotated[str, typer.Option("--source", help="What was checked, e.g. 'PNC, 4 May 09:40'.")],
    as_json: JsonOption = False,
) -> None:
    """Records that people were checked to be still sought; who is not is to be withdrawn."""
    from lfr_kit.operations.watchlist_review import recheck as rechecked

    with signed_in() as (store, actor):
        decided = rechecked(store, actor, watchlist, entries, source)
    _say_decided(watchlist, decided, as_json)


@app.command()
def pairs(
    watchlist: ListArgument,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Least cosine; default: that of one person's pictures.")
    ] = None,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Different people on a list with the same picture, or who look alike."""
    from lfr_kit.operations.watchlist_pairs import find_pairs

    with signed_in() as (store, actor):
        found = find_pairs(store, actor, watchlist, threshold, justification=reason)
    rows = [vars(each) for each in found.pairs]
    if as_json:
        emit({"watchlist_id": watchlist, "threshold": found.threshold, "n_pairs": found.n_pairs, "pairs": rows})
        return
    if rows:
        columns = ("entry", "other entry", "kind", "similarity")
        print_table(columns, [(*list(row.values())[:3], f"{row['similarity']:.4f}") for row in rows])
    _say(f"{found.n_pairs} pairs from {found.threshold} up; {len(rows)} shown")


@app.command()
def freeze(
    watchlist: ListArgument,
    cap: Annotated[
        int | None, typer.Option("--cap", min=1, help="Most entries; the authority's own cap holds anyway.")
    ] = None,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Freezes what is approved, under its digest; from then on only withdrawals change it."""
    from lfr_kit.operations.watchlist_freezing import freeze as frozen

    with signed_in() as (store, actor):
        done = frozen(store, actor, watchlist, cap=cap, justification=reason)
    left_out = [vars(each) for each in done.left_out]
    if as_json:
        fields = {"digest": done.digest, "n_entries": done.n_entries, "left_out": left_out}
        emit({"watchlist_id": watchlist, **fields})
        return
    if left_out:
        print_table(("left out", "because of"), [(one.entry_id, ", ".join(one.reasons)) for one in done.left_out])
    _say(f"{watchlist}: {done.n_entries} entries frozen, {len(left_out)} left out; digest {done.digest}")


@app.command()
def delete(
    watchlist: ListArgument,
    because: Annotated[
        DeletionReason, typer.Option("--because", help="request, error or close.")
    ] = DeletionReason.CLOSE,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Destroys a list's key, its rows and pages, and signs a certificate. Exit status 1 if anything is left."""
    from lfr_kit.operations.retention import delete_watchlist

    with signed_in() as (store, actor):
        done = delete_watchlist(store, actor, watchlist, because, justification=reason)
    if as_json:
        emit({"watchlist_id": watchlist, **vars(done)})
    else:
        _say(f"{watchlist}: deleted; {done.outcome}; certificate {done.certificate_id}")
        for each in done.found:
            _say(f"found after deletion: {each}")
    if done.found:
        raise typer.Exit(1)


@app.command("was-listed")
def was_listed(
    person_ref: Annotated[str, typer.Argument(metavar="PERSON_REF", help="The identity reference.")],
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Whether a person was on a frozen list, and of which deployment; also when the list is long deleted."""
    from lfr_kit.operations.ledger import was_listed as looked_up

    with signed_in() as (store, actor):
        found = looked_up(store, actor, person_ref, justification=reason)
    if as_json:
        emit({"was_listed": bool(found), "inclusions": [vars(each) for each in found]})
        return
    if not found:
        _say("the ledger knows of no list with this reference")
        return
    columns = ("deployment", "category", "on", "known until")
    print_table(columns, [(one.deployment_id, one.category, one.included_on, one.expires_on) for one in found])


def _seen(given: list[str]) -> dict[str, int]:
    """Entry id -> version; BadParameter unless each says which version was seen."""
    seen = {}
    for each in given:
        entry_id, _, version = each.partition("@")
        if not version.isdecimal() or len(version) > 9:
            raise typer.BadParameter(f"{each!a}: say which version you saw, e.g. E-12ab@1 (lfr watchlist review)")
        seen[entry_id] = int(version)
    return seen


@dataclass(frozen=True)
class _Asked:
    """Which entries are to be shown, whether with pictures, and why."""

    statuses: tuple[EntryStatus, ...]
    entry_ids: tuple[str, ...]
    folder: Path | None
    reason: str


def _show(watchlist: str, asked: _Asked, as_json: bool) -> None:
    from lfr_kit.cli.picture_files import check_free, say_written, write_pictures
    from lfr_kit.operations.watchlists import pictures_shown, show

    files: list[Path] = []
    with signed_in() as (store, actor):
        statuses, entry_ids, why = asked.statuses, asked.entry_ids, asked.reason
        found = show(store, actor, watchlist, statuses=statuses, entry_ids=entry_ids, justification=why)
        if asked.folder is not None and found:
            ids = [each.entry.entry_id for each in found]
            n_of_each = [(each.entry.entry_id, sum(not one.reasons for one in each.pictures)) for each in found]
            check_free(asked.folder, [_file(entry_id, n) for entry_id, most in n_of_each for n in range(most)])
            shown = pictures_shown(store, actor, watchlist, ids, justification=why)
            named = {_file(entry_id, n): jpeg for entry_id, own in shown.items() for n, jpeg in enumerate(own)}
            files = write_pictures(asked.folder, named)
    if as_json:
        emit({"watchlist_id": watchlist, "entries": [entry_fields(each) for each in found], "pictures": files})
    elif found:
        print_table(ENTRY_COLUMNS, entry_rows(found))
    else:
        _say(f"{watchlist}: no such entries")
    say_written(files, "the list is deleted", as_json=as_json)


def _file(entry_id: str, n: int) -> str:
    """Name of an entry's picture; the one shown on an alert is number 1."""
    return f"{entry_id}-{n + 1}.jpg"


def _say_decided(watchlist: str, decided: list[Decided], as_json: bool, **more: int) -> None:
    if as_json:
        emit({"watchlist_id": watchlist, "entries": [vars(each) for each in decided], **more})
        return
    for each in decided:
        _say(f"{each.entry_id}: {each.status}")


def _say(sentence: str) -> None:
    results().print(sentence, soft_wrap=True, highlight=False, markup=False)
