"""BLEU, chrF and exact match from counts of rows, what an encoder-decoder reads and writes, and the whole way."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from tasks.core.errors import RecipeError
from tasks.core.records import Objective
from tasks.evaluate.settings import EvaluateSettings
from tasks.manifests.scores import Metrics
from tasks.models.encoder_decoder import answers, encode, encode_targets
from tasks.models.encoder_decoder import load as load_trained
from tasks.models.targets import NOT_PREDICTED, losses
from tasks.models.vocabularies import ended_byte_pairs
from tasks.objectives.overlap import COLUMNS, counted, measures, signature, tokenize_for
from tasks.objectives.parts import Trained
from tasks.objectives.sequence_to_sequence.evaluate import score
from tasks.objectives.sequence_to_sequence.examples import examples
from tasks.objectives.sequence_to_sequence.measures import MEASURED
from tasks.train.model import load
from tasks.train.settings import BuiltModel, TrainSettings

TASK = Objective(task="sequence-to-sequence")
PAIRS = [
    ("ein Hund läuft", "a dog runs"),
    ("zwei Hunde laufen schnell", "two dogs run fast"),
    ("</s> ist Text 🐕", "</s> is text 🐕"),
    ("def f(x):\n\treturn x", "int f(int x) {\n\treturn x;\n}"),
    ("那只狗在跑", "the dog is running"),
]
SOURCES, TARGETS = ([pair[at] for pair in PAIRS] for at in range(2))
TOKENIZER = ended_byte_pairs(300, SOURCES + TARGETS)
T5 = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2, "dropout_rate": 0.0}
BART = {
    **{
        f"{side}_{name}": size
        for side in ("encoder", "decoder")
        for name, size in (("layers", 1), ("ffn_dim", 32), ("attention_heads", 2))
    },
    "d_model": 16,
    "max_position_embeddings": 64,
    "dropout": 0.0,
}
LAYOUTS = {"t5": T5, "bart": BART, "mt5": T5, "marian": BART, "pegasus": BART}
words = st.lists(st.sampled_from(["a", "dog", "runs", "fast", "的", "狗", "."]), max_size=9).map(" ".join)


def built(architecture: str, beams: int = 1, max_tokens: int = 24) -> tuple[Any, Any]:
    torch.manual_seed(0)
    config = BuiltModel(architecture=architecture, vocabulary=300, config=LAYOUTS[architecture])
    settings = TrainSettings(model=config, max_tokens=max_tokens, beams=beams)
    model, tokenizer = load(settings, ".", TASK, SOURCES + TARGETS)
    return model.eval(), tokenizer


def saved(folder: Path, architecture: str = "t5", **how: int) -> Path:
    for part in built(architecture, **how):
        part.save_pretrained(folder)
    return folder


@given(st.lists(st.tuples(words, words), min_size=1, max_size=6), st.sampled_from(["13a", "zh", "char"]))
def test_sums_of_counts_give_what_sacrebleu_gives(pairs: list[tuple[str, str]], tokenize: str) -> None:
    written, wanted = ([pair[at] for pair in pairs] for at in range(2))
    found = measures(counted(written, wanted, tokenize).sum(0))
    bleu = BLEU(tokenize=tokenize, force=True).corpus_score(written, [wanted]).score
    assert found["bleu"] == pytest.approx(bleu, abs=1e-9)
    assert found["chrf"] == pytest.approx(CHRF().corpus_score(written, [wanted]).score, abs=1e-9)
    assert found["exact_match"] == sum(a == b for a, b in pairs)


def test_redrawn_rows_give_the_score_of_the_redrawn_corpus() -> None:
    rng = np.random.default_rng(0)
    vocabulary = np.array(["a", "dog", "cat", "runs", "sleeps", "fast", "today"])
    written, wanted = ([" ".join(rng.choice(vocabulary, 8)) for _ in range(40)] for _ in range(2))
    written[:20] = wanted[:20]
    counts = counted(written, wanted, "13a")
    drawn = rng.integers(40, size=(5, 40))
    found = measures(np.stack([counts[rows].sum(0) for rows in drawn], axis=1))
    for at, rows in enumerate(drawn):
        texts, targets = [written[row] for row in rows], [wanted[row] for row in rows]
        assert found["bleu"][at] == pytest.approx(BLEU().corpus_score(texts, [targets]).score)
        assert found["chrf"][at] == pytest.approx(CHRF().corpus_score(texts, [targets]).score)


@pytest.mark.parametrize(
    ("targets", "wanted"),
    [
        (["ein Hund läuft.", "zwei"], "13a"),
        (["那只狗在跑。", "两只狗"], "zh"),
        (["犬が走っている", "二匹の犬"], "char"),
        (["สุนัขวิ่ง"], "char"),
        (["개가 달린다"], "13a"),
        (["собака бежит"], "13a"),
        (["狗 dog and many more words"], "13a"),
        ([], "13a"),
    ],
)
def test_words_are_found_as_the_targets_are_written(targets: list[str], wanted: str) -> None:
    assert tokenize_for(targets) == wanted
    assert f"tok:{wanted}|" in signature(wanted)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=4), st.integers(2, 9))
def test_texts_read_back_and_end_once_however_they_are_cut(texts: list[str], longest: int) -> None:
    end = TOKENIZER.eos_token_id
    whole = encode(TOKENIZER, texts, 10_000)
    assert [TOKENIZER.decode(ids, skip_special_tokens=True) for ids in whole.ids] == texts
    for encoded in (encode(TOKENIZER, texts, longest), encode_targets(TOKENIZER, texts, longest)):
        assert all(ids[-1] == end and end not in ids[:-1] and len(ids) <= longest for ids in encoded.ids)
        assert encoded.cut.tolist() == [len(ids) > longest for ids in whole.ids]


def test_the_loss_is_the_sum_of_minus_log_probabilities_worked_out_one_by_one() -> None:
    model, tokenizer = built("t5")
    read, wanted = (torch.tensor(encode(tokenizer, [text], 24).ids) for text in PAIRS[0])
    with torch.no_grad():
        logits = model(input_ids=read, labels=wanted).logits
    by_hand = -sum(float(logits[0, at].double().log_softmax(-1)[wanted[0, at]]) for at in range(wanted.shape[1]))
    found, counts = losses(logits, torch.cat([wanted, torch.full((1, 3), NOT_PREDICTED)], 1)[:, : wanted.shape[1]])
    assert float(found[0]) == pytest.approx(by_hand, rel=1e-5)
    assert int(counts[0]) == wanted.shape[1]


@pytest.mark.parametrize("architecture", LAYOUTS)
def test_every_layout_learns_its_pairs_by_heart_and_writes_them_as_plain_generate_does(
    architecture: str, tmp_path: Path
) -> None:
    model, tokenizer = built(architecture)
    rows = pl.DataFrame({"text": SOURCES[:3], "target": TARGETS[:3]})
    batch = examples(rows, tokenizer, 24, ())
    from transformers import DataCollatorForSeq2Seq

    held = DataCollatorForSeq2Seq(tokenizer)([batch[at] for at in range(3)])
    optimiser = torch.optim.AdamW(model.train().parameters(), lr=1e-2)
    for _ in range(250):
        optimiser.zero_grad()
        each, counts = losses(model(**held).logits, held["labels"])
        (each.sum() / counts.sum()).backward()
        optimiser.step()
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    made = answers(load_trained(tmp_path), SOURCES[:3], TARGETS[:3], 24)
    assert made.written == TARGETS[:3]
    assert made.loss.max() < 1
    loaded, reader = AutoModelForSeq2SeqLM.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    for text, target in zip(SOURCES[:3], TARGETS[:3], strict=True):
        written = loaded.generate(**reader([text], truncation=True, padding=True, return_tensors="pt"))
        assert reader.batch_decode(written, skip_special_tokens=True) == [target]


def test_what_is_written_is_bounded_and_searched_for_as_the_recipe_says(tmp_path: Path) -> None:
    saved(tmp_path, beams=3, max_tokens=8)
    loaded, reader = AutoModelForSeq2SeqLM.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    assert (loaded.generation_config.num_beams, loaded.generation_config.max_new_tokens) == (3, 8)
    assert reader.model_max_length == 8
    read = reader(["x " * 50], truncation=True, return_tensors="pt")
    assert read["input_ids"].shape[1] == 8
    assert loaded.generate(**read).shape[1] <= 9


def test_too_long_pairs_are_cut_and_counted() -> None:
    rows = pl.DataFrame({"text": ["short", "long " * 30, "short"], "target": ["x", "x", "long " * 30]})
    encoded = examples(rows, TOKENIZER, 16, ())
    assert encoded.truncated == 2
    assert max(map(len, [*encoded.ids, *encoded.targets])) == 16
    assert encoded.lengths.tolist() == [
        len(ids) + len(target) for ids, target in zip(encoded.ids, encoded.targets, strict=True)
    ]


@pytest.mark.parametrize("architecture", ["bert", "gpt2"])
def test_a_model_that_is_no_encoder_decoder_is_refused_with_what_to_take(architecture: str) -> None:
    config = BuiltModel(architecture=architecture, vocabulary=300)
    with pytest.raises(
        RecipeError, match=f"'{architecture}' is no encoder-decoder; take an encoder-decoder such as t5"
    ):
        load(TrainSettings(model=config), ".", TASK, SOURCES)


def test_a_loaded_model_that_is_no_encoder_decoder_is_refused_alike(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    BertModel(BertConfig(vocab_size=300, hidden_size=8, num_hidden_layers=1, num_attention_heads=1)).save_pretrained(
        tmp_path
    )
    TOKENIZER.save_pretrained(tmp_path)
    with pytest.raises(RecipeError, match="is no encoder-decoder; take an encoder-decoder such as t5"):
        load(TrainSettings(model=str(tmp_path)), ".", TASK, SOURCES)


def test_a_loaded_model_keeps_its_special_tokens_and_forgets_how_it_wrote_before(tmp_path: Path) -> None:
    model, tokenizer = built("bart")
    model.generation_config.update(num_beams=4, min_length=20, length_penalty=2.0, no_repeat_ngram_size=3)
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    loaded, _ = load(TrainSettings(model=str(tmp_path), max_tokens=16), ".", TASK, [])
    how = loaded.generation_config
    assert (how.num_beams, how.min_length, how.length_penalty, how.no_repeat_ngram_size) == (1, 0, 1.0, 0)
    assert (how.decoder_start_token_id, how.eos_token_id) == (tokenizer.pad_token_id, tokenizer.eos_token_id)
    assert how.max_new_tokens == 16


def mix_of(folder: Path) -> Path:
    pairs = PAIRS * 8
    columns = {
        "row_id": [f"a:{number}" for number in range(len(pairs))],
        "source": ["a", "b"] * (len(pairs) // 2),
        "text": [pair[0] for pair in pairs],
        "target": [pair[1] for pair in pairs],
    }
    pl.DataFrame(columns).write_parquet(folder / "rows.parquet")
    return folder / "rows.parquet"


def scored(folder: Path) -> tuple[pl.DataFrame, Metrics]:
    rows = mix_of(folder)
    trained = Trained(saved(folder / "model"), 24, ())
    return score(trained, [rows], [rows], EvaluateSettings(resamples=100), 0)


def test_scores_are_those_of_sacrebleu_against_copying_and_a_unigram_model(tmp_path: Path) -> None:
    table, metrics = scored(tmp_path)
    assert table.columns == ["row_id", "source", "loss", "tokens", "written"]
    wanted, read = TARGETS * 8, SOURCES * 8
    assert metrics.value("bleu") == pytest.approx(
        BLEU().corpus_score(table["written"].to_list(), [wanted]).score, abs=1e-6
    )
    assert metrics.baseline.value("bleu") == pytest.approx(BLEU().corpus_score(read, [wanted]).score, abs=1e-6)
    assert metrics.baseline.value("chrf") == pytest.approx(CHRF().corpus_score(read, [wanted]).score, abs=1e-6)
    perplexity = math.exp(table["loss"].sum() / table["tokens"].sum())
    assert metrics.value("target_perplexity") == pytest.approx(perplexity, rel=1e-5)
    assert (metrics.baseline.value("target_perplexity") or 0) < len(TOKENIZER)
    assert metrics.measures["exact_match"].interval == (0, pytest.approx(-math.log(0.05) / 40, abs=1e-6))
    assert {name: set(part.baselines) for name, part in metrics.by_source.items()} == {n: {"mix", "own"} for n in "ab"}
    assert "tok:13a" in metrics.signature
    assert metrics == Metrics.model_validate_json(metrics.model_dump_json())
    assert {measure.key for measure in MEASURED.measures} == set(metrics.measures)


def test_counts_have_a_column_for_each_sum() -> None:
    assert counted(["a b"], ["a c"], "13a").shape == (1, COLUMNS)
