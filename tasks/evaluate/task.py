"""Prefect tasks of the evaluation stage. The work is in predict.py and metrics.py."""

from tasks.caching import Workbench, stage_task
from tasks.evaluate.score import score
from tasks.evaluate.settings import EvaluateSettings
from tasks.records import Manifest, Product


@stage_task("evaluate")
def evaluate_model(
    work: Workbench, subject: str, model: Manifest, mix: Manifest, settings: EvaluateSettings, labels: tuple[str, ...], seed: int  # noqa: ARG001
) -> Product:  # fmt: skip
    """Score the model on the hold-out, in total and per source."""
    folder = {file.name: work.open(model, file.name) for file in model.files}["model/config.json"].parent
    parts = {side: [work.open(mix, file.name) for file in mix.files if file.name.startswith(f"data/{side}-")] for side in ("train", "holdout")}
    predictions, metrics = score(folder, parts["train"], parts["holdout"], model.facts["max_tokens"], labels, settings, seed)
    with work.writing("predictions.parquet") as path:
        predictions.write_parquet(path)
    return Product(rows=predictions.height, facts={"metrics": metrics})
