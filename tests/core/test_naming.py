"""Names of sources: in any script, fit for files and for Prefect."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.naming import MOST_BYTES, is_name, name_of
from tasks.core.suggest import NAME
from tasks.core.ui import artifact_key


@given(st.text(max_size=300))
def test_what_is_made_of_a_text_is_a_name_or_nothing(text: str) -> None:
    name = name_of(text)
    assert not name or is_name(name)
    assert name_of(name) == name
    assert bool(name) or not any(char.isalnum() and char.isascii() for char in text)


@given(st.from_regex(NAME, fullmatch=True).filter(lambda name: not name.endswith("\n")))
def test_names_of_latin_letters_are_what_they_were(name: str) -> None:
    assert is_name(name)


@given(st.text(max_size=70).map(name_of).filter(bool))
def test_a_name_is_part_of_the_name_of_a_file_and_is_written_one_way(name: str) -> None:
    assert not {"/", "\\", "\0", ".", " ", "\n", ":"} & {*name}
    assert len(f"data/validation-{name}.parquet".rpartition("/")[2].encode()) <= MOST_BYTES + 30 < 256
    assert unicodedata.normalize("NFC", name) == name == name.lower()


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_artifact_keys_are_prefects_and_tell_names_of_other_scripts_apart(first: str, second: str) -> None:
    keys = [artifact_key(f"files-{name}") for name in (first, second)]
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) for key in keys)
    assert first.isascii() or second.isascii() or first == second or keys[0] != keys[1]
    assert artifact_key("files-news") == "files-news"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("评论", "评论"),
        ("Отзывы 2024", "отзывы-2024"),
        ("समीक्षा", "समीक्षा"),
        ("리뷰_데이터", "리뷰_데이터"),
        ("News (old).v2", "news-old-v2"),
        ("レビュー", "レビュー"),
        ("🙂", ""),
    ],
)
def test_names_keep_their_script(text: str, name: str) -> None:
    assert name_of(text) == name
    assert name_of(unicodedata.normalize("NFD", text)) == name


@pytest.mark.parametrize("name", ["", "News", "a b", "-a", "_a", "a\n", "a.b", "a/b", "cafe\u0301", "字" * 70])
def test_what_is_no_name_is_refused(name: str) -> None:
    assert not is_name(name)
