"""Personal data on the way from sources to mix, card and report: gone from the rows of both sides, counted, and nowhere
told."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
import pytest
import yaml

from flows.engine.calls import RunProducts, carry_out
from flows.engine.lookup import LookedUp
from flows.engine.plain import Plain
from flows.engine.record import gather
from flows.steps.blend import blend
from tasks.core.errors import RecipeError
from tasks.manifests.dropped import Dropped
from tasks.manifests.manifest import Account
from tasks.objectives.instruction_tuning.columns import layout as layout_of_chats
from tasks.personal.redact import Protected, protect_file
from tasks.personal.settings import PersonalSettings
from tasks.publish.cards import dataset_card
from tasks.publish.task import begin_run
from tasks.recipe.model import LoadedRecipe, load_recipe
from tasks.recipe.schema import recipe_schema
from tasks.report.artifacts import dropped_table
from tasks.report.page import build_page
from tasks.rows import groups
from tasks.rows.emptied import why_empty
from tasks.rows.keys import digests, match_digests, row_keys
from tasks.rows.layout import FIRST, MESSAGES, Message

WORDS = np.array([f"word{number}" for number in range(3000)])
SECRETS = ("jane.doe@example.org", "+46 8 928 571 38", "4111 1111 1111 1111")
Protect = Callable[..., tuple[pl.DataFrame, pl.DataFrame, Protected]]


@pytest.fixture
def protect(tmp_path: Path) -> Protect:
    """Protect a source of these texts: `protect(texts, action)`; gives its rows, their keys and what was done."""

    def run(texts: list[str], action: str = "redact") -> tuple[pl.DataFrame, pl.DataFrame, Protected]:
        rows = pl.DataFrame(
            {"row_id": [str(n) for n in range(len(texts))], "source": "s", "text": texts, "label": "y", "tokens": 1}
        )
        rows.with_columns(pl.col("tokens").cast(pl.UInt32)).write_parquet(
            tmp_path / "rows.parquet", row_group_size=groups.GROUP_ROWS
        )
        series = pl.Series(texts, dtype=pl.String)
        pl.DataFrame([digests(series), match_digests(series)]).write_parquet(tmp_path / "keys.parquet")
        out, keys = tmp_path / "out.parquet", tmp_path / "out-keys.parquet"
        before = Account(source="s", read=len(texts) + 2, dropped={"too_short": 2}, rows=len(texts), tokens=len(texts))
        settings = PersonalSettings(action=action).of("s")  # pyright: ignore[reportArgumentType]
        files = (tmp_path / "rows.parquet", tmp_path / "keys.parquet")
        done = protect_file(before, files, (out, keys), settings, FIRST)
        return pl.read_parquet(out), pl.read_parquet(keys), done

    return run


TEXTS = [
    "nothing here",
    f"write to {SECRETS[0]}",
    f"call {SECRETS[1]} or {SECRETS[2]}",
    "write to a@b.org",
    "write to [EMAIL]",
]


def test_redacted_texts_have_new_tokens_and_keys_and_equal_ones_are_one(protect: Protect) -> None:
    rows, keys, done = protect(TEXTS)
    assert rows["text"].to_list() == ["nothing here", "write to [EMAIL]", "call [PHONE] or [CARD]"]
    assert rows["tokens"].to_list() == [1, 5, 8]  # only what changed is counted anew
    assert keys["key"].equals(digests(rows["text"]))
    assert keys["match"].equals(match_digests(rows["text"]))
    assert done.pieces == {"card": 1, "email": 2, "phone": 1}
    assert done.rows == 3
    assert done.account.dropped == {"exact_duplicate": 2, "too_short": 2}
    assert (done.account.rows, done.account.tokens) == (3, 14)


@pytest.mark.parametrize("action", ["redact", "drop", "keep"])
def test_chats_are_redacted_message_by_message(action: Literal["redact", "drop", "keep"], tmp_path: Path) -> None:
    layout, plain = layout_of_chats(()), [Message(role="user", content="why?"), Message(role="assistant", content="so")]
    held = [
        Message(role="user", content=f"{SECRETS[0]}\nor {SECRETS[1]}?"),
        Message(role="assistant", content=SECRETS[0]),
    ]
    rows = pl.DataFrame(
        {"row_id": ["0", "1"], "source": "s", "messages": [plain, held], "tokens": [2, 9]},
        schema_overrides={"messages": MESSAGES, "tokens": pl.UInt32},
    )
    rows.write_parquet(tmp_path / "rows.parquet")
    pl.DataFrame([*row_keys(rows, layout)]).write_parquet(tmp_path / "keys.parquet")
    files, out = ((tmp_path / f"{name}.parquet", tmp_path / f"{name[-1]}k.parquet") for name in ("rows", "out"))
    (tmp_path / "keys.parquet").rename(files[1])
    before, settings = Account(source="s", read=2, rows=2, tokens=11), PersonalSettings(action=action).of("s")
    done = protect_file(before, files, out, settings, layout)
    after, keys = (pl.read_parquet(file) for file in out)
    redacted = [Message(role="user", content="[EMAIL]\nor [PHONE]?"), Message(role="assistant", content="[EMAIL]")]
    stays = {"redact": [plain, redacted], "drop": [plain], "keep": [plain, held]}[action]
    assert after["messages"].to_list() == stays
    assert keys.equals(pl.DataFrame([*row_keys(after, layout)]))
    assert done.pieces == {"email": 2, "phone": 1}
    assert after["tokens"].to_list()[1:] == {"redact": [11], "drop": [], "keep": [9]}[action]


def test_rows_are_dropped_under_a_reason(protect: Protect) -> None:
    rows, _, done = protect(TEXTS, "drop")
    assert rows["text"].to_list() == ["nothing here", "write to [EMAIL]"]
    assert done.account.dropped == {"personal_data": 3, "too_short": 2}
    assert done.account.rows == 2


def test_kept_rows_are_only_counted(protect: Protect) -> None:
    rows, _, done = protect(TEXTS, "keep")
    assert rows["text"].to_list() == TEXTS
    assert done.pieces == {"card": 1, "email": 2, "phone": 1}
    assert done.account.dropped == {"too_short": 2}


def test_many_blocks_give_what_one_gives(protect: Protect, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"row {number} {SECRETS[number % 3] if number % 2 else ''}" for number in range(50)]
    whole = protect(texts)
    monkeypatch.setattr(groups, "GROUP_ROWS", 7)
    cut = protect(texts)
    assert cut[0].equals(whole[0])
    assert cut[1].equals(whole[1])
    assert cut[2] == whole[2]


def test_source_of_which_nothing_is_left_says_why_without_showing_it(protect: Protect) -> None:
    rows, keys, done = protect([f"write to {SECRETS[0]}", f"call {SECRETS[1]}"], "drop")
    why = why_empty(done.account, [done.dropped])
    assert (rows.height, keys.height, done.account.rows) == (0, 0, 0)
    assert why.startswith(
        "4 read; 0 in quarantine; dropped: personal_data 2, too_short 2; 0 kept aside; personal data:"
    )
    assert "rows with any 2" in why
    assert "let personal.action or personal.policies say redact" in why
    assert not [secret for secret in SECRETS if secret in why]


def write_recipe(folder: Path, **more: Any) -> str:
    rng = np.random.default_rng(1)
    for name in ("news", "talk", "chat"):
        texts = [
            f"{' '.join(rng.choice(WORDS, size=20))}{f' {SECRETS[n % 3]}' if n % 4 == 0 else ''}" for n in range(120)
        ]
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(
                [("text", "label"), *((text, "yn"[n % 2 ^ n // 4 % 2]) for n, text in enumerate(texts))]
            )
    recipe = {
        "name": "private",
        "labels": ["y", "n"],
        "sources": {name: {"path": f"{name}.csv"} for name in ("news", "talk", "chat")},
    } | more
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
    return str(folder / "recipe.yaml")


Run = tuple[LoadedRecipe, str, RunProducts]
PERSONAL = {"policies": {"talk": "drop", "chat": "keep"}}
AGAINST = {"quiz": {"path": "news.csv"}}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("private")
    loaded, made = load_recipe(write_recipe(folder, personal=PERSONAL, holdout={"share": 0.3})), RunProducts()
    carry_out(blend(loaded, Plain(str(folder / "store")), made), "mix")
    return loaded, str(folder / "store"), made


def test_what_was_found_is_in_no_row_of_either_side_unless_kept(run: Run) -> None:
    _, store, made = run
    pool = {
        (side, name): pl.read_parquet(Path(store, made.pool.path, f"{side}/{name}.parquet"))["text"]
        for side in ("train", "holdout")
        for name in ("news", "talk", "chat")
    }
    for (_, name), texts in pool.items():
        held = sum(texts.str.contains(secret, literal=True).sum() for secret in SECRETS)
        assert (held > 0) == (name == "chat")
        assert texts.str.contains(r"\[(?:EMAIL|PHONE|CARD)\]").any() == (name == "news")
    assert made.pool.account("talk").dropped == {"personal_data": 30}
    step = personal_step(made)
    pieces = {"rows with any": 30, "card": 10, "email": 10, "phone": 10}
    assert step.by_source == {
        "news": {"pieces were": "replaced by tags"} | pieces,
        "talk": {"pieces were": "dropped with their rows"} | pieces,
        "chat": {"pieces were": "left as they are"} | pieces,
    }
    assert step.counts == {"talk": {"personal_data": 30}}
    assert {(row.source, row.text) for row in step.examples} == {("talk", "")}
    assert {row.why for row in step.examples} == {"held email 1", "held phone 1", "held card 1"}


def personal_step(made: RunProducts) -> Dropped:
    (step,) = [one for one in made.pool.facts.dropped if one.step == "personal-data"]
    return step


def test_report_card_and_table_count_it(run: Run) -> None:
    loaded, store, made = run
    start = begin_run(loaded.published)
    record = gather(start, loaded, store, made, [])
    rows = {row["source"]: row for row in dropped_table(record) if row["step"] == "Personal data"}
    assert rows["news"]["figures"] == "pieces were replaced by tags, rows with any 30, card 10, email 10, phone 10"
    assert (rows["talk"]["rows"], rows["talk"]["why"]) == (30, "30 holds personal data")
    page, card = build_page(record, [], {}), dataset_card(start, made.mix, "f" * 64)
    assert "Personal data" in page
    assert "- news: pieces were replaced by tags, rows with any 30, card 10, email 10, phone 10" in card
    assert r"- talk: personal\_data 30, pieces were dropped with their rows, rows with any 30, card 10" in card
    assert "- chat: pieces were left as they are, rows with any 30, card 10, email 10, phone 10" in card


def test_nothing_that_a_run_tells_holds_it(run: Run) -> None:
    loaded, store, made = run
    record = gather(begin_run(loaded.published), loaded, store, made, [])
    told = record.model_copy(update={"receipt": ()}).model_dump_json()
    manifests = "".join(path.read_text() for path in Path(store).rglob("manifest.json"))
    assert not [secret for secret in SECRETS if secret in told + manifests]


def test_recipe_without_the_section_runs_no_task_for_it(tmp_path: Path) -> None:
    loaded, made, store = load_recipe(write_recipe(tmp_path)), RunProducts(), str(tmp_path / "store")
    carry_out(blend(loaded, Plain(store), made), "deduplicate")
    assert not Path(store, "snapshots/personal").exists()
    assert [step.step for step in made.pool.facts.dropped] == ["exact-duplicates", "near-duplicates"]
    with_keep, looked = load_recipe(loaded.file, {"personal": {"action": "keep"}}), LookedUp(store)
    carry_out(blend(with_keep, looked, RunProducts()), "clean")
    kept = {"ingest-source": True, "measure-drift": True, "clean-source": True}
    assert {found.task: found.hit for found in looked.found} == kept | {"protect-source": False}


def test_benchmarks_are_redacted_as_the_rows_are_that_are_compared_with_them(tmp_path: Path) -> None:
    file = write_recipe(tmp_path, personal={"action": "drop"}, decontaminate={"against": AGAINST}, near_duplicates=None)
    rows = pl.read_csv(tmp_path / "news.csv").head(20)
    rows.with_columns(pl.col("text") + " more").write_csv(tmp_path / "quiz.csv")
    loaded = load_recipe(file, {"decontaminate.against.quiz.path": "quiz.csv", "personal.action": "redact"})
    made, store = RunProducts(), str(tmp_path / "store")
    carry_out(blend(loaded, Plain(store), made), "deduplicate")
    steps = {one.step: one for one in made.pool.facts.dropped}
    assert steps["contamination"].figures["rows of quiz"] == 20
    held = made.pool.account("news").holdout
    assert 20 - held <= made.pool.account("news").dropped["in_benchmark"] <= 20
    assert not [secret for secret in SECRETS if secret in made.pool.facts.model_dump_json()]


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"policies": {"tlak": "drop"}}, r"personal\.policies\.tlak: no source has this name; did you mean 'talk'"),
        ({"kinds": ["emial"]}, r"personal\.kinds.*unknown kind 'emial'.*Did you mean 'email'"),
        ({"action": "hide"}, r"personal\.action"),
        ({"kinds": []}, r"personal\.kinds"),
        (
            {"kinds": [{"kind": "name", "model": "no_such_model"}]},
            r"'name' needs .* not installed: pip install 'cuvee\[presidio\]'",
        ),
    ],
)
def test_mistakes_of_the_section_are_told_with_their_place(tmp_path: Path, section: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        load_recipe(write_recipe(tmp_path, personal=section))


def test_source_that_is_left_out_takes_its_policy_along(tmp_path: Path) -> None:
    loaded = load_recipe(write_recipe(tmp_path, personal=PERSONAL), without=["talk"])
    assert loaded.recipe.personal
    assert loaded.recipe.personal.policies == {"chat": "keep"}


def test_schema_knows_the_detectors() -> None:
    kinds = recipe_schema()["$defs"]["PersonalSettings"]["properties"]["kinds"]["items"]["anyOf"]
    assert "national-id" in kinds[0]["enum"]
