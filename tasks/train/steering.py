"""Weights that change while training: what the Trainer is told and tells, step by step."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from transformers import TrainerCallback

from tasks.core import registry
from tasks.core.errors import RecipeError
from tasks.manifests.model import OnlineFacts, WeightsAt
from tasks.train import online
from tasks.train.settings import OnlineSettings
from tasks.train.state import OnlineMethod
from tasks.train.steered import Steered

STATE = "online weights"
"""Key of the trainer's state, which every checkpoint holds."""
PATH_POINTS = 200
"""Most points of the weights' path that are kept in the model's facts."""


class Steering(TrainerCallback):
    """Watches losses by source, lets the method set new weights every few steps, and hands them to the sampler.

    Args:
        mix: `source` and `row_id` of every row of the mix, in order.
        steps: optimiser steps of the whole training.
        batches: optimiser steps of one epoch.
    """

    def __init__(
        self, mix: pl.DataFrame, settings: OnlineSettings, batch_size: int, batches: int, steps: int, seed: int
    ) -> None:
        self.method = cast("OnlineMethod", registry.load(online, settings.kind))
        self.settings = settings
        first = mix.with_row_index("at").unique(["source", "row_id"], keep="first", maintain_order=True)
        self.names = first["source"].unique(maintain_order=True).to_list()
        self.number = {name: number for number, name in enumerate(self.names)}
        self.source = mix["source"].replace_strict(self.number, return_dtype=pl.Int64).to_numpy()
        kept, self.probe = self._set_aside(first, np.random.default_rng([seed, len(first)]))
        self.sampler = Steered(kept, batch_size, batches, seed)
        shares = (mix["source"].value_counts().sort("source")["count"] / len(mix)).to_list()
        named = dict(zip(mix["source"].value_counts().sort("source")["source"], shares, strict=True))
        windows = max(1, steps // settings.every)
        self.state = self.method.begin([named[name] for name in self.names], windows, settings, seed)
        self.sampler.steer(0, self.state.weights)
        self.means: list[Sequence[float]] = [self.state.mean]
        self.sums, self.counts = np.zeros(len(self.names)), np.zeros(len(self.names))
        self.before: float | None = None
        self.measure: Callable[[], float] = lambda: 0.0

    def _set_aside(
        self, first: pl.DataFrame, rng: np.random.Generator
    ) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
        """Take the probe rows out of the rows that are trained on."""
        target = getattr(self.settings, "target", None)
        if target is not None and target not in self.names:
            raise RecipeError(
                f"train.online.target {target!r} has no rows in the mix; its sources are {', '.join(self.names)}"
            )
        kept, probe = list[NDArray[np.int64]](), list[NDArray[np.int64]]()
        for name in self.names:
            rows = rng.permutation(first.filter(pl.col("source") == name)["at"].to_numpy().astype(np.int64))
            aside = (
                min(getattr(self.settings, "probe_rows", 0), len(rows) // 10)
                if self.method.PROBES and target in (None, name)
                else 0
            )
            kept.append(np.sort(rows[aside:]))
            probe.append(rows[:aside])
        if self.method.PROBES and not any(map(len, probe)):
            raise RecipeError(
                f"train.online: {target or 'the mix'} has fewer than 10 distinct rows, too few to set any aside to "
                "measure on"
            )
        return kept, np.concatenate(probe)

    def saw(self, sources: torch.Tensor, losses: torch.Tensor, counts: torch.Tensor) -> None:
        """Note the loss of every row of a batch, and over how many targets each is."""
        numbers = sources.cpu().numpy()
        np.add.at(self.sums, numbers, losses.float().cpu().numpy())
        np.add.at(self.counts, numbers, counts.cpu().numpy())

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Take the path up where the checkpoint left it, or measure where it begins."""
        if held := state.stateful_callbacks.get(STATE):
            self.state, self.before = self.method.State.model_validate(held["state"]), held["before"]
            self.sums, self.counts = np.array(held["sums"]), np.array(held["counts"])
            self.sampler.starts, self.sampler.path, self.means = held["starts"], held["path"], held["means"]
        elif self.method.PROBES:
            self.before = self.measure()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Set new weights at the end of a window; they hold from the batch after next, since one is fetched ahead."""
        if state.global_step % self.settings.every == 0:
            self._update(state.global_step)
        state.stateful_callbacks[STATE] = {
            "state": self.state.model_dump(mode="json"),
            "before": self.before,
            "sums": self.sums.tolist(),
            "counts": self.counts.tolist(),
            "starts": self.sampler.starts,
            "path": self.sampler.path,
            "means": self.means,
        }

    def _update(self, step: int) -> None:
        now = self.measure() if self.method.PROBES else 0.0
        losses = np.divide(self.sums, self.counts, out=np.full(len(self.names), np.nan), where=self.counts > 0)
        self.state = self.method.update(self.state, losses.tolist(), (self.before or 0.0) - now, self.settings)
        self.before = now if self.method.PROBES else None
        self.sums[:], self.counts[:] = 0, 0
        self.sampler.steer(step + 1, self.state.weights)
        self.means.append(self.state.mean)

    def facts(self, steps: int) -> OnlineFacts:
        """Say how the weights went, what they came to, and how often the rows of each source were seen."""
        drawn = self.sampler.drawn(steps)
        points = np.unique(np.linspace(0, len(self.means) - 1, PATH_POINTS).round().astype(int))
        return OnlineFacts(
            kind=self.settings.kind,
            path=tuple(
                WeightsAt(step=self.sampler.starts[at], weights=dict(zip(self.names, self.means[at], strict=True)))
                for at in points
            ),
            shares={name: float(count / drawn.sum()) for name, count in zip(self.names, drawn, strict=True)},
            epochs={
                name: round(float(count / len(rows)), 4)
                for name, count, rows in zip(self.names, drawn, self.sampler.rows, strict=True)
            },
            probe_rows=len(self.probe),
        )
