"""`cuvee init` as a user calls it: the recipe that it writes, and what it refuses."""

import functools
import gzip
import http.server
import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from flows.cli.init import init_recipe
from flows.cli.main import app
from flows.cli.validate import validate_recipe
from tasks.core.errors import CuveeError, QualityGate, RecipeError, Unreachable
from tasks.recipe.model import load_recipe

GOOD = [f"a fine and quick film number {number} that I liked" for number in range(20)]
BAD = [f"a dull and slow film number {number} that I left" for number in range(20)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def table(name: str, *, delimiter: str = ",", header: str | None = "text,label") -> Path:
    rows = [
        f"{text}{delimiter}{label}"
        for good, bad in zip(GOOD, BAD, strict=True)
        for text, label in ((good, "positive"), (bad, "negative"))
    ]
    Path(name).write_text("\n".join([header.replace(",", delimiter), *rows] if header else rows) + "\n")
    return Path(name)


def source(found: dict[str, Any]) -> dict[str, Any]:
    (only,) = found["sources"].values()
    return only


def test_the_recipe_is_shown_validates_and_says_what_comes_next() -> None:
    table("films.csv")
    shown = CliRunner().invoke(app, ["init", "films.csv"])
    assert shown.exit_code == 0, shown.output
    assert "a fine and quick film number 0" in shown.stdout
    assert "Next     cuvee validate recipe.yaml" in shown.stdout
    assert CliRunner().invoke(app, ["validate", "recipe.yaml"]).exit_code == 0
    recipe = load_recipe("recipe.yaml").recipe
    assert recipe.name == "films"
    assert recipe.labels == ("negative", "positive")
    assert "# certain; 40 records: positive 20, negative 20" in Path("recipe.yaml").read_text()
    assert [path.name for path in sorted(Path().iterdir())] == ["films.csv", "recipe.yaml"]


def test_json_is_one_object_with_the_guess_and_its_evidence() -> None:
    table("films.csv")
    shown = CliRunner().invoke(app, ["init", "films.csv", "--name", "first", "--json"])
    found = json.loads(shown.stdout)
    assert found["name"] == "first"
    assert found["next"] == "cuvee validate recipe.yaml"
    assert source(found)["settings"] == {"path": "films.csv"}
    assert len(source(found)["sample"]) == 10
    assert any("label: column 'label'" in told for told in source(found)["evidence"])


def test_a_file_that_is_there_stays_unless_forced() -> None:
    table("films.csv")
    Path("recipe.yaml").write_text("mine")
    with pytest.raises(RecipeError, match="--force"):
        init_recipe(["films.csv"], "recipe.yaml")
    assert Path("recipe.yaml").read_text() == "mine"
    init_recipe(["films.csv"], "recipe.yaml", force=True)
    assert load_recipe("recipe.yaml").recipe.name == "films"


def test_nothing_is_left_behind_when_nothing_can_be_written() -> None:
    Path("empty.csv").write_text("")
    with pytest.raises(RecipeError, match=r"empty\.csv: it is empty"):
        init_recipe(["empty.csv"], "recipe.yaml")
    assert [path.name for path in Path().iterdir()] == ["empty.csv"]
    with pytest.raises(RecipeError, match="there is no folder"):
        init_recipe(["empty.csv"], "nowhere/recipe.yaml")


def test_paths_start_at_the_folder_of_the_recipe() -> None:
    Path("data").mkdir()
    Path("recipes").mkdir()
    table("data/films.csv")
    found = init_recipe(["data/films.csv"], "recipes/first.yaml")
    assert source(found)["settings"]["path"] == "../data/films.csv"
    assert CliRunner().invoke(app, ["validate", "recipes/first.yaml"]).exit_code == 0


WRONG: dict[str, tuple[bytes, str]] = {
    "binary.csv": (bytes(range(256)) * 40, "binary data"),
    "paper.txt": (b"%PDF-1.7 \x00\x01", "a PDF document"),
    "packed.csv": (gzip.compress(b"text,label\n"), r"rename it to packed\.gz"),
    "half.json": (b'{"data": [{"text": "a"', "not a whole JSON document"),
    "nothing.json": (b'{"a": 1, "b": [1, 2]}', "holds no list of objects"),
    "line.txt": (b"a" * (1 << 21), "no end within"),
    "page.html": (b"<!DOCTYPE html><p>hello</p>", "XML, HTML"),
    "numbers.csv": (b"a,b\n1,2\n3,4\n", "no column looks like text"),
    "blank.txt": (b"\n \n\n", "it is empty"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_no_source_is_refused_with_the_reason(name: str) -> None:
    data, why = WRONG[name]
    Path(name).write_bytes(data)
    with pytest.raises(RecipeError, match=why):
        init_recipe([name], "recipe.yaml")


def test_what_cannot_be_read_is_told_with_its_exit_code() -> None:
    table("films.csv")
    Path("cut.csv.gz").write_bytes(gzip.compress(Path("films.csv").read_bytes())[:-20])
    Path("folder").mkdir()
    with pytest.raises(Unreachable, match="no such file") as missing:
        init_recipe(["gone.csv", "folder", "*.xyz"], "recipe.yaml")
    assert "holds no file" in str(missing.value)
    assert "no file matches" in str(missing.value)
    assert missing.value.exit_code == 4
    shown = CliRunner().invoke(app, ["init", "films.csv", "gone.csv", "folder", "*.xyz", "--out", "most.yaml"])
    assert shown.exit_code == 0, shown.output
    for told in ("gone.csv: there is no such file", "folder: the folder holds no file", "*.xyz: no file matches"):
        assert f"Left out {told}" in " ".join(shown.stdout.split())
    assert list(load_recipe("most.yaml").recipe.sources) == ["films"]
    with pytest.raises(QualityGate, match="cannot be unpacked"):
        init_recipe(["cut.csv.gz"], "recipe.yaml")
    shown = CliRunner().invoke(app, ["init"])
    assert shown.exit_code == 2


def test_a_single_line_of_many_megabytes_is_one_json_document() -> None:
    rows = [{"text": f"{'word ' * 2000}{number}", "label": ["good", "bad"][number % 2]} for number in range(300)]
    Path("rows.json").write_text(json.dumps({"rows": rows, "made": "today"}))
    assert source(init_recipe(["rows.json"], "recipe.yaml"))["settings"] == {"path": "rows.json", "records": "rows"}


def test_columns_can_be_named() -> None:
    Path("a.csv").write_text(
        "first,second,mood,kind\n"
        + "".join(f"some words {n},other words here {n},m{n % 2},k{n % 3}\n" for n in range(30))
    )
    found = init_recipe(["a.csv"], "recipe.yaml", text="first", label="kind")
    assert source(found)["settings"]["columns"] == {"text": "first", "label": "kind"}
    assert found["labels"] == ["k0", "k1", "k2"]
    with pytest.raises(RecipeError, match="--label 'kinds': no file has this column; did you mean 'kind'"):
        init_recipe(["a.csv"], "other.yaml", label="kinds")


HOSTILE = [
    "a: b",
    "x\ny",
    "{label}",
    "- 1",
    "# no",
    "'\"",
    "yes",
    "null",
    "1e3",
    "é\u2028ü",
    "<<",
    "a[0]",
    "^a$",
    "${HOME}",
    " wide ",
    "[red]x[/red]",
    "\u202egnihton",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_column_of_any_name_is_found_and_written(name: str) -> None:
    rows = [
        {name: text, "label": label}
        for text, label in [*((text, "yes") for text in GOOD), *((text, "no") for text in BAD)]
    ]
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = init_recipe(["rows.jsonl"], "recipe.yaml")
    loaded = load_recipe("recipe.yaml").recipe
    assert (
        loaded.sources["rows"].columns == source(found)["settings"]["columns"] == {"text": 0 if "${" in name else name}
    )
    assert loaded.labels == ("no", "yes")


@pytest.mark.parametrize(
    "name",
    ["a[1].csv", "with space.csv", "a*b?.csv", "-x.csv", "ünï.csv", "a\nb.csv", "mix.csv", "true.csv", "123.csv"],
)
def test_a_file_of_any_name_is_read_by_the_recipe(name: str) -> None:
    table(name)
    table("a1.csv", header="wrong,right")
    found = init_recipe([f"./{name}"], "recipe.yaml")
    assert source(found)["rows"] == 40
    assert CliRunner().invoke(app, ["validate", "recipe.yaml"]).exit_code == 0


def test_labels_of_names_folders_and_files_beside_are_found() -> None:
    Path("reviews").mkdir()
    Path("reviews/all_positive.txt").write_text("\n".join(GOOD) + "\n")
    Path("reviews/all_negative.txt").write_text("\n".join(BAD) + "\n")
    by_name = source(init_recipe(["reviews"], "1.yaml"))
    assert by_name["settings"] == {
        "path": "reviews/*.txt",
        "label_from": "name",
        "labels": {"all_negative": "negative", "all_positive": "positive"},
    }
    for label, texts in (("pos", GOOD), ("neg", BAD)):
        Path("films", label).mkdir(parents=True)
        for number, text in enumerate(texts):
            Path("films", label, f"{number}.txt").write_text(f"{text}\nin two lines\n")
    Path("films/README").write_text("what this is")
    by_folder = source(init_recipe(["films"], "2.yaml"))
    assert by_folder["settings"] == {
        "path": "films/*/*.txt",
        "record": "file",
        "label_from": "folder",
        "labels": {"neg": "negative", "pos": "positive"},
    }
    assert by_folder["rows"] == 40
    Path("tweets").mkdir()
    Path("tweets/train_text.txt").write_text("\n".join([*GOOD, *BAD]) + "\n")
    Path("tweets/train_labels.txt").write_text("1\n" * 20 + "0\n" * 20)
    Path("tweets/mapping.txt").write_text("0\tnegative\n1\tpositive\n")
    beside = source(init_recipe(["tweets"], "3.yaml"))
    assert beside["settings"]["path"] == {"text": "tweets/train_text.txt", "label": "tweets/train_labels.txt"}
    assert beside["settings"]["labels"] == {"0": "negative", "1": "positive"}


def test_members_of_an_archive_make_one_source() -> None:
    with zipfile.ZipFile("films.zip", "w") as archive:
        for label, texts in (("pos", GOOD), ("neg", BAD)):
            for number, text in enumerate(texts):
                archive.writestr(f"films/{label}/{number}.txt", text)
        archive.writestr("films/README.md", "what this is")
    found = source(init_recipe(["films.zip"], "recipe.yaml"))
    assert found["labels"] == {"negative": 20, "positive": 20}


def test_spellings_meet_in_one_label_set_and_numbers_stay_what_they_are() -> None:
    table("films.csv")
    Path("books.csv").write_text(
        "text,label\n" + "".join(f"{text},{label}\n" for text, label in zip(GOOD, ["Pos", "NEG"] * 10, strict=True))
    )
    Path("shops.csv").write_text("text,label\n" + "".join(f"{text},{number % 2}\n" for number, text in enumerate(GOOD)))
    found = init_recipe(["films.csv", "books.csv", "shops.csv"], "recipe.yaml")
    assert found["labels"] == ["negative", "positive"]
    assert found["sources"]["books"]["settings"]["labels"] == {"Pos": "positive", "NEG": "negative"}
    assert found["sources"]["shops"]["fill_in"] == ["0", "1"]
    assert "    # labels: {'0': negative, '1': positive}\n" in Path("recipe.yaml").read_text()
    assert "sources.shops: 20 of 20 records are bad" in found["wrong"]
    with pytest.raises(RecipeError, match=r'sources\.shops: 20 of 20 records are bad .*\n.*\n.*\n.*\n.*"0": null'):
        validate_recipe("recipe.yaml", {})
    filled = Path("recipe.yaml").read_text().replace("    # labels: {'0'", "    labels: {'0'")
    Path("recipe.yaml").write_text(filled)
    assert validate_recipe("recipe.yaml", {})["sources"]["shops"]["labels"] == {"negative": 10, "positive": 10}


def test_a_label_set_is_never_a_union_of_spellings() -> None:
    spelled = {
        "words": ["negative", "neutral", "positive"],
        "short": ["neg", "neu", "pos"],
        "french": ["négatif", "neutre", "positif"],
        "signed": ["-1", "0", "1"],
        "counted": ["0", "1", "2"],
        "floats": ["0.0", "1.0", "2.0"],
    }
    for name, labels in spelled.items():
        lines = [f"{text} in {name},{labels[number % 3]}" for number, text in enumerate([*GOOD, *BAD])]
        Path(f"{name}.csv").write_text("\n".join(["text,label", *lines, ""]))
    found = init_recipe([f"{name}.csv" for name in spelled], "recipe.yaml")
    assert found["labels"] == ["negative", "neutral", "positive"]
    assert {name: one["fill_in"] for name, one in found["sources"].items() if one["fill_in"]} == {
        "signed": ["-1", "0", "1"],
        "counted": ["0", "1", "2"],
        "floats": ["0.0", "1.0", "2.0"],
    }
    assert found["sources"]["french"]["settings"]["labels"]["négatif"] == "negative"
    shown = CliRunner().invoke(app, ["init", *(f"{name}.csv" for name in spelled), "--out", "b.yaml"])
    told = shown.stdout.splitlines()
    assert [line[:8] for line in told[-3:]] == ["Recipe  ", "Fill in ", "Next    "]
    numbers = init_recipe(["signed.csv", "counted.csv", "floats.csv"], "c.yaml")
    assert numbers["labels"] == ["0", "1", "2"], "floating-point labels are the whole numbers that they are"
    assert numbers["sources"]["signed"]["fill_in"] == ["-1", "0", "1"]


def test_a_bad_file_is_left_out_and_the_others_make_a_recipe() -> None:
    table("films.csv")
    Path("empty.csv").write_text("")
    Path("cut.csv.gz").write_bytes(gzip.compress(Path("films.csv").read_bytes())[:-20])
    Path("packed.csv").write_bytes(gzip.compress(b"text,label\n"))
    found = init_recipe(["empty.csv", "films.csv", "cut.csv.gz", "packed.csv"], "recipe.yaml")
    assert list(found["sources"]) == ["films"]
    told = {row["file"]: row["why"] for row in found["left_out"]}
    assert told["empty.csv"] == "it is empty"
    assert "rename it to packed.gz" in told["packed.csv"]
    assert "cannot be unpacked to its end" in told["cut.csv.gz"]
    shown = CliRunner().invoke(app, ["init", "empty.csv", "films.csv", "--out", "b.yaml"])
    assert shown.exit_code == 0
    assert "Left out empty.csv: it is empty" in shown.stdout


def test_the_same_file_twice_is_one_source() -> None:
    table("films.csv")
    found = init_recipe(["films.csv", "./films.csv"], "recipe.yaml")
    assert list(found["sources"]) == ["films"]
    assert found["left_out"] == [{"file": "./films.csv", "why": "it was given twice"}]


def test_files_of_one_name_in_two_folders_are_two_sources() -> None:
    for folder in ("a", "b"):
        Path(folder).mkdir()
        table(f"{folder}/films.csv")
    assert list(init_recipe(["a/films.csv", "b/films.csv"], "recipe.yaml")["sources"]) == ["films", "b-films"]


def test_without_labels_a_language_model_learns_the_texts() -> None:
    Path("notes.txt").write_text("\n".join(GOOD) + "\n")
    found = init_recipe(["notes.txt"], "recipe.yaml")
    recipe = load_recipe("recipe.yaml").recipe
    assert (recipe.task, recipe.labels, found["labels"]) == ("language-modelling", (), [])
    assert recipe.train
    assert load_recipe("recipe.yaml").published["train"]["model"]["architecture"] == "gpt2"
    assert "label" not in source(found)["settings"]
    shown = CliRunner().invoke(app, ["init", "notes.txt", "--out", "b.yaml"])
    assert "Task     language-modelling: language model" in shown.stdout
    assert "Labels   none" in shown.stdout


def test_a_folder_of_images_is_one_source_with_the_texts_and_labels_of_its_metadata_or_its_folders() -> None:
    for number in range(20):
        file = Path("signs", "stop" if number % 2 else "go", f"{number}.png")
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), (number, 0, 0)).save(file)
    named = init_recipe(["signs"], "1.yaml")["sources"]["signs"]
    assert named["settings"] == {"path": "signs", "kind": "image-folder", "columns": {"text": "file_name"}}
    assert named["labels"] == {"go": 10, "stop": 10}
    assert any("they hold the label" in doubt for doubt in named["doubts"])
    names = [path.relative_to("signs") for path in Path("signs").rglob("*.png")]
    lines = [json.dumps({"file_name": str(name), "caption": f"a sign of {name.stem}"}) for name in names]
    Path("signs/metadata.jsonl").write_text("\n".join(lines))
    captioned = init_recipe(["signs"], "2.yaml")["sources"]["signs"]
    assert captioned["settings"]["columns"] == {"text": "caption"}
    assert not captioned["doubts"]


def test_what_data_says_is_not_obeyed_by_the_terminal() -> None:
    Path("a.csv").write_text(
        "text,label\n" + "".join(f"\x1b[31m[bold]red {n}[/bold] and more,l{n % 2}\n" for n in range(20))
    )
    shown = CliRunner().invoke(app, ["init", "a.csv"])
    assert "\x1b[31m" not in shown.stdout
    assert r"\x1b[31m[bold]red 0[/bold] and more" in shown.stdout


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode),
    name=st.sampled_from(["a.csv", "a.json", "a.jsonl", "a.parquet", "a.txt", "a.gz", "a.zip", "a"]),
)
def test_whatever_a_file_holds_there_is_a_recipe_or_an_expected_error(data: bytes, name: str) -> None:
    Path(name).write_bytes(data)
    Path("recipe.yaml").unlink(missing_ok=True)
    try:
        init_recipe([name], "recipe.yaml")
    except CuveeError as error:
        assert str(error)
        assert not Path("recipe.yaml").exists()
    else:
        assert load_recipe("recipe.yaml").recipe.sources


def test_a_url_is_read_and_one_with_a_password_refused() -> None:
    table("films.csv")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=".")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/films.csv"
        assert source(init_recipe([url], "recipe.yaml"))["settings"] == {"path": url}
        with pytest.raises(Unreachable):
            init_recipe([url.replace("films", "gone")], "b.yaml")
        server.shutdown()
    with pytest.raises(RecipeError, match="holds no credentials"):
        init_recipe(["http://me:secret@127.0.0.1/films.csv"], "b.yaml")


def test_numbers_of_two_sources_are_taken_for_the_same_labels_and_that_is_said() -> None:
    for name in ("films", "spam"):
        Path(f"{name}.csv").write_text(
            "text,label\n" + "".join(f"{text},{number % 2}\n" for number, text in enumerate(GOOD))
        )
    found = init_recipe(["films.csv", "spam.csv"], "recipe.yaml")
    assert found["labels"] == ["0", "1"]
    assert found["sources"]["films"]["doubts"] == [
        "its labels are numbers, as those of spam are; they are taken to mean the same"
    ]


def test_a_text_and_its_translation_are_read_side_by_side() -> None:
    for language in ("en", "de", "lv"):
        Path(f"train.{language}").write_text(
            "".join(f"{language} sentence {number}\n" for number in range(12 if language == "lv" else 20))
        )
    found = init_recipe(["train.en", "train.de"], "recipe.yaml")
    assert source(found)["settings"]["path"] == {"en": "train.en", "de": "train.de"}
    assert source(found)["settings"]["columns"] == {"text": "en", "target": "de"}
    recipe = load_recipe("recipe.yaml").recipe
    assert (recipe.task, found["task"]) == ("sequence-to-sequence", "sequence-to-sequence")
    assert "swap `text` and `target`" in Path("recipe.yaml").read_text()
    assert source(found)["sample"][3] == {"text": "en sentence 3", "target": "de sentence 3"}
    assert len(init_recipe(["train.en", "train.lv"], "other.yaml")["sources"]) == 2


WRITTEN = [
    ("source", "target"),
    ("en", "de"),
    ("中文", "英文"),
    ("article", "highlights"),
    ("zh-CN", "en_US"),
    ("buggy", "fixed"),
]


@pytest.mark.parametrize(("read", "written"), WRITTEN)
def test_a_column_that_is_written_from_another_is_known_by_its_name(read: str, written: str) -> None:
    rows = [{"id": number, read: text, written: f"{text} anders"} for number, text in enumerate(GOOD)]
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = init_recipe(["rows.jsonl"], "recipe.yaml")
    assert source(found)["settings"]["columns"] == {
        role: name for role, name in (("text", read), ("target", written)) if role != name
    }
    assert load_recipe("recipe.yaml").recipe.task == "sequence-to-sequence"
    shown = CliRunner().invoke(app, ["init", "rows.jsonl", "--out", "b.yaml"])
    assert "Task     sequence-to-sequence: encoder-decoder" in shown.stdout


def test_translations_inside_json_objects_are_known_by_their_languages() -> None:
    rows = [{"id": number, "translation": {"en": text, "fr": f"{text} bon"}} for number, text in enumerate(GOOD)]
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = init_recipe(["rows.jsonl"], "recipe.yaml")
    assert source(found)["settings"]["columns"] == {"text": "translation.en", "target": "translation.fr"}
    assert source(found)["sample"][0]["text"] == GOOD[0]
    Path("notes.txt").write_text("\n".join(BAD) + "\n")
    both = init_recipe(["rows.jsonl", "notes.txt"], "both.yaml")
    assert both["task"] == "language-modelling", "notes have nothing to be written from them"
    assert both["sources"]["rows"]["settings"]["columns"] == {"text": "translation.fr"}


def test_a_label_tells_more_than_a_pair_of_names() -> None:
    rows = [f"{text},{text} kurz,{'red' if number % 2 else 'blue'}" for number, text in enumerate(GOOD)]
    Path("rows.csv").write_text("\n".join(["text,summary,label", *rows]) + "\n")
    found = init_recipe(["rows.csv"], "recipe.yaml")
    assert (found["task"], found["labels"]) == ("text-classification", ["blue", "red"])


def test_a_folder_of_code_is_one_source_that_keeps_its_lines() -> None:
    Path("project/inside").mkdir(parents=True)
    for name in ("a.py", "licences.py", "inside/c.py", "inside/d.js"):
        Path("project", name).write_text("def f():\n    return 1\n")
    Path("project/README.md").write_text("what this is")
    found = init_recipe(["project"], "recipe.yaml")
    assert found["sources"]["project"]["settings"] == {"kind": "code", "path": "project"}
    assert [row["file"] for row in found["left_out"]] == ["project/README.md"]
    assert load_recipe("recipe.yaml").recipe.clean.of("project").keep_lines
    assert found["sources"]["project"]["rows"] == 4


def test_a_spreadsheet_is_read_as_a_table() -> None:
    with xlsxwriter.Workbook("survey.xlsx") as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(
            [("comment", "verdict"), *((text, "good") for text in GOOD), *((text, "bad") for text in BAD)]
        ):
            sheet.write_row(at, 0, row)
    assert source(init_recipe(["survey.xlsx"], "recipe.yaml"))["settings"]["columns"] == {
        "text": "comment",
        "label": "verdict",
    }
