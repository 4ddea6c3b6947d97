"""What is guessed of real public files, against what is known of them; how many are understood is counted, and the
others are named."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.core.errors import CuveeError, RecipeError
from tasks.guess.sources import guess_sources
from tasks.ingest.settings import parse_source

THREE = {"negative", "neutral", "positive"}
Column = str | int | tuple[str | int, ...]


@dataclass(frozen=True)
class Known:
    """What is true of a file.

    Attributes:
        files: what is given; several where labels or their names lie beside.
        texts: columns that are right for the text; empty where the file has none.
        label: column of labels, or where else they come from; None without labels.
        labels: the label set.
        settings: what else must be said to read it.
    """

    files: tuple[str, ...]
    kind: str
    texts: tuple[str | int, ...]
    label: str | int | None = None
    labels: frozenset[str] = frozenset()
    settings: tuple[tuple[str, object], ...] = ()


def known(
    file: str, kind: str, texts: Column, label: str | int | None = None, labels: set[str] | str = "", **more: object
) -> Known:
    found = frozenset(labels.split() if isinstance(labels, str) else labels)
    return Known(
        tuple(file.split(" + ")),
        kind,
        texts if isinstance(texts, tuple) else (texts,),
        label,
        found,
        tuple(more.items()),
    )


EMOJI = set(map(str, range(20)))
FILES = [
    known("sentiment/movies_sst2/train.tsv", "delimited", 0, 1, "0 1", header=False),
    known("sentiment/movies_sst2/dev.tsv", "delimited", 0, 1, "0 1", header=False),
    *(
        known(f"sentiment/amazon_{name}", "text", "text", "name", "negative positive", label_from="name")
        for name in ("books", "electronics", "kitchen")
    ),
    known("sentiment/tweets_semeval", "parallel", "text", "file", THREE),
    known(
        "sentiment/finance_phrasebank/Sentences_50Agree.txt",
        "delimited",
        0,
        1,
        THREE,
        delimiter="@",
        header=False,
        encoding="iso8859-1",
    ),
    known("sentiment/finance_phrasebank/Sentences_AllAgree.txt", "delimited", 0, 1, THREE, delimiter="@", header=False),
    known("sentiment/tweets_airline/Tweets.csv.gz", "delimited", "text", "airline_sentiment", THREE),
    known(
        "sentiment/uci_sentences/amazon_cells_labelled.txt",
        "delimited",
        0,
        1,
        "0 1",
        header=False,
        quoting=False,
        delimiter="\t",
    ),
    known(
        "sentiment/uci_sentences/imdb_labelled.txt",
        "delimited",
        0,
        1,
        "0 1",
        header=False,
        quoting=False,
        delimiter="\t",
    ),
    known(
        "sentiment/reddit_goemotions/train.parquet + sentiment/reddit_goemotions/labels.txt",
        "parquet",
        "text",
        "labels",
        {*THREE, "ambiguous"},
    ),
    known(
        "sentiment/reddit_goemotions/dev.tsv + sentiment/reddit_goemotions/labels.txt",
        "delimited",
        0,
        1,
        {*THREE, "ambiguous"},
    ),
    known(
        "sentiment/stackoverflow_senti4sd/train3098itemPOLARITY.csv",
        "delimited",
        2,
        1,
        THREE,
        delimiter=";",
        header=False,
    ),
    known(
        "sentiment/movies_long/movie_reviews.zip",
        "text",
        "text",
        "folder",
        "negative positive",
        record="file",
        label_from="folder",
    ),
    known("sentiment/pros_cons/pros_cons.zip", "text", "text", "name", "pros cons", label_from="name"),
    known("sentiment/product_reviews/product_reviews_1.zip", "text", "text", "mark", "neg none pos"),
    known("text/news_ag", "delimited", (1, 2), 0, {"World", "Sports", "Business", "Sci/Tech"}, header=False),
    *(
        known(f"text/news_reuters/reut2-00{number}.sgm.gz", "xml", ("BODY", "TEXT.BODY", "TEXT/BODY"))
        for number in range(10)
    ),
    known("text/social_tweets", "parallel", "text", "file", EMOJI),
    *(
        known(f"text/social_youtube/Youtube0{name}.csv", "delimited", "CONTENT", "CLASS", "0 1")
        for name in ("1-Psy", "2-KatyPerry", "3-LMFAO", "4-Eminem")
    ),
    *(known(f"text/papers_scitldr/{name}.jsonl.gz", "jsonl", ("source", "title")) for name in ("train", "dev")),
    *(known(f"text/papers_csabstruct/{name}.jsonl.gz", "jsonl", "sentences") for name in ("train", "dev")),
    known("text/wiki/wiki_demo.txt", "text", "text"),
    known("code/codexglue_cloze_python.json.gz", "json", ("nl_tokens", "pl_tokens")),
    *(known(f"code/codexglue_trans/train.java-cs.txt.{name}.gz", "text", "text") for name in ("java", "cs")),
    known("code/python_functions/repo_split.declbodies.valid.gz", "text", "text"),
    known("qa/NQ-open.dev.jsonl", "jsonl", "question"),
    known("qa/seed_tasks.jsonl", "jsonl", "instruction", "is_classification", "true false"),
    *(
        known(f"mt/multi30k/{part}.{name}.gz", "text", "text")
        for part in ("train", "val")
        for name in ("en", "de", "fr")
    ),
    *(known(f"mt/msdocs_lv-en/train.{name}.gz", "text", "text") for name in ("lv", "en")),
    *(
        known(f"messy/{name}.jsonl", "jsonl", "text")
        for name in ("cc_en_head-0091", "c4_demo", "demo-dataset-deduplication", "stack_exchange", "arxiv")
    ),
    *(
        known(f"messy/juicer_mixture/{name}-refined.jsonl", "jsonl", "text")
        for name in (
            "redpajama-c4",
            "redpajama-cc-2023-06",
            "redpajama-pile-stackexchange",
            "the-pile-nih",
            "the-pile-uspto",
        )
    ),
    known("messy/documents-000.json.gz", "jsonl", "text"),
    known("messy/sample-0000.warc.gz", "warc", "text"),
    known("messy/SMSSpamCollection", "delimited", 1, 0, "ham spam", header=False, quoting=False, delimiter="\t"),
    known("messy/pii_synth_dataset_v2.json", "json", "full_text"),
    known(
        "image_text/emoji_color_64.tar.gz",
        "image-folder",
        "text",
        "category",
        "activity flags food nature objects people regional symbols travel",
    ),
    known(
        "audio/fsdd_train_slice.tar.gz",
        "audio-folder",
        "file_name",
        "speaker",
        "george jackson lucas nicolas theo yweweler",
    ),
]
ALPACA = {"prompt": "{instruction}\n{input}", "response": "output"}
OTHER_TASKS: dict[str, tuple[str, dict[str, str | int]]] = {
    "sentiment/vader/tweets_GroundTruth.txt": ("regression", {"text": 2, "value": 1}),
    "sentiment/vader/amazonReviewSnippets_GroundTruth.txt": ("regression", {"text": 2, "value": 1}),
    "code/mbpp.jsonl": ("sequence-to-sequence", {"target": "code"}),
    "code/conala_train.json": ("sequence-to-sequence", {"text": "intent", "target": "snippet"}),
    "code/codexglue_cosqa_dev.json": ("pair-classification", {"text": "doc", "pair": "code"}),
    "code/codexglue_trans": ("sequence-to-sequence", {"text": "cs", "target": "java"}),
    "qa/gsm8k_train.jsonl.gz": ("instruction-tuning", {"prompt": "question", "response": "answer"}),
    "qa/xquad.en.json": ("question-answering", {}),
    "qa/alpaca_en_demo.json": ("instruction-tuning", ALPACA),
    "qa/code_alpaca_2k.json": ("instruction-tuning", ALPACA),
    "mt/msdocs_lv-en": ("sequence-to-sequence", {"text": "en", "target": "lv"}),
    "mt/multi30k/train.en.gz mt/multi30k/train.de.gz": ("sequence-to-sequence", {"text": "en", "target": "de"}),
}
"""Files of other tasks than to tell the labels of texts, or to go on with them; with what is read in which role."""
MISSED = {"sentiment/product_reviews/product_reviews_1.zip"}
"""What is not understood: labels marked inside lines are not found."""


def wrong(one: Known, base: Path) -> str:
    """Say what was guessed wrongly; nothing if all is right."""
    try:
        guesses = guess_sources(one.files, str(base))
    except CuveeError as error:
        return str(error)
    if len(guesses.sources) != 1:
        return f"{len(guesses.sources)} sources"
    (guess,) = guesses.sources.values()
    section = parse_source(guess.section)
    text = section.columns.get("text", "text")
    label = (section.columns.get("label", "label") if guess.label == "column" else guess.label) if guess.label else None
    settings = {name: getattr(section, "separator" if name == "delimiter" else name, None) for name, _ in one.settings}
    found = {"kind": section.kind, "label": label, "labels": set(guesses.labels), "settings": settings}
    want = {"kind": one.kind, "label": one.label, "labels": set(one.labels), "settings": dict(one.settings)}
    told = [f"{name}: {found[name]}, want {want[name]}" for name in want if found[name] != want[name]]
    return "; ".join(told + ([] if text in one.texts else [f"text: {text}, want {one.texts}"]))


@pytest.mark.slow
@pytest.mark.shared_data
def test_all_files_but_one_are_understood(shared_data: Path) -> None:
    found = {one.files[0]: wrong(one, shared_data) for one in FILES}
    missed = {file: why for file, why in found.items() if why}
    assert set(missed) <= MISSED, missed


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("files", OTHER_TASKS)
def test_files_of_other_tasks_give_recipes_that_validate_and_plan(
    shared_data: Path, files: str, tmp_path: Path
) -> None:
    from flows.cli.init import init_recipe
    from flows.cli.inspect import plan_recipe

    task, columns = OTHER_TASKS[files]
    out = str(tmp_path / "recipe.yaml")
    found = init_recipe([str(shared_data / file) for file in files.split()], out)
    (source,) = found["sources"].values()
    assert (found["task"], source["settings"].get("columns", {}), found["wrong"]) == (task, columns, "")
    assert plan_recipe(out, str(tmp_path / "store"), {})["rows"] > 500


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("folder", ["sentiment", "text", "code", "qa", "mt", "messy", "image_text"])
def test_a_folder_of_everything_gives_a_recipe_that_validates_but_for_what_it_asks(
    shared_data: Path, folder: str, tmp_path: Path
) -> None:
    from flows.cli.init import init_recipe
    from flows.cli.validate import validate_recipe

    out = tmp_path / "recipe.yaml"
    assert init_recipe([str(shared_data / folder)], str(out))["sources"]
    asked = set(re.findall(r"^  ([\w-]+):(?:(?!^  [\w-]).)*?# To fill in", out.read_text(), re.MULTILINE | re.DOTALL))
    try:
        assert validate_recipe(str(out), {})["valid"]
        refused = set[str]()
    except RecipeError as error:
        refused = set(re.findall(r"^sources\.([\w-]+): .* are bad .*: unmapped_label", str(error), re.MULTILINE))
        assert len(refused) == len(re.findall(r"^\S", str(error), re.MULTILINE)), error
    assert refused == asked
