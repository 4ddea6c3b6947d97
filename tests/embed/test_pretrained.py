"""Models of others: safetensors of their own folder and no code, and what is wrong with them is said."""

import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.core.errors import RecipeError
from tasks.embed.encoder import Encoder, seen_encoder
from tasks.embed.settings import EncoderSettings

INDEX = "model.safetensors.index.json"


class Attack:
    """Unpickling this leaves a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.trace),))


@pytest.fixture
def folder(tiny_encoder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny encoder, with a pickle beside it that leaves the trace `ran`."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_encoder, folder)
    for name in ("evil.bin", "adapter_model.bin", "pytorch_model.bin"):
        (folder / name).write_bytes(pickle.dumps(Attack(tmp_path / "ran")))
    shutil.copy(folder / "evil.bin", tmp_path / "x.bin")
    shutil.copy(folder / "model.safetensors", tmp_path / "x.safetensors")
    return folder


def change(file: Path, **values: object) -> None:
    content = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(content | values))


def check_refused(folder: Path, said: str) -> None:
    """Neither looked at nor loaded, and no code has run."""
    for way in (seen_encoder, Encoder):
        with pytest.raises(RecipeError, match=said):
            way(EncoderSettings(model="model"), str(folder.parent))
    assert not (folder.parent / "ran").exists()


@pytest.mark.parametrize(
    "name",
    ["evil.bin", "../x.bin", "../x.safetensors", "/etc/passwd", "a/b.safetensors", "..\\x.safetensors", ".safetensors",
     "evil.bin\n.safetensors/../evil.bin", "", 7, None, ["evil.bin"]],
)  # fmt: skip
@pytest.mark.parametrize("whole", [True, False])
def test_an_index_that_leads_elsewhere_is_refused(folder: Path, name: object, whole: bool) -> None:
    change(folder / INDEX, metadata={}, weight_map={"embeddings.word_embeddings.weight": name})
    if not whole:
        (folder / "model.safetensors").unlink()
    check_refused(folder, f"{INDEX} names .*safetensors files of the folder alone")


@pytest.mark.parametrize("content", ["[]", "{", "{}", '{"weight_map": []}', "[" * 5_000, '{"weight_map": "evil.bin"}'])
def test_an_index_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / INDEX).write_text(content)
    check_refused(folder, f"{INDEX} (cannot be read|is not what it should be)")


def test_an_index_that_is_right_is_read(tiny_encoder: Path, folder: Path) -> None:
    from transformers import AutoModel

    (folder / "model.safetensors").unlink()
    AutoModel.from_pretrained(tiny_encoder).save_pretrained(folder, max_shard_size="2KB")
    assert (folder / INDEX).exists()
    loaded = [Encoder(EncoderSettings(model=str(place), max_tokens=32), ".") for place in (tiny_encoder, folder)]
    one, other = (encoder(["a good film"]).vectors for encoder in loaded)
    assert np.array_equal(one, other)


@pytest.mark.parametrize("name", ["adapter_model.bin", "../x.safetensors", "evil.bin"])
def test_a_configuration_that_names_other_weights_is_refused(folder: Path, name: str) -> None:
    change(folder / "config.json", transformers_weights=name)
    check_refused(folder, "config.json names .*safetensors files of the folder alone")


def test_an_adapter_is_no_model(folder: Path) -> None:
    change(folder / "adapter_config.json", base_model_name_or_path="../elsewhere")
    check_refused(folder, "is an adapter .*merge it into its base")


def test_code_of_a_model_is_not_run(folder: Path) -> None:
    (folder / "modeling_own.py").write_text(f"import os\nos.mkdir({str(folder.parent / 'ran')!r})\n")
    code = {"AutoConfig": "modeling_own.Own", "AutoModel": "modeling_own.Own", "AutoTokenizer": "modeling_own.Own"}
    change(folder / "config.json", model_type="own", auto_map=code)
    change(
        folder / "tokenizer_config.json", tokenizer_class="Own", auto_map={"AutoTokenizer": ["modeling_own.Own"] * 2}
    )
    with pytest.raises(RecipeError, match="cannot be loaded"):
        Encoder(EncoderSettings(model="model"), str(folder.parent))
    assert not (folder.parent / "ran").exists()


def test_a_file_is_no_model(folder: Path) -> None:
    with pytest.raises(RecipeError, match=r"the encoder 'evil.bin' is a file; wanted: a folder"):
        Encoder(EncoderSettings(model="evil.bin"), str(folder))


def test_an_index_of_the_hub_is_looked_into_too(folder: Path) -> None:
    kept = Path(os.environ["HF_HOME"]) / "hub" / "models--org--evil"
    shutil.copytree(folder, kept / "snapshots" / "1f2a")
    (kept / "snapshots" / "1f2a" / "model.safetensors").unlink()
    change(kept / "snapshots" / "1f2a" / INDEX, metadata={}, weight_map={"a": "evil.bin"})
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("1f2a")
    with pytest.raises(RecipeError, match=f"'org/evil': {INDEX} names 'evil.bin'"):
        Encoder(EncoderSettings(model="org/evil"), str(folder))
    assert not (folder.parent / "ran").exists()


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[: len(whole) // 2], lambda whole: whole[:4], lambda _: b"", lambda _: b"\xff" * 64,
               lambda whole: whole[:8] + b"x" * (len(whole) - 8)],
    ids=["half", "four bytes", "empty", "ones", "no header"],
)  # fmt: skip
def test_damaged_weights_are_told_as_such(folder: Path, damage: Any) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(damage(weights.read_bytes()))
    with pytest.raises(RecipeError, match=r"'model' cannot be loaded: a file of its weights is damaged: "):
        Encoder(EncoderSettings(model="model"), str(folder.parent))


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", "null", "7", '{"model": {}}', '{"version": "1.0", "model": {"type": "BPE"}}',
                '{"model": {"type": "WordLevel", "vocab": {"a": -1}, "unk_token": "b"}}'],
)  # fmt: skip
def test_a_damaged_tokenizer_is_told(folder: Path, content: str) -> None:
    (folder / "tokenizer.json").write_text(content)
    with pytest.raises(RecipeError, match=r"'model' cannot be loaded: "):
        Encoder(EncoderSettings(model="model"), str(folder.parent))


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", "null", "7", '{"model_type": "nothing"}', '{"model_type": 7}',
                '{"model_type": "bert", "hidden_size": "many"}', '{"model_type": "bert", "hidden_size": 7}',
                '{"model_type": "bert", "hidden_act": "no"}', '{"model_type": "bert", "vocab_size": -1}'],
)  # fmt: skip
def test_a_damaged_configuration_is_told(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)
    with pytest.raises(RecipeError, match=r"'model'.*(cannot be loaded: |config.json (cannot be read|is not what))"):
        Encoder(EncoderSettings(model="model"), str(folder.parent))
