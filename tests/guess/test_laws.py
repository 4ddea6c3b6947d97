"""Laws of guessing: what is written is read back as it was meant, and what is guessed of a table is how it was made."""

import csv
import io
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.guess.formats import form_of, record_tag, records_in
from tasks.guess.guesses import Guess, Guesses
from tasks.guess.heads import Head, Item
from tasks.guess.labels import mapping, named, one_set
from tasks.guess.recipe import as_yaml, recipe_of
from tasks.guess.roles import roles_of
from tasks.guess.sample import Seen, first_values
from tasks.ingest.batch import Opened
from tasks.ingest.place import Place
from tasks.recipe.model import load_recipe
from tasks.recipe.reading import parsed
from tasks.text.encoding import encoding_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
SAID = TEXT.filter(lambda text: "${" not in text)
LABELS = st.lists(SAID.filter(str.strip), min_size=2, max_size=4, unique_by=lambda label: normalize("NFC", label))


def head(name: str, data: bytes, encoding: str = "utf-8") -> Head:
    return Head(
        Item(name, name, Place(None, name, name, name), asked=True),
        "",
        data,
        True,
        encoding,
        "",
        Opened(name, lambda: io.BytesIO(data)),
    )


@given(
    columns=st.tuples(SAID, SAID),
    labels=LABELS,
    raw=st.lists(TEXT, min_size=2, max_size=4, unique=True),
    delimiter=SAID,
    told=st.lists(TEXT, max_size=3),
    name=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True),
)
def test_the_yaml_loads_back_to_exactly_the_guess(
    tmp_path_factory: pytest.TempPathFactory,
    columns: tuple[str, str],
    labels: list[str],
    raw: list[str],
    delimiter: str,
    told: list[str],
    name: str,
) -> None:
    seen = Seen(columns, [], {}, 7, 0, 3.0, all=True)  # type: ignore[arg-type]
    section = {"path": "a.csv", "delimiter": delimiter, "columns": {"text": columns[0], "label": columns[1]}}
    meant = dict(zip(raw, [*labels, None, None], strict=False))
    guesses = Guesses(
        labels,
        {name: Guess(section, "column", meant, "likely", tuple(told), tuple(told), seen)},
        [(told[0], told[-1])] if told else [],
    )
    recipe = recipe_of(guesses, ".", ".", None)
    text = as_yaml(recipe, guesses, "r.yaml")
    written = parsed(text)
    assert written is not None and written.value == recipe
    file = tmp_path_factory.mktemp("law") / "r.yaml"
    file.write_text(text, "utf-8")
    if name != "mix":
        loaded = load_recipe(str(file)).recipe
        assert loaded.sources[name].labels == recipe["sources"][name].get("labels")
        assert loaded.labels == tuple(labels)


WORDS = st.lists(
    st.sampled_from(["good", "film", "about", "old", "houses", "and", "rivers", "a;b", "c,d", 'the "best"', "it's"]),
    min_size=4,
    max_size=9,
)
ROWS = st.lists(st.tuples(WORDS.map(" ".join), st.sampled_from(["happy", "sad", "calm"])), min_size=30, max_size=60)


@given(rows=ROWS, delimiter=st.sampled_from([",", ";", "\t", "|"]), header=st.booleans(), order=st.booleans())
def test_a_table_is_cut_as_it_was_written(
    rows: list[tuple[str, str]], delimiter: str, header: bool, order: bool
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    names = ("text", "label") if order else ("label", "text")
    wanted = [row if order else row[::-1] for row in rows]
    writer.writerows([names, *wanted] if header else wanted)
    found = head("a.csv", out.getvalue().encode())
    form = form_of(found)
    values = list(first_values(found, form.settings).values())
    assert form.settings.get("header", True) == header
    assert list(zip(*values, strict=True)) == wanted


@given(
    st.text(st.characters(codec="cp1252", exclude_characters="\0\n\r"), min_size=1, max_size=30),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_unicode_is_known_by_its_bytes(text: str, encoding: str) -> None:
    found, _ = encoding_of(text.encode(encoding))
    assert text.encode(encoding).decode(found).removeprefix("\ufeff") == text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe und Maß, schön für alle\n", "latin-1"),
        ("Это очень хороший фильм, мне понравилось.\n", "cp1251"),
        ("今日はとても良い天気\n", "cp932"),
    ],
)
def test_other_encodings_are_guessed_by_their_letters(text: str, encoding: str) -> None:
    found, told = encoding_of((text * 20).encode(encoding))
    assert (text * 20).encode(encoding).decode(found) == text * 20
    assert "not valid UTF-8" in told


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ([{"a": 1}, {"a": 2}], ("", 2)),
        ({"rows": [{"a": 1, "b": 2}], "n": 1}, ("rows", 1)),
        (
            {
                "data": [
                    {"title": "t", "paragraphs": [{"context": "c", "qas": [{"id": 1, "q": "?"}, {"id": 2, "q": "!"}]}]}
                ]
            },
            ("data.paragraphs.qas", 2),
        ),
        ({"a": 1}, None),
        ([], None),
        ([1, 2], None),
        ("text", None),
        ({"a": []}, None),
    ],
)
def test_records_are_found_where_objects_say_something(document: object, found: object) -> None:
    assert records_in(document) == found


@given(st.lists(st.dictionaries(TEXT, TEXT, max_size=4), max_size=4))
def test_one_set_holds_every_label_once(mappings: list[dict[str, str | None]]) -> None:
    labels = one_set(mappings)
    assert len(set(labels)) == len(labels)
    assert {name for one in mappings for name in one.values()} <= set(labels)


def test_labels_that_differ_in_capitals_within_one_source_stay_two() -> None:
    one: dict[str, str | None] = {"a": "Polish", "b": "polish"}
    assert one_set([one]) == ["Polish", "polish"]


def test_values_of_several_labels_are_left_out() -> None:
    assert mapping({"1": 5, "3": 4, "1,3": 2, "[3, 1]": 1}) == {"1": "1", "3": "3", "1,3": None, "[3, 1]": None}
    assert mapping({"yes, please": 3, "no": 2}) == {"yes, please": "yes, please", "no": "no"}


def test_names_of_labels_count_from_where_the_labels_do() -> None:
    assert named(["1", "2", "3"], ["a", "b", "c"]) == {"1": "a", "2": "b", "3": "c"}
    assert named(["0", "1", "2"], ["a", "b", "c"]) == {"0": "a", "1": "b", "2": "c"}
    assert named(["1", "2"], ["a", "b", "c"]) is None
    assert named(["0", "9"], {"0": "a"}) is None


def test_scores_and_counts_are_no_labels() -> None:
    texts = [f"some words about thing {number}" for number in range(60)]
    values = {
        "text": texts,
        "confidence": [f"0.{number % 3 + 1}" for number in range(60)],
        "retweet_count": [str(number % 2) for number in range(60)],
    }
    assert roles_of(values).label is None
    assert roles_of(values | {"mood": ["a", "b"] * 30}).label == "mood"


def test_the_elements_that_hold_most_of_the_text_are_the_records() -> None:
    item = "<item id='1'><title>one</title><tag>a</tag><tag>b</tag><body>some words</body></item>"
    assert record_tag(f"<rss><channel><title>all</title>{item * 3}</channel></rss>") == "item"
    assert record_tag("<a>" * 50_000 + "</a>" * 2) == "a"
    assert record_tag("<a><b/></a>") is None
