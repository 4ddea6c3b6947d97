"""Run `cuvee` command lines one after another in one process, so that libraries are imported once.

Each line on stdin is `{"words": [...], "folder": ...}`; each line on stdout answers with `exit`, `stdout` and `stderr`.
"""

import contextlib
import io
import json
import os
import sys
import traceback
from collections.abc import Callable


def program() -> Callable[[], None]:
    """Give what the console script calls, wherever it lives."""
    try:
        from flows.cli.main import main
    except ModuleNotFoundError:
        from flows.cli import main
    return main


def carry_out(words: list[str], folder: str) -> dict[str, object]:
    """Run one command line in a folder."""
    out, err = io.StringIO(), io.StringIO()
    os.chdir(folder)
    sys.argv = ["cuvee", *words]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            program()()
            code: object = 0
        except SystemExit as end:
            code = end.code or 0
        except Exception:  # noqa: BLE001 (what Python itself would do at the end of a script)
            traceback.print_exc()
            code = 1
    return {"exit": code, "stdout": out.getvalue(), "stderr": err.getvalue()}


def serve() -> None:
    """Answer until stdin ends; what else writes to file descriptor 1 goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(carry_out(**json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    serve()
