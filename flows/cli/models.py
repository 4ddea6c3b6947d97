"""Commands that use what runs published."""

import os
import sys
from typing import Annotated

import typer

from flows.cli.app import DEFAULT_STORE, Output, StoreUri, Verbose, command, set_values

ModelName = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A model's recipe name (the last one published), NAME/ID, its id or the start of it, a run that made it, "
        "or the published folder, here or as s3://….",
    ),
]
Said = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="What a source of a recipe would say of a file, e.g. columns.text=review, delimiter=';', where=….",
    ),
]


@command
def predict(
    model: ModelName,
    file: Annotated[
        str,
        typer.Argument(
            metavar="[FILE]",
            help="Whatever a recipe reads: texts, CSV, JSON Lines, Parquet, …; `-` or none: standard input, which is "
            "JSON Lines where its first line is a JSON object, else a text a line, or what --set kind=… says.",
        ),
    ] = "-",
    said: Said = None,
    target: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="Write here, all or nothing, in place of stdout.")
    ] = None,
    store: StoreUri = DEFAULT_STORE,
    verbose: Verbose = None,
) -> None:
    """Let a published model predict every record of a file: a JSON object a line, in order, as soon as it is known; one
    that cannot be read gives an error in its place, and exit code 3 in the end.
    """
    from flows.cli.predict import predict_file
    from flows.cli.progress import following

    try:
        on_screen = target is None and sys.stdout.isatty()  # where the answers stand already
        with following(quiet=verbose is False or (on_screen and not verbose), verbose=bool(verbose)):
            predict_file(store, model, file, said or [], target)
    except BrokenPipeError:  # who read has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@command
def eval_(
    model: ModelName,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILES…",
            help="Labelled files, each whatever a source of a recipe may be; `-`: standard input, which is JSON Lines "
            "where its first line is a JSON object, else what --set kind=… says.",
        ),
    ],
    said: Said = None,
    store: StoreUri = DEFAULT_STORE,
    *,
    run_code: Annotated[
        bool,
        typer.Option(
            "--run-code",
            help="Run programs that the model writes, each in a sandbox, against the tests of its row (--set "
            "columns.tests=…), as evaluate.run_code of its recipe says.",
        ),
    ] = False,
    out: Output,
) -> None:
    """Score a published model on labelled files, with intervals; rows that it has learned from are left out."""
    from flows.cli.render_scores import evaluated
    from tasks.predict.task import score_files

    values = set_values(said or [], "columns.text=review")
    with out.following():
        found = score_files(store, model, files, values, sys.stdin.buffer, run_code=run_code)
    out.give(found, evaluated)
