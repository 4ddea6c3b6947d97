"""Commands that make something: mixes, models, comparisons, weights."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import typer
from pydantic import JsonValue
from typer._click import Context
from typer.core import TyperCommand

from flows.cli.app import DEFAULT_STORE, AsJson, Overrides, RecipeFile, StoreUri, app, give, overrides_of


def _checked(
    recipe: str,
    overrides: list[str] | None,
    options: Mapping[str, float | None] | None = None,
    without: Sequence[str] = (),
) -> dict[str, JsonValue]:
    """Read the recipe before a flow does: what is wrong with it is then said before a server starts, and no server is
    told of a password in it. Gives the overrides.
    """
    from tasks.recipe.model import load_recipe

    values = overrides_of(overrides)
    given = {path: value for path, value in (options or {}).items() if value is not None}
    load_recipe(recipe, values | given, without)
    return values


@app.command()
def run(
    recipe: RecipeFile,
    store: StoreUri = DEFAULT_STORE,
    overrides: Overrides = None,
    until: Annotated[
        str | None, typer.Option(metavar="STAGE", help="Last stage to carry out: ingest, clean, … mix, train.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE", help="Leave a source out, as if the recipe had never named it."),
    ] = None,
    runner: Annotated[
        str,
        typer.Option(
            envvar="CUVEE_RUNNER",
            metavar="RUNNER",
            help="Where tasks run: threads, dask or ray; dask=ADDRESS for a cluster.",
        ),
    ] = "threads",
    as_json: AsJson = False,
) -> None:
    """Carry out the whole pipeline."""
    checked = _checked(recipe, overrides, without=without or ())
    from flows.cli.progress import following
    from flows.cli.render import ran
    from flows.engine.runners import runner_named
    from flows.pipeline import pipeline, stage_named

    stage, chosen = stage_named(until), pipeline.with_options(task_runner=runner_named(runner))
    with following(quiet=as_json):
        summary = chosen(recipe=recipe, store=store, overrides=checked, until=stage, without=without)
    give(summary, ran, as_json)


class _RequireGain(TyperCommand):
    """Reads `--require-gain` without a value as `--require-gain=all`."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read what stands after the command."""
        return super().parse_args(ctx, ["--require-gain=all" if word == "--require-gain" else word for word in args])


@app.command(cls=_RequireGain)
def compare(
    recipe: RecipeFile,
    store: StoreUri = DEFAULT_STORE,
    overrides: Overrides = None,
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
    as_json: AsJson = False,
) -> None:
    """Say whether combining helps: mixes at the same budget and seeds, and what each source is worth."""
    checked = _checked(recipe, overrides, {"compare.seeds": seeds, "compare.minutes": minutes})
    from flows.cli.progress import following
    from flows.cli.render_weights import compared
    from flows.compare import compare

    chosen = [name.strip() for name in arms.split(",")] if arms is not None else None
    with following(quiet=as_json):
        comparison = compare(recipe=recipe, store=store, arms=chosen, seeds=seeds, minutes=minutes, overrides=checked)
    give(comparison.model_dump(mode="json", exclude={"recipe"}), lambda _: compared(comparison), as_json)
    if require_gain and (why := comparison.unmet(require_gain)):
        typer.secho(f"cuvee: a gain is required; {why}", err=True)
        raise typer.Exit(3)


@app.command()
def search(
    recipe: RecipeFile,
    trials: Annotated[
        int | None,
        typer.Option(metavar="N", help="Most mixes that are tried; by default as the recipe's search.trials says."),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(metavar="M", help="No trial begins later than this after the first.")
    ] = None,
    store: StoreUri = DEFAULT_STORE,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Learn the weights: try mixes, fit a surrogate, confirm what it recommends; `mix.weights: learned` then uses
    it.
    """
    checked = _checked(recipe, overrides, {"search.trials": trials, "search.minutes": minutes})
    from flows.cli.progress import following
    from flows.cli.render_weights import searched
    from flows.search import search as search_weights

    with following(quiet=as_json):
        record = search_weights(recipe=recipe, store=store, trials=trials, minutes=minutes, overrides=checked)
    give(record, searched, as_json)


@app.command()
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
    as_json: AsJson = False,
) -> None:
    """Learn weights from runs made elsewhere: fit a surrogate, say how well it guesses, recommend a mix."""
    from flows.cli.render_weights import fitted
    from tasks.experiments.search.task import fit_runs

    record = fit_runs(mixtures, scores, target, predict, prior, higher_is_better=higher_is_better)
    give(record, fitted, as_json)
