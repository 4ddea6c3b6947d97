"""Tiny mixes of several sources, and trainings on them."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest

from tasks.core.records import Objective
from tasks.manifests.manifest import FileFact, Manifest
from tasks.manifests.model import ModelFacts
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.pool import MixFacts
from tasks.train.settings import BuiltModel, TrainSettings
from tasks.train.task import probe_model, train_model

LABELS = ("negative", "positive")
CONFIG = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
SETTINGS: dict[str, Any] = {
    "model": BuiltModel(vocabulary=300, config=CONFIG),
    "epochs": 2,
    "batch_size": 16,
    "learning_rate": 1e-2,
    "max_tokens": 32,
}


class Trained(NamedTuple):
    """What came of a training."""

    facts: ModelFacts
    weights: str
    """Digest of the file of the weights."""
    curve: list[dict[str, float]]


class TinyMix:
    """A mix in a store of its own.

    Args:
        rows: of each source.
        wrong: source whose labels are turned round.
    """

    def __init__(self, store: Path, rows: Mapping[str, int], wrong: str = "", key: str = "m") -> None:
        self.store, path = store, f"snapshots/mix/{key}"
        folder = store / path / "data"
        folder.mkdir(parents=True)
        parts = [tiny_rows(source, count, source == wrong) for source, count in rows.items()]
        order = np.random.default_rng(0).permutation(sum(rows.values())).tolist()
        pl.concat(parts)[order].write_parquet(folder / "train-00000.parquet")
        tiny_rows("kept", 20).write_parquet(folder / "holdout-kept.parquet")
        files = tuple(FileFact(name=f"data/{file.name}", bytes=1, sha256="") for file in sorted(folder.iterdir()))
        blank = ReceiptRow.left_out("", 0.5, "given")
        receipt = tuple(blank.model_copy(update={"source": name, "rows": count}) for name, count in rows.items())
        self.manifest = Manifest[MixFacts](
            stage="mix",
            subject="mix",
            key=key,
            path=path,
            fingerprint=key,
            files=files,
            rows=sum(rows.values()),
            facts=MixFacts(receipt=receipt),
        )

    def beside(self, rows: Mapping[str, int], key: str) -> "TinyMix":
        """Make another one in the same store."""
        return TinyMix(self.store, rows, key=key)

    def forget(self) -> None:
        """Let the next training begin anew."""
        for manifest in self.store.glob("snapshots/train/*/manifest.json"):
            manifest.unlink()

    def trained(
        self,
        loss_weights: dict[str, float] | None = None,
        later: Sequence["TinyMix"] = (),
        objective: Objective | None = None,
        **settings: Any,
    ) -> Trained:
        """Train on it."""
        chosen = TrainSettings(**(SETTINGS | settings))
        told = (objective or Objective(task="text-classification", labels=LABELS), 0, ".")
        mixes = [self.manifest, *(mix.manifest for mix in later)]
        seen = probe_model.function(chosen, ".")
        model = train_model.of("model").run(str(self.store), [seen], mixes, chosen, *told, loss_weights)
        curve = json.loads((self.store / model.path / "training-curve.json").read_bytes())
        return Trained(model.facts, model.file("model/model.safetensors").sha256, curve)


def tiny_rows(source: str, count: int, turned: bool = False) -> pl.DataFrame:
    """Give texts of several lengths, of which one word decides."""
    rng = np.random.default_rng(len(source) + count)
    kind = rng.integers(2, size=count)
    texts = [f"a {('dull', 'fine')[one]} film of {source}" + " and more" * int(rng.integers(6)) for one in kind]
    return pl.DataFrame(
        {
            "row_id": [f"{source}:{number}" for number in range(count)],
            "source": source,
            "text": texts,
            "label": [LABELS[one] for one in (1 - kind if turned else kind)],
        }
    ).with_columns(pl.lit(8, pl.UInt32).alias("tokens"))


@pytest.fixture
def tiny_mix(tmp_path: Path) -> Callable[..., TinyMix]:
    """Make mixes: `tiny_mix({"a": 60, "b": 30})`."""
    return lambda rows, **how: TinyMix(tmp_path / f"store-{len([*tmp_path.iterdir()])}", rows, **how)
