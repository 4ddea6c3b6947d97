"""Images and recordings from their folders to the published mix, and what can be asked of it afterwards."""

import io
import json
import subprocess
import sys
import wave
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.store.storage import sha256_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ROWS, SIZE = 60, 40


def drawn(number: int) -> bytes:
    from PIL import Image

    held = io.BytesIO()
    Image.new("RGB", (8 + number % 3, 6), (number, 0, 0)).save(held, "PNG")
    return held.getvalue()


def sounding(number: int) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes([number, 1]) * 400)
    return held.getvalue()


def write_media(folder: Path, suffix: str, medium: Callable[[int], bytes]) -> None:
    """Write media in folders by label, whose captions are much alike."""
    for label in ("good", "bad"):
        (folder / label).mkdir(parents=True)
    for number in range(ROWS):
        (folder / ("good" if number % 2 else "bad") / f"{number:02}.{suffix}").write_bytes(medium(number))


def write_texts(file: Path) -> None:
    ends = ["abcdefghij"[number % 10] * (number + 3) for number in range(ROWS)]
    lines = [
        {"text": f"row {number} of texts that have no media, {end}", "label": "good"} for number, end in enumerate(ends)
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


def cuvee(folder: Path, environment: Mapping[str, str], *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "flows.cli.main", *words, "--store", str(folder / "store"), "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def mixed(folder: Path, environment: Mapping[str, str], sources: Mapping[str, Any]) -> dict[str, Any]:
    recipe = {
        "name": "media",
        "labels": ["good", "bad"],
        "sources": sources,
        "mix": {"weights": "uniform", "size": SIZE},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False), "utf-8")
    return cuvee(folder, environment, "run", str(folder / "recipe.yaml"), "--until", "mix")


def loaded(mix: str, folder: Path, split: str = "train") -> Any:
    import datasets

    return datasets.load_dataset(mix, split=split, cache_dir=str(folder / "cache"))


def test_images_and_texts_are_mixed_loaded_traced_and_made_again(tmp_path: Path, prefect_env: dict[str, str]) -> None:
    write_media(tmp_path / "signs", "png", drawn)
    write_texts(tmp_path / "texts.jsonl")
    signs = {"kind": "image-folder", "path": "signs", "columns": {"text": "a sign of {width} by {height}"}}
    found = mixed(tmp_path, prefect_env, {"signs": signs, "texts": {"path": "texts.jsonl"}})
    rows = loaded(found["mix"]["uri"], tmp_path)
    assert (len(rows), {row["source"]: row["rows"] for row in found["receipt"]}) == (SIZE, {"signs": 20, "texts": 20})
    for row in rows:
        assert (row["media"] is None) == (row["source"] == "texts")
        if row["media"]:
            whole = tmp_path / "signs" / row["row_id"].rpartition(":")[0]
            assert row["media"].convert("RGB").getpixel((0, 0)) == (int(whole.stem), 0, 0)
            assert rows.features["label"].int2str(row["label"]) == whole.parent.name
    assert {row["source"] for row in loaded(found["mix"]["uri"], tmp_path, "holdout")} == {"signs", "texts"}

    place = list(rows["source"]).index("signs")
    traced = cuvee(tmp_path, prefect_env, "trace", "latest", str(place))
    assert (traced["row_id"], place in traced["places"]) == (rows[place]["row_id"], True)
    assert traced["media"]["bytes"] == (tmp_path / "signs" / traced["row_id"].rpartition(":")[0]).stat().st_size

    shard = Path(found["mix"]["uri"], "data/train-00000.parquet")
    assert cuvee(tmp_path, prefect_env, "show", str(shard))["rows"][place]["media"] == traced["media"]

    again = cuvee(tmp_path, prefect_env, "replay", "latest", "--out", str(tmp_path / "again"))
    assert again["same_bytes"]
    for path in (tmp_path / "again/data").iterdir():
        assert sha256_of(path) == sha256_of(Path(found["mix"]["uri"], "data", path.name))


@pytest.mark.parametrize(
    ("kind", "suffix", "medium"), [("image-folder", "png", drawn), ("audio-folder", "wav", sounding)]
)
def test_mix_of_media_alone_keeps_all_that_differ_however_alike_their_texts(
    kind: str, suffix: str, medium: Callable[[int], bytes], tmp_path: Path, prefect_env: dict[str, str]
) -> None:
    write_media(tmp_path / "set", suffix, medium)
    found = mixed(
        tmp_path, prefect_env, {"set": {"kind": kind, "path": "set", "columns": {"text": "one of a kind, as {format}"}}}
    )
    (row,) = found["receipt"]
    assert (row["rows"], sum(row["dropped"].values())) == (SIZE, 0)
    stored = loaded(found["mix"]["uri"], tmp_path).with_format("arrow")[:]["media"].to_pylist()
    assert {one["bytes"] for one in stored} <= {path.read_bytes() for path in (tmp_path / "set").rglob(f"*.{suffix}")}
    assert len({one["bytes"] for one in stored}) == SIZE
