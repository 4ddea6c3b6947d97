"""Adds `prefect flow run ENTRYPOINT --param NAME=VALUE` to Prefect's command line, which has no local run of its own.

Prefect imports this module in every process that imports Prefect, so it looks at the command line first and costs
nothing
where that does not speak of flows. The command hangs on modules that Prefect calls private; a test holds it to them.
"""

import asyncio
import inspect
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from prefect.plugins import register_hook

if TYPE_CHECKING:
    from prefect import Flow, State


@register_hook
def setup_environment(*, ctx: object) -> None:  # noqa: ARG001 (the hook's signature)
    """Add the command when Prefect's command line is about to work on flows."""
    words = [Path(word).stem for word in sys.orig_argv]
    if "prefect" in words[:4] and {"flow", "flows"} & set(words):
        _add_command()


def _add_command() -> None:
    import cyclopts
    from prefect.cli._utilities import with_cli_exception_handling
    from prefect.cli.flow import flow_app

    @flow_app.command(name="run")
    @with_cli_exception_handling
    def run(
        entrypoint: str,
        *,
        param: Annotated[list[str] | None, cyclopts.Parameter("--param", alias="-p", negative=())] = None,
    ) -> None:
        """Run a flow in this process.

        Parameters
        ----------
        entrypoint
            Where the flow is: path/to/file.py:function.
        param
            One parameter as NAME=VALUE; the value is JSON, or a text where it is not. May be given several times.
        """
        raise SystemExit(run_flow(entrypoint, param or []))


def run_flow(entrypoint: str, params: list[str]) -> int:
    """Run the flow at `entrypoint`; tell on stderr what was wrong.

    Args:
        entrypoint: path/to/file.py:function.
        params: NAME=VALUE; the value is JSON, or a text where it is not.

    Returns:
        The exit code: 0 completed, 2 wrong entrypoint or parameters, 4 no answer from Prefect's server, an expected
            error's
        own code, 1 for all else.
    """
    from flows.engine import interrupt
    from flows.engine.reach import answering

    try:
        flow, values = _understood(entrypoint, params)
    except ValueError as error:
        return _tell(str(error), 2)
    _without_expected_tracebacks()
    interrupt.heed_sigterm()
    interrupt.speak(_tell)
    try:
        with answering():
            state = flow(**values, return_state=True)
            state = asyncio.run(state) if inspect.iscoroutine(state) else state
    except (KeyboardInterrupt, interrupt.Terminated):
        interrupt.leave()
    except Exception as error:
        if not _is_expected(error):
            raise
        return _tell(str(error), getattr(error, "exit_code", 1))
    return _outcome(state)


def _understood(entrypoint: str, params: list[str]) -> tuple["Flow[..., object]", dict[str, object]]:
    import prefect.flows
    from prefect.exceptions import (
        MissingFlowError,
        ParameterBindError,
        ParameterTypeError,
        ScriptError,
        SignatureMismatchError,
    )

    if ":" not in entrypoint:
        raise ValueError(f"{entrypoint!r} does not name a flow; want path/to/file.py:function")
    try:
        flow = prefect.flows.load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)
        return flow, flow.validate_parameters(_parsed(params))
    except ScriptError as error:
        raise ValueError(f"cannot load {entrypoint!r}: {error.user_exc}") from error
    except (MissingFlowError, ModuleNotFoundError) as error:
        raise ValueError(f"no flow at {entrypoint!r}: {error}") from error
    except (ParameterTypeError, ParameterBindError, SignatureMismatchError) as error:
        raise ValueError(str(error)) from error


def _parsed(params: list[str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for text in params:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ValueError(f"--param {text!r}: want NAME=VALUE")
        try:
            values[name] = json.loads(value)
        except json.JSONDecodeError:
            values[name] = value
    return values


def _outcome(state: "State[object]") -> int:
    if state.is_completed():
        return 0
    error = state.result(raise_on_failure=False)
    return _tell(
        str(error) if _is_expected(error) else f"the run ended as {state.name}: {state.message}",
        getattr(error, "exit_code", 1),
    )


def _tell(message: str, code: int) -> int:
    sys.stderr.write(f"{message}\n")
    return code


def _is_expected(error: object) -> bool:
    """Say whether the error's text is meant for the user: those of `tasks.core.errors` carry an exit code."""
    return isinstance(error, Exception) and hasattr(error, "exit_code")


def _shorten(record: logging.LogRecord) -> bool:
    if record.exc_info and _is_expected(record.exc_info[1]):
        record.exc_info = None
    return True


def _without_expected_tracebacks() -> None:
    """Leave the traceback out of the log, on the console and in the UI, where the error's text says it all."""
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).addFilter(_shorten)
