"""Folders of images and audio: whole media travel with their rows, what is broken is told, and nothing is decoded that
unpacks to too much."""

import io
import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tasks.ingest.kinds import image_folder
from tasks.ingest.read import read_source
from tasks.ingest.settings import parse_source
from tasks.objectives.text_classification.columns import layout
from tasks.rows.keys import row_keys
from tasks.rows.media import Media, write_with_media

SAID = {"text": "{file_name} {width}x{height} {format}"}


def image(colour: int = 0, size: tuple[int, int] = (3, 2), form: str = "PNG") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, (colour, 0, 0)).save(held, form)
    return held.getvalue()


def sound(frames: int = 800) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(b"\1\2" * frames)
    return held.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for label in ("good", "bad"):
        (tmp_path / "set" / label).mkdir(parents=True)
        (tmp_path / "set" / label / "a.png").write_bytes(image(len(label)))
    return tmp_path / "set"


def test_labels_are_folders_and_other_files_are_counted(read: Callable[..., Any], folder: Path) -> None:
    (folder / "notes.txt").write_text("x")
    found = read(kind="image-folder", path="set", columns=SAID, labels={"good": "positive", "bad": "negative"})
    assert found.rows.select("text", "label").rows() == [
        ("bad/a.png 3x2 PNG", "negative"),
        ("good/a.png 3x2 PNG", "positive"),
    ]
    assert found.left_out == {"not_media": 1}


def test_metadata_names_files_beside_it_and_a_file_may_have_several_texts(
    read: Callable[..., Any], folder: Path
) -> None:
    lines = [
        {"file_name": "a.png", "text": "one"},
        {"file_name": "a.png", "text": "two"},
        {"file_name": "../../../secret", "text": "three"},
    ]
    (folder / "good/metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "metadata.csv").write_text("file_name,text\nbad/a.png,four\n")
    found = read(kind="image-folder", path="set", label="positive")
    assert found.rows.select("row_id", "text").rows() == [
        ("bad/a.png:1", "four"),
        ("good/a.png:1", "one"),
        ("good/a.png:2", "two"),
    ]
    assert found.bad == [("good/metadata.jsonl", 3, "missing_file")]


def test_broken_media_and_bombs_are_bad_rows(
    read: Callable[..., Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "cut.png").write_bytes(image()[:-20])
    (folder / "text.png").write_bytes(b"no image")
    (folder / "wide.png").write_bytes(image(size=(50, 50)))
    monkeypatch.setattr(image_folder, "MOST_PIXELS", 2_000)
    found = read(kind="image-folder", path="set", columns=SAID, label="positive")
    assert len(found.texts) == 2
    assert found.bad == [("cut.png", 1, "bad_image"), ("text.png", 1, "bad_image"), ("wide.png", 1, "too_many_pixels")]


def test_recordings_say_their_rate_and_length(read: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/one.wav").write_bytes(sound())
    (tmp_path / "a/cut.wav").write_bytes(sound()[:-100])
    (tmp_path / "a/none.mp3").write_bytes(b"no sound")
    found = read(
        kind="audio-folder",
        path="a",
        columns={"text": "{sampling_rate} {channels} {duration} {format}"},
        label="positive",
    )
    assert found.texts == ["8000 1 0.100 WAV"]
    assert [row[0] for row in found.bad] == ["cut.wav", "none.mp3"]


def test_real_archives_are_read(read: Callable[..., Any], shared_data: Path) -> None:
    emoji = read(kind="image-folder", path=str(shared_data / "image_text/emoji_color_64.tar.gz"), label="positive")
    assert (emoji.outcome.account.read, emoji.outcome.account.rows) == (1_587, 1_587)
    digits = read(
        kind="audio-folder",
        path=str(shared_data / "audio/fsdd_train_slice.tar.gz"),
        columns={"text": "digit"},
        label="positive",
    )
    assert (digits.outcome.account.rows, len(set(digits.texts))) == (300, 10)


def test_the_bytes_of_a_row_are_those_of_its_file_and_datasets_decodes_them(folder: Path, tmp_path: Path) -> None:
    import datasets

    rows, bad = tmp_path / "rows", tmp_path / "bad"
    section = parse_source({"kind": "image-folder", "path": "set", "columns": SAID, "label": "positive"})
    read_source("s", section, str(tmp_path), layout(("positive",)), rows, bad)
    table = pl.read_parquet(rows)
    other = table.with_columns(source=pl.lit("texts"))
    (tmp_path / "mix").mkdir()
    write_with_media(
        pl.concat([table, other]),
        {"s": Media(tmp_path / "rows.media")},
        "image",
        tmp_path / "mix/train.parquet",
        ("text",),
    )
    media = pl.read_parquet(tmp_path / "mix/train.parquet")["media"].to_list()
    assert media[:2] == [
        {"bytes": (folder / name).read_bytes(), "path": "a.png"} for name in ("bad/a.png", "good/a.png")
    ]
    assert media[2:] == [None, None]
    loaded = datasets.load_dataset(str(tmp_path / "mix"), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded[0]["media"].size == (3, 2)
    assert loaded[2]["media"] is None


def test_a_row_repeats_another_when_text_and_media_do_and_matches_when_the_media_are_equal() -> None:
    rows = pl.DataFrame({"text": ["a", "a", "b", "a"], "media_key": [b"1" * 16, b"2" * 16, b"1" * 16, b"1" * 16]})
    key, match = (series.to_list() for series in row_keys(rows, layout(())))
    assert len(set(key)) == 3
    assert key[0] == key[3]
    assert match[0] == match[2] == match[3] != match[1]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), form=st.sampled_from(["PNG", "GIF", "JPEG", "BMP", "TIFF", "WEBP", "WAV"]))
def test_any_spoilt_medium_is_a_row_or_a_bad_row(
    read: Callable[..., Any], tmp_path: Path, data: st.DataObject, form: str
) -> None:
    whole = sound(50) if form == "WAV" else image(7, (9, 9), form)
    at = data.draw(st.integers(0, len(whole) - 1))
    (tmp_path / "f").mkdir(exist_ok=True)
    raw = whole[:at] + data.draw(st.binary(max_size=3)) + (whole[at + 2 :] if data.draw(st.booleans()) else b"")
    name, kind = ("a.wav", "audio-folder") if form == "WAV" else ("a.png", "image-folder")
    for old in (tmp_path / "f").iterdir():
        old.unlink()
    (tmp_path / "f" / name).write_bytes(raw)
    assert read(kind=kind, path="f", columns={"text": "file_name"}, label="positive").outcome.account.read == 1
