"""Many trials, each once: what the store holds is taken from there, the rest is run, some at a time, until time is
out. Both `compare` and `search` try mixes out by it.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flows.engine.calls import Promise
from flows.engine.lookup import LookedUp
from flows.engine.submitted import Submitted
from flows.steps.trial_setup import TrialSetup
from tasks.core import ui
from tasks.core.errors import CuveeError
from tasks.experiments.comparison import TrialCounts
from tasks.experiments.mixes import Mix
from tasks.manifests.manifest import Manifest
from tasks.manifests.scores import PredictionFacts

WAVE = max(8, 2 * (os.cpu_count() or 1))
"""Trials of a linear classifier that are under way at a time; a model trained in full is one."""
Trial = tuple[Mix, int]
"""A mix and a seed."""


@dataclass(frozen=True)
class TrialResult:
    """What a trial gave.

    Attributes:
        product: holds `predictions.parquet`.
        seconds: that the tasks behind it took, whenever they were run.
    """

    product: Manifest[PredictionFacts]
    seconds: float


class TrialRunner:
    """The trials of one comparison or search.

    Args:
        setup: with everything that trials need finished.
        gives_up: once a trial has failed, try its mix under no other seed.

    Attributes:
        results: trial -> what it gave.
        failed: trial -> what stopped it; the others go on.
        ran, cached: trials that were run, and taken from the store.
    """

    def __init__(self, setup: TrialSetup, calls: Submitted, *, gives_up: bool = False) -> None:
        self.setup, self.calls, self.gives_up = setup, calls, gives_up
        self.results: dict[Trial, TrialResult] = {}
        self.failed: dict[Trial, Exception] = {}
        self.ran = self.cached = 0

    def waves(
        self, wanted: Iterable[Trial], title: str, out_of_time: Callable[[], bool] = lambda: False
    ) -> Iterator[Sequence[Trial]]:
        """Carry out trials in this order, and give those that ended after each wave, first those that the store holds.

        Args:
            title: of the trials, for people.
            out_of_time: asked before each wave; once it is true, no further trial begins.
        """
        trials = [trial for trial in dict.fromkeys(wanted) if trial not in self.results]
        stored = [trial for trial in trials if self._in_store(trial)]
        yield stored
        missing = [trial for trial in trials if trial not in self.results]
        width = 1 if self.setup.start else WAVE
        with ui.Progress("trials", title) as progress:
            for start in range(0, len(missing), width):
                if out_of_time():
                    return
                wave = [trial for trial in missing[start : start + width] if not self._is_given_up(trial)]
                self._run(wave)
                done = min(start + width, len(missing))
                progress(done / len(missing), f"{done:,} of {len(missing):,} trials")
                yield wave

    def missed(self, wanted: Iterable[Trial]) -> int:
        """Count the trials that there was no time for."""
        return sum(
            trial not in self.results and trial not in self.failed and not self._is_given_up(trial)
            for trial in dict.fromkeys(wanted)
        )

    def counts(self) -> TrialCounts:
        """Say how many trials were run, came from the store and failed, and what all of them took."""
        seconds = round(sum(result.seconds for result in self.results.values()), 1)
        return TrialCounts(run=self.ran, cached=self.cached, failed=len(self.failed), seconds=seconds)

    def _is_given_up(self, trial: Trial) -> bool:
        return self.gives_up and any(mix == trial[0] for mix, _ in self.failed)

    def _in_store(self, trial: Trial) -> bool:
        if result := self._look(trial):
            self.results[trial] = result
            self.cached += 1
        return result is not None

    def _look(self, trial: Trial) -> TrialResult | None:
        look = LookedUp(self.setup.call.store)
        product = replace(self.setup, call=look).try_out(*trial)
        return None if isinstance(product, Promise) else TrialResult(product, look.seconds)

    def _run(self, trials: Sequence[Trial]) -> None:
        places = [len(self.calls.runs)]
        for trial in trials:
            self.setup.try_out(*trial)
            places.append(len(self.calls.runs))
        for trial, start, end in zip(trials, places, places[1:], strict=False):
            stopped = self.calls.stopped(start, end)  # waits for all of them
            if result := self._look(trial):
                self.results[trial] = result
                self.ran += 1
            else:
                gone = CuveeError("its product is no longer in the store")
                self.failed[trial] = stopped or gone


def seeds_ended(runner: TrialRunner, mixes: Iterable[Mix], seeds: int) -> dict[Mix, int]:
    """Count the trials of every mix that came to an end: of seeds 0, 1, … without a gap; mixes without any, or with a
    failed one, are out.
    """
    failed = {mix for mix, _ in runner.failed}
    counts = {
        mix: next((seed for seed in range(seeds) if (mix, seed) not in runner.results), seeds)
        for mix in mixes
        if mix not in failed
    }
    return {mix: count for mix, count in counts.items() if count}


def seconds_spent(runner: TrialRunner, ended: Mapping[Mix, int]) -> tuple[tuple[Mix, int, float], ...]:
    """Give every mix, its trials, and the seconds that their tasks took, whenever they were run."""
    return tuple(
        (mix, count, sum(runner.results[mix, seed].seconds for seed in range(count))) for mix, count in ended.items()
    )
