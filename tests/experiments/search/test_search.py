"""A search on costs by a known law: the best mix is found, noise is told from an effect, limits hold, what failed is
left out and told."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from flows.cli import render_weights
from flows.search import confirm, explore
from flows.steps.trial_runner import Trial, TrialResult
from tasks.core.errors import NotEnoughData, RecipeError, TrainingFailed
from tasks.experiments.search.archive import LearnedWeights
from tasks.experiments.search.confirm import ConfirmingRuns, gain
from tasks.experiments.search.design import first_round, next_round
from tasks.experiments.search.rounds import round_sizes
from tasks.experiments.search.row_losses import FOLDS, RowLosses, crossed, read_losses
from tasks.experiments.search.settings import SearchSettings
from tasks.experiments.search.simplex import Limits
from tasks.experiments.search.space import Constraints, search_space
from tasks.experiments.search.state import SearchState, begin
from tasks.experiments.search.trials import Trial as TrialNote
from tasks.experiments.search.trials import still_valid
from tasks.experiments.search_record import SearchCounts, SearchFindings, SearchRecord
from tasks.manifests.manifest import Account, Facts, FileFact, Manifest
from tasks.manifests.rows import CleanedFacts
from tasks.objectives.text_classification.measures import MEASURED
from tasks.report.page import build_search_page

SOURCES = ("a", "b", "c", "d")
BEST = np.array([0.5, 0.3, 0.2, 0.0])
ROWS = 600


def hills(mix: np.ndarray) -> float:
    """A loss that is lowest at BEST."""
    return 0.4 + 2 * float(((np.sqrt(mix) - np.sqrt(BEST)) ** 2).sum())


def flat(mix: np.ndarray) -> float:
    """A loss that the mix does not change."""
    return 0.5


def jagged(mix: np.ndarray) -> float:
    """A loss that the mix changes, but no law can be learned from a dozen runs."""
    return 0.5 + 0.2 * float(np.sin(1e4 * (mix[0] + 2 * mix[1] + 3 * mix[2])))


class Lawful:
    """In place of a runner of trials: predictions whose losses follow a law of the mix, with noise by seed and row."""

    def __init__(
        self,
        folder: Path,
        law: Callable[[np.ndarray], float],
        noise: float = 0.005,
        failing: tuple[int, ...] = (),
        draw: int = 0,
    ) -> None:
        recipe = SimpleNamespace(name="lawful")
        self.setup = SimpleNamespace(
            call=SimpleNamespace(store=str(folder / "store")),
            loaded=SimpleNamespace(recipe=recipe),
            factors=dict[str, float](),
        )
        self.folder, self.law, self.noise, self.failing, self.draw = folder / "store", law, noise, failing, draw
        self.results: dict[Trial, TrialResult] = {}
        self.failed: dict[Trial, TrainingFailed] = {}

    def waves(
        self, wanted: Iterable[Trial], title: str, out_of_time: Callable[[], bool] = lambda: False
    ) -> Iterator[Sequence[Trial]]:
        trials = list(wanted)
        for start in range(0, len(trials), 8):
            if out_of_time():
                return
            wave = trials[start : start + 8]
            for mix, seed in wave:
                if seed in self.failing:
                    self.failed[mix, seed] = TrainingFailed(f"trial-{seed + 1:02} diverged")
                else:
                    self.results[mix, seed] = TrialResult(self.one(dict(mix), seed), 0.1)
            yield wave

    def missed(self, wanted: Iterable[Trial]) -> int:
        return sum(trial not in self.results and trial not in self.failed for trial in wanted)

    def one(self, shares: dict[str, float], seed: int) -> Manifest:
        mix = {name: shares.get(name, 0.0) for name in SOURCES}
        rng, rows = (
            np.random.default_rng([self.draw, seed, *(int(1e6 * share) for share in mix.values())]),
            np.random.default_rng(0),
        )
        loss = self.law(np.array(list(mix.values()))) + rng.normal(0, self.noise)
        name = f"{seed}-{hash(tuple(mix.items()))}"
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        table = {
            "row_id": [str(number) for number in range(ROWS)],
            "source": ["a"] * ROWS,
            "label": ["x"] * ROWS,
            "predicted": ["x"] * ROWS,
        }
        pl.DataFrame(table | {"loss": loss + rows.normal(0, 0.1, ROWS)}).write_parquet(path / "predictions.parquet")
        file = FileFact(name="predictions.parquet", bytes=1, sha256="")
        return Manifest[Facts](stage="trial", subject=name, key=name, path=name, files=(file,), facts=Facts())


def accounts(rows: int = 5_000, holdout: int = ROWS) -> list[Account]:
    return [Account(source=name, read=rows + holdout, rows=rows, tokens=20 * rows, holdout=holdout) for name in SOURCES]


def constraints(**more: Any) -> Constraints:
    asked: dict[str, Any] = {
        "unit": "rows",
        "budget": 5_000,
        "copies": 4.0,
        "floors": {},
        "ceilings": {},
        "out": frozenset(),
        "trial_rows": 5_000,
    }
    return Constraints(
        **asked
        | {"search": SearchSettings(target="a", trials=30), "task": "text-classification", "setting": "s", "seed": 0}
        | more
    )


def state_of(
    asked: Constraints, earlier: tuple[TrialNote, ...] = (), last: LearnedWeights | None = None, changed: str = ""
) -> SearchState:
    cleaned = [
        Manifest[CleanedFacts](
            stage="clean",
            subject=name,
            key="k",
            path="p",
            files=(),
            rows=int(name == changed),
            facts=CleanedFacts(),
        )
        for name in SOURCES
    ]
    return begin(search_space(accounts(), asked), asked, cleaned, earlier, last)


def searched(state: SearchState, runner: Lawful, minutes: float | None = None) -> SearchFindings:
    explore(state, runner, minutes)  # type: ignore[arg-type]
    return confirm(state, runner, 5)  # type: ignore[arg-type]


def test_a_planted_best_mix_is_found_and_beats_both_baselines(tmp_path: Path) -> None:
    found = searched(state_of(constraints()), Lawful(tmp_path, hills))
    assert found.outcome == "gain"
    assert list(found.weights.values()) == pytest.approx(BEST, abs=0.07)
    for one in found.confirmed.against:
        truth = hills(np.full(4, 0.25)) - hills(np.array(list(found.weights.values())))
        assert one.gain == pytest.approx(truth, abs=0.02)
        assert one.interval[0] < one.gain < one.interval[1]
    assert found.predicted.predicted_low < 0.42
    assert len(found.trials) == 30
    assert found.counts == SearchCounts(own=30, earlier=0, left_out=0, confirming=5 * (2 + FOLDS))


def test_where_the_mix_does_nothing_all_trials_are_made_and_no_gain_is_claimed(tmp_path: Path) -> None:
    for seed in range(3):
        found = searched(state_of(constraints(seed=seed)), Lawful(tmp_path / str(seed), flat, noise=0.01))
        assert found.outcome in {"no gain", "too few"}
        assert found.counts.own == 30, "how much equal runs differ is known from too few of them to stop by"
        assert f"Kept: {found.weights_are}" in found.sentence


def test_without_a_gain_what_is_expected_to_be_best_is_kept(tmp_path: Path) -> None:
    found = searched(state_of(constraints()), Lawful(tmp_path, lambda mix: hills(mix) / 40, noise=0.02))
    lasting = {one.baseline: one.expected for one in found.confirmed.against}
    best = min(lasting, key=lambda name: lasting[name])
    assert found.outcome == "no gain"
    assert found.weights_are == (best if lasting[best] <= 0 else "recommended")
    for one in found.confirmed.against:
        assert abs(one.expected) < abs(one.gain) or one.gain < one.expected


@pytest.mark.parametrize(
    ("law", "trials", "outcomes"),
    [(hills, 20, {"gain"}), (flat, 20, {"no gain", "too few"}), (jagged, 12, {"gain", "too few"})],
)
def test_report_and_terminal_tell_of_every_outcome(
    tmp_path: Path,
    law: Callable[[np.ndarray], float],
    trials: int,
    outcomes: set[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = searched(state_of(constraints(search=SearchSettings(target="a", trials=trials))), Lawful(tmp_path, law))
    record = SearchRecord(
        **dict(found),
        name="lawful",
        search="1",
        started="2026-01-01T00:00:00+00:00",
        seconds=3.0,
        flow_run_id="",
        sources=tuple(SOURCES),
        unit="rows",
    )
    page = build_search_page(record)
    render_weights.searched(record)
    told = capsys.readouterr().out
    assert found.outcome in outcomes
    assert found.sentence in page
    assert " ".join(found.sentence.split()) in " ".join(told.split())
    assert page.count("<svg") == page.count("</svg>")
    assert "Confirming run" in page
    assert "Confirmed under 5 seeds" in told


@pytest.mark.slow
def test_weights_chosen_by_luck_are_not_confirmed(tmp_path: Path) -> None:
    """Even where the surrogate believes in something, rows and seeds that had no part in it decide."""
    gains = [
        searched(state_of(constraints(seed=seed)), Lawful(tmp_path / str(seed), flat, noise=0.003, draw=seed)).outcome
        for seed in range(4)
    ]
    assert gains.count("gain") == 0


def test_trials_that_diverge_are_left_out_counted_and_told(tmp_path: Path) -> None:
    found = searched(state_of(constraints()), Lawful(tmp_path, hills, failing=(4, 19)))
    assert found.counts.left_out == 2
    assert any("2 trials gave nothing to learn from" in note and "trial-05 diverged" in note for note in found.notes)
    assert found.outcome == "gain"


def test_losses_that_are_no_numbers_are_left_out_too(tmp_path: Path) -> None:
    found = searched(
        state_of(constraints()), Lawful(tmp_path, lambda mix: hills(mix) if mix[3] < 0.5 else float("nan"))
    )
    assert found.counts.left_out >= 1
    assert any("no numbers" in note for note in found.notes)


def test_a_search_whose_trials_all_diverge_says_what_the_first_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="none of 15 trials gave a result; the first: trial-01 diverged"):
        searched(state_of(constraints()), Lawful(tmp_path, hills, failing=tuple(range(30))))


def test_time_that_is_over_ends_it_with_what_is_known(tmp_path: Path) -> None:
    state, runner = state_of(constraints()), Lawful(tmp_path, hills)
    explore(state, runner, 1e-9)  # type: ignore[arg-type]
    made = len(runner.results)
    assert 0 < made < 16
    assert state.history.stopped == f"{made} of 30 trials were made: the 1e-09 minutes were over"
    state.history.rounds[0] = state.history.rounds[0][:3]
    with pytest.raises(NotEnoughData, match="3 trials gave something to learn from, 5 are the least"):
        confirm(state, runner, 5)  # type: ignore[arg-type]


def test_floors_ceilings_and_caps_bound_every_mix_that_is_tried_and_found(tmp_path: Path) -> None:
    asked = constraints(floors={"d": 0.1}, ceilings={"a": 0.3}, copies=0.4)  # each source fills at most 0.4 of the mix
    found = searched(state_of(asked), Lawful(tmp_path, hills))
    for mix in [row.weights for row in found.trials] + [arm.weights for arm in found.confirmed.arms]:
        assert mix["d"] >= 0.1 - 1e-6
        assert mix["a"] <= 0.3 + 1e-6
        assert max(mix.values()) <= 0.4 + 1e-6
        assert sum(mix.values()) == pytest.approx(1, abs=1e-5)
    assert found.weights["d"] == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"out": frozenset("bcd")}, "nothing to search"),
        ({"copies": 0.2}, "the limits leave no choice"),
        ({"ceilings": dict.fromkeys("abcd", 0.25)}, "the limits leave no choice"),
        ({"floors": {"b": 0.5}, "copies": 0.3}, r"mix\.floors\.b is 0\.5, but b fills at most 0\.300"),
        ({"search": SearchSettings(trials=4)}, "4 trials are too few to learn from: 5 are the least, 24 advised"),
    ],
)
def test_a_search_that_cannot_be_is_refused_before_any_trial(more: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        state_of(constraints(**more))


def test_too_few_rows_to_judge_by_are_refused_or_told() -> None:
    with pytest.raises(NotEnoughData, match=r"a 10; 30 are the least for any claim.*dsir"):
        search_space(accounts(holdout=10), constraints())
    assert "only 100 rows of a are kept aside" in search_space(accounts(holdout=100), constraints()).notes[0]
    some = [*accounts()[:3], *accounts(holdout=10)[3:]]
    space = search_space(some, constraints(search=SearchSettings()))
    assert space.columns == ("a", "b", "c")
    assert "d does not count" in space.notes[0]


def test_trials_of_an_earlier_search_that_still_hold_are_learned_from(tmp_path: Path) -> None:
    first = state_of(constraints())
    explore(first, Lawful(tmp_path, hills), None)  # type: ignore[arg-type]
    without_d = [trial for trial in first.history.own if trial.mix["d"] == 0]
    again = state_of(constraints(), tuple(first.history.own))
    assert again.history.past.kept == (), "its own trials come from the store, one by one"
    later = state_of(constraints(), tuple(first.history.own), changed="d")
    assert {trial.id for trial in later.history.past.kept} == {trial.id for trial in without_d}
    assert later.history.past.refused == {"d has changed since": 30 - len(without_d)}
    other = state_of(constraints(setting="t"), tuple(first.history.own))
    assert sum(other.history.past.refused.values()) == 30
    assert state_of(constraints(), tuple(first.history.own), changed="a").history.past.kept == ()


def test_a_source_that_is_new_was_in_no_earlier_trial_and_they_hold() -> None:
    trial = TrialNote(
        id="1",
        name="t",
        search="x",
        setting="s",
        seed=0,
        mix={"a": 0.5, "b": 0.5},
        snapshots={"a": "1", "b": "2"},
        folds={"a": ((1.0, 1.0),)},
    )
    assert still_valid([trial], "s", {"a": "1", "b": "2", "new": "3"}, ["a"]).kept == (trial,)
    assert still_valid([trial], "s", {"a": "1", "new": "3"}, ["a"]).refused == {"b is no source any more": 1}
    assert still_valid([trial], "s", {"a": "1", "b": "2", "new": "3"}, ["a", "new"]).refused == {
        "not measured on new as it is now": 1
    }


def test_what_an_earlier_search_found_is_tried_again() -> None:
    found = dict(zip(SOURCES, BEST.tolist(), strict=True))
    kept = LearnedWeights(
        search="s",
        identity="other",
        outcome="gain",
        sentence="",
        unit="rows",
        weights=found,
        interval={},
        fingerprints={},
    )
    mixes = state_of(constraints(), last=kept).mixes(0)
    assert mixes
    assert mixes[4] == pytest.approx(found, abs=1e-5)


@given(st.integers(5, 500), st.integers(2, 6))
def test_rounds_hold_all_trials(trials: int, rounds: int) -> None:
    sizes = round_sizes(trials, rounds)
    assert sum(sizes) == trials
    assert len(sizes) == rounds
    assert min(sizes) >= 0


@given(arrays(float, (5, 4), elements=st.floats(0.001, 1)), st.floats(0, 0.15), st.floats(0.3, 1))
def test_mixes_lie_between_limits_and_stay_there(raw: np.ndarray, floor: float, ceiling: float) -> None:
    limits = Limits(np.array([floor, 0, 0, floor]), np.array([1, ceiling, ceiling, ceiling]))
    mixes = limits.tidy(raw)
    assert mixes.sum(1) == pytest.approx(1)
    assert (mixes >= limits.low - 1e-9).all()
    assert (mixes <= limits.high + 1e-9).all()
    assert np.allclose(limits.within(mixes), mixes)


def test_the_first_round_repeats_the_uniform_mix_and_later_mixes_lie_apart() -> None:
    limits, rng, none = Limits.none(4), np.random.default_rng(0), np.empty((0, 4))
    first = first_round(BEST, limits, 16, rng, none, none)
    assert (first[:3] == 0.25).all()
    assert first[3] == pytest.approx(BEST)
    assert len(first) == 16
    later = next_round(BEST, first, limits, 8, rng)
    apart = np.abs(np.vstack([first[3:], later])[:, None] - np.vstack([first[3:], later])[None]).sum(2)
    assert apart[np.triu_indices(len(apart), 1)].min() >= 0.15 - 1e-9
    assert np.abs(later - BEST).sum(1).mean() < np.abs(first - BEST).sum(1).mean()


def lost(losses: np.ndarray, sizes: np.ndarray | None = None) -> RowLosses:
    sizes, folds = np.ones(len(losses)) if sizes is None else sizes, np.arange(len(losses)) % FOLDS
    return RowLosses({"a": losses}, {"a": sizes}, {}, {"a": folds})


def arms(new: list[np.ndarray], base: list[np.ndarray]) -> tuple[ConfirmingRuns, ConfirmingRuns]:
    return tuple(
        ConfirmingRuns(name, {}, [lost(one) for one in found]) for name, found in (("new", new), ("base", base))
    )  # type: ignore[return-value]


def test_rows_that_all_say_the_same_leave_the_paired_t_interval_over_seeds() -> None:
    new, base = (0.812, 0.807, 0.818, 0.809, 0.815), (0.800, 0.803, 0.805, 0.798, 0.801)
    better, worse = arms([np.full(50, 1 - score) for score in new], [np.full(50, 1 - score) for score in base])
    found = gain(better, worse, ["a"])
    assert found.mean == pytest.approx(0.0108)
    assert (found.low, found.high) == pytest.approx((0.005880, 0.015720), abs=1e-6)
    assert found.p == pytest.approx(0.003666, abs=1e-6)
    assert found.detectable == pytest.approx((2.7764451 + 0.9409646) * 0.003962323 / np.sqrt(5), abs=1e-6)


def test_intervals_hold_the_truth_over_seeds_and_rows() -> None:
    rng, held = np.random.default_rng(2), 0
    for _ in range(300):
        of_rows = rng.normal(0, 0.3, 80)
        shifts = rng.normal(0.05, 0.02, 5)
        base = [rng.normal(1, 0.1, 80) for _ in range(5)]
        found = gain(*arms([one - shift - of_rows for one, shift in zip(base, shifts, strict=True)], base), ["a"])
        held += found.low < 0.05 < found.high
    assert held >= 0.92 * 300


def test_losses_by_token_are_sums_over_sums() -> None:
    rng = np.random.default_rng(0)
    tokens = rng.integers(5, 50, 40).astype(float)
    losses = [tokens * rng.normal(2, 0.1, 40) for _ in range(3)]
    better, worse = (ConfirmingRuns("", {}, [lost(one - cut * tokens, tokens) for one in losses]) for cut in (0.1, 0.0))
    found = gain(better, worse, ["a"])
    assert found.mean == pytest.approx(0.1)
    assert found.high - found.low < 1e-6


def test_folds_are_of_equal_size_and_the_same_in_every_trial(tmp_path: Path) -> None:
    rows = [str(number) for number in range(2_000)]
    table = pl.DataFrame(
        {
            "row_id": rows,
            "source": ["a", "b"] * 1_000,
            "label": "x",
            "predicted": "x",
            "loss": [float(row) for row in rows],
        }
    )
    table.write_parquet(tmp_path / "one")
    table.sample(fraction=1, shuffle=True, seed=1).write_parquet(tmp_path / "other")
    first, other = (read_losses(tmp_path / name, MEASURED, 0) for name in ("one", "other"))
    assert np.bincount(first.folds["a"]).tolist() == [200] * FOLDS
    assert (other.losses["b"] == first.losses["b"]).all()
    assert (other.folds["b"] == first.folds["b"]).all()
    assert (read_losses(tmp_path / "one", MEASURED, 1).folds["a"] != first.folds["a"]).any()
    sums, sizes = zip(*first.by_fold()["a"], strict=True)
    assert sum(sums) / sum(sizes) == pytest.approx(first.costs()["a"])


def test_each_row_is_judged_by_the_model_of_its_fold() -> None:
    models = [lost(np.full(12, float(number))) for number in range(FOLDS)]
    assert (crossed(models).losses["a"] == np.arange(12) % FOLDS).all()
    assert crossed(models[:1]) is models[0]
