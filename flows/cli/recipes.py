"""Commands about a recipe; nothing is made."""

import json
from typing import Annotated

import typer

from flows.cli.app import DEFAULT_STORE, AsJson, Overrides, RecipeFile, StoreUri, app, give, overrides_of


@app.command()
def init(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILES…", help="Files, folders, globs or URLs; one source is made of what reads alike."),
    ],
    out: Annotated[str, typer.Option(metavar="FILE", help="Where the recipe goes.")] = "recipe.yaml",
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The recipe's name; by default after its sources.")
    ] = None,
    text: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column of texts, if the guess is wrong.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column of labels, if the guess is wrong.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Guess how files read, show it, and write a first recipe that passes `validate`."""
    from flows.cli.init import init_recipe
    from flows.cli.render import guessed

    give(init_recipe(files, out, name, text, label, force=force), guessed, as_json)


@app.command()
def validate(recipe: RecipeFile, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Check the file, read every source as a run would, and tell at once all that would stop one; write nothing."""
    from flows.cli.render import validated
    from flows.cli.validate import validate_recipe

    give(validate_recipe(recipe, overrides_of(overrides)), validated, as_json)


@app.command()
def plan(
    recipe: RecipeFile, store: StoreUri = DEFAULT_STORE, overrides: Overrides = None, as_json: AsJson = False
) -> None:
    """Say what a run would do: sizes, weights, counts, epochs, what is cached; write nothing."""
    from flows.cli.inspect import plan_recipe
    from flows.cli.render import planned

    give(plan_recipe(recipe, store, overrides_of(overrides)), planned, as_json)


@app.command()
def explain(
    recipe: RecipeFile, store: StoreUri = DEFAULT_STORE, overrides: Overrides = None, as_json: AsJson = False
) -> None:
    """Say for each task whether it is cached, and if not, which part of its key changed."""
    from flows.cli.inspect import explain_recipe
    from flows.cli.render import explained

    give(explain_recipe(recipe, store, overrides_of(overrides)), explained, as_json)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a recipe, for editors."""
    from tasks.recipe.schema import recipe_schema

    typer.echo(json.dumps(recipe_schema(), indent=2, ensure_ascii=False))
