"""Does it help to learn the texts before the labels? A small BERT learns a task from few labelled rows: at once, or
after masked language modelling on all texts without their labels.

    python tests/benchmarks/stages.py [--rows 300] [--seeds 3] [--masked 3] [--longer 40] [--pretrained FOLDER]

Needs the public data (CUVEE_SHARED_DATA, see tests/conftest.py). Prints accuracy and macro-F1 on the same hold-out,
mean and standard deviation over the seeds. With the stages the model takes more steps; `task alone, longer` makes up
for that: `--longer` says its epochs.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from flows.engine.calls import RunProducts, carry_out
from flows.engine.plain import Plain
from flows.steps.blend import blend
from flows.steps.train import train
from tasks.recipe.model import load_recipe

RECIPE = Path(__file__).parents[1] / "recipes" / "real_sentiment.yaml"
LEFT_OUT = ("films", "tweets", "company", "posts")
MASKED = 3
"""Epochs of masked language modelling."""
TASK = {"epochs": 12, "batch_size": 16, "learning_rate": 1e-3, "max_tokens": 64}
MODEL = {
    "architecture": "bert",
    "vocabulary": 8_000,
    "config": {
        "hidden_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 256,
        "max_position_embeddings": 64,
    },
}


def ways(model: object, masked: int, longer: float) -> dict[str, object]:
    """Give what `train` says in each way of training."""
    learns = {"task": "masked-language-modelling", "mix": {}, "model": model, "batch_size": 32, "max_tokens": 64}
    learns |= {"epochs": masked, "learning_rate": 1e-3 if isinstance(model, dict) else 5e-5}
    task = TASK if isinstance(model, dict) else TASK | {"epochs": 4, "learning_rate": 5e-5}
    return {
        "task alone": task | {"model": model},
        "task alone, longer": task | {"model": model, "epochs": longer},
        "masked, then task": [learns, task],
    }


def scored(store: str, rows: int, train_section: object, seed: int) -> dict[str, float]:
    """Train one way under one seed; gives its measures on the hold-out."""
    recipe = load_recipe(
        str(RECIPE),
        {
            "mix.size": rows,
            "mix.weights": "uniform",
            "mix.max_epochs": 1_000,
            "train": train_section,
            "holdout.share": 0.2,
            "seed": seed,
        },
        LEFT_OUT,
    )
    made, call = RunProducts(), Plain(store)
    carry_out(blend(recipe, call, made))
    carry_out(train(recipe, call, made))
    if made.metrics is None or made.model is None:
        raise RuntimeError("nothing was measured")
    return {name: measured.value for name, measured in made.metrics.measures.items()}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--masked", type=int, default=MASKED)
    parser.add_argument("--longer", type=float, default=40)
    parser.add_argument("--pretrained", help="a folder in place of the model that is built here")
    parser.add_argument("--store", help="keep what is made, and go on from it")
    chosen = parser.parse_args()
    os.environ.setdefault("CUVEE_SHARED_DATA", str(Path(__file__).parents[3] / "shared" / "data"))
    model: Any = chosen.pretrained or MODEL
    started = time.monotonic()
    print(f"load {os.getloadavg()[0]:.1f}\n\n| trained | accuracy | macro-F1 |\n| --- | --: | --: |")
    with tempfile.TemporaryDirectory() as store:
        for name, said in ways(model, chosen.masked, chosen.longer).items():
            found = [scored(chosen.store or store, chosen.rows, said, seed) for seed in range(chosen.seeds)]
            cells = [[one[measure] for one in found] for measure in ("accuracy", "macro_f1")]
            told = [f"{statistics.mean(cell):.3f} ± {statistics.stdev(cell):.3f}" for cell in cells]
            print(f"| {name} | {' | '.join(told)} |", flush=True)
    print(f"\n{chosen.rows:,} labelled rows, {chosen.seeds} seeds, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
