"""The best weights of a training so far, by the loss on its validation rows; they outlive an interruption as its
checkpoints do.
"""

import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from safetensors.torch import load_file
from transformers import TrainerCallback

from tasks.deduplicate.settings import FEWEST_IN_ALL
from tasks.rows.layout import SOURCE
from tasks.train.checkpoints import BEST, BEST_FILE


def validation_rows(files: Sequence[str], sources: Sequence[str], columns: Sequence[str]) -> pl.DataFrame | None:
    """Read the rows that a checkpoint can be chosen by: those of the mix's own sources, where they are enough."""
    if not files:
        return None
    rows = pl.concat([pl.read_parquet(file, columns=[*columns, SOURCE]) for file in files])
    rows = rows.filter(pl.col(SOURCE).is_in(list(sources)))
    return rows if rows.height >= FEWEST_IN_ALL else None


class Best(TrainerCallback):
    """Keeps the weights with the least loss, and stops a training that no longer finds better ones.

    Args:
        folder: of the checkpoints; what an interrupted attempt kept there counts.
        patience: measurements without a smaller loss after which training stops.

    Attributes:
        step: whose weights are kept; None before the first measurement.
    """

    def __init__(self, folder: Path, patience: int | None) -> None:
        self.folder, self.patience = folder, patience
        self.step: int | None = None
        self.loss = math.inf
        for file in folder.glob(f"{BEST}*/{BEST_FILE}"):
            known = json.loads(file.read_bytes())
            if known["loss"] < self.loss:
                self.step, self.loss = known["step"], known["loss"]

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """See to it that the last step is measured, too."""
        if state.global_step >= state.max_steps:
            control.should_evaluate = True

    def on_evaluate(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Keep the weights that were just measured, if there were no better ones."""
        loss, step = float(given["metrics"]["eval_loss"]), int(state.global_step)
        if loss < self.loss:
            self.step, self.loss = step, loss
            if state.is_world_process_zero:
                self._save(given["model"])
        elif self.patience and self.step is not None and step - self.step >= self.patience * args.eval_steps:
            control.should_training_stop = True

    def _save(self, model: Any) -> None:
        new = self._home()
        shutil.rmtree(new, ignore_errors=True)
        model.save_pretrained(new)
        (new / BEST_FILE).write_text(json.dumps({"step": self.step, "loss": self.loss}))
        for older in self.folder.glob(f"{BEST}*"):
            if older != new:
                shutil.rmtree(older)

    def _home(self) -> Path:
        return self.folder / f"{BEST}{self.step}"

    def load(self, model: Any) -> None:
        """Give a model the kept weights."""
        for file in sorted(self._home().glob("*.safetensors")):
            model.load_state_dict(load_file(file), strict=False)  # tied weights are written once

    def copy(self, out: Path) -> None:
        """Put the kept weights, and their configuration, where the model is published from."""
        shutil.copytree(self._home(), out, dirs_exist_ok=True, ignore=shutil.ignore_patterns(BEST_FILE))
