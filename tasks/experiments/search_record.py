"""What a search says: the record that `cuvee search` leaves in the store, and what `cuvee fit` tells of runs made
elsewhere.

Costs are losses in nats: lower is better.
"""

from typing import Literal

from pydantic import ConfigDict

from tasks.core.records import Section

Shares = dict[str, float]
"""Source -> share of the mix."""
Outcome = Literal["gain", "no gain", "too few"]
"""These weights, with this interval; weights not to be told from uniform or proportional ones; not enough trials."""


class SurrogateScore(Section):
    """How well one kind of surrogate guesses runs that it has not seen."""

    kind: str
    left_out_error: float | None
    """Mean absolute error, everything chosen without the run; None where the other runs say nothing about one."""
    left_out_rank_correlation: float


class ChosenSurrogate(SurrogateScore):
    """The surrogate that is used, beside the guesses that cost nothing."""

    error_of_the_mean: float
    """Of guessing the mean of the other runs."""
    own_share: SurrogateScore | None = None
    """Guesses by the share of the target's own source alone; None where no source is the target's own."""
    how: str
    """How runs were left out."""
    p: float | None = None
    """Of the permutation test of whether anything was learned; None with too few runs."""
    orders: int = 0
    """Permutations that were tried."""
    tried: tuple[SurrogateScore, ...] = ()
    """Its kinds, each by itself."""


class Recommendation(Section):
    """The mix that the surrogate recommends, with 90 % intervals over refits."""

    weights: Shares
    low: Shares
    high: Shares
    predicted: float | None
    predicted_low: float | None
    predicted_high: float | None


class FitTarget(Section):
    """What runs made elsewhere were scored by."""

    columns: tuple[str, ...]
    better: Literal["higher", "lower"]
    low: float
    high: float


class BestRun(Section):
    """The run with the best score."""

    run: str
    score: float
    weights: Shares


class Prediction(Section):
    """The guessed score of a mix."""

    run: str
    predicted: float


class BeyondTest(Section):
    """How far off the largest runs are guessed from smaller ones, by fits without the run."""

    size: str
    """Name of the size."""
    times: float
    """How many times larger they are than the largest that was learned from."""
    runs: int
    error: float


class AdvantageAt(Section):
    """By how much the recommended mix scores better than the baseline at a size, with 90 % over refits."""

    at: dict[str, float]
    gain: float
    low: float
    high: float


class SizedFit(Section):
    """What runs at several sizes teach for one."""

    at: dict[str, float]
    """Name of a size -> the one that the weights are for."""
    error: float
    """Mean absolute error at the sizes that were given, every run guessed by fits without it."""
    error_of_the_mean: float
    """Of guessing the mean of the other runs of that size."""
    beyond: tuple[BeyondTest, ...]
    stretch: float | None
    """How many times farther beyond the runs the size lies than guesses were tested; 0 = within, None = not tested."""
    advantage: tuple[AdvantageAt, ...]
    """Over equal shares, or the prior, from the smallest size on; the last is the one asked for."""
    fades_from: AdvantageAt | None = None
    """The largest advantage at a smaller size, where that at the size asked for is below it in 95 % of refits."""


class FitRecord(Section):
    """What runs made elsewhere teach."""

    outcome: str
    sentence: str
    target: FitTarget
    runs: int
    sources: tuple[str, ...]
    surrogate: ChosenSurrogate
    tried: tuple[SurrogateScore, ...]
    noise: float | None
    best_run: BestRun
    recommended: Recommendation
    notes: tuple[str, ...]
    predictions: tuple[Prediction, ...] = ()
    sizes: SizedFit | None = None
    """Where runs of several sizes were given and weights asked for one; `recommended` is for it, then."""


class PredictedCost(Section):
    """The cost that the surrogate guessed for the mix it recommends, and what the confirming runs measured."""

    predicted: float | None
    predicted_low: float | None
    predicted_high: float | None
    measured: float | None


class ConfirmedMix(Section):
    """One of the mixes confirmed under several seeds."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    """Records of earlier versions hold a loss on another part of the rows, too."""

    name: str
    weights: Shares
    cost: float
    """Mean loss; of weights that were chosen, each row is judged by those chosen without it."""
    costs: tuple[float, ...]
    """The same, by seed."""
    accuracy: float | None


class ConfirmedGain(Section):
    """By how much the loss of the best mix lies below a baseline's."""

    baseline: str
    gain: float
    interval: tuple[float, float]
    expected: float | None = None
    """What of it is expected to last: drawn towards what the trials led to guess."""
    p: float
    by_seed: tuple[float, ...]
    detectable: float


class Confirmation(Section):
    """The confirming runs."""

    seeds: int
    arms: tuple[ConfirmedMix, ...]
    against: tuple[ConfirmedGain, ...]


class TrialRow(Section):
    """One trial that was learned from."""

    name: str
    round: int
    """From 1; 0 for a trial of an earlier search."""
    weights: Shares
    cost: float
    guess: float | None
    """By the surrogate fitted to the other trials; None where they say nothing about this one."""
    id: str


class SearchCounts(Section):
    """Trials of this search, of earlier ones, left out, and confirming runs."""

    own: int
    earlier: int
    left_out: int
    confirming: int


class SearchFindings(Section):
    """What the trials of a search show."""

    outcome: Outcome
    sentence: str
    weights: Shares
    """The weights that `mix.weights: learned` uses."""
    weights_are: str
    """Name of the mix they are."""
    indistinguishable_from: tuple[str, ...]
    target: tuple[str, ...]
    """Sources whose hold-outs count."""
    recommended: Recommendation | None
    predicted: PredictedCost
    confirmed: Confirmation
    surrogate: ChosenSurrogate
    noise: float | None
    why: str
    limits: dict[str, tuple[float, float]]
    """Source -> least and largest share."""
    trials: tuple[TrialRow, ...]
    counts: SearchCounts
    seconds_a_trial: float | None
    notes: tuple[str, ...]


class SearchRecord(SearchFindings):
    """Everything that one search says; `searches/<name>/<search>/search.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    search: str
    """Its id."""
    name: str
    started: str
    seconds: float
    flow_run_id: str
    sources: tuple[str, ...]
    unit: str
    report: str = ""


def search_folder(name: str) -> str:
    """Give the folder of a recipe's searches, relative to the store."""
    return f"searches/{name}"
