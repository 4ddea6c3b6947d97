"""Every name of a recipe that refers to something is followed: unknown ones are found wherever they stand, and a source
that is left out leaves no trace."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tasks.core.errors import RecipeError
from tasks.recipe.model import Recipe, load_recipe
from tasks.recipe.references import follow, without

NAMES = ("alpha", "beta", "gamma", "delta")
STRANGER = "nobody"
WEIGHTS: dict[str, Callable[[list[str]], Any]] = {
    "given": lambda names: {name: number + 1 for number, name in enumerate(names)},
    "given in full": lambda names: {"kind": "given", "shares": dict.fromkeys(names, 1)},
    "target": lambda names: {"kind": "dsir", "target": names[-1]},
    "score": lambda names: {"kind": "score", "terms": {"relevance": 1}, "target": names[0]},
    "groups": lambda names: {
        "kind": "groups",
        "groups": {names[0]: {"sources": names[:1]}, "rest": {"sources": names[1:], "weights": "uniform"}},
        "weights": {names[0]: 1, "rest": 2},
    },
    "groups with weights": lambda names: {
        "kind": "groups",
        "groups": {"all": {"sources": names, "weights": dict.fromkeys(names, 1)}},
    },
    "by name": lambda _: "uniform",
}
PLACES: dict[str, Callable[[list[str]], tuple[str, Any]]] = {
    "phases": lambda names: ("mix.phases", [{"share": 1, "weights": dict.fromkeys(names, 1)}]),
    "floors": lambda names: ("mix.floors", {names[0]: 0.1}),
    "ceilings": lambda names: ("mix.ceilings", {names[-1]: 0.9}),
    "select": lambda names: ("mix.select", {"target": names[0], "keep": 0.5}),
    "hold-out": lambda names: ("holdout.shares", dict.fromkeys(names, 0.2)),
    "cleaning": lambda names: ("clean.sources", {names[0]: {"min_chars": 2}}),
    "personal": lambda names: ("personal.policies", {names[0]: "drop", names[-1]: "keep"}),
    "policies": lambda names: ("checks.policies", {names[0]: "warn", "mix": "stop"}),
    "expectations": lambda names: (
        "checks.expectations",
        [
            {"type": "expect_column_to_exist", "kwargs": {"column": "text"}, "subjects": some}
            for some in ([names[0]], [*names, "mix"], ["mix"])
        ],
    ),
    "sift": lambda names: (
        "sift",
        [
            {"kind": "classifier", "good": [names[0]], "sources": names[1:]},
            {"kind": "perplexity", "clean": names[1:]},
            {"kind": "label-noise", "sources": [names[-1]]},
            "label-noise",
        ],
    ),
    "search": lambda names: ("search.target", names[0]),
    "compare": lambda names: ("compare.target", names[-1]),
    "arms": lambda names: ("compare.arms", {f"arm-{n}": way(names) for n, way in enumerate(WEIGHTS.values())}),
    "online": lambda names: ("train", {"model": "m", "online": {"kind": "bandit", "target": names[0]}}),
}
LAW = settings(max_examples=150, deadline=None)


def put(tree: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for name in parents:
        tree = tree.setdefault(name, {})
    tree[last] = copy.deepcopy(value)  # YAML would write what stands twice as an alias


@st.composite
def recipes(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.permutations(NAMES))[: draw(st.integers(2, 4))]
    places = draw(st.sets(st.sampled_from(sorted(PLACES))))
    if "phases" in places:
        places -= {"online"}
    tree: dict[str, Any] = {"name": "law", "labels": ["bad", "good"]}
    tree["sources"] = {name: {"path": f"{name}.csv", "label": "good"} for name in names}
    for place in sorted(places):
        put(tree, *PLACES[place](names))
    if "phases" not in places:
        put(tree, "mix.weights", WEIGHTS[draw(st.sampled_from(sorted(WEIGHTS)))](names))
    return tree


def references_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], bool]]:
    """Where names of sources stand, the definitions left out, and whether each is a key."""
    found: list[tuple[tuple[Any, ...], bool]] = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        if key in NAMES and path[-1:] not in [("groups",), ("sources",)]:
            found.append(((*path, key), True))
        if inner in NAMES if isinstance(inner, str) else False:
            found.append(((*path, key), False))
        if (*path, key) != ("sources",):
            found += references_in(inner, (*path, key))
    return found


def renamed(tree: Any, path: tuple[Any, ...], *, is_key: bool) -> None:
    """Put a name in place of another that nothing answers to."""
    *parents, last = path
    for key in parents:
        tree = tree[key]
    if is_key:
        tree[STRANGER] = tree.pop(last)
    else:
        tree[last] = STRANGER


def dotted(*path: Any) -> str:
    return ".".join(map(str, path))


BREAKAGES: list[tuple[str, Any]] = [
    ("seed", "many"),
    ("evaluate", 3),
    ("unheard", {"of": 1}),
    ("near_duplicates", {"threshold": 7, "more": None}),
    ("publish.licence", ["a"]),
    ("labels", None),
    ("trials", [1]),
    ("mix.size", {"a": 1}),
]


def test_a_recipe_of_all_places_is_right() -> None:
    for places in (set(PLACES) - {"phases"}, set(PLACES) - {"online"}):
        tree: dict[str, Any] = {"name": "law", "labels": ["bad", "good"]}
        tree["sources"] = {name: {"path": f"{name}.csv", "label": "good"} for name in NAMES}
        for place in places:
            put(tree, *PLACES[place](list(NAMES)))
        assert Recipe.model_validate(tree).name == "law"
        assert not follow(Recipe, tree).problems


@LAW
@given(tree=recipes(), breakages=st.sets(st.sampled_from(range(len(BREAKAGES)))), data=st.data())
def test_exactly_the_planted_strangers_are_found(
    tree: dict[str, Any], breakages: set[int], data: st.DataObject
) -> None:
    for number in breakages:
        put(tree, *BREAKAGES[number])
    assert not follow(Recipe, tree).problems
    known = references_in(tree)
    if not known:
        return
    path, is_key = data.draw(st.sampled_from(known))
    renamed(tree, path, is_key=is_key)
    place = dotted(*path[:-1], STRANGER) if is_key else dotted(*path)
    strange = [where for where, text in follow(Recipe, tree).problems if "has this name" in text]
    assert place in strange
    # The weights within a group are of its sources: where one of these changes its name, its weight has no owner.
    assert all(other == place or (path[-2:-1] == ("sources",) and ".groups." in other) for other in strange)


@LAW
@given(tree=recipes(), data=st.data())
def test_what_is_left_out_leaves_no_reference(tree: dict[str, Any], data: st.DataObject) -> None:
    names = list(tree["sources"])
    left_out = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=len(names) - 1, unique=True))
    before = copy.deepcopy(tree)
    found = follow(Recipe, tree, left_out)
    left = without(tree, found.gone)
    assert tree == before
    assert not left["sources"].keys() & set(left_out)
    still = {dotted(*path) for path, is_key in references_in(left) if path[-1] in left_out and is_key}
    assert not still
    blamed = [path for path, text in found.problems if "is left out" in text]
    staying = [(path, is_key) for path, is_key in references_in(tree) if found.stays(dotted(*path)) and not is_key]
    for path, _ in staying:
        value: Any = tree
        for key in path:
            value = value[key]
        assert value not in left_out or any(f"{dotted(*path)}.".startswith(f"{place}.") for place in blamed)
    others = [text for _, text in found.problems if "is left out" not in text]
    assert all("only source" in text or "none left to judge" in text for text in others)
    if not found.problems:
        Recipe.model_validate(left)


@LAW
@given(tree=recipes(), data=st.data())
def test_leaving_out_one_after_the_other_is_leaving_out_both(tree: dict[str, Any], data: st.DataObject) -> None:
    assume(len(tree["sources"]) > 2)  # that none is left is refused
    first, second, *_ = data.draw(st.permutations(list(tree["sources"])))
    once = follow(Recipe, tree, [first])
    both = follow(Recipe, tree, [first, second])
    if not both.problems:
        left = without(tree, once.gone)
        assert without(tree, both.gone) == without(left, follow(Recipe, left, [second]).gone)


BASE: dict[str, Any] = {
    "name": "places",
    "labels": ["bad", "good"],
    "sources": {name: {"path": f"{name}.csv", "label": "good"} for name in ("a", "b", "c")},
}


def write(folder: Path, **more: Any) -> str:
    (folder / "recipe.yaml").write_text(yaml.safe_dump({**BASE, **more}, sort_keys=False))
    return str(folder / "recipe.yaml")


JUDGE = {"kind": "perplexity", "drop": 0.1}
GROUPS = {"b": {"sources": ["a"]}, "x": {"sources": ["b"]}, "y": {"sources": ["c"]}}
INSIDE = {"x": {"sources": ["a", "b"], "weights": {"a": 1, "b": 2}}, "y": {"sources": ["c"]}}
CHECK = {"type": "expect_column_to_exist", "kwargs": {"column": "text"}}


@pytest.mark.parametrize(
    ("section", "value", "left"),
    [
        ("holdout", {"shares": {"b": 0.2, "c": 0.3}}, {"shares": {"c": 0.3}}),
        ("clean", {"sources": {"b": {"min_chars": 3}}}, {"sources": {}}),
        ("personal", {"policies": {"b": "drop", "a": "keep"}}, {"policies": {"a": "keep"}}),
        ("checks", {"policies": {"b": "warn", "mix": "warn"}}, {"policies": {"mix": "warn"}}),
        (
            "checks",
            {"expectations": [CHECK | {"subjects": ["b"]}, CHECK | {"subjects": ["b", "mix"]}, CHECK]},
            {"expectations.0.subjects": ["mix"], "expectations.1.subjects": []},
        ),
        ("compare", {"arms": {"two": {"a": 1, "b": 2, "c": 3}}}, {"arms.two.shares": {"a": 1, "c": 3}}),
        ("sift", [JUDGE | {"clean": ["a"], "sources": ["b"]}], {"": []}),
        (
            "sift",
            ["label-noise", JUDGE | {"clean": ["a", "b"], "sources": ["b", "c"]}],
            {"1.clean": ["a"], "1.sources": ["c"]},
        ),
        ("sift", [{"kind": "classifier", "good": ["b", "c"]}], {"0.good": ["c"]}),
        ("mix", {"floors": {"b": 0.1}, "ceilings": {"b": 0.5}}, {"floors": {}, "ceilings": {}}),
        (
            "mix",
            {"phases": [{"share": 1, "weights": {"a": 1, "b": 1, "c": 1}}]},
            {"phases.0.weights.shares": {"a": 1, "c": 1}},
        ),
        (
            "mix",
            {"weights": {"kind": "groups", "groups": GROUPS, "weights": {"b": 1, "x": 2, "y": 3}}},
            {"weights.groups.b.sources": ["a"], "weights.weights.shares": {"b": 1, "y": 3}},
        ),
        (
            "mix",
            {"weights": {"kind": "groups", "groups": INSIDE}},
            {"weights.groups.x.sources": ["a"], "weights.groups.x.weights.shares": {"a": 1}},
        ),
    ],
)
def test_a_source_that_is_left_out_leaves(tmp_path: Path, section: str, value: Any, left: dict[str, Any]) -> None:
    file = write(tmp_path, **{section: value})
    loaded = load_recipe(file, without=["b"])
    for path, wanted in left.items():
        found: Any = loaded.published[section]
        for key in filter(None, path.split(".")):
            found = found[int(key) if isinstance(found, list) else key]
        assert found == wanted
    assert "b" not in loaded.published["sources"]
    assert loaded.published == load_recipe(file).without(["b"]).published


@pytest.mark.parametrize(
    ("section", "value", "place"),
    [
        ("mix", {"weights": {"kind": "dsir", "target": "b"}}, "mix.weights.target"),
        ("mix", {"weights": {"kind": "score", "terms": {"relevance": 1}, "target": "b"}}, "mix.weights.target"),
        ("mix", {"select": {"target": "b", "keep": 0.5}}, "mix.select.target"),
        (
            "mix",
            {"phases": [{"share": 1, "weights": {"kind": "mixmin", "target": "b"}}]},
            "mix.phases.0.weights.target",
        ),
        ("search", {"target": "b"}, "search.target"),
        ("compare", {"target": "b"}, "compare.target"),
        ("compare", {"arms": {"like-b": {"kind": "dsir", "target": "b"}}}, "compare.arms.like-b.target"),
        ("sift", ["label-noise", JUDGE | {"clean": ["b"]}], "sift.1.clean"),
        ("sift", [{"kind": "classifier", "good": ["b"]}], "sift.0.good"),
        ("train", {"model": "m", "online": {"kind": "bandit", "target": "b"}}, "train.online.target"),
    ],
)
def test_what_cannot_do_without_a_source_says_so(tmp_path: Path, section: str, value: Any, place: str) -> None:
    file = write(tmp_path, **{section: value})
    number = Path(file).read_text().splitlines().index(next(iter(lines_of(file, place)))) + 1
    said = rf"1 mistake\n  {file}:{number}: {place}: no source has this name \('b'\): it is left out; name another"
    for load in (lambda: load_recipe(file, without=["b"]), lambda: load_recipe(file).without(["b"])):
        with pytest.raises(RecipeError, match=said):
            load()


def lines_of(file: str, place: str) -> list[str]:
    """The lines of a file with a key."""
    return [
        line
        for line in Path(file).read_text().splitlines()
        if line.strip().startswith(place.rsplit(".", maxsplit=1)[-1] + ":")
    ]


@pytest.mark.parametrize(
    ("section", "value", "said"),
    [
        ("holdout", {"shares": {"bb": 0.2}}, r"holdout\.shares\.bb: no source has this name; did you mean 'b'\?"),
        ("sift", [JUDGE | {"clean": ["bb"]}], r"sift\.0\.clean\.0: no source has this name \('bb'\); did you mean"),
        ("sift", [JUDGE | {"clean": ["a"], "sources": ["bb"]}], r"sift\.0\.sources\.0: no source has this name"),
        ("sift", [JUDGE | {"clean": ["a", "b", "c"]}], r"sift\.0\.clean: every source stands here"),
        (
            "train",
            {"model": "m", "online": {"kind": "bandit", "target": "bb"}},
            r"train\.online\.target: no source has",
        ),
        (
            "mix",
            {"weights": {"kind": "groups", "groups": GROUPS, "weights": {"bb": 1, "x": 2, "y": 3}}},
            r"mix\.weights\.weights\.bb: no group has this name; did you mean 'b'\?",
        ),
        (
            "mix",
            {"weights": {"kind": "groups", "groups": INSIDE | {"y": {"sources": ["c"], "weights": {"b": 1}}}}},
            r"mix\.weights\.groups\.y\.weights\.b: no source of the group has this name; known: c",
        ),
        (
            "sources",
            BASE["sources"] | {"a": {"path": "a.csv", "label": "yes", "labels": {"Yes": "good"}}},
            r"sources\.a\.label: no key of `labels` has this name \('yes'\); did you mean 'Yes'",
        ),
        (
            "sources",
            BASE["sources"] | {"a": {"path": "a.csv", "labels": {"Yes": "god"}}},
            r"sources\.a\.labels\.Yes: 'god'",
        ),
    ],
)
def test_unknown_names_are_found_before_anything_is_read(tmp_path: Path, section: str, value: Any, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        load_recipe(write(tmp_path, **{section: value}))


def test_labels_of_a_benchmark_are_its_own(tmp_path: Path) -> None:
    against = {"quiz": {"path": "quiz.csv", "label": "fine", "labels": {"1": "excellent"}}}
    assert load_recipe(write(tmp_path, decontaminate={"against": against})).recipe.decontaminate


def test_mistakes_of_the_command_are_placed_in_the_command(tmp_path: Path) -> None:
    file = write(tmp_path, mix={"weights": {"a": 1, "b": 1, "c": 1}}, sift=["label-noise"], seed=-1)
    over: dict[str, Any] = {
        "mix.weights.cc": 1,
        "checks.policies": {"d": "warn"},
        "mix.sise": 2,
        "sift.0": "nonsense",
        "mix.wieghts.a": 1,
    }
    with pytest.raises(RecipeError) as caught:
        load_recipe(file, over, ["e"])
    told = str(caught.value).splitlines()
    assert told[0] == f"{file}: 7 mistakes"
    assert told[1].startswith(f"  {file}:{len(Path(file).read_text().splitlines())}: seed: input should be greater")
    assert [line.partition(";")[0].partition(". Did")[0] for line in told[2:]] == [
        "  --set checks.policies: checks.policies.d: no source has this name",
        "  --set mix.sise: unknown key",
        "  --set mix.weights.cc: no source has this name",
        "  --set mix.wieghts.a: mix.wieghts: unknown key",
        "  --set sift.0: unknown kind 'nonsense'",
        "  --without e: no source has this name",
    ]


def test_an_item_of_a_list_is_set_by_its_number(tmp_path: Path) -> None:
    file = write(tmp_path, sift=["label-noise", JUDGE | {"clean": ["a"]}])
    assert load_recipe(file, {"sift.1.drop": 0.3}).published["sift"][1]["drop"] == 0.3
    with pytest.raises(RecipeError, match=r"--set sift\.drop: there is a list of 2, and 'drop' is none of its items"):
        load_recipe(file, {"sift.drop": 0.3})


def test_places_stay_right_behind_what_is_left_out(tmp_path: Path) -> None:
    file = write(tmp_path, sift=[JUDGE | {"clean": ["a"], "sources": ["b"]}, {"kind": "label-noise", "drop": 5}])
    line = next(n for n, text in enumerate(Path(file).read_text().splitlines(), 1) if "drop: 5" in text)
    for load in (lambda: load_recipe(file, without=["b"]), lambda: load_recipe(file, {"seed": 3}, ["b"])):
        with pytest.raises(RecipeError, match=rf"1 mistake\n  {file}:{line}: sift\.1\.drop: "):
            load()


def test_what_is_wrong_with_a_source_that_is_left_out_does_not_matter(tmp_path: Path) -> None:
    sources = BASE["sources"] | {"b": {"path": "${NOT_SET_ANYWHERE}", "kind": "nonsense", "labels": {"x": "y"}}}
    assert [*load_recipe(write(tmp_path, sources=sources), without=["b"]).recipe.sources] == ["a", "c"]


def test_not_all_sources_can_be_left_out(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="--without a --without b --without c: no source is left to mix"):
        load_recipe(write(tmp_path), without=["a", "b", "c"])


def test_a_recipe_without_sources_is_not_told_that_its_names_are_unknown(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="1 mistake"):
        load_recipe(write(tmp_path, sources={}, mix={"weights": {"a": 1}}))
