"""The command line. Each command calls a flow or reads the store; heavy imports wait until a command needs them."""

import json
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from tasks.core.errors import CuveeError, RecipeError

app = typer.Typer(
    name="cuvee", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Combine data sources into one weighted training mix, prove it clean, fine-tune a small model on it.",
    epilog="Exit codes: 0 done · 1 unexpected · 2 recipe or usage · 3 a quality gate stopped it · 4 a source or the store cannot "
    "be reached · 5 training failed.",
)  # fmt: skip

RecipeFile = Annotated[str, typer.Argument(metavar="RECIPE", help="The recipe, a YAML file.")]
StoreUri = Annotated[str, typer.Option("--store", envvar="CUVEE_STORE", metavar="URI", help="Folder, or any fsspec URL such as s3://bucket/prefix.")]
Overrides = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Put a value over the recipe's, e.g. mix.size=500.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on stdout; all else goes to stderr.")]
MixName = Annotated[str, typer.Argument(metavar="MIX", help="A mix's id or the start of it, its folder, a recipe's name, a run, or `latest`.")]
DEFAULT_STORE = "cuvee-store"
INTERRUPTED = 130


@app.command()
def init(
    files: Annotated[list[str], typer.Argument(metavar="FILES…", help="Files, folders, globs or URLs; one source is made of what reads alike.")],
    out: Annotated[str, typer.Option(metavar="FILE", help="Where the recipe goes.")] = "recipe.yaml",
    name: Annotated[str | None, typer.Option(metavar="NAME", help="The recipe's name; by default after its sources.")] = None,
    text: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column of texts, if the guess is wrong.")] = None,
    label: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column of labels, if the guess is wrong.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Guess how files read, show it, and write a first recipe that passes `validate`."""
    from flows.cli.init import init_recipe

    _give(init_recipe(files, out, name, text, label, force=force), "guessed", as_json)


@app.command()
def validate(recipe: RecipeFile, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Check the file, reach every source, check columns and labels; write nothing."""
    from flows.cli.inspect import validate_recipe

    _give(validate_recipe(recipe, _parsed(overrides)), "validated", as_json)


@app.command()
def plan(recipe: RecipeFile, store: StoreUri = DEFAULT_STORE, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Say what a run would do: sizes, weights, counts, epochs, what is cached; write nothing."""
    from flows.cli.inspect import plan_recipe

    _give(plan_recipe(recipe, store, _parsed(overrides)), "planned", as_json)


@app.command()
def run(
    recipe: RecipeFile,
    store: StoreUri = DEFAULT_STORE,
    overrides: Overrides = None,
    until: Annotated[str | None, typer.Option(metavar="STAGE", help="Last stage to carry out: ingest, clean, … mix, train.")] = None,
    without: Annotated[list[str] | None, typer.Option(metavar="SOURCE", help="Leave a source out, as if the recipe had never named it.")] = None,
    runner: Annotated[
        str, typer.Option(envvar="CUVEE_RUNNER", metavar="RUNNER", help="Where tasks run: threads, dask or ray; dask=ADDRESS for a cluster.")
    ] = "threads",
    as_json: AsJson = False,
) -> None:
    """Carry out the whole pipeline."""
    from flows.cli.progress import following
    from flows.engine.runners import runner_named
    from flows.pipeline import pipeline, stage_named

    chosen = pipeline.with_options(task_runner=runner_named(runner))
    with following(quiet=as_json):
        summary = chosen(recipe=recipe, store=store, overrides=_parsed(overrides), until=stage_named(until), without=without)
    _give(summary, "ran", as_json)


@app.command()
def compare(
    recipe: RecipeFile,
    store: StoreUri = DEFAULT_STORE,
    overrides: Overrides = None,
    seeds: Annotated[int | None, typer.Option(metavar="N", help="Trials of every mix; a claim needs 3. By default compare.seeds, 5.")] = None,
    arms: Annotated[str | None, typer.Option(metavar="A,B", help="Only these beside the recipe's mix: only-SOURCE, singles, uniform, …")] = None,
    minutes: Annotated[float | None, typer.Option(metavar="M", help="Begin no further trial after so many minutes.")] = None,
    require_gain: Annotated[bool, typer.Option("--require-gain", help="Leave with 3 where combining has no detectable gain.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say whether combining helps: mixes at the same budget and seeds, and what each source is worth."""
    from flows.cli.progress import following
    from flows.compare import compare

    chosen = [name.strip() for name in arms.split(",")] if arms is not None else None
    with following(quiet=as_json):
        found = compare(recipe=recipe, store=store, arms=chosen, seeds=seeds, minutes=minutes, overrides=_parsed(overrides))
    _give(found, "compared", as_json)
    if require_gain and found["outcome"] != "gain":
        raise typer.Exit(3)


@app.command()
def explain(recipe: RecipeFile, store: StoreUri = DEFAULT_STORE, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Say for each task whether it is cached, and if not, which part of its key changed."""
    from flows.cli.inspect import explain_recipe

    _give(explain_recipe(recipe, store, _parsed(overrides)), "explained", as_json)


@app.command()
def runs(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only the runs of this recipe.")] = None,
    store: StoreUri = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """List the runs in the store, newest first."""
    from flows.cli.inspect import list_runs

    _give({"runs": list_runs(store, name)}, "listed", as_json)


@app.command()
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id or the start of it, `latest`, or a Parquet file of the store.")],
    store: StoreUri = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Show one run: what was mixed, where the rows went, the scores. Or the rows of a quarantine file."""
    from flows.cli.inspect import show_run

    _give(show_run(store, run), "shown", as_json)


@app.command()
def diff(a: MixName, b: MixName, store: StoreUri = DEFAULT_STORE, as_json: AsJson = False) -> None:
    """Say what differs between two mixes: settings, sources, rows in and out, scores."""
    from tasks.history.task import diff_mixes

    _give(diff_mixes(store, a, b), "differed", as_json)


@app.command()
def trace(
    mix: MixName,
    row: Annotated[str, typer.Argument(metavar="ROW", help="A place in the mix, from 0, or SOURCE/ROW_ID.")],
    store: StoreUri = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Find the original of a row: source, file and line, the row as it was read, and where it stands in the mix."""
    from tasks.history.task import trace_row

    _give(trace_row(store, mix, row), "traced", as_json)


@app.command()
def replay(
    lock: Annotated[str, typer.Argument(metavar="LOCK", help="The lock.json of a published mix, or the mix by any name.")],
    out: Annotated[str | None, typer.Option(metavar="FOLDER", help="Keep the files made in this new folder; else they are only compared.")] = None,
    store: StoreUri = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Make a mix again to the same bytes, or say exactly what is no longer there."""
    from flows.cli.inspect import replay_lock

    _give(replay_lock(store, lock, out), "replayed", as_json)


@app.command()
def impact(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A source's name.")], store: StoreUri = DEFAULT_STORE, as_json: AsJson = False
) -> None:
    """List the mixes and models made from a source."""
    from tasks.history.task import impact_of

    _give(impact_of(store, source), "listed_impact", as_json)


@app.command()
def ledger(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A recipe's name.")], store: StoreUri = DEFAULT_STORE, as_json: AsJson = False
) -> None:
    """Say how often each source's rows have been trained on, over all runs of a recipe."""
    from tasks.history.task import ledger_of

    _give(ledger_of(store, name), "ledgered", as_json)


@app.command()
def search(
    recipe: RecipeFile,
    trials: Annotated[int | None, typer.Option(metavar="N", help="Most mixes that are tried; by default as the recipe's search.trials says.")] = None,
    minutes: Annotated[float | None, typer.Option(metavar="M", help="No trial begins later than this after the first.")] = None,
    store: StoreUri = DEFAULT_STORE,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Learn the weights: try mixes, fit a surrogate, confirm what it recommends; `mix.weights: learned` then uses it."""
    from flows.cli.progress import following
    from flows.search import search as search_weights

    with following(quiet=as_json):
        found = search_weights(recipe=recipe, store=store, trials=trials, minutes=minutes, overrides=_parsed(overrides))
    _give(found, "searched", as_json)


@app.command()
def fit(
    mixtures: Annotated[
        str, typer.Option(metavar="CSV", help="A row per run, a column of shares per source; a first column `index` may name the runs.")
    ],
    scores: Annotated[str, typer.Option(metavar="CSV", help="A row per run, in the same order or with the same `index`.")],
    target: Annotated[str, typer.Option(metavar="COLUMN", help="Column of the scores; several with commas between, or `mean`, for their mean.")],
    predict: Annotated[str | None, typer.Option(metavar="CSV", help="Mixes whose scores are to be guessed.")] = None,
    prior: Annotated[str | None, typer.Option(metavar="MIX", help="Mix to stay near: `a=0.5,b=0.5`, or a JSON or YAML file.")] = None,
    higher_is_better: Annotated[bool, typer.Option("--higher-is-better", help="The scores are accuracies or the like, not losses.")] = False,
    as_json: AsJson = False,
) -> None:
    """Learn weights from runs made elsewhere: fit a surrogate, say how well it guesses, recommend a mix."""
    from tasks.experiments.search.task import fit_runs

    _give(fit_runs(mixtures, scores, target, predict, prior, higher_is_better=higher_is_better), "fitted", as_json)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a recipe, for editors."""
    from tasks.recipe.schema import recipe_schema

    typer.echo(json.dumps(recipe_schema(), indent=2, ensure_ascii=False))


def _parsed(overrides: list[str] | None) -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = {}
    for text in overrides or []:
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise RecipeError(f"--set {text!r}: want PATH=VALUE, such as --set mix.size=500")
        try:
            found[path] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise RecipeError(f"--set {text!r}: the value is not valid YAML; put it in quotes") from None
    return found


def _give(found: dict[str, Any], shape: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    from flows.cli import render, render_weights

    printer: Callable[[dict[str, Any]], None] = getattr(render, shape, None) or getattr(render_weights, shape)
    printer(found)


def main() -> None:
    """Run the command line and leave with the exit code that the outcome stands for."""
    from flows.engine.home import settle_prefect

    settle_prefect()
    as_json = "--json" in sys.argv
    try:
        code = app(standalone_mode=False)
        if code == INTERRUPTED:  # typer makes this of a KeyboardInterrupt
            _fail("interrupted; the same command goes on where it stopped", code, as_json)
    except CuveeError as error:
        code = _fail(str(error), error.exit_code, as_json)
    except (KeyboardInterrupt, typer.Abort):
        code = _fail("interrupted", INTERRUPTED, as_json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        # click's usage errors; typer carries its own copy of click, so they are known by what they can do.
        say = getattr(error, "format_message", None)
        if say is None:
            raise
        code = _fail(say(), 2, as_json)
    raise SystemExit(code)


def _fail(message: str, code: int, as_json: bool) -> int:
    if as_json:
        typer.echo(json.dumps({"status": "failed", "error": message, "exit_code": code}, ensure_ascii=False))
    typer.secho(f"cuvee: {message}", err=True, fg=None if as_json else typer.colors.RED)
    return code


if __name__ == "__main__":
    main()
