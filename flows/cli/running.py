"""Commands that make something: mixes, models, comparisons, weights."""

import contextlib
from collections.abc import Generator, Mapping
from typing import Annotated, Literal

import typer
from pydantic import JsonValue

from flows.cli.app import DEFAULT_STORE, Output, RecipeRead, StoreUri, command, seconds_since_start


@contextlib.contextmanager
def _begun(
    recipe: RecipeRead, out: Output, options: Mapping[str, float | None] | None = None
) -> Generator[dict[str, JsonValue]]:
    """Read the recipe before a flow does, and tell how the block's flow goes; gives the overrides.

    What is wrong with the recipe is then said before any server serves, and no server is told of a password in it. A
    temporary one gets ready meanwhile.
    """
    from flows.engine.home import named_server, without_password
    from flows.engine.temporary_server import prepared
    from tasks.core import ui

    values, named = recipe.values, named_server()
    given = {path: value for path, value in (options or {}).items() if value is not None}
    with contextlib.nullcontext() if named else prepared(), out.following():
        from tasks.recipe.model import load_recipe

        load_recipe(recipe.file, values | given, recipe.left_out)
        shown = without_password(named or "").removesuffix("/api")
        ui.tell(f"Prefect  {shown or 'a temporary server, ready in a few seconds; `prefect server start` keeps one'}")
        yield values


@command
def run(
    recipe: RecipeRead,
    store: StoreUri = DEFAULT_STORE,
    until: Annotated[
        str | None, typer.Option(metavar="STAGE", help="Last stage to carry out: ingest, clean, … mix, train.")
    ] = None,
    runner: Annotated[
        str,
        typer.Option(
            envvar="CUVEE_RUNNER",
            metavar="RUNNER",
            help="Where tasks run: threads, dask or ray; dask=ADDRESS for a cluster.",
        ),
    ] = "threads",
    *,
    out: Output,
) -> None:
    """Carry out the whole pipeline."""
    with _begun(recipe, out) as values:
        from flows.cli.render import ran
        from flows.engine.runners import runner_named
        from flows.pipeline import pipeline, stage_named

        stage, chosen = stage_named(until), pipeline.with_options(task_runner=runner_named(runner))
        summary = chosen(recipe=recipe.file, store=store, overrides=values, until=stage, without=list(recipe.left_out))
    out.give(summary | {"seconds": seconds_since_start()}, ran)


@command
def compare(
    recipe: RecipeRead,
    store: StoreUri = DEFAULT_STORE,
    seeds: Annotated[
        int | None, typer.Option(metavar="N", help="Trials of every mix; a claim needs 3. By default compare.seeds, 5.")
    ] = None,
    arms: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Only these beside the recipe's mix: only-SOURCE, singles, uniform, …"),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(metavar="M", help="Begin no further trial after so many minutes.")
    ] = None,
    require_gain: Annotated[
        Literal["all", "single"] | None,
        typer.Option(
            "--require-gain",
            metavar="[=single]",
            help="Leave with 3 where the mix does not beat every source alone, or a source loses at home by more than "
            "compare.margin; `=single` asks for the first alone.",
        ),
    ] = None,
    *,
    out: Output,
) -> None:
    """Say whether combining helps: mixes at the same budget and seeds, and what each source is worth."""
    chosen = [name.strip() for name in arms.split(",")] if arms is not None else None
    with _begun(recipe, out, {"compare.seeds": seeds, "compare.minutes": minutes}) as values:
        from flows.cli.render_weights import compared
        from flows.compare import compare

        comparison = compare(
            recipe=recipe.file,
            store=store,
            arms=chosen,
            seeds=seeds,
            minutes=minutes,
            overrides=values,
            without=list(recipe.left_out),
        ).model_copy(update={"seconds": seconds_since_start()})
    out.give(comparison.model_dump(mode="json", exclude={"recipe"}), lambda _: compared(comparison))
    if require_gain and (why := comparison.unmet(require_gain)):
        typer.secho(f"cuvee: a gain is required; {why}", err=True)
        raise typer.Exit(3)


@command
def search(
    recipe: RecipeRead,
    trials: Annotated[
        int | None,
        typer.Option(metavar="N", help="Most mixes that are tried; by default as the recipe's search.trials says."),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(metavar="M", help="No trial begins later than this after the first.")
    ] = None,
    store: StoreUri = DEFAULT_STORE,
    *,
    out: Output,
) -> None:
    """Learn the weights: try mixes, fit a surrogate, confirm its mix; `mix.weights: learned` then uses that."""
    with _begun(recipe, out, {"search.trials": trials, "search.minutes": minutes}) as values:
        from flows.cli.render_weights import searched
        from flows.search import search as search_weights

        record = search_weights(
            recipe=recipe.file,
            store=store,
            trials=trials,
            minutes=minutes,
            overrides=values,
            without=list(recipe.left_out),
        )
    out.give(record.model_copy(update={"seconds": seconds_since_start()}), searched)


@command
def fit(
    mixtures: Annotated[
        str,
        typer.Option(
            metavar="CSV",
            help="A row per run, a column of shares per source; a first column `index` may name the runs.",
        ),
    ],
    scores: Annotated[
        str, typer.Option(metavar="CSV", help="A row per run, in the same order or with the same `index`.")
    ],
    target: Annotated[
        str,
        typer.Option(
            metavar="COLUMN", help="Column of the scores; several with commas between, or `mean`, for their mean."
        ),
    ],
    predict: Annotated[str | None, typer.Option(metavar="CSV", help="Mixes whose scores are to be guessed.")] = None,
    prior: Annotated[
        str | None, typer.Option(metavar="MIX", help="Mix to stay near: `a=0.5,b=0.5`, or a JSON or YAML file.")
    ] = None,
    higher_is_better: Annotated[
        bool, typer.Option("--higher-is-better", help="The scores are accuracies or the like, not losses.")
    ] = False,
    at: Annotated[
        list[str],
        typer.Option(
            metavar="COLUMN=SIZE",
            help="Size that the weights are for, where the scores have a column of how large each run was, and several "
            "rows a run: `step=300000`, `model_size=1.4B`; may be given for several columns.",
        ),
    ] = [],  # noqa: B006 (typer reads it)
    *,
    out: Output,
) -> None:
    """Learn weights from runs made elsewhere: fit a surrogate, say how well it guesses, recommend a mix."""
    from flows.cli.render_weights import fitted
    from tasks.experiments.search.task import Tables, fit_runs

    record = fit_runs(Tables(mixtures, scores, target, predict, prior, at, higher_is_better))
    out.give(record, fitted)
