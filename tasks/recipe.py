"""The recipe: one YAML file that says what to mix and train, read strictly and with all of its errors at once."""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from tasks.check.settings import ChecksSettings
from tasks.clean.settings import CleanSettings, HoldoutSettings
from tasks.errors import RecipeError
from tasks.evaluate.settings import EvaluateSettings
from tasks.ingest.settings import Source, SourceSettings
from tasks.mix.settings import PlanSettings
from tasks.publish.settings import PublishSettings
from tasks.records import Section
from tasks.train.settings import TrainSettings
from tasks.weigh.settings import Weights

NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class MixSettings(PlanSettings):
    """How the sources are combined."""

    weights: Weights = Field(default="proportional", validate_default=True)

    @property
    def plan(self) -> PlanSettings:
        """The section without its weights, which are settled by then."""
        return PlanSettings(**{name: getattr(self, name) for name in PlanSettings.model_fields})


class Recipe(Section):
    """A whole recipe. Everything that has a default may be left out."""

    name: str = Field(pattern=NAME)
    task: Literal["text-classification"] = "text-classification"
    labels: tuple[str, ...] = Field(min_length=2)
    """The label set; the order numbers the classes."""
    sources: dict[str, Source] = Field(min_length=1)
    clean: CleanSettings = CleanSettings()
    holdout: HoldoutSettings = HoldoutSettings()
    checks: ChecksSettings = ChecksSettings()
    mix: MixSettings = Field(default_factory=MixSettings)
    train: TrainSettings | None = None
    evaluate: EvaluateSettings = EvaluateSettings()
    publish: PublishSettings = PublishSettings()
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _names_agree(self) -> "Recipe":
        problems = [*self._weights_problems(), *self._label_problems(), *self._source_name_problems()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _weights_problems(self) -> list[str]:
        shares: dict[str, float] | None = getattr(self.mix.weights, "shares", None)
        if shares is None:
            return []
        strangers = [f"mix.weights.{name}: no source has this name;{_nearest(name, self.sources)}" for name in shares if name not in self.sources]
        missing = [f"mix.weights: source {name!r} has no weight; write 0 to leave it out" for name in self.sources if name not in shares]
        return strangers + missing

    def _label_problems(self) -> list[str]:
        return [
            f"sources.{name}.labels.{raw}: {label!r} is not one of the recipe's labels;{_nearest(label, self.labels)}"
            for name, source in self.sources.items()
            for raw, label in [*(source.labels or {}).items(), *([("label", source.label)] if source.label and not source.labels else [])]
            if label is not None and label not in self.labels
        ]

    def _source_name_problems(self) -> list[str]:
        bad = [f"sources.{name}: a source's name is lower-case letters, digits, - and _" for name in self.sources if not re.match(NAME, name)]
        known = [*self.sources, "mix"]
        policies = [f"checks.policies.{name}: no source has this name;{_nearest(name, known)}" for name in self.checks.policies if name not in known]
        return bad + policies


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


def load_recipe(file: str, overrides: Mapping[str, Any] | None = None) -> LoadedRecipe:
    """Read and check a recipe.

    Args:
        file: path of the YAML file.
        overrides: dotted path -> value, put over the file's.

    Raises:
        RecipeError: every mistake at once, each as `file:line: path: what is wrong`.
    """
    tree, lines = _read(file)
    for path, value in (overrides or {}).items():
        _override(tree, path, value)
    problems: list[tuple[str, str]] = []
    expanded = _expand(tree, "", problems)
    recipe: Recipe | None = None
    try:
        recipe = Recipe.model_validate(expanded)
    except ValidationError as error:
        problems += [found for item in error.errors() for found in _explain(item, expanded)]
    if problems or recipe is None:
        raise RecipeError(_listing(file, problems, lines), problems=[f"{path}: {text}" for path, text in problems])
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


def _expand(value: Any, path: str, problems: list[tuple[str, str]]) -> Any:
    if isinstance(value, dict):
        return {key: _expand(inner, f"{path}.{key}" if path else str(key), problems) for key, inner in value.items()}
    if isinstance(value, list):
        return [_expand(inner, f"{path}.{number}", problems) for number, inner in enumerate(value)]
    if not isinstance(value, str) or not VARIABLE.search(value):
        return value
    unset = [name for name in VARIABLE.findall(value) if name not in os.environ]
    problems += [(path, f"the environment variable {name} is not set; set it, or write the value here") for name in unset]
    text = VARIABLE.sub(lambda match: os.environ.get(match[1], match[0]), value)
    return yaml.load(text, _Loader) if VARIABLE.fullmatch(value) and not unset else text


def _unexpand(resolved: Any, raw: Any) -> Any:
    if isinstance(resolved, dict) and isinstance(raw, dict):
        return {key: _unexpand(value, raw.get(key)) for key, value in resolved.items()}
    if isinstance(resolved, list) and isinstance(raw, list) and len(resolved) == len(raw):
        return [_unexpand(value, before) for value, before in zip(resolved, raw, strict=True)]
    return raw if isinstance(raw, str) and VARIABLE.search(raw) else resolved


def _explain(item: Any, tree: Any) -> list[tuple[str, str]]:
    path = ".".join(str(part) for part in item["loc"] if part not in ("BuiltModel", "str", "int", "literal['all']", "literal['auto']"))
    if item["type"] == "extra_forbidden":
        return [(path, f"unknown key;{_nearest(str(item['loc'][-1]), _siblings(item['loc']))}")]
    if item["type"] == "missing":
        return [(path, "this key is missing")]
    text = item["msg"].removeprefix("Value error, ")
    if item["type"] == "value_error" and not path:
        return [tuple(line.split(": ", 1)) for line in text.split("\n")]  # type: ignore[misc]
    got = item.get("input")
    shown = "" if item["type"] == "value_error" or isinstance(got, (dict, list)) else f" (got {got!r})"
    return [(path, text[:1].lower() + text[1:] + shown)]


def _siblings(place: tuple[Any, ...]) -> list[str]:
    """Give the keys that could stand where an unknown one stands."""
    model: Any = Recipe
    for part in place[:-1]:
        field = model.model_fields.get(part) if isinstance(model, type) and issubclass(model, BaseModel) else None
        model = SourceSettings if part == "sources" else _model_in(field.annotation) if field else model
    extra = ["path", "hub", "kind"] if model is SourceSettings else []
    return [*model.model_fields, *extra] if isinstance(model, type) and issubclass(model, BaseModel) else []


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type):
        return annotation
    return next((found for inner in get_args(annotation) if isinstance(found := _model_in(inner), type) and issubclass(found, BaseModel)), None)


def _nearest(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, [str(one) for one in known], n=1, cutoff=0.5)
    hint = f" did you mean {near[0]!r}?" if near else ""
    return f"{hint} known: {', '.join(map(str, known))}" if known else hint


def _listing(file: str, problems: list[tuple[str, str]], lines: dict[str, int]) -> str:
    def line(path: str) -> int:
        while path and path not in lines:
            path = path.rpartition(".")[0]
        return lines.get(path, 1)

    rows = sorted({(line(path), path, text) for path, text in problems})
    count = "1 mistake" if len(rows) == 1 else f"{len(rows)} mistakes"
    return f"{file}: {count}\n" + "\n".join(f"  {file}:{number}: {path or 'recipe'}: {text}" for number, path, text in rows)
