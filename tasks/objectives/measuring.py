"""What a model is measured by, and how that is said: one shape for command line, report, artifacts and cards. Which
measures a task has, its `measures.py` says.
"""

import math

from tasks.core.records import Section
from tasks.manifests.scores import BaselineScore, Metrics, Score, SourceScore


class Measure(Section):
    """One figure of the metrics.

    Mixes are compared by scores of which more is better: the figure itself, minus it where less is better, and minus
    the mean loss where the figure is e to that. Differences below are of such scores.
    """

    key: str
    """Its name in the metrics."""
    name: str
    hub: str
    """What the Hub calls it."""
    digits: int = 3
    share: bool = False
    """Whether it is a share of the rows, 0..1, and may be written as a percentage."""
    lower: bool = False
    """Whether less of it is better."""
    against: str = ""
    """What is to be beaten by it, where that is another model than the task's baseline."""
    exponential: bool = False
    """Whether it is e to the mean loss of what is predicted; differences are told in percent of it."""

    @property
    def title(self) -> str:
        """Its name as a sentence begins with it."""
        return self.name[:1].upper() + self.name[1:]

    def say(self, value: float) -> str:
        """Write it for people."""
        return f"{100 * value:.1f} %" if self.share else self.cell(value)

    def between(self, low: float, high: float) -> str:
        """Write a range for people, whose unit has just been said."""
        return f"{100 * low:.1f} to {100 * high:.1f}" if self.share else f"{self.cell(low)} to {self.cell(high)}"

    def cell(self, value: float) -> str:
        """Write it for a table."""
        return f"{value:,.{self.digits}f}"

    def with_interval(self, score: Score) -> str:
        """Write it with its interval, where it has one; nothing where the score is a baseline of other measures."""
        if self.is_of_another(score):
            return ""
        value, ends = score.measures[self.key].value, score.measures[self.key].interval
        return self.cell(value) + (f" ({self.cell(ends[0])} to {self.cell(ends[1])})" if ends else "")

    def is_of_another(self, score: Score) -> bool:
        """Say whether a score is of the task's baseline, and this is to be beaten by another one's."""
        return bool(self.against) and isinstance(score, BaselineScore)

    def to_beat(self, score: Score) -> float | None:
        """Give what a model must beat on the rows of a source, or on all; None where it is not known."""
        if isinstance(score, Metrics):
            return score.baseline.value(self.key)
        known = list(score.baselines.values()) if isinstance(score, SourceScore) else []
        values = [value for baseline in known if (value := baseline.value(self.key)) is not None]
        return max(values, key=self.score, default=None)

    def to_beat_cell(self, score: Score) -> str:
        """Write what must be beaten, for a table."""
        beaten = self.to_beat(score)
        return "" if beaten is None else self.cell(beaten)

    def linear_cell(self, score: Score) -> str:
        """Write what the linear model reaches on the rows of a source, or on all, for a table."""
        linear = score.linear if isinstance(score, Metrics | SourceScore) else None
        return "" if linear is None else self.cell(linear.measures[self.key].value)

    def score(self, value: float) -> float:
        """Give the score of a value."""
        if self.exponential:
            return -math.log(value)
        return -value if self.lower else value

    def score_cell(self, score: float) -> str:
        """Write a score for a table: the value that it is of."""
        if self.exponential:
            return self.cell(math.exp(-score))
        return self.say(-score if self.lower else score)

    def score_text(self, score: float) -> str:
        """Write a score: `80.4 %`, or `perplexity 31.20`."""
        return self.score_cell(score) if self.share else f"{self.name} {self.score_cell(score)}"

    def gain_text(self, gain: float) -> str:
        """Write a difference: `+1.2 points`, or by how much of itself it changes: `−3.1 % perplexity`."""
        unit = "points" if self.share else f"% {self.name}" if self.exponential else self.name
        return f"{self._change(gain)} {unit}"

    def size_text(self, size: float) -> str:
        """Write the size of a difference, without a sign."""
        return self.gain_text(size).lstrip("+−")

    def range_text(self, low: float, high: float) -> str:
        """Write an interval of differences."""
        return f"{self._change(low)} to {self._change(high)}{' %' * self.exponential}"

    def deviation_text(self, deviation: float) -> str:
        """Write a standard deviation of scores."""
        return f"{100 * deviation:.1f}" if self.share else f"{deviation:.3f}"

    def _change(self, gain: float) -> str:
        if self.exponential:
            return f"{100 * math.expm1(-gain):+.1f}".replace("-", "−")
        changed = -gain if self.lower else gain
        return (f"{100 * changed:+.1f}" if self.share else f"{changed:+.{self.digits}f}").replace("-", "−")


class Measured(Section):
    """How models of one task are measured."""

    measures: tuple[Measure, ...]
    """The first is the one to look at."""
    does: str
    """What a model does, with a place for the measure to look at."""
    baseline: str
    """What it must beat, in two words."""
    baseline_does: str
    """The same in a sentence."""
    baseline_learns: bool = True
    """Whether it learns from rows, those of the mix or of a source; else it is the same wherever it is asked."""
    hub: str
    """The task as the Hub calls it."""
    model: str
    """What is trained, in words."""
    takes: str
    """Which models can be trained, with examples."""
    use: str
    """How a published model is used, in Python."""
    cuts: bool = True
    """Whether a row longer than `train.max_tokens` is cut; else it is several examples, and all of it is learned."""
    answers: tuple[str, str] | None = None
    """Columns of the predictions that hold the truth and the answer, where rows are answered rightly or wrongly; else
    mixes are compared by the loss."""
    weighs: str | None = None
    """Column of the predictions by which rows count, where their losses are sums over it; else each counts 1."""

    compared_by: str | None = None
    """The measure by which mixes are compared, where that is not the one to look at: one whose score is a mean over
    rows, as intervals over seeds and rows need it."""

    @property
    def main(self) -> Measure:
        """The measure to look at."""
        return self.measures[0]

    @property
    def compared(self) -> Measure:
        """The measure by which mixes are compared."""
        return next((one for one in self.measures if one.key == self.compared_by), self.main)

    def beside_linear(self, metrics: Metrics) -> str:
        """Say whether a model beats the linear one that learned from the same mix; nothing where none did."""
        linear = metrics.linear
        if linear is None or linear.gain is None or linear.gain_interval is None:
            return ""
        (low, high), main = linear.gain_interval, self.main
        other = f"a linear model trained on the same mix ({main.say(linear.measures[main.key].value)})"
        gained = f"{main.gain_text(linear.gain)}, {main.range_text(low, high)}"
        how = "beats" if low > 0 else "does not beat" if high >= 0 else "is worse than"
        return f"The model {how} {other}: {gained}."

    def beside_teacher(self, metrics: Metrics) -> str:
        """Say how a model stands beside the teacher that it learned from; nothing where it had none."""
        teacher = metrics.teacher
        if teacher is None or teacher.gain is None or teacher.gain_interval is None:
            return ""
        low, high = teacher.gain_interval
        reached = f"its teacher reaches {self.main.say(teacher.measures[self.main.key].value)}"
        if teacher.note:
            return f"{reached}; the model is better by {teacher.gain:+.3g} ({low:+.3g} to {high:+.3g}; {teacher.note})."
        return f"{reached}; the model: {self.main.gain_text(teacher.gain)}, {self.main.range_text(low, high)}."

    def beside_start(self, metrics: Metrics) -> str:
        """Say what a model has gained since before its training, or forgotten; nothing where it was not pretrained."""
        before, one = metrics.before, self.compared
        if before is None:
            return ""
        if before.gain is None or before.gain_interval is None:
            return f"It has no score from before its training: {before.note}."
        low, high = before.gain_interval
        how = (
            "gained" if low > 0 else "forgotten" if high < 0 else "neither gained nor forgotten, as far as one can tell"
        )
        reached = f"Before its training it reached {self.main.say(before.measures[self.main.key].value)}"
        return f"{reached}; {how}: {one.gain_text(before.gain)}, {one.range_text(low, high)}."

    @property
    def to_beat(self) -> str:
        """Say what is to be beaten on the rows of a source, as a sentence goes on."""
        learned = (
            ", on the rows of a source the better of two: one learned from the mix, one from the source's own rows"
        )
        return f"the {self.main.name} of a {self.baseline}{learned if self.baseline_learns else ''}"


def perplexity(key: str, name: str, *, against: str = "", digits: int = 2) -> Measure:
    """Give the measure of how likely the truth is to a model: e to the mean loss."""
    return Measure(key=key, name=name, hub="perplexity", digits=digits, lower=True, exponential=True, against=against)


def by_pipeline(name: str, hub: str, *, cuts: bool = False) -> str:
    """Say in Python how a model of a task is used that transformers has a pipeline for.

    Args:
        name: what it is called there.
        cuts: whether the pipeline must be told to cut long texts, as they are cut when the model is measured.
    """
    truncation = ", truncation=True" if cuts else ""
    return f'''\
from transformers import pipeline

{name} = pipeline("{hub}", model="path/to/this/folder"{truncation})  # or its name on the Hub'''
