"""Commands about a recipe; nothing is made."""

import json
from dataclasses import dataclass
from typing import Annotated

import typer

from flows.cli.app import DEFAULT_STORE, Output, RecipeRead, StoreUri, command


@dataclass(frozen=True)
class Meant:
    """What a user says of files, where the guess is wrong."""

    text: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column of texts, if the guess is wrong.")] = (
        None
    )
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column of labels, if the guess is wrong.")
    ] = None
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="What is to be learned; by default what the files fit best.")
    ] = None


@command
def init(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILES…", help="Files, folders, globs or URLs; one source is made of what reads alike."),
    ],
    file: Annotated[str, typer.Option("--out", metavar="FILE", help="Where the recipe goes.")] = "recipe.yaml",
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The recipe's name; by default after its sources.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    add: Annotated[
        bool, typer.Option("--add", help="Put the files into the recipe that is there, as more sources.")
    ] = False,
    *,
    meant: Meant,
    out: Output,
) -> None:
    """Guess how files read, show it, and write a first recipe; what only you can say is told."""
    from flows.cli.add import add_sources
    from flows.cli.init import init_recipe
    from flows.cli.render import guessed

    if add:
        out.give(add_sources(files, file, meant.text, meant.label), guessed)
        return
    out.give(init_recipe(files, file, name, meant.text, meant.label, meant.task, force=force), guessed)


@command
def validate(recipe: RecipeRead, out: Output) -> None:
    """Check the file, read every source as a run would, and tell at once all that would stop one; write nothing."""
    from flows.cli.render import validated
    from flows.cli.validate import validate_recipe

    with out.following():
        found = validate_recipe(recipe.file, recipe.values, recipe.left_out)
    out.give(found, validated)


@command
def plan(
    recipe: RecipeRead,
    store: StoreUri = DEFAULT_STORE,
    show_batch: Annotated[
        bool,
        typer.Option("--show-batch", help="Show the batch that training begins with, what is learned marked."),
    ] = False,
    *,
    out: Output,
) -> None:
    """Say what a run would do: sizes, weights, counts, epochs, what is cached; write nothing."""
    from flows.cli.inspect import plan_recipe
    from flows.cli.render import planned

    with out.following():
        found = plan_recipe(recipe.file, store, recipe.values, recipe.left_out, show_batch=show_batch)
    out.give(found, planned)


@command
def explain(recipe: RecipeRead, store: StoreUri = DEFAULT_STORE, *, out: Output) -> None:
    """Say for each task whether it is cached, and if not, which part of its key changed."""
    from flows.cli.inspect import explain_recipe
    from flows.cli.render import explained

    out.give(explain_recipe(recipe.file, store, recipe.values, recipe.left_out), explained)


@command
def schema(out: Output) -> None:
    """Print the JSON Schema of a recipe, for editors."""
    from tasks.recipe.schema import recipe_schema

    out.give(recipe_schema(), lambda found: typer.echo(json.dumps(found, indent=2, ensure_ascii=False)))
