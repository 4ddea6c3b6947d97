"""The application that commands are added to, what they take in common, and how they answer."""

import json
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, JsonValue

from tasks.core.errors import RecipeError

Answer = TypeVar("Answer")
app = typer.Typer(
    name="cuvee",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Combine data sources into one weighted training mix, prove it clean, fine-tune a small model on it.",
    epilog="Exit codes: 0 done · 1 unexpected · 2 recipe or usage · 3 a quality gate stopped it · 4 a source or "
    "the store cannot "
    "be reached · 5 training failed.",
)

RecipeFile = Annotated[str, typer.Argument(metavar="RECIPE", help="The recipe, a YAML file.")]
StoreUri = Annotated[
    str,
    typer.Option(
        "--store", envvar="CUVEE_STORE", metavar="URI", help="Folder, or any fsspec URL such as s3://bucket/prefix."
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Put a value over the recipe's, e.g. mix.size=500."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print exactly one JSON object on stdout; all else goes to stderr.")
]
MixName = Annotated[
    str,
    typer.Argument(
        metavar="MIX", help="A mix's id or the start of it, its folder, a recipe's name, a run, or `latest`."
    ),
]
DEFAULT_STORE = "cuvee-store"


def overrides_of(overrides: list[str] | None) -> dict[str, JsonValue]:
    """Read what `--set` says: dotted path -> value.

    Raises:
        RecipeError: one of them is no PATH=VALUE, or its value no YAML.
    """
    from tasks.recipe.reading import Mistake, parsed

    values: dict[str, JsonValue] = {}
    for text in overrides or []:
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise RecipeError(f"--set {path[:40]!r}: want PATH=VALUE, such as --set mix.size=500")
        try:
            written = parsed(value)
        except Mistake as mistake:  # the value is not shown: it may be a password
            raise RecipeError(f"--set {path}: the value is not valid YAML ({mistake}); put it in quotes") from None
        values[path] = written.value if written else None
    return values


def give(answer: Answer, show: Callable[[Answer], None], as_json: bool) -> None:
    """Print what a command found, as one JSON object or as people read it."""
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, default=_as_json))
    else:
        show(answer)


def _as_json(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else vars(value)
