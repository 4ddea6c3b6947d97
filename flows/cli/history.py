"""Commands that look back at what earlier runs left."""

from typing import Annotated

import typer

from flows.cli.app import DEFAULT_STORE, MixName, Output, StoreUri, command


@command
def runs(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only those of this recipe.")] = None,
    store: StoreUri = DEFAULT_STORE,
    *,
    out: Output,
) -> None:
    """List the runs, comparisons, searches and models in the store, newest first."""
    from flows.cli.listing import list_store
    from flows.cli.render_history import listed

    out.give(list_store(store, name), listed)


@command
def show(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="Id of a run, comparison, search, mix or model, or the start of it; `latest`; or a Parquet file of "
            "the store.",
        ),
    ],
    store: StoreUri = DEFAULT_STORE,
    *,
    out: Output,
) -> None:
    """Show one run: what was mixed, where the rows went, the scores. Or a comparison, a search, a quarantine file."""
    from flows.cli.listing import show_record
    from flows.cli.render_history import shown

    out.give(show_record(store, run), shown)


@command
def diff(a: MixName, b: MixName, store: StoreUri = DEFAULT_STORE, *, out: Output) -> None:
    """Say what differs between two mixes: settings, sources, rows in and out, scores."""
    from flows.cli.render_history import differed
    from tasks.history.task import diff_mixes

    out.give(diff_mixes(store, a, b), differed)


@command
def trace(
    mix: MixName,
    row: Annotated[str, typer.Argument(metavar="ROW", help="A place in the mix, from 0, or SOURCE/ROW_ID.")],
    store: StoreUri = DEFAULT_STORE,
    *,
    out: Output,
) -> None:
    """Find the original of a row: source, file and line, the row as it was read, and where it stands in the mix."""
    from flows.cli.render_history import traced
    from tasks.history.task import trace_row

    out.give(trace_row(store, mix, row), traced)


@command
def replay(
    lock: Annotated[
        str, typer.Argument(metavar="LOCK", help="The lock.json of a published mix, or the mix by any name.")
    ],
    folder: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="FOLDER", help="Keep the files made in this new folder; else they are only compared."
        ),
    ] = None,
    store: StoreUri = DEFAULT_STORE,
    *,
    out: Output,
) -> None:
    """Make a mix again to the same bytes, or say exactly what is no longer there."""
    from flows.cli.inspect import replay_lock
    from flows.cli.render_history import replayed

    out.give(replay_lock(store, lock, folder), replayed)


@command
def impact(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A source's name.")],
    store: StoreUri = DEFAULT_STORE,
    *,
    out: Output,
) -> None:
    """List the mixes and models made from a source."""
    from flows.cli.render_history import listed_impact
    from tasks.history.task import impact_of

    out.give(impact_of(store, source), listed_impact)


@command
def ledger(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A recipe's name.")],
    store: StoreUri = DEFAULT_STORE,
    *,
    out: Output,
) -> None:
    """Say how often each source's rows have been trained on, over all runs of a recipe."""
    from flows.cli.render_history import ledgered
    from tasks.history.task import ledger_of

    out.give(ledger_of(store, name), ledgered)
