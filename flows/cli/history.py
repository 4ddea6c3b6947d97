"""Commands that look back at what earlier runs left."""

from typing import Annotated

import typer

from flows.cli.app import DEFAULT_STORE, AsJson, MixName, StoreUri, app, give


@app.command()
def runs(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only the runs of this recipe.")] = None,
    store: StoreUri = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """List the runs in the store, newest first."""
    from flows.cli.inspect import list_runs
    from flows.cli.render_history import listed

    give(list_runs(store, name), listed, as_json)


@app.command()
def show(
    run: Annotated[
        str,
        typer.Argument(metavar="RUN", help="A run's id or the start of it, `latest`, or a Parquet file of the store."),
    ],
    store: StoreUri = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Show one run: what was mixed, where the rows went, the scores. Or the rows of a quarantine file."""
    from flows.cli.inspect import show_run
    from flows.cli.render_history import shown

    give(show_run(store, run), shown, as_json)


@app.command()
def diff(a: MixName, b: MixName, store: StoreUri = DEFAULT_STORE, as_json: AsJson = False) -> None:
    """Say what differs between two mixes: settings, sources, rows in and out, scores."""
    from flows.cli.render_history import differed
    from tasks.history.task import diff_mixes

    give(diff_mixes(store, a, b), differed, as_json)


@app.command()
def trace(
    mix: MixName,
    row: Annotated[str, typer.Argument(metavar="ROW", help="A place in the mix, from 0, or SOURCE/ROW_ID.")],
    store: StoreUri = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Find the original of a row: source, file and line, the row as it was read, and where it stands in the mix."""
    from flows.cli.render_history import traced
    from tasks.history.task import trace_row

    give(trace_row(store, mix, row), traced, as_json)


@app.command()
def replay(
    lock: Annotated[
        str, typer.Argument(metavar="LOCK", help="The lock.json of a published mix, or the mix by any name.")
    ],
    out: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Keep the files made in this new folder; else they are only compared."),
    ] = None,
    store: StoreUri = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Make a mix again to the same bytes, or say exactly what is no longer there."""
    from flows.cli.inspect import replay_lock
    from flows.cli.render_history import replayed

    give(replay_lock(store, lock, out), replayed, as_json)


@app.command()
def impact(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A source's name.")],
    store: StoreUri = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """List the mixes and models made from a source."""
    from flows.cli.render_history import listed_impact
    from tasks.history.task import impact_of

    give(impact_of(store, source), listed_impact, as_json)


@app.command()
def ledger(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A recipe's name.")],
    store: StoreUri = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Say how often each source's rows have been trained on, over all runs of a recipe."""
    from flows.cli.render_history import ledgered
    from tasks.history.task import ledger_of

    give(ledger_of(store, name), ledgered, as_json)
