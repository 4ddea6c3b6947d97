"""The whole pipeline: sources → mix → model → scores → store and report.

Reads a recipe. Writes `snapshots/`, `mixes/<name>/`, `models/<name>/` and `runs/<name>/` of the store. Shows in the
Prefect UI: receipt, checks, scores, the DAG of the run, learning curve, where the report is.
"""

import os
from itertools import chain
from typing import Any, Literal, cast, get_args

from prefect.exceptions import TerminationSignal
from prefect.runtime import flow_run
from pydantic import JsonValue

from flows.engine.calls import RunProducts, carry_out
from flows.engine.flow import flow
from flows.engine.home import store_uri
from flows.engine.interrupt import interruptible
from flows.engine.record import gather
from flows.engine.runners import runner_named
from flows.engine.running import how_it_ends, noted
from flows.engine.submitted import Submitted
from flows.engine.titles import ended, name_run, run_title
from flows.engine.unfinished import telling
from flows.steps.blend import blend
from flows.steps.train import train
from tasks.core.errors import RecipeError
from tasks.core.records import Section
from tasks.core.suggest import nearest
from tasks.publish.task import MixStage, begin_run, publish_mix, publish_model, record_run
from tasks.recipe.model import LoadedRecipe, load_recipe
from tasks.report.task import closing_words, report_run
from tasks.store.runs import PublishedMix, RunRecord, RunStart
from tasks.store.storage import open_store

Stage = Literal["ingest", "clean", "deduplicate", "check", "plan", "mix", "train", "evaluate"]


class SourceWeight(Section):
    """One source's share of the mix."""

    source: str
    weight: float


@flow(name="pipeline", task_runner=runner_named(os.environ.get("CUVEE_RUNNER") or "threads"))
def pipeline(
    recipe: str,
    store: str | None = None,
    weights: list[SourceWeight] | None = None,
    overrides: dict[str, Any] | None = None,
    until: Stage | None = None,
    without: list[str] | None = None,
) -> dict[str, Any]:
    """Combine the recipe's sources into one mix, fine-tune a model on it, and say how good it is.

    Args:
        recipe: Path of the recipe, from the folder the run starts in.
        store: Folder or URL that everything is kept in; empty for the one that CUVEE_STORE names, else ./cuvee-store.
        weights: Shares of the sources in the mix in place of the recipe's; they need not sum to 1.
        overrides: More values over the recipe's, by dotted path, such as {"mix.size": 500}.
        until: Last stage to carry out; empty for all.
        without: Sources of the recipe that are left out this time.
    """
    typed: dict[str, JsonValue] = {"mix.weights": {row.source: row.weight for row in weights}} if weights else {}
    loaded = load_recipe(recipe, (overrides or {}) | typed, without or ())
    home = open_store(store_uri(store))
    home.ensure_writable()
    start = begin_run(loaded.published)
    name_run(run_title(loaded.recipe), (f"recipe {start.name}", f"until {until}" if until else "all stages"))
    with noted(home, start, "run"):
        return _carried_out(loaded, Submitted(home.uri), start, until)


def _carried_out(loaded: LoadedRecipe, calls: Submitted, start: RunStart, until: Stage | None) -> dict[str, Any]:
    """Carry out the stages up to one of them, or all; a record is left, however the run ends."""
    made, known = RunProducts(), {"flow_run_id": str(flow_run.id)}
    try:
        with interruptible(telling()):
            carry_out(chain(blend(loaded, calls, made), train(loaded, calls, made)), until)
            calls.finish()
            published = publish(calls, start, made.settled(calls.completed))
    except (KeyboardInterrupt, TerminationSignal):
        known |= how_it_ends()
        record = gather(start, loaded, calls.store, made.settled(calls.so_far), calls.notes_so_far(), **known)
        record_run.run(calls.store, calls.store, record)  # Prefect has no time for it
        raise
    except Exception as error:
        known["error"] = str(error) or type(error).__name__
        finish(calls, gather(start, loaded, calls.store, made.settled(calls.completed), calls.notes(), **known))
        raise
    done = made.settled(calls.completed)
    record = gather(start, loaded, calls.store, done, calls.notes(), **known, **published)
    checks = "checks passed" if all(check.passed for check in record.checks) else "checks failed"
    reached = "model published" if record.model else "mix published" if record.mix else "nothing published"
    return ended(finish(calls, record, done), closing_words(record), (reached, checks) if record.checks else (reached,))


def publish(calls: Submitted, start: RunStart, made: RunProducts) -> dict[str, Any]:
    """Put out what was made, the mix first, with the recipe that made it: without the sources that were left out. Of a
    training in stages the mix of each is put out.
    """
    if made.mix is None or made.plan is None:
        return {}
    if made.loaded and made.unreached:
        start = start.model_copy(update={"recipe": made.loaded.published, "unreached": made.unreached})
    if len(made.stages) == 1:
        mix, stages, told = calls.now(publish_mix, calls.store, start, made.mix, made.plan), None, {}
    else:
        stages = _publish_stages(calls, start, made)
        mix = stages[-1][1]
        told = {"mixes": [published for _, published in stages]}
    if made.model is None or made.metrics is None:
        return {"mix": mix} | told
    model = calls.now(publish_model, calls.store, start, made.model, made.metrics, mix, stages)
    return {"mix": mix, "model": model} | told


def _publish_stages(calls: Submitted, start: RunStart, made: RunProducts) -> list[tuple[MixStage, PublishedMix]]:
    """Put out the mix of every stage of training, the last one last."""
    stages: list[tuple[MixStage, PublishedMix]] = []
    for products in made.stages:
        if products.mix is None or products.plan is None:
            raise RuntimeError("the last mix is there, and an earlier one is not")
        stage = products.stage
        told = MixStage(
            number=stage.number,
            of=stage.of,
            task=stage.objective.task,
            epochs=stage.epochs,
            unit=stage.mix.unit,
            loss_weights=stage.mix.loss_weights,
        )
        stages.append((told, calls.now(publish_mix, calls.store, start, products.mix, products.plan, told)))
    return stages


def finish(calls: Submitted, record: RunRecord, made: RunProducts | None = None) -> dict[str, Any]:
    """Write report and record; give the summary that the command line prints.

    Args:
        made: what the report shows rows of.
    """
    shown = made or RunProducts()
    report = calls.now(report_run, calls.store, record, shown.mix, shown.scores)
    record = record.model_copy(update={"report": report})
    calls.now(record_run, calls.store, record)
    return record.summary()


def stage_named(name: str | None) -> Stage | None:
    """Check a stage's name.

    Raises:
        RecipeError: there is no such stage.
    """
    if name is not None and name not in get_args(Stage):
        raise RecipeError(f"--until {name!r}: no such stage;{nearest(name, get_args(Stage))}")
    return cast("Stage | None", name)
