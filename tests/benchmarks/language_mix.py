"""Mixing domains for a tiny language model: uniform, proportional and each domain alone, at one budget of tokens,
several seeds.

    python tests/benchmarks/language_mix.py [--seeds 3] [--size 60000] [--store FOLDER] [--out numbers.json]

Needs the public data (CUVEE_SHARED_DATA, see tests/conftest.py). Prints bits per byte and perplexity on each domain's
hold-out, mean and standard deviation over the seeds. A mix of other texts has another tokenizer: bits per byte compare
between mixes, perplexities do not.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from flows.engine.calls import RunProducts
from flows.engine.plain import Plain
from flows.steps.trial_setup import trial_setup
from tasks.experiments.mixes import as_mix
from tasks.manifests.scores import ScoresFacts
from tasks.recipe.model import load_recipe

MEASURES = ("bits_per_byte", "perplexity")
RECIPE = Path(__file__).parents[1] / "recipes" / "language_mix.yaml"


def measured(store: str, size: int, seeds: int) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Give measure -> mix -> domain (or `all domains`, their mean) -> one value a seed."""
    loaded = load_recipe(str(RECIPE), {"mix.size": size, "trials": {"size": size}})
    ready = trial_setup(loaded, Plain(store), RunProducts())
    names = list(loaded.recipe.sources)
    mixes: dict[str, Any] = {"uniform": "uniform", "proportional": "proportional"}
    mixes |= {f"{name} alone": {other: float(other == name) for other in names} for name in names}
    found: dict[str, dict[str, dict[str, list[float]]]] = {measure: {mix: {} for mix in mixes} for measure in MEASURES}
    settled = {mix: as_mix(ready.settle(weights).facts.weights) for mix, weights in mixes.items()}
    for seed in range(seeds):
        for mix, weights in settled.items():
            facts = ready.try_out(weights, seed).facts
            assert isinstance(facts, ScoresFacts)
            scores = facts.metrics.by_source
            for measure, rows in ((measure, found[measure][mix]) for measure in MEASURES):
                values = {name: scores[name].measures[measure].value for name in names}
                for name, value in (values | {"all domains": statistics.mean(values.values())}).items():
                    rows.setdefault(name, []).append(value)
    return found


def shown(found: dict[str, dict[str, list[float]]]) -> str:
    """Write the numbers as a Markdown table."""
    names, digits = list(next(iter(found.values()))), 3 if statistics.mean(found["uniform"]["all domains"]) < 10 else 1
    lines = ["| trained on | " + " | ".join(names) + " |", "| --- |" + " --: |" * len(names)]
    for mix, rows in found.items():
        cells = [
            (
                f"{statistics.mean(rows[name]):.{digits}f} ± "
                f"{statistics.stdev(rows[name]) if len(rows[name]) > 1 else 0:.{digits}f}"
            )
            for name in names
        ]
        lines.append(f"| {mix} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--size", type=int, default=60_000)
    parser.add_argument("--store", help="keep what is made, and go on from it")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    os.environ.setdefault("CUVEE_SHARED_DATA", str(Path(__file__).parents[3] / "shared" / "data"))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as store:
        found = measured(chosen.store or store, chosen.size, chosen.seeds)
    for measure, rows in found.items():
        print(f"\n{measure}\n\n{shown(rows)}")
    print(f"\n{chosen.size:,} tokens a mix, {chosen.seeds} seeds, {time.monotonic() - started:.0f} s")
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
