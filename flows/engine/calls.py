"""How flows call tasks: what all ways of carrying them out share, and what the steps of a flow have made so far."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, ParamSpec, Protocol, TypeVar

from tasks.core.errors import Unreachable
from tasks.core.tasks import Task
from tasks.manifests.check import CheckResult, Verdict
from tasks.manifests.manifest import Manifest
from tasks.manifests.model import ModelFacts
from tasks.manifests.plan import PlanFacts
from tasks.manifests.pool import MixFacts, PoolFacts
from tasks.manifests.profile import DriftFacts, ProfileFacts
from tasks.manifests.rows import CleanedFacts
from tasks.manifests.scores import Metrics, ScoresFacts, StartFacts
from tasks.manifests.seen import Unreached
from tasks.manifests.weights import WeightsFacts
from tasks.recipe.model import LoadedRecipe
from tasks.recipe.stages import TrainingStage

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Call(Protocol):
    """Carry out one task; what comes back may be handed to the next call, and is looked into by `result` alone."""

    store: str
    """URI of the store that products go to."""

    def __call__(self, task: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `task`."""
        ...

    def attempt(self, task: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `task`; when it, or what it is handed, cannot be reached, that ends nothing before `unreached` is
        asked.
        """
        ...

    def unreached(self, *results: object) -> Unreachable | None:
        """Say what stood in the way of attempts that hang on each other; the run goes on without them."""
        ...

    def result(self, value: T) -> T:
        """Wait for what a call gave; raises what stopped it."""
        ...


class Promise:
    """What stands for a result that is not there yet, or never will be: it is handed on, and looking into it is a
    mistake of the flow.

    Args:
        task: the task that is to give it.
    """

    def __init__(self, task: Task[..., object]) -> None:
        self.task = task

    def __repr__(self) -> str:
        return f"<what {self.task.name} {self.task.subject} will give>"

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(f"{self!r} is only handed on; `call.result` waits for it")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what Python itself asks of every object
            raise AttributeError(name)
        self._refuse()

    __iter__ = __len__ = __bool__ = __getitem__ = __contains__ = __call__ = _refuse


@dataclass
class StageProducts:
    """What a run has made so far for one stage of its training.

    Attributes:
        pool: the rows that it may learn from, and those kept aside.
    """

    stage: TrainingStage
    pool: Manifest[PoolFacts] | None = None
    weights: Manifest[WeightsFacts] | None = None
    plan: Manifest[PlanFacts] | None = None
    mix: Manifest[MixFacts] | None = None
    mix_check: Manifest[CheckResult] | None = None
    model: Manifest[ModelFacts] | None = None

    def settled(self, completed: Callable[[Any], Any]) -> "StageProducts":
        """Replace promises by results; see `RunProducts`."""
        return StageProducts(**{name: completed(value) for name, value in vars(self).items()})


@dataclass
class RunProducts:
    """What the steps of a run have made so far: results, or promises of them.

    Attributes:
        loaded: the recipe without the sources that could not be reached and are left out.
        sets: the rows of the evaluation sets.
        unlabelled: the rows of the sources that stay without labels.
        stages: what each stage of training mixes and learns, in their order; one where `train` is no list.
    """

    loaded: LoadedRecipe | None = None
    unreached: tuple[Unreached, ...] = ()
    drift: Manifest[DriftFacts] | None = None
    cleaned: list[Manifest[CleanedFacts]] = field(default_factory=list)
    sets: list[Manifest[CleanedFacts]] = field(default_factory=list)
    pool: Manifest[PoolFacts] | None = None
    unlabelled: Manifest[PoolFacts] | None = None
    checks: list[Manifest[CheckResult]] = field(default_factory=list)
    verdicts: tuple[Verdict, ...] = ()
    stages: list[StageProducts] = field(default_factory=list)
    mix_verdict: tuple[Verdict, ...] = ()
    profile: Manifest[ProfileFacts] | None = None
    scores: Manifest[ScoresFacts] | None = None
    set_scores: list[Manifest[ScoresFacts]] = field(default_factory=list)
    before: Manifest[StartFacts] | None = None

    @property
    def weights(self) -> Manifest[WeightsFacts] | None:
        """The shares of the last stage's mix."""
        return self.stages[-1].weights if self.stages else None

    @property
    def plan(self) -> Manifest[PlanFacts] | None:
        """The plan of the last stage's mix."""
        return self.stages[-1].plan if self.stages else None

    @property
    def mix(self) -> Manifest[MixFacts] | None:
        """The mix of the last stage."""
        return self.stages[-1].mix if self.stages else None

    @property
    def model(self) -> Manifest[ModelFacts] | None:
        """The model of the last stage, which is the run's."""
        return self.stages[-1].model if self.stages else None

    @property
    def metrics(self) -> Metrics | None:
        """The scores on the hold-out, with those on the evaluation sets, and those of before training beside both."""
        if self.scores is None:
            return None
        sets = {one.subject: one.facts.metrics for one in self.set_scores}
        found = self.scores.facts.metrics.with_sets(sets)
        return found.with_start(self.before.facts) if self.before else found

    def settled(self, completed: Callable[[Any], Any]) -> "RunProducts":
        """Replace promises by results, by the way of waiting given; what did not complete is left out."""
        empty, results = RunProducts(), {}
        for name, value in vars(self).items():
            if name == "stages":
                results[name] = [products.settled(completed) for products in self.stages]
            elif isinstance(value, list):
                results[name] = [result for result in map(completed, value) if result is not None]
            else:
                ended = completed(value)
                results[name] = vars(empty)[name] if ended is None else ended
        return replace(empty, **results)


def carry_out(steps: Iterator[str], until: str | None = None) -> bool:
    """Carry out steps up to and with the stage `until`; gives whether it was reached."""
    return any(stage == until for stage in steps)
