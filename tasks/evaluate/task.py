"""Prefect tasks of the evaluation stage. The work is in predict.py and metrics.py."""

from pathlib import Path

from tasks.caching import Workbench, stage_task
from tasks.evaluate.score import score
from tasks.evaluate.settings import EvaluateSettings
from tasks.records import Manifest, Product


@stage_task("evaluate")
def evaluate_model(
    work: Workbench,
    subject: str,  # noqa: ARG001 (names the task run)
    model: Manifest,
    mix: Manifest,
    settings: EvaluateSettings,
    labels: tuple[str, ...],
    seed: int,
) -> Product:
    """Score the model on the hold-out, in total and per source."""
    folder = next(Path(work.open(model, file.name)).parent for file in model.files if file.name == "model/config.json")
    for file in model.files:
        work.open(model, file.name)
    parts = {side: [work.open(mix, file.name) for file in mix.files if file.name.startswith(f"data/{side}-")] for side in ("train", "holdout")}
    predictions, metrics = score(folder, parts["train"], parts["holdout"], model.facts["max_tokens"], labels, settings, seed)
    with work.writing("predictions.parquet") as path:
        predictions.write_parquet(path)
    return Product(rows=predictions.height, facts={"metrics": metrics})
