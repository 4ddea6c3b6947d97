"""The recipe: one YAML file that says what to mix and train, read strictly and with all of its errors at once."""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self, cast

from pydantic import Field, JsonValue, ValidationError, model_validator

from tasks.augment.settings import Augmenting
from tasks.check.settings import ChecksSettings
from tasks.clean.settings import WHOLE, CleanSettings, SourceCleaning
from tasks.core.errors import RecipeError
from tasks.core.layout import Layout
from tasks.core.records import Objective, Section, written
from tasks.core.references import InMix
from tasks.core.suggest import NAME, Problem
from tasks.core.unseen import unseen
from tasks.deduplicate.settings import HoldoutSettings
from tasks.embed.settings import EncoderSettings
from tasks.experiments.search.settings import SearchSettings
from tasks.ingest.settings import Source, SourceLabelling, SourceSettings
from tasks.objectives.parts import DEFAULT, TaskName, columns_of, has_trial, task_names
from tasks.personal.settings import PersonalSettings
from tasks.publish.settings import PublishSettings
from tasks.recipe.file import MOST_MISTAKES, Places, read, unexpand
from tasks.recipe.learned import learning_problems
from tasks.recipe.made import augment_problems, helping_models, labelling_problems
from tasks.recipe.meaning import meant
from tasks.recipe.measured_on import DecontaminateSettings, MeasuringSettings, sources_measured_on
from tasks.recipe.mistakes import endless, explained, open_secrets, unfit_names
from tasks.recipe.mix import MixSettings
from tasks.recipe.models import model_problems
from tasks.recipe.nodes import node_of
from tasks.recipe.overrides import with_overrides
from tasks.recipe.programs import program_problems
from tasks.recipe.references import follow, without
from tasks.recipe.stages import StageSettings, TrainingStage, stage_problems, stages_of
from tasks.recipe.trials import ComparedSettings, TrialSettings
from tasks.sift.settings import Sifting
from tasks.similarity.settings import NearSettings
from tasks.train.settings import TrainSettings

ALL_TEXTS = SourceCleaning(max_chars=WHOLE)
"""How benchmarks are cleaned: only empty texts and repetitions go."""


class SemanticSettings(EncoderSettings):
    """Which rows mean the same."""

    threshold: float = Field(default=0.95, gt=0, le=1)
    """Least cosine of two texts' vectors."""

    @model_validator(mode="after")
    def _can_be_looked_up(self) -> Self:
        if importlib.util.find_spec("faiss") is None:
            raise ValueError(
                "this needs faiss, which is not installed: pip install 'cuvee[semantic]', or take the section out"
            )
        return self

    @property
    def encoder(self) -> EncoderSettings:
        """The section without the threshold, on which the vectors do not depend."""
        return EncoderSettings(**{name: getattr(self, name) for name in EncoderSettings.model_fields})


class Recipe(Section):
    """A whole recipe. Everything that has a default may be left out."""

    name: str = Field(pattern=NAME)
    """What mixes, models and runs are filed under."""
    task: TaskName = DEFAULT
    """What the model is to learn, such as the labels of texts, or the texts themselves, token after token."""
    labels: tuple[str, ...] = ()
    """The label set, two at least; the order numbers the classes. Tasks without labels have none."""
    sources: dict[str, Source] = Field(min_length=1)
    clean: CleanSettings = CleanSettings()
    personal: PersonalSettings | None = None
    """Personal data in the texts, to train on and kept aside alike: replaced by tags, dropped with its rows, or
    counted; `{}` = replaced."""
    holdout: Annotated[HoldoutSettings, InMix()] = HoldoutSettings()
    decontaminate: DecontaminateSettings | None = None
    """Remove training rows that share runs of words with the hold-out or with benchmarks, or nearly repeat their rows;
    `{}` = the hold-out only."""
    near_duplicates: NearSettings | None = NearSettings()
    """Which near duplicates to drop, and what counts as one; null keeps them."""
    semantic_duplicates: SemanticSettings | None = None
    """Drop rows that mean the same as another one, by the vectors of an encoder; needs the extra `semantic`."""
    sift: Annotated[tuple[Sifting, ...], InMix()] = ()
    """Models that learn from the training rows and drop the worst of them, in this order, each by its name or as
    `{kind: NAME, …}`."""
    checks: ChecksSettings = ChecksSettings()
    mix: Annotated[MixSettings, InMix()] = MixSettings()
    augment: Annotated[tuple[Augmenting, ...], InMix()] | None = None
    """More rows made from the mix's own, to train on: ways to make them, each by its name or as `{kind: NAME, …}`."""
    train: TrainSettings | Annotated[tuple[StageSettings, ...], Field(min_length=1)] | None = None
    """How the model is trained; a list trains it in stages, one after the other, each with the same settings and its
    own `task`, `sources` and `mix`."""
    evaluate: MeasuringSettings = MeasuringSettings()
    trials: TrialSettings = TrialSettings()
    """How mixes are tried out by `cuvee compare` and `cuvee search`; a run does not look at it."""
    search: Annotated[SearchSettings, InMix()] = SearchSettings()
    """How `cuvee search` looks for weights; a run does not look at it."""
    compare: Annotated[ComparedSettings, InMix()] = ComparedSettings()
    """How mixes are compared by `cuvee compare`; a run does not look at it."""
    publish: PublishSettings = PublishSettings()
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Every random number hangs on it: hold-out, order of the mix, start of the model, intervals."""

    @property
    def objective(self) -> Objective:
        """What is trained for and measured."""
        return Objective(task=self.task, labels=self.labels)

    @property
    def layout(self) -> Layout:
        """What a row holds."""
        layout = columns_of(self.task).layout(self.labels)
        return layout.with_tests if self.evaluate.run_code else layout

    @property
    def labelling(self) -> dict[str, SourceLabelling]:
        """How rows are labelled of the sources that have no labels."""
        return {name: how for name, source in self.sources.items() if (how := source.labelling)}

    def layout_of(self, source: str) -> Layout:
        """Say what a row of a source holds until it is labelled."""
        labelled = source in self.mixed and source not in self.labelling
        return self.layout if labelled else self.layout.without_labels

    @property
    def mixed(self) -> dict[str, SourceSettings]:
        """The sources of the recipe's own mix: all but those that stay without labels."""
        return {name: source for name, source in self.sources.items() if not source.unlabelled}

    @property
    def stages(self) -> tuple[TrainingStage, ...]:
        """The stages of training, one where `train` is no list."""
        return stages_of(self)

    @property
    def learning(self) -> TrainSettings | None:
        """How the last stage of training learns, whose model is the run's; None where nothing is trained."""
        return self.stages[-1].settings

    @property
    def sets(self) -> dict[str, SourceSettings]:
        """The evaluation sets by name."""
        return self.evaluate.sets or {}

    @property
    def trains_in_trials(self) -> bool:
        """Whether a trial trains the recipe's own model: asked for, or since the task has no cheaper learner."""
        return self.trials.full or not has_trial(self.task)

    @model_validator(mode="after")
    def _one_kind_of_media(self) -> Self:
        if len({source.media for source in self.sources.values() if source.media}) > 1:
            raise ValueError(
                "sources: a mix has one column of media, images or audio; mix the image folders and the audio "
                "folders by two recipes"
            )
        return self

    @model_validator(mode="after")
    def _one_says_how_weights_change(self) -> Self:
        if self.mix.phases and isinstance(self.train, TrainSettings) and self.train.online:
            raise ValueError("mix.phases and train.online: both change the weights while training; take one")
        return self

    @model_validator(mode="after")
    def _full_trials_train_something(self) -> Self:
        if self.trials.full and self.train is None:
            raise ValueError(
                "trials.full trains the recipe's own model, but there is no `train` section; write one, or take "
                "`full` out"
            )
        return self


@dataclass(frozen=True)
class LoadedRecipe:
    """A recipe with where it came from.

    Attributes:
        folder: relative paths of the recipe start here.
        published: the whole recipe with defaults and overrides, and `${NAME}` where a value came from the environment.
        tree: the recipe as it was written, overrides included, with the sources that are left out.
        left_out: these sources.
        places: where each value was said.
    """

    recipe: Recipe
    folder: str
    published: dict[str, JsonValue]
    tree: dict[str, JsonValue]
    left_out: tuple[str, ...]
    places: Places

    @property
    def file(self) -> str:
        """Path of the recipe."""
        return self.places.file

    def without(self, names: Sequence[str]) -> "LoadedRecipe":
        """Give the recipe as if it had never named these sources; the weights of the others keep their proportions.

        Raises:
            RecipeError: it cannot be carried out without them.
        """
        return _resolved(self.tree, self.places, (*self.left_out, *names))


def load_recipe(
    file: str, overrides: Mapping[str, JsonValue] | None = None, without: Sequence[str] = ()
) -> LoadedRecipe:
    """Read and check a recipe.

    Args:
        file: path of the YAML file.
        overrides: dotted path -> value, put over the file's.
        without: sources that are left out, with all that the recipe says of them; the weights of the others keep their
            proportions.

    Raises:
        RecipeError: every mistake at once, each as `file:line: path: what is wrong`, or with the part of the command
            that makes it in place of the line.
    """
    tree, lines = read(file)
    try:
        tree = with_overrides(tree, overrides or {})
    except RecipeError as error:
        raise RecipeError(f"{file}: {error}") from None
    return _resolved(tree, Places(file, lines, frozenset(overrides or {})), tuple(without))


def _task_problems(tree: Mapping[str, JsonValue]) -> list[Problem]:
    task = tree.get("task", DEFAULT)
    return columns_of(task).problems(tree) if task in task_names() else []


def _resolved(tree: dict[str, JsonValue], places: Places, left_out: tuple[str, ...]) -> LoadedRecipe:
    problems: list[Problem] = []
    expanded = meant(Recipe, tree, problems)
    if isinstance(sources := expanded.get("sources"), dict) and sources and sources.keys() <= set(left_out):
        raise RecipeError(f"{places.file}: --without {' --without '.join(left_out)}: no source is left to mix")
    references = follow(Recipe, expanded, left_out)
    problems += [*unfit_names(expanded), *open_secrets(node_of(Recipe, tree)), *_task_problems(expanded)]
    problems = [(path, text) for path, text in problems if references.stays(path)] + references.problems
    recipe, untold, folder = None, 0, str(Path(places.file).absolute().parent)
    try:
        recipe = Recipe.model_validate(without(expanded, references.gone))
        encoders = {"semantic_duplicates": recipe.semantic_duplicates, "trials.encoder": recipe.trials.encoder}
        named = {f"{place}.model": encoder.model for place, encoder in encoders.items() if encoder}
        named |= helping_models(recipe)
        trained = {stage.place: stage.settings for stage in recipe.stages if stage.settings and stage.settings.model}
        problems += [*endless(recipe.model_dump()), *model_problems(trained, named, folder)]
        problems += [*labelling_problems(recipe), *augment_problems(recipe), *stage_problems(recipe)]
        problems += [problem for stage in recipe.stages for problem in learning_problems(stage, folder)]
        problems += program_problems(recipe)
        problems += sources_measured_on(recipe.sets, recipe.sources, folder)
    except ValidationError as error:
        problems += explained(error, references)
        untold = max(0, error.error_count() - MOST_MISTAKES)
    if problems or recipe is None:
        listing = places.listing(problems, untold)
        raise RecipeError(listing, problems=[unseen(f"{path}: {text}") for path, text in problems])
    dumped = written(recipe, recipe.model_dump(mode="json"))
    published = cast("dict[str, JsonValue]", unexpand(dumped, without(tree, references.gone)))
    return LoadedRecipe(recipe, folder, published, tree, left_out, places)
