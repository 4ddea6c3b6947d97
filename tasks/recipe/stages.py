"""Training in stages: what each learns, from which sources, and what of them does not go together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

from pydantic import Field

from tasks.core.layout import Layout
from tasks.core.records import Objective, Section
from tasks.core.references import Among, SourceName
from tasks.core.suggest import Problem
from tasks.objectives.parts import TaskName, columns_of
from tasks.recipe.mix import MixSettings, StageMixSettings
from tasks.train.settings import BuiltModel, LearningSettings, TrainSettings, nothing_to_keep
from tasks.weigh.settings import Weights

if TYPE_CHECKING:
    from tasks.recipe.model import Recipe


class StageSubject(Section):
    """What one stage of training learns from, and what."""

    task: TaskName | None = None
    """What the stage teaches, by default the recipe's task: one whose rows hold nothing that the recipe's do not, such
    as words that are covered in texts, before their labels. The last stage teaches the recipe's."""
    sources: Annotated[tuple[SourceName, ...], Field(min_length=1)] | None = None
    """Sources that it learns from; by default all that have what its task needs."""
    mix: Annotated[StageMixSettings, Among("member", "sources", "source of this stage")] | None = None
    """Its own mix; by default the recipe's where it learns from all of that mix's sources, and else every row of its
    sources once. Its weights are written out or follow from sizes alone: `proportional`, `temperature`, `uniform`,
    `unimax`."""
    model: str | BuiltModel | None = None
    """The model to start with; the first stage names it, and each later one goes on with that of the stage before."""
    revision: str | None = None
    """Commit of a model of the Hub."""


class StageSettings(LearningSettings, StageSubject):
    """One stage of training; what it does not say has the defaults of `train`."""


WEIGHED = ("given", "proportional", "temperature", "uniform", "unimax")
"""Methods that set the weights of a stage's own mix: by the sizes of its sources alone."""


@dataclass(frozen=True)
class TrainingStage:
    """One stage of training as it is carried out; a recipe whose `train` is no list has one.

    Attributes:
        number: from 1.
        of: how many there are.
        settings: they name the model that the first stage starts with; None where nothing is trained.
        objective: what is learned.
        mix: how the sources are combined.
        sources: names of those whose rows are learned from.
        shares_mix: whether its mix is the recipe's own.
    """

    number: int
    of: int
    settings: TrainSettings | None
    objective: Objective
    mix: MixSettings
    sources: tuple[str, ...]
    shares_mix: bool

    @property
    def is_last(self) -> bool:
        """Whether its model is the run's."""
        return self.number == self.of

    @property
    def place(self) -> str:
        """Where its settings stand in the recipe."""
        return "train" if self.of == 1 else f"train.{self.number - 1}"

    @property
    def mix_place(self) -> str:
        """Where its mix is said in the recipe."""
        return "mix" if self.shares_mix else f"{self.place}.mix"

    @property
    def epochs(self) -> float:
        """How often training goes through its mix."""
        return self.settings.epochs if self.settings else 1.0

    @property
    def builds(self) -> bool:
        """Whether it builds the model here, and trains the tokenizer of all stages."""
        return self.number == 1 and self.settings is not None and isinstance(self.settings.model, BuiltModel)

    @property
    def layout(self) -> Layout:
        """What of a row it learns from."""
        return columns_of(self.objective.task).layout(self.objective.labels)

    def named(self, product: str) -> str:
        """Name a product of the stage: `mix` or `model` is that of the last one."""
        return product if self.is_last else f"stage {self.number}"


def stages_of(recipe: "Recipe") -> tuple[TrainingStage, ...]:
    """Give the stages of a recipe's training; a recipe that trains nothing has one that only mixes."""
    train, mixed = recipe.train, tuple(recipe.mixed)
    if not isinstance(train, tuple):
        return (TrainingStage(1, 1, train, recipe.objective, recipe.mix, mixed, shares_mix=True),)
    first = TrainSettings.model_construct(model=train[0].model or "", revision=train[0].revision)
    stages: list[TrainingStage] = []
    for number, said in enumerate(train, 1):
        settings = first.model_copy(update={name: getattr(said, name) for name in LearningSettings.model_fields})
        objective = _objective(recipe, said.task or recipe.task)
        sources = said.sources or (mixed if _bears_labels(objective) else tuple(recipe.sources))
        shares = said.mix is None and {*sources} == {*mixed}
        mix = recipe.mix if shares else _mix(recipe, said.mix, sources)
        stages.append(TrainingStage(number, len(train), settings, objective, mix, sources, shares))
    return tuple(stages)


def _objective(recipe: "Recipe", task: str) -> Objective:
    layout = columns_of(task).layout(recipe.labels)
    return Objective(task=task, labels=recipe.labels if layout.label_set else ())


def _bears_labels(objective: Objective) -> bool:
    return columns_of(objective.task).layout(objective.labels).label is not None


def _mix(recipe: "Recipe", said: StageMixSettings | None, sources: tuple[str, ...]) -> MixSettings:
    """Spell a stage's own mix out: written weights give 0 to sources that only keep rows aside there."""
    own = said or StageMixSettings(unit=recipe.mix.unit, max_epochs=recipe.mix.max_epochs)
    idle = dict.fromkeys((name for name in recipe.mixed if name not in sources), 0.0)
    phases = tuple(phase.model_copy(update={"weights": _with_idle(phase.weights, idle)}) for phase in own.phases)
    fields = {name: getattr(own, name) for name in type(own).model_fields}
    fields |= {"weights": _with_idle(own.weights, idle), "phases": phases, "shard_rows": recipe.mix.shard_rows}
    return MixSettings().model_copy(update=fields)


def _with_idle(weights: Weights, idle: Mapping[str, float]) -> Weights:
    shares = getattr(weights, "shares", None)
    if not isinstance(shares, Mapping):
        return weights
    return weights.model_copy(update={"shares": {**shares, **idle}})


def stage_problems(recipe: "Recipe") -> list[Problem]:
    """Say what of the stages of a training does not go together, and where sources without labels can teach nothing,
    each with its place.
    """
    problems = [*_unlabelled(recipe)]
    if isinstance(recipe.train, tuple):
        problems += _of_models(recipe)
        if recipe.mix.max_total_epochs:
            problems.append(
                ("mix.max_total_epochs", "passes are not counted over the stages of a training; take it out")
            )
        for stage, said in zip(recipe.stages, recipe.train, strict=True):
            problems += ((f"{stage.place}.{field}", text) for field, text in _of_stage(recipe, stage, said))
    return problems


def _of_models(recipe: "Recipe") -> Iterator[Problem]:
    first, *later = cast("tuple[StageSettings, ...]", recipe.train)
    if first.model is None:
        yield "train.0.model", "this key is missing: the first stage names the model to start with"
    elif isinstance(first.model, BuiltModel) and first.tune != "full":
        yield "train.0.tune", nothing_to_keep(first.tune).removeprefix("train.tune: ")
    for number, said in enumerate(later, 1):
        for field in ("model", "revision"):
            if getattr(said, field) is not None:
                why = "a later stage goes on with the model of the stage before; take it out, or name it in the first"
                yield f"train.{number}.{field}", why
    if (last := recipe.stages[-1]).objective.task != recipe.task:
        why = f"the last stage teaches what the recipe is for, task: {recipe.task}; put one behind it"
        yield f"{last.place}.task", why


def _of_stage(recipe: "Recipe", stage: TrainingStage, said: StageSettings) -> Iterator[Problem]:
    """Find what cannot be of one stage, by its fields."""
    held = {role.name: role.holds for role in recipe.layout.roles}
    lacking = [role.name for role in stage.layout.roles if role.holds not in ("nothing", held.get(role.name))]
    if lacking:
        why = f"it learns from {', '.join(lacking)}, which the rows of task: {recipe.task} do not have"
        yield "task", f"{why}; they have {', '.join(held)}"
    if len({*stage.sources}) < len(stage.sources):
        yield "sources", "a source stands here twice; each stands once"
    if _bears_labels(stage.objective):
        for name in stage.sources:
            if name not in {*recipe.mixed} and name in recipe.sources:
                yield "sources", f"{name!r} is unlabelled, and task: {stage.objective.task} learns labels; take it out"
    if said.mix is None:
        return
    if said.sources is None and {*stage.sources} != {*recipe.mixed}:
        yield "mix", "say under `sources` what it mixes: the recipe has sources without labels, too"
    if said.mix.phases and said.online:
        yield "mix.phases", "it changes the weights while training, and so does `online`; take one"
    for stretch in said.mix.stretches:
        if (kind := stretch.weights.model_dump(mode="json")["kind"]) not in WEIGHED:
            others = ", ".join(WEIGHED[1:])
            yield "mix.weights", f"a stage takes weights written out, or one of {others}; {kind} sets those of `mix`"


def _unlabelled(recipe: "Recipe") -> Iterator[Problem]:
    """Find sources without labels that no stage learns from, or where there is no single label to lack."""
    unlabelled = [name for name, source in recipe.sources.items() if source.unlabelled]
    if unlabelled and recipe.layout.label is None:
        why = f"the rows of task: {recipe.task} bear no single label that could be missing; take it out"
        yield from ((f"sources.{name}.unlabelled", why) for name in unlabelled)
    elif len(unlabelled) == len(recipe.sources):
        yield "sources", "no source has labels, so that nothing can be learned or measured; name one that has"
    else:
        learned = {name for stage in recipe.stages for name in stage.sources}
        why = "no stage of `train` learns from it: name it in one whose task needs no labels, or take it out"
        idle = [name for name in unlabelled if name not in learned and learned <= {*recipe.sources}]
        yield from ((f"sources.{name}.unlabelled", why) for name in idle)
