"""Which task is proposed for files of each task, by their names in many languages and by what they hold; and that a
proposal is a recipe that reads its file."""

import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from flows.cli.init import init_recipe
from flows.cli.main import app
from flows.engine.calls import RunProducts, carry_out
from flows.engine.plain import Plain
from flows.steps.blend import blend
from tasks.core.errors import RecipeError
from tasks.guess.fits import fits_of
from tasks.guess.roles import NUMBER
from tasks.guess.spelling import is_near, slips, spelling_key, tidy, usual_spellings
from tasks.recipe.model import load_recipe

WORDS = [
    "houses",
    "rivers",
    "stones",
    "birds",
    "winters",
    "summers",
    "roads",
    "letters",
    "songs",
    "boats",
    "hills",
    "trees",
    "towns",
    "lamps",
]
COUNT = 60


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(number: int, count: int = 7) -> str:
    """A sentence that no other number has."""
    return f"number {number} is about {' '.join(random.Random(number).sample(WORDS, count))}"


def chat(number: int, role: str, content: str, asks: str, answers: str) -> list[dict[str, str]]:
    """Two messages in words of some layout."""
    return [{role: asks, content: f"What of {said(number)}?"}, {role: answers, content: said(-number)}]


def squad(number: int) -> dict[str, Any]:
    """An answer and where it stands."""
    return {"text": [said(number).split()[4]], "answer_start": [len(" ".join(said(number).split()[:4])) + 1]}


def tagged(number: int) -> tuple[list[str], list[str]]:
    """Words with a tag each."""
    words = said(number, 3 + number % 5).split()
    return words, ["B-THING" if word in WORDS[:7] else "O" for word in words]


CASES: dict[str, tuple[str, Any, dict[str, Any] | None]] = {
    "messages of OpenAI": (
        "instruction-tuning",
        lambda n: {"id": n, "messages": chat(n, "role", "content", "user", "assistant")},
        None,
    ),
    "messages of ShareGPT under a strange name": (
        "instruction-tuning",
        lambda n: {"dialogue": chat(n, "from", "value", "human", "gpt"), "lang": "en"},
        {"messages": "dialogue"},
    ),
    "instruction, input and output": (
        "instruction-tuning",
        lambda n: {"instruction": said(n), "input": said(n + 99) if n % 2 else "", "output": said(-n)},
        {"prompt": "{instruction}\n{input}", "response": "output"},
    ),
    "the same in Chinese": (
        "instruction-tuning",
        lambda n: {"指令": f"请写出关于第{n}座城市的历史与风景", "输出": f"第{n}座城市有很长的历史和美丽的风景"},
        {"prompt": "指令", "response": "输出"},
    ),
    "questions of SQuAD": (
        "question-answering",
        lambda n: {"id": n, "title": "a", "context": said(n), "question": f"What of {n} and it?", "answers": squad(n)},
        None,
    ),
    "questions in Russian with plain answers": (
        "question-answering",
        lambda n: {
            "Вопрос": f"О чём номер {n} этой книги?",
            "Контекст": f"Номер {n} говорит о {n} домах у реки",
            "Ответ": f"{n} домах",
        },
        {"question": "Вопрос", "context": "Контекст", "answers": "Ответ"},
    ),
    "languages": ("sequence-to-sequence", lambda n: {"en": said(n), "de": said(-n)}, {"text": "en", "target": "de"}),
    "languages in an object": (
        "sequence-to-sequence",
        lambda n: {"translation": {"fr": said(n), "en": said(-n)}},
        {"text": "translation.fr", "target": "translation.en"},
    ),
    "source and target": (
        "sequence-to-sequence",
        lambda n: {"src": said(n), "tgt": said(-n)},
        {"text": "src", "target": "tgt"},
    ),
    "code": (
        "sequence-to-sequence",
        lambda n: {"docstring": said(n), "code": f"def f_{n}(x):\n    return x + {n}", "stars": 4},
        {"text": "docstring", "target": "code"},
    ),
    "tokens and tags": (
        "token-classification",
        lambda n: {"tokens": tagged(n)[0], "ner_tags": tagged(n)[1]},
        {"words": "tokens", "tags": "ner_tags"},
    ),
    "tags that are numbers under strange names": (
        "token-classification",
        lambda n: {"a": tagged(n)[0], "b": [len(tag) // 7 for tag in tagged(n)[1]]},
        {"words": "a", "tags": "b"},
    ),
    "lists of labels": (
        "multi-label-classification",
        lambda n: {"text": said(n), "topics": [["sea"], ["sea", "land"], [], ["air", "land"]][n % 4]},
        {"labels": "topics"},
    ),
    "labels between signs, in Japanese": (
        "multi-label-classification",
        lambda n: {"本文": f"この町の{n}番の家はとても古くて美しい", "タグ": ["海", "海;山", "山|空", "空"][n % 4]},
        {"text": "本文", "labels": "タグ"},
    ),
    "a score": ("regression", lambda n: {"text": said(n), "score": (n * 37 % 50) / 10}, {"value": "score"}),
    "a score in Chinese": (
        "regression",
        lambda n: {"评论": f"这家店的第{n}道菜味道很好", "评分": (n * 37 % 50) / 10},
        {"text": "评论", "value": "评分"},
    ),
    "premise and hypothesis": (
        "pair-classification",
        lambda n: {"premise": said(n), "hypothesis": said(-n, 4), "label": ["entailment", "neutral"][n % 2]},
        {"text": "premise", "pair": "hypothesis"},
    ),
    "pairs in Chinese": (
        "pair-classification",
        lambda n: {"句子1": f"第{n}个人在公园里散步", "句子2": f"第{n}个人在外面", "标签": ["蕴含", "矛盾"][n % 2]},
        {"text": "句子1", "pair": "句子2", "label": "标签"},
    ),
    "a query and code": (
        "pair-classification",
        lambda n: {"query": said(n), "code": f"def f_{n}(x):\n    return x + {n}", "label": n % 2},
        {"text": "query", "pair": "code"},
    ),
    "a title, a body and a label": (
        "text-classification",
        lambda n: {"title": said(n, 3), "text": said(n), "label": ["sea", "land"][n % 2]},
        None,
    ),
    "where texts come from, and a label called target": (
        "text-classification",
        lambda n: {"source": ["web", "book"][n % 2], "text": said(n), "target": ["sea", "land", "air"][n % 3]},
        {"label": "target"},
    ),
    "nothing but texts": ("language-modelling", lambda n: {"text": said(n), "date": "2020-01-01"}, None),
}


def lines(case: str) -> str:
    return "".join(f"{json.dumps(CASES[case][1](number), ensure_ascii=False)}\n" for number in range(COUNT))


@pytest.mark.parametrize("case", CASES)
def test_what_a_file_is_for_is_known_and_the_recipe_reads_it(case: str) -> None:
    task, _, columns = CASES[case]
    Path("rows.jsonl").write_text(lines(case), "utf-8")
    found = init_recipe(["rows.jsonl"], "recipe.yaml")
    (source,) = found["sources"].values()
    assert (found["task"], source["settings"].get("columns"), found["wrong"]) == (task, columns, "")
    assert (source["rows"], source["bad"]) == (COUNT, 0)


@settings(max_examples=30)
@given(st.sampled_from(sorted(CASES)), st.randoms(use_true_random=False))
def test_the_order_of_the_columns_does_not_matter_nor_do_others(case: str, chance: random.Random) -> None:
    rows = [json.loads(line) for line in lines(case).splitlines()]
    names = [*rows[0], "uuid", "created_at"]
    more = {"uuid": [f"x{number:04}" for number in range(COUNT)], "created_at": ["2024-05-06"] * COUNT}

    def read(order: list[str]) -> tuple[str, dict[str, str]]:
        cells = {name: more.get(name) or [as_cell(row[name]) for row in rows] for name in order}
        best = fits_of(cells)[0]
        return best.task, dict(best.columns)

    assert read(chance.sample(names, len(names)))[0] == CASES[case][0]
    if case != "languages":  # their order says which is read
        assert read(chance.sample(names, len(names))) == read(names)


def as_cell(value: Any) -> str | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def test_words_and_tags_between_spaces_are_known_by_their_names() -> None:
    with Path("rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("words", "tags"), *(map(" ".join, tagged(number)) for number in range(COUNT))])
    found = init_recipe(["rows.csv"], "recipe.yaml")
    assert (found["task"], found["labels"], found["wrong"]) == ("token-classification", ["B-THING", "O"], "")


def test_another_task_is_taken_where_the_user_names_it() -> None:
    Path("rows.jsonl").write_text(lines("instruction, input and output"))
    words = ["init", "rows.jsonl", "--force"]
    assert "By `cuvee init --task NAME` they may be read for another: sequence-to-sequence" in recipe_of(words)
    assert "task: sequence-to-sequence" in recipe_of([*words, "--task", "sequence-to-sequence"])
    assert "task: masked-language-modelling" in recipe_of([*words, "--task", "masked-language-modelling"])
    with pytest.raises(RecipeError, match="`task: question-answering`, which wants question, context, answers"):
        init_recipe(["rows.jsonl"], "recipe.yaml", task="question-answering", force=True)
    with pytest.raises(RecipeError, match="did you mean 'regression'"):
        init_recipe(["rows.jsonl"], "recipe.yaml", task="regresion", force=True)


def recipe_of(words: list[str]) -> str:
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    return Path("recipe.yaml").read_text()


def test_most_files_say_what_is_learned_and_the_others_are_left_out() -> None:
    for number, case in enumerate(["messages of OpenAI", "the same in Chinese", "nothing but texts"]):
        Path(f"file{number}.jsonl").write_text(lines(case), "utf-8")
    found = init_recipe(["file0.jsonl", "file1.jsonl", "file2.jsonl"], "recipe.yaml")
    assert (found["task"], found["wrong"], len(found["sources"])) == ("instruction-tuning", "", 2)
    assert [one["file"] for one in found["left_out"]] == ["file2.jsonl"]


def table(name: str, labels: list[str], start: int = 0) -> None:
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [("text", "label"), *((said(number), label) for number, label in enumerate(labels, start))]
        )


def test_a_slip_of_the_pen_is_left_out_and_told_and_a_rare_label_stays() -> None:
    table(
        "a.csv",
        [*["positive", "negative"] * 150, "positve", "Positive", "NEGATIVE ", "ｐｏｓｉｔｉｖｅ", *["fraud"] * 3],
    )
    shown = CliRunner().invoke(app, ["init", "a.csv"])
    assert "Labels   negative, positive, fraud" in shown.stdout
    assert "Look: its label 'positve', 1 of its records, may be 'positive'" in shown.stdout
    assert "Fill in  `labels` of a (positve)" in shown.stdout
    written = Path("recipe.yaml").read_text("utf-8")
    assert "# labels: {" in written
    assert "positve: positive}" in written
    told = CliRunner().invoke(app, ["validate", "recipe.yaml"]).stdout
    assert "bad: unmapped_label 1, such as a.csv:302: unmapped_label (label positve)" in told


def test_files_that_spell_the_labels_of_others_otherwise_meet_in_one_set() -> None:
    table("a.csv", ["very good", "not good"] * 100)
    table("b.csv", ["Very Good", "Not  Good"] * 50)
    table("c.csv", ["not good", "very goood"] * 25)
    found = init_recipe(["a.csv", "b.csv", "c.csv"], "recipe.yaml")
    assert found["labels"] == ["not good", "very good"]
    assert {name: one["fill_in"] for name, one in found["sources"].items()} == {"a": [], "b": [], "c": ["very goood"]}
    assert found["sources"]["b"]["settings"]["labels"] == {"Not  Good": "not good", "Very Good": "very good"}


LABEL = st.text(st.characters(categories=["L", "Nd", "Zs"]), min_size=1, max_size=12).filter(str.strip)


@given(LABEL, st.integers(1, 5))
def test_spellings_of_one_label_share_a_key_and_a_slip_is_one_whatever_its_case(label: str, count: int) -> None:
    for other in (label.upper(), label.lower(), f" {label} ", tidy(label)):
        if other.casefold() == label.casefold():
            assert spelling_key(other) == spelling_key(label)
    assert not is_near(label, label.upper()) or spelling_key(label) != spelling_key(label.upper())
    assert usual_spellings({label: 100 * count, f"{label} ": count}) == {f"{label} ": label}
    assert not slips({label: count, f"{label}x": count}), "what comes as often is no slip"


@given(st.dictionaries(LABEL, st.integers(1, 2000), min_size=1, max_size=6))
def test_a_slip_is_rare_and_means_a_label_that_stays(counts: dict[str, int]) -> None:
    for label, meant in slips(counts).items():
        assert 50 * counts[label] <= counts[meant]
        assert meant not in slips(counts)
        assert not NUMBER.fullmatch(label)


@pytest.mark.parametrize(
    ("label", "other"),
    [
        ("B-PER", "I-PER"),
        ("class1", "class2"),
        ("0", "10"),
        ("legal", "illegal"),
        ("relevant", "irrelevant"),
        ("male", "female"),
        ("非常满意", "非常不满意"),
        ("yes", "yet"),
    ],
)
def test_labels_that_mean_something_else_are_no_slips(label: str, other: str) -> None:
    assert not is_near(label, other)


def test_what_was_looked_at_of_long_files_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    table("a.csv", ["sea", "land"] * 40)
    monkeypatch.setattr("tasks.guess.sample.MOST_ROWS", 50)
    (source,) = init_recipe(["a.csv"], "recipe.yaml")["sources"].values()
    assert not source["whole"]
    assert source["sure"] == "likely"
    assert "its labels are those of its first 80 records; what follows was not looked at" in source["doubts"]


def test_a_table_without_anything_to_learn_from_is_refused() -> None:
    Path("a.csv").write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(RecipeError, match="no column looks like text"):
        init_recipe(["a.csv"], "recipe.yaml")


def test_sources_keep_the_script_of_their_files_and_never_share_a_name() -> None:
    files = [f"{folder}/{name}.csv" for folder in "ab" for name in ("评论", "отзывы")]
    for number, file in enumerate(files):
        Path(file).parent.mkdir(exist_ok=True)
        table(file, ["sea", "land"] * 30, 60 * number)
    found = init_recipe(files, "recipe.yaml")
    assert list(found["sources"]) == ["评论", "отзывы", "b-评论", "b-отзывы"]
    assert (found["wrong"], found["name"]) == ("", "first-mix")
    made = RunProducts()
    carry_out(blend(load_recipe("recipe.yaml"), Plain("store"), made))
    assert made.mix is not None
    assert {row.source for row in made.mix.facts.receipt} == {*found["sources"]}
