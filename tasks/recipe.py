"""The recipe: one YAML file that says what to mix and train, read strictly and with all of its errors at once."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from tasks.check.settings import ChecksSettings
from tasks.clean.settings import CleanSettings, HoldoutSettings, SourceCleaning
from tasks.embed.settings import EncoderSettings
from tasks.errors import RecipeError
from tasks.evaluate.settings import EvaluateSettings
from tasks.ingest.settings import Source, SourceSettings
from tasks.mistakes import NAME, Problem, explain, listing, nearest, strangers
from tasks.mix.settings import PlanSettings
from tasks.nearby.settings import NearSettings, OverlapSettings
from tasks.personal.settings import PersonalSettings
from tasks.publish.settings import PublishSettings
from tasks.records import Section
from tasks.relevance.settings import SelectSettings
from tasks.sift.settings import Sifting
from tasks.train.settings import TrainSettings
from tasks.weigh.settings import ShareSettings, WeighSettings

ANY_LABEL = "any"
"""Stands for the labels of benchmark rows, which do not matter."""
ALL_TEXTS = SourceCleaning(max_chars=2**31)
"""How benchmarks are cleaned: only empty texts and repetitions go."""
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class MixSettings(PlanSettings, ShareSettings):
    """How the sources are combined."""

    select: SelectSettings | None = None
    """Keep, of the rows of the other sources, those that are like a target's; by default all."""

    @property
    def plan(self) -> PlanSettings:
        """The section without its weights, which are settled by then."""
        return PlanSettings(**{name: getattr(self, name) for name in PlanSettings.model_fields})

    @property
    def weighing(self) -> WeighSettings:
        """What the weights are settled from."""
        return WeighSettings(**{name: getattr(self, name) for name in WeighSettings.model_fields})


class DecontaminateSettings(OverlapSettings):
    """Benchmarks and the run's own hold-out: training rows that repeat their rows go."""

    against: dict[str, Source] = Field(default_factory=dict)
    """Benchmarks by name, each said as a source is; they are read and compared with, never mixed. The hold-out needs no entry."""

    @property
    def overlap(self) -> OverlapSettings:
        """The section without the benchmarks, which are read by then."""
        return OverlapSettings(**{name: getattr(self, name) for name in OverlapSettings.model_fields})

    @property
    def benchmarks(self) -> dict[str, SourceSettings]:
        """The benchmarks, to be read whatever their labels are."""
        return {
            name: source.model_copy(update={"label": ANY_LABEL, "labels": None, "columns": _text_of(source)}) for name, source in self.against.items()
        }


def _text_of(source: SourceSettings) -> dict[str, str | int]:
    return {role: column for role, column in source.columns.items() if role != "label"}


class SemanticSettings(EncoderSettings):
    """Which rows mean the same."""

    threshold: float = Field(default=0.95, gt=0, le=1)
    """Least cosine of two texts' vectors."""

    @property
    def encoder(self) -> EncoderSettings:
        """The section without the threshold, on which the vectors do not depend."""
        return EncoderSettings(**{name: getattr(self, name) for name in EncoderSettings.model_fields})


class Recipe(Section):
    """A whole recipe. Everything that has a default may be left out."""

    name: str = Field(pattern=NAME)
    """What mixes, models and runs are filed under."""
    task: Literal["text-classification"] = "text-classification"
    """What the model is to learn."""
    labels: tuple[str, ...] = Field(min_length=2)
    """The label set; the order numbers the classes."""
    sources: dict[str, Source] = Field(min_length=1)
    clean: CleanSettings = CleanSettings()
    personal: PersonalSettings | None = None
    """Personal data in the texts, to train on and kept aside alike: replaced by tags, dropped with its rows, or counted; `{}` = replaced."""
    holdout: HoldoutSettings = HoldoutSettings()
    decontaminate: DecontaminateSettings | None = None
    """Remove training rows that share runs of words with the hold-out or with benchmarks, or nearly repeat their rows; `{}` = the hold-out only."""
    near_duplicates: NearSettings | None = NearSettings()
    """Which near duplicates to drop, and what counts as one; null keeps them."""
    semantic_duplicates: SemanticSettings | None = None
    """Drop rows that mean the same as another one, by the vectors of an encoder; needs the extra `semantic`."""
    sift: tuple[Sifting, ...] = ()
    """Models that learn from the training rows and drop the worst of them, in this order, each by its name or as `{kind: NAME, …}`."""
    checks: ChecksSettings = ChecksSettings()
    mix: MixSettings = MixSettings()
    train: TrainSettings | None = None
    evaluate: EvaluateSettings = EvaluateSettings()
    publish: PublishSettings = PublishSettings()
    seed: int = Field(default=0, ge=0)
    """Every random number hangs on it: hold-out, order of the mix, start of the model, intervals."""

    @model_validator(mode="after")
    def _one_kind_of_media(self) -> Self:
        if len({source.media for source in self.sources.values() if source.media}) > 1:
            raise ValueError("sources: a mix has one column of media, images or audio; mix the image folders and the audio folders by two recipes")
        return self

    @model_validator(mode="after")
    def _one_says_how_weights_change(self) -> Self:
        if self.mix.phases and self.train and self.train.online:
            raise ValueError("mix.phases and train.online: both change the weights while training; take one")
        return self


@dataclass(frozen=True)
class LoadedRecipe:
    """A recipe with where it came from.

    Attributes:
        folder: relative paths of the recipe start here.
        published: the whole recipe with defaults and overrides, and `${NAME}` where a value came from the environment.
    """

    recipe: Recipe
    file: str
    folder: str
    published: dict[str, Any]


def load_recipe(file: str, overrides: Mapping[str, Any] | None = None, without: Sequence[str] = ()) -> LoadedRecipe:
    """Read and check a recipe.

    Args:
        file: path of the YAML file.
        overrides: dotted path -> value, put over the file's.
        without: sources that are left out, with all that the recipe says of them; the weights of the others keep their proportions.

    Raises:
        RecipeError: every mistake at once, each as `file:line: path: what is wrong`.
    """
    tree, lines = _read(file)
    for path, value in (overrides or {}).items():
        _override(tree, path, value)
    for name in without:
        _leave_out(tree, name, file)
    problems: list[Problem] = []
    expanded = _expand(tree, "", problems)
    problems += strangers(expanded)
    recipe: Recipe | None = None
    try:
        recipe = Recipe.model_validate(expanded)
    except ValidationError as error:
        problems += [explain(item, Recipe) for item in error.errors()]
    if problems or recipe is None:
        raise RecipeError(listing(file, problems, lines), problems=[f"{path}: {text}" for path, text in problems])
    published = _unexpand(recipe.model_dump(mode="json", exclude_none=True), tree)
    return LoadedRecipe(recipe, file, str(Path(file).absolute().parent), published)


class _Loader(yaml.SafeLoader):
    """YAML 1.2 booleans (only true and false), and a key written twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping whose keys differ."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is written twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regex) for tag, regex in resolvers if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def _read(file: str) -> tuple[dict[str, Any], dict[str, int]]:
    try:
        text = Path(file).read_text("utf-8")
        loader = _Loader(text)
        node = loader.get_single_node()
        tree = loader.construct_document(node) if node else None
    except FileNotFoundError:
        raise RecipeError(f"{file}: there is no such recipe") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{file}: cannot be read as UTF-8 text: {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}" if mark else ""
        raise RecipeError(f"{file}{place}: not valid YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(tree, dict):
        raise RecipeError(f"{file}: a recipe is a mapping that starts with `name:`; this file is {'empty' if tree is None else 'not one'}")
    return tree, _lines(node, "")


def _lines(node: Any, prefix: str) -> dict[str, int]:
    found: dict[str, int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            path = f"{prefix}.{key.value}" if prefix else str(key.value)
            found |= {path: key.start_mark.line + 1} | _lines(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            found |= {f"{prefix}.{number}": value.start_mark.line + 1} | _lines(value, f"{prefix}.{number}")
    return found


def _override(tree: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for name in parents:
        inner = tree.get(name)
        tree[name] = inner = dict(inner) if isinstance(inner, dict) else {}
        tree = inner
    tree[last] = value


def _leave_out(tree: dict[str, Any], name: str, file: str) -> None:
    sources = tree.get("sources")
    if not isinstance(sources, dict) or name not in sources:
        raise RecipeError(f"{file}: --without {name!r}: no source has this name;{nearest(name, sources or ())}")
    mix = tree.get("mix") or {}
    places = [sources, mix.get("floors"), mix.get("ceilings"), *_by_source(tree), *_named_shares(mix)]
    for mapping in places:
        if isinstance(mapping, dict):
            mapping.pop(name, None)
    for expectation in (tree.get("checks") or {}).get("expectations") or ():
        if name in (expectation.get("subjects") or ()):
            expectation["subjects"].remove(name)


def _by_source(tree: dict[str, Any]) -> Iterator[Any]:
    """Give the mappings that say what is different for some sources."""
    for section, field in (("checks", "policies"), ("clean", "sources"), ("personal", "policies")):
        yield (tree.get(section) or {}).get(field)


def _named_shares(mix: dict[str, Any]) -> Iterator[Any]:
    """Give the mappings of `mix` that have shares by source."""
    phases = mix.get("phases")
    for part in [mix, *(phases if isinstance(phases, list) else [])]:
        weights = part.get("weights") if isinstance(part, dict) else None
        yield weights.get("shares", weights) if isinstance(weights, dict) else None


def _expand(value: Any, path: str, problems: list[Problem]) -> Any:
    if isinstance(value, dict):
        return {key: _expand(inner, f"{path}.{key}" if path else str(key), problems) for key, inner in value.items()}
    if isinstance(value, list):
        return [_expand(inner, f"{path}.{number}", problems) for number, inner in enumerate(value)]
    if not isinstance(value, str) or not VARIABLE.search(value):
        return value
    unset = [name for name in VARIABLE.findall(value) if name not in os.environ]
    problems += [(path, f"the environment variable {name} is not set; set it, or write the value here") for name in unset]
    text = VARIABLE.sub(lambda match: os.environ.get(match[1], match[0]), value)
    return _Loader(text).get_single_data() if VARIABLE.fullmatch(value) and not unset else text


def _unexpand(resolved: Any, raw: Any) -> Any:
    if isinstance(resolved, dict) and isinstance(raw, dict):
        return {key: _unexpand(value, raw.get(key)) for key, value in resolved.items()}
    if isinstance(resolved, list) and isinstance(raw, list) and len(resolved) == len(raw):
        return [_unexpand(value, before) for value, before in zip(resolved, raw, strict=True)]
    return raw if isinstance(raw, str) and VARIABLE.search(raw) else resolved
