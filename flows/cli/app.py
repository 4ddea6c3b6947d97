"""The application that commands are added to, what they take in common, and how they answer."""

import functools
import inspect
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import JsonValue
from typer.core import TyperGroup

from flows.cli.terminal import written
from tasks.core.errors import RecipeError

BEGAN = time.monotonic()
"""When the command began, nearly: this is one of the first modules that it imports."""
STARTED = 19
"""Field of `/proc/PID/stat`, counted after the name: when the process started, in ticks since boot."""
Answer = TypeVar("Answer")
SPELLED_OUT = {"--require-gain": "--require-gain=all"}
"""Options whose value may be left out."""


class Program(TyperGroup):
    """`cuvee`: by itself it prints its help."""

    def main(self, args: Sequence[str] | None = None, *more: Any, **named: Any) -> Any:
        """Carry out a command line."""
        words = [SPELLED_OUT.get(word, word) for word in (sys.argv[1:] if args is None else args)]
        return super().main(words or ["--help"], *more, **named)


app = typer.Typer(
    name="cuvee",
    cls=Program,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Combine data sources into one weighted training mix, prove it clean, fine-tune a small model on it.",
    epilog="Exit codes: 0 done · 1 unexpected · 2 recipe or usage · 3 a quality gate stopped it · 4 a source, "
    "the store or Prefect cannot be reached · 5 training failed.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cuvee {version('cuvee')}")
        raise typer.Exit


Verbose = Annotated[
    bool | None,
    typer.Option(
        "--verbose/--quiet",
        "-v/-q",
        help="Also tell what the tasks log, or tell nothing on the way; by default a line for each task that ends.",
    ),
]


@app.callback()
def about(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=_print_version)
    ] = False,
    verbose: Verbose = None,
) -> None:
    """Take what stands before the name of a command."""
    if verbose is not None and context.invoked_subcommand:
        context.default_map = {context.invoked_subcommand: {"verbose": verbose}}


StoreUri = Annotated[
    str,
    typer.Option(
        "--store", envvar="CUVEE_STORE", metavar="URI", help="Folder, or any fsspec URL such as s3://bucket/prefix."
    ),
]
MixName = Annotated[
    str,
    typer.Argument(
        metavar="MIX", help="A mix's id or the start of it, its folder, a recipe's name, a run, or `latest`."
    ),
]
DEFAULT_STORE = "cuvee-store"


def set_values(texts: Sequence[str], example: str) -> dict[str, JsonValue]:
    """Read what `--set` says: dotted path -> value.

    Raises:
        RecipeError: one of them is no PATH=VALUE, or its value no YAML.
    """
    from tasks.recipe.reading import Mistake, parsed

    values: dict[str, JsonValue] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise RecipeError(f"--set {path[:40]!r}: want PATH=VALUE, such as --set {example}")
        try:
            written = parsed(value)
        except Mistake as mistake:  # the value is not shown: it may be a password
            quoted = f"put it in quotes that the shell leaves there: --set '{path}=\"…\"'"
            raise RecipeError(f"--set {path}: the value is not valid YAML ({mistake}); {quoted}") from None
        values[path] = written.value if written else None
    return values


@dataclass(frozen=True)
class RecipeRead:
    """A recipe, and what the command changes in it."""

    file: Annotated[str, typer.Argument(metavar="RECIPE", help="The recipe, a YAML file.")]
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Put a value over the recipe's, e.g. mix.size=500."),
    ] = None
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE", help="Leave a source out, as if the recipe had never named it."),
    ] = None

    @property
    def left_out(self) -> tuple[str, ...]:
        """The sources that are taken as not named."""
        return tuple(self.without or ())

    @property
    def values(self) -> dict[str, JsonValue]:
        """What `--set` says: dotted path -> value.

        Raises:
            RecipeError: one of them is no PATH=VALUE, or its value no YAML.
        """
        return set_values(self.overrides or [], "mix.size=500")


@dataclass(frozen=True)
class Output:
    """How a command answers, and how much it says on its way."""

    as_json: Annotated[
        bool, typer.Option("--json", help="Print exactly one JSON object on stdout; all else goes to stderr.")
    ] = False
    verbose: Verbose = None

    def following(self) -> AbstractContextManager[None]:
        """Tell on stderr how the work goes, for as long as it lasts."""
        from flows.cli.progress import following

        quiet = self.verbose is False or (self.as_json and not self.verbose)
        return following(quiet=quiet, verbose=bool(self.verbose))

    def give(self, answer: Answer, show: Callable[[Answer], None]) -> None:
        """Print what a command found, as one JSON object or as people read it."""
        if self.as_json:
            typer.echo(written(answer))
        else:
            show(answer)


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Add a command by the name of its function; an `_` behind it, since Python has the name already, is none of it. A
    parameter that is a dataclass stands for its fields, which several commands take.
    """
    parameters = inspect.signature(function, eval_str=True).parameters
    kinds = {name: one.annotation for name, one in parameters.items()}
    groups = {name: kind for name, kind in kinds.items() if isinstance(kind, type) and is_dataclass(kind)}

    @functools.wraps(function)
    def carried_out(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        function(**given)

    flat = [
        one.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in parameters.items()
        for one in (inspect.signature(groups[name]).parameters.values() if name in groups else [parameter])
    ]
    carried_out.__name__ = function.__name__.rstrip("_")
    carried_out.__dict__["__signature__"] = inspect.Signature(flat)
    app.command()(carried_out)
    return function


def seconds_since_start() -> float:
    """Say how long the whole command has taken so far, from the start of its process where the system tells that."""
    try:
        began = int(Path("/proc/self/stat").read_text("utf-8").rpartition(")")[2].split()[STARTED])
        return round(time.clock_gettime(time.CLOCK_BOOTTIME) - began / os.sysconf("SC_CLK_TCK"), 1)
    except OSError:
        return round(time.monotonic() - BEGAN, 1)
