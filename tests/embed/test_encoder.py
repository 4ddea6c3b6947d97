"""Vectors of texts: length 1, their own whatever is encoded beside them, and the mean of the tokens' states."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.core.errors import RecipeError
from tasks.embed import encoder as module
from tasks.embed.encoder import Encoder, batches_of, seen_encoder
from tasks.embed.settings import EncoderSettings
from tasks.embed.task import embed_source
from tasks.embed.vectors import write_vectors
from tasks.manifests.manifest import Manifest
from tasks.manifests.rows import CleanedFacts
from tasks.manifests.seen import Fingerprint
from tasks.recipe.model import SemanticSettings
from tasks.rows.layout import FIRST
from tasks.store.storage import Store, as_fact

ROOT = Path(__file__).parents[2]
TEXTS = ["a good film", "it was very very bad", "book", "a good film", "unknown words only", "a " * 60]


@pytest.fixture(scope="module")
def encode(tiny_encoder: Path) -> Encoder:
    return Encoder(EncoderSettings(model=str(tiny_encoder), max_tokens=8), ".")


def test_vectors_have_length_one_and_equal_texts_equal_ones(encode: Encoder) -> None:
    found = encode(TEXTS)
    assert found.vectors.shape == (6, encode.dimensions)
    assert np.linalg.norm(found.vectors, axis=1) == pytest.approx(np.ones(6), abs=1e-5)
    assert found.vectors[0] == pytest.approx(found.vectors[3], abs=1e-6)
    assert found.cut == 1


def test_a_vector_does_not_hang_on_what_is_encoded_beside_it(encode: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    together = encode(TEXTS).vectors
    monkeypatch.setattr(module, "BATCH_ROWS", 2)
    assert encode(TEXTS).vectors == pytest.approx(together, abs=1e-5)
    for number, text in enumerate(TEXTS):
        assert encode([text]).vectors[0] == pytest.approx(together[number], abs=1e-5)


def test_a_vector_is_the_mean_of_the_last_states(encode: Encoder) -> None:
    import torch

    ids = torch.tensor([encode.tokenizer(TEXTS[1])["input_ids"]])
    with torch.inference_mode():
        mean = encode.model(input_ids=ids).last_hidden_state[0].mean(0).numpy()
    assert encode([TEXTS[1]]).vectors[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


@given(st.lists(st.integers(1, 9000), max_size=300))
def test_batches_hold_every_text_once_and_not_too_much(lengths: list[int]) -> None:
    batches = batches_of(np.array(lengths, np.int64))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert 0 < len(batch) <= module.BATCH_ROWS
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= module.BATCH_TOKENS


def test_what_is_written_is_in_the_order_of_the_rows(encode: Encoder, tmp_path: Path) -> None:
    pl.DataFrame({"row_id": [f"x:{n}" for n in range(6)], "text": TEXTS}).write_parquet(tmp_path / "rows")
    told: list[str] = []
    written = write_vectors(
        tmp_path / "rows", FIRST, encode, (tmp_path / "v", tmp_path / "ids"), lambda done, text: told.append(text)
    )
    vectors = np.load(tmp_path / "v")
    assert written == (6, 1)
    assert vectors.dtype == np.float16
    assert vectors == pytest.approx(encode(TEXTS).vectors, abs=1e-3)
    assert pl.read_parquet(tmp_path / "ids")["row_id"].to_list() == [f"x:{n}" for n in range(6)]
    assert told == ["6 of 6 texts"]


def test_the_same_texts_and_encoder_are_not_encoded_twice(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, settings = Store(str(tmp_path / "store")), EncoderSettings(model=str(tiny_encoder), max_tokens=8)
    pl.DataFrame({"row_id": ["x:1"], "text": ["a good film"]}).write_parquet(tmp_path / "rows")
    fact = as_fact(store, "snapshots/clean/k", "data.parquet", tmp_path / "rows")
    said = {"stage": "clean", "subject": "films", "key": "k", "path": "snapshots/clean/k"}
    rows = Manifest[CleanedFacts](**said, files=(fact,), rows=1, facts=CleanedFacts())
    seen = seen_encoder(settings, ".")
    first = embed_source.of("films").run(store.uri, seen, rows, settings, ".")
    monkeypatch.setattr("tasks.embed.task.in_turn", None)
    assert embed_source.of("films").run(store.uri, seen, rows, settings, ".").fingerprint == first.fingerprint
    other = Fingerprint(source="encoder", files=())
    with pytest.raises(TypeError):
        embed_source.of("films").run(store.uri, other, rows, settings, ".")


def test_sources_are_encoded_one_after_the_other(tiny_encoder: Path) -> None:
    """In a process of its own, for what goes wrong otherwise is that several threads import transformers at once."""
    program = f"""
from concurrent.futures import ThreadPoolExecutor
from tasks.embed.encoder import in_turn
from tasks.embed.settings import EncoderSettings

def encode(number):
    with in_turn(EncoderSettings(model={str(tiny_encoder)!r}, max_tokens=8), ".") as encode:
        return len(encode(["a good film"] * number).vectors)

with ThreadPoolExecutor(6) as pool:
    print(list(pool.map(encode, range(1, 7))))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=300, check=False
    )
    assert done.stdout.strip() == "[1, 2, 3, 4, 5, 6]", done.stderr[-2000:]


def test_a_folder_is_known_by_its_content(tiny_encoder: Path, tmp_path: Path) -> None:
    by_folder = seen_encoder(EncoderSettings(model=tiny_encoder.name), str(tiny_encoder.parent))
    assert "model.safetensors" in {file.name for file in by_folder.files}
    by_name = seen_encoder(EncoderSettings(model="org/encoder", revision="1f2a"), str(tmp_path))
    assert [(file.name, file.tag) for file in by_name.files] == [("org/encoder", "1f2a")]


def test_no_encoder_is_told_with_what_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecipeError, match=r"the encoder 'empty' cannot be loaded: .*safetensors"):
        Encoder(EncoderSettings(model="empty"), str(tmp_path))


def test_more_tokens_than_the_encoder_takes_are_refused(tiny_encoder: Path) -> None:
    with pytest.raises(RecipeError, match=r"takes at most 32; set max_tokens <= 32"):
        Encoder(EncoderSettings(model=str(tiny_encoder)), ".")


def test_a_missing_library_is_told_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss", reason="the extra `semantic` is not installed")
    SemanticSettings(model="some/encoder")
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ValidationError, match=r"pip install 'cuvee\[semantic\]'"):
        SemanticSettings(model="some/encoder")
