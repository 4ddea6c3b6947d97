"""Many trials, each once: what the store holds is taken from there, the rest is run, some at a time, until time is
out.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flows.engine.calls import Submitted, settled
from flows.engine.lookup import LookedUp
from flows.steps.trial_setup import Bench
from tasks.core import ui
from tasks.experiments.mixes import Mix, as_weights, mix_name
from tasks.manifests.manifest import Manifest

WAVE = 8
"""Trials of a linear classifier that are under way at a time; a model trained in full is one."""
GONE = "its product is no longer in the store"
Trial = tuple[Mix, int]
"""A mix and a seed."""


class TrialRuns:
    """The trials of one comparison or search.

    Args:
        bench: with everything that trials need finished.
        until: moment of `time.monotonic()` after which no further trial begins; None for no end.

    Attributes:
        found: trial -> its predictions, and the seconds of the tasks behind it.
        failed: mix -> what stopped its first trial that failed; no more of it are tried.
        ran, cached: trials that were run, and taken from the store.
    """

    def __init__(self, bench: Bench, calls: Submitted, until: float | None = None) -> None:
        self.bench = replace(bench, features=settled(bench.features), start=settled(bench.start))
        self.calls, self.until = calls, until
        self.found: dict[Trial, tuple[Manifest, float]] = {}
        self.failed: dict[Mix, str] = {}
        self.ran = self.cached = 0

    def carry_out(self, wanted: Iterable[Trial], title: str) -> int:
        """Carry out trials in this order; gives how many there was no time for."""
        missing = [one for one in dict.fromkeys(wanted) if one not in self.found and not self._in_store(one)]
        width = 1 if self.bench.start else WAVE
        with ui.Progress("trials", title) as progress:
            for start in range(0, len(missing), width):
                if self.until is not None and time.monotonic() > self.until:
                    return sum(mix not in self.failed for mix, _ in missing[start:])
                self._run([one for one in missing[start : start + width] if one[0] not in self.failed])
                done = min(start + width, len(missing))
                progress(done / len(missing), f"{done:,} of {len(missing):,} trials")
        return 0

    def ended(self, mixes: Iterable[Mix], seeds: int) -> dict[Mix, int]:
        """Count the trials of every mix that came to an end: of seeds 0, 1, … without a gap; mixes without any, or with
        a failed one, are out.
        """
        counts = {
            mix: next((seed for seed in range(seeds) if (mix, seed) not in self.found), seeds)
            for mix in mixes
            if mix not in self.failed
        }
        return {mix: count for mix, count in counts.items() if count}

    def cost(self, ended: Mapping[Mix, int]) -> tuple[tuple[Mix, int, float], ...]:
        """Give every mix, its trials, and the seconds that their tasks took, whenever they were run."""
        return tuple(
            (mix, count, sum(self.found[mix, seed][1] for seed in range(count))) for mix, count in ended.items()
        )

    def told(self) -> dict[str, float]:
        """Say how many trials were run, came from the store and failed, and what all of them took."""
        seconds = round(sum(took for _, took in self.found.values()), 1)
        return {"run": self.ran, "cached": self.cached, "failed": len(self.failed), "seconds": seconds}

    def _in_store(self, trial: Trial) -> bool:
        if found := self._look(trial):
            self.found[trial] = found
            self.cached += 1
        return found is not None

    def _look(self, trial: Trial) -> tuple[Manifest, float] | None:
        look, seconds = LookedUp(()), [0.0]

        def call(task: Any, *arguments: Any) -> Any:
            made = look(task, *arguments)
            seconds.append(made.seconds if isinstance(made, Manifest) else 0.0)
            return made

        made = try_mix(replace(self.bench, call=call), *trial)
        return (made, sum(seconds)) if isinstance(made, Manifest) else None

    def _run(self, trials: Sequence[Trial]) -> None:
        places = [len(self.calls.runs)]
        for trial in trials:
            try_mix(self.bench, *trial)
            places.append(len(self.calls.runs))
        for trial, start, end in zip(trials, places, places[1:], strict=False):
            for _, _, future in self.calls.runs[start:end]:
                future.wait()
            if made := self._look(trial):
                self.found[trial] = made
                self.ran += 1
            else:
                self.failed[trial[0]] = f"seed {trial[1]}: {self.calls.stopped(start, end) or GONE}"


def try_mix(bench: Bench, mix: Mix, seed: int) -> Any:
    """Try a mix that is settled; the same shares and seed are the same trial, whoever asks."""
    return bench.try_out(
        f"{mix_name(mix)} s{seed}", as_weights(mix, [account.source for account in bench.pool.accounts]), seed
    )
