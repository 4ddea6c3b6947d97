"""The command line. Each command calls a flow or reads the store; heavy imports wait until a command needs them."""

import os
import signal
import sys

import typer

from flows.cli import history, models, recipes, running
from flows.cli.app import app
from flows.cli.terminal import end_at_interrupts, harmless, speak_plainly, written
from flows.engine import interrupt
from tasks.core.errors import CuveeError, Unreachable
from tasks.core.unseen import unseen_error

INTERRUPTED = interrupt.CODES[signal.SIGINT]
COMMANDS = (recipes, running, models, history)
"""Modules whose import adds their commands to the application, in the order of the help."""


def main() -> None:
    """Run the command line and leave with the exit code that the outcome stands for."""
    from flows.engine.home import refused_settings, settle_prefect

    settle_prefect()
    speak_plainly()
    end_at_interrupts()
    as_json = "--json" in sys.argv
    interrupt.heed_sigterm()
    interrupt.speak(lambda why, code: _fail(why, code, as_json))
    try:
        code = app(prog_name="cuvee", standalone_mode=False)
        if code == INTERRUPTED:  # typer makes this of a KeyboardInterrupt
            interrupt.leave()
    except CuveeError as error:
        code = _fail(str(error), error.exit_code, as_json)
    except (KeyboardInterrupt, typer.Abort, interrupt.Terminated):
        interrupt.leave()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:  # noqa: BLE001 (none of them may show what stays unseen)
        # click's usage errors; typer carries its own copy of click, so they are known by what they can do.
        say = getattr(error, "format_message", None)
        if say is not None:
            code = _fail(say(), 2, as_json)
        elif why := refused_settings(error):
            code = _fail(str(Unreachable(why)), Unreachable.exit_code, as_json)
        else:
            raise unseen_error(error)  # noqa: B904 (what led to it goes with it, where it may be shown)
    raise SystemExit(code)


def _fail(message: str, code: int, as_json: bool) -> int:
    if as_json:
        status = "interrupted" if code in interrupt.CODES.values() else "failed"
        typer.echo(written({"status": status, "error": message, "exit_code": code}))
    typer.secho(f"cuvee: {harmless(message)}", err=True, fg=None if as_json else typer.colors.RED)
    return code


if __name__ == "__main__":
    main()
