"""Is a recipe right? The file, and every source as a run would read it: what would stop a run is told of all of them at
once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

from pydantic import JsonValue

from tasks.check.task import expectation_problems
from tasks.clean.task import sieve_for
from tasks.core import ui
from tasks.core.errors import CuveeError, RecipeError, Unreachable
from tasks.core.layout import Layout
from tasks.core.suggest import counted
from tasks.embed.task import probe_encoder
from tasks.ingest.task import Preview, preview_source
from tasks.manifests.manifest import Account
from tasks.recipe.measured_on import AGAINST, SETS
from tasks.recipe.model import ALL_TEXTS, LoadedRecipe, Recipe, SourceCleaning, SourceSettings, load_recipe
from tasks.rows.emptied import why_empty


class Validated(TypedDict):
    """A recipe that is right, and how its sources read.

    Attributes:
        unreached: source -> why it cannot be reached now, where the recipe allows that.
        uncounted: what a run leaves out of these rows beside what is told of each source.
        sets: evaluation set -> how it reads, where there are any.
    """

    recipe: str
    name: str
    valid: bool
    sources: dict[str, Preview]
    unreached: dict[str, str]
    uncounted: list[str]
    sets: NotRequired[dict[str, Preview]]


def validate_recipe(file: str, overrides: dict[str, JsonValue], without: Sequence[str] = ()) -> Validated:
    """Read the recipe, and of every source all records, or enough of them.

    Raises:
        CuveeError: everything that would stop a run, at once; its exit code is 2 where the recipe can mend any of it.
    """
    loaded = load_recipe(file, overrides, without)
    problems = _unfit_expectations(file, loaded.recipe)
    sources, unreached = _read(loaded, problems)
    problems += [RecipeError(why) for why in _too_little(loaded.recipe, sources)]
    sets = _read_measured_on(loaded, problems)
    if loaded.recipe.semantic_duplicates:
        try:
            probe_encoder.function(loaded.recipe.semantic_duplicates.encoder, loaded.folder)
        except CuveeError as error:
            problems.append(error)
    if len(unreached) == len(loaded.recipe.sources):
        problems += [Unreachable(f"sources.{name}: {why}") for name, why in unreached.items()]
    if problems:
        kinds = [type(problem) for problem in problems]
        kind = next((kind for kind in kinds if issubclass(kind, RecipeError)), kinds[0])
        raise kind("\n".join(str(error) for error in problems))
    found: Validated = {
        "recipe": file,
        "name": loaded.recipe.name,
        "valid": True,
        "sources": sources,
        "unreached": unreached,
        "uncounted": _uncounted(loaded.recipe),
    }
    if sets:
        found["sets"] = sets
    return found


def _uncounted(recipe: Recipe) -> list[str]:
    """Name what takes rows out of the sources once all of them are read: it is not done here."""
    asked = {
        "personal data": recipe.personal and "drop" in {recipe.personal.of(name).action for name in recipe.sources},
        "repetitions in other sources": len(recipe.sources) > 1,
        "evaluation sets": recipe.sets,
        "decontaminate": recipe.decontaminate,
        "near duplicates": recipe.near_duplicates,
        "semantic duplicates": recipe.semantic_duplicates,
        "label_rules and label_by": recipe.labelling,
        "sift": recipe.sift,
        "mix.select": recipe.mix.select,
    }
    return [name for name, wanted in asked.items() if wanted]


def _unfit_expectations(file: str, recipe: Recipe) -> list[CuveeError]:
    """Ask Great Expectations, which takes seconds to import, only about expectations that the recipe adds."""
    unfit = expectation_problems(recipe.checks, recipe.layout) if recipe.checks.expectations else []
    return [RecipeError(f"{file}: {path}: {text}") for path, text in unfit]


def _read(loaded: LoadedRecipe, problems: list[CuveeError]) -> tuple[dict[str, Preview], dict[str, str]]:
    """Read every source; gives how each reads, and why some cannot be reached where the recipe allows that."""
    sources: dict[str, Preview] = {}
    unreached: dict[str, str] = {}
    recipe = loaded.recipe
    for name, settings in recipe.sources.items():
        layout = recipe.layout_of(name)
        clean = sieve_for(recipe.clean.of(name), layout, repeated=not settings.media)
        try:
            with ui.working(f"read {name}"):
                sources[name] = preview_source(name, settings, loaded.folder, layout, clean)
        except CuveeError as error:
            if isinstance(error, Unreachable) and settings.on_failure != "stop":
                unreached[name] = str(error)
                continue
            problems.append(_placed(f"sources.{name}", error))
            continue
        if why := sources[name]["stops"]:
            problems.append(RecipeError(f"sources.{name}: {why}"))
    return sources, unreached


def _placed(place: str, error: CuveeError) -> CuveeError:
    """Give every line of an error its place in the recipe, once."""
    first, *others = str(error).split(f"\n{place}.")
    return type(error)("\n".join(f"{place}: {line}" for line in (first.removeprefix(f"{place}."), *others)))


def _too_little(recipe: Recipe, sources: Mapping[str, Preview]) -> Iterator[str]:
    """Say which sources, read to their end, have fewer rows than their checks want, and whether there is but one
    label.
    """
    read = {name: shown for name, shown in sources.items() if shown["whole"] and not shown["stops"]}
    nothing = len(read) == len(recipe.sources) and not any(shown["rows"] for shown in read.values())
    for name, shown in read.items():
        stops = recipe.checks.policies.get(name, recipe.checks.on_failure) == "stop"
        if nothing or (stops and shown["rows"] < max(1, recipe.checks.min_rows)):
            yield f"sources.{name}: {_few(name, shown, recipe.checks.min_rows)}"
    labels = Counter[str]()
    for shown in read.values():
        labels.update(shown["labels"])
    if recipe.labels and len(read) == len(recipe.sources) and len(labels) == 1:
        label, rows = next(iter(labels.items()))
        yield (
            f"sources: all {rows:,} rows of all sources have the label {label!r}; a classifier needs two. Look at the "
            "sources' `labels` and `where`"
        )


def _few(name: str, shown: Preview, least: int) -> str:
    if not shown["looked_at"]:
        return "it holds no records: its files are empty, or its query finds nothing"
    bad = sum(shown["bad"].values())
    if not shown["rows"]:
        account = Account(source=name, read=shown["looked_at"], quarantined=bad, dropped=shown["dropped"])
        return f"no row is left: {why_empty(account)}"
    went = shown["dropped"] | ({"bad": bad} if bad else {})
    others = f" of {shown['looked_at']:,} records ({counted(went)})" if went else ""
    return (
        f"{shown['rows']:,} rows{others} are fewer than checks.min_rows, {least:,}; give it more, loosen `where` and "
        "`labels`, or set its policy under checks.policies to quarantine"
    )


def _read_measured_on(loaded: LoadedRecipe, problems: list[CuveeError]) -> dict[str, Preview]:
    """Read all benchmarks and evaluation sets; gives how each of these sets reads."""
    recipe = loaded.recipe
    against = recipe.decontaminate.against if recipe.decontaminate else {}
    layout = recipe.layout
    _measured_on(loaded, AGAINST, against, layout.unlabelled, ALL_TEXTS, problems)
    return _measured_on(loaded, SETS, recipe.sets, layout, recipe.clean.of_sets, problems)


def _measured_on(
    loaded: LoadedRecipe,
    section: str,
    named: Mapping[str, SourceSettings],
    layout: Layout,
    cleaning: SourceCleaning,
    problems: list[CuveeError],
) -> dict[str, Preview]:
    """Read benchmarks or evaluation sets; gives how each reads.

    Args:
        section: of the recipe that names them.
    """
    read: dict[str, Preview] = {}
    for name, settings in named.items():
        place, clean = f"{section}.{name}", sieve_for(cleaning, layout, repeated=not settings.media)
        try:
            with ui.working(f"read {name}"):
                shown = read[name] = preview_source(name, settings, loaded.folder, layout, clean, section)
        except CuveeError as error:
            problems.append(_placed(place, error))
            continue
        if why := shown["stops"] or ("" if shown["rows"] or not shown["whole"] else _few(name, shown, 1)):
            problems.append(RecipeError(f"{place}: {why}"))
    return read
