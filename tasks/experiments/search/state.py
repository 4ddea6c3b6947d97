"""One search under way: what is searched, what has been tried, what comes next."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.core.errors import NotEnoughData, TrainingFailed
from tasks.core.records import digest
from tasks.experiments.search.archive import LearnedWeights
from tasks.experiments.search.fit import Runs
from tasks.experiments.search.history import SearchHistory
from tasks.experiments.search.outcome import FEWEST
from tasks.experiments.search.rounds import following, opening, round_sizes
from tasks.experiments.search.row_losses import RowLosses
from tasks.experiments.search.space import Constraints, SearchSpace
from tasks.experiments.search.surrogate import Vector
from tasks.experiments.search.trials import Trial, runs_of, still_valid
from tasks.manifests.manifest import Manifest
from tasks.manifests.rows import CleanedFacts


@dataclass(frozen=True)
class SearchState:
    """A search.

    Attributes:
        identity: what is searched and how; the same search again has the same one.
        setting: digest of all that trials must share to be compared, apart from the sources.
        snapshots: source, or evaluation set that is the target -> fingerprint of its cleaned rows.
        last: weights that an earlier search has found, if any: they are tried, too.
        sizes: of the rounds.
    """

    space: SearchSpace
    history: SearchHistory
    identity: str
    setting: str
    snapshots: Mapping[str, str]
    last: Sequence[Vector]
    sizes: Sequence[int]
    task: str
    seed: int

    def mixes(self, number: int) -> list[dict[str, float]]:
        """Give the mixes of a round, counted from 0."""
        if number == 0:
            mixes = opening(self.space, self.sizes[0], self.last, self.history.past.kept, self.seed)
            return [self.space.named(mix) for mix in mixes]
        if not self.history.known:
            self.refuse_too_few()
        mixes, guided = following(self.space, self.sizes[number], self.runs(), number + 1)
        if guided and self.history.guided is None:
            self.history.guided = number
        return [self.space.named(mix) for mix in mixes]

    def runs(self, without: int | None = None) -> Runs:
        """Give all trials so far as runs to learn from, or what they show without the rows of one fold."""
        history = self.history
        return runs_of(self.space, history.known, history.designed, len(self.sizes), self.seed, without)

    def refuse_too_few(self) -> None:
        """Stop where nothing can be learned.

        Raises:
            TrainingFailed: every trial failed.
            NotEnoughData: there was no time for more than a few.
        """
        left_out, known = self.history.left_out, len(self.history.known)
        if left_out and not known:
            raise TrainingFailed(
                f"none of {len(left_out)} trials gave a result; the first: {next(iter(left_out.values()))}"
            )
        if known < FEWEST:
            raise NotEnoughData(
                f"{known} trials gave something to learn from, {FEWEST} are the least "
                f"({self.history.stopped or f'{len(left_out)} failed'}). "
                "They are kept: the same command with more minutes goes on where this one stopped"
            )

    def noted(self, made: Manifest, name: str, mix: Mapping[str, float], seed: int, rows: RowLosses) -> Trial:
        """Make the note of a trial.

        Raises:
            TrainingFailed: a loss is no number.
        """
        if not all(map(math.isfinite, rows.costs().values())):
            raise TrainingFailed("its losses are no numbers")
        return Trial(
            id=made.key[:16],
            name=name,
            search=self.identity,
            setting=self.setting,
            seed=seed,
            mix=dict(mix),
            snapshots=dict(self.snapshots),
            folds=rows.by_fold(),
            seconds=made.seconds,
        )


def begin(
    space: SearchSpace,
    constraints: Constraints,
    cleaned: Sequence[Manifest[CleanedFacts]],
    earlier: Sequence[Trial],
    last: LearnedWeights | None,
) -> SearchState:
    """Begin a search, or go on with one: the same question has the same trials, and those that are done are in the
    store.

    Raises:
        NotEnoughData: fewer trials than anything can be learned from.
    """
    trials = constraints.search.most_trials(len(space.sources))
    if trials < FEWEST:
        raise NotEnoughData(
            f"{trials} trials are too few to learn from: {FEWEST} are the least, "
            f"{max(20, 6 * len(space.sources))} advised"
        )
    snapshots = {rows.subject: rows.fingerprint for rows in cleaned}
    limits = [space.limits.low.tolist(), space.limits.high.tolist()]
    identity = digest([constraints.setting, snapshots, space.columns, limits, trials, constraints.search.rounds])[:16]
    past = still_valid(
        [trial for trial in earlier if trial.search != identity], constraints.setting, snapshots, space.columns
    )
    sizes = round_sizes(trials, constraints.search.rounds)
    return SearchState(
        space,
        SearchHistory(past),
        identity,
        constraints.setting,
        snapshots,
        _start(space, last, identity),
        sizes,
        constraints.task,
        constraints.seed,
    )


def _start(space: SearchSpace, last: LearnedWeights | None, identity: str) -> list[Vector]:
    """Give the weights of an earlier search of the same recipe, to be tried again; its own say nothing new."""
    mix = space.vector(last.weights) if last and last.identity != identity else np.zeros(len(space.sources))
    return [mix / mix.sum()] if mix.sum() > 0 else []
