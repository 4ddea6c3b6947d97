"""What a model learns of a chat, by whatever template, and what it answers: as measured, predicted and published."""

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from tasks.core.errors import RecipeError
from tasks.core.records import Objective
from tasks.evaluate.settings import EvaluateSettings
from tasks.models.causal_lm import load as load_trained
from tasks.models.causal_lm import losses
from tasks.models.chats import PLAIN, Chat, Template, answers, encode, longest_question
from tasks.models.targets import NOT_PREDICTED
from tasks.models.vocabularies import byte_pairs
from tasks.objectives.instruction_tuning.evaluate import score
from tasks.objectives.instruction_tuning.examples import examples
from tasks.objectives.instruction_tuning.measures import MEASURED
from tasks.objectives.parts import Trained
from tasks.rows.layout import Message
from tasks.train.model import load
from tasks.train.settings import BuiltModel, TrainSettings

TASK = Objective(task="instruction-tuning")
GPT2 = {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 64, "embd_pdrop": 0, "resid_pdrop": 0, "attn_pdrop": 0}
LLAMA = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
THINKS = CHATML.replace(
    "+ m.content", "+ ('<think></think>' if loop.last and m.role == 'assistant' else '') + m.content"
)
"""Shows what was thought of the last answer alone, as Qwen3 does."""
BARE = "{% for m in messages %}{{ '[' + m.role + '] ' + m.content + '\\n' }}{% endfor %}"
"""Writes no end, and does not begin an answer."""
TEMPLATES = {"plain": PLAIN, "chatml": CHATML, "thinks": THINKS, "bare": BARE}
says = st.text(st.sampled_from("ab é狗\n<|>"), min_size=1, max_size=9).map(str.strip).filter(bool)
ends = st.sampled_from(["<|endoftext|>", "so <|im_end|>", ""])


def chat_of(*said: str, system: str = "") -> list[Message]:
    """A chat of questions and answers by turns."""
    first = [Message(role="system", content=system)] if system else []
    return [*first, *(Message(role=("user", "assistant")[at % 2], content=text) for at, text in enumerate(said))]


turns = st.lists(st.tuples(says, says, ends).map(lambda one: (one[0], one[1] + one[2])), min_size=1, max_size=3)
chats = st.tuples(turns, says | st.just("")).map(
    lambda drawn: chat_of(*(text for turn in drawn[0] for text in turn), system=drawn[1])
)


def tokenizer_with(template: str) -> Any:
    tokenizer = byte_pairs(300, ["a question", "an answer"])
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tokenizer.chat_template = template
    return tokenizer


TOKENIZERS = {name: tokenizer_with(template) for name, template in TEMPLATES.items()}


def learned(tokenizer: Any, targets: list[int]) -> str:
    return tokenizer.decode([token for token in targets if token != NOT_PREDICTED])


@pytest.mark.parametrize("name", TEMPLATES)
@given(chat=chats)
@settings(max_examples=40)
def test_answers_and_their_ends_are_learned_and_nothing_else(name: str, chat: list[Message]) -> None:
    tokenizer = TOKENIZERS[name]
    pieces = encode(tokenizer, [chat], 10_000).pieces
    said = [message["content"] for message in chat if message["role"] == "assistant"]
    whole = {
        "plain": ["".join(f"{answer}<|endoftext|>" for answer in said)],
        "chatml": ["".join(f"{answer}<|im_end|>\n" for answer in said)],
        "thinks": [f"<think></think>{answer}<|im_end|>\n" for answer in said],
        "bare": ["".join(f"[assistant] {answer}\n" for answer in said) + "<|endoftext|>"],
    }[name]
    if name == "thinks" and len(said) > 1:
        assert [learned(tokenizer, targets) for targets in pieces.targets] == whole
    else:
        assert "".join(learned(tokenizer, targets) for targets in pieces.targets) == "".join(whole)
    for ids, targets in zip(pieces.ids, pieces.targets, strict=True):
        assert all(target in (token, NOT_PREDICTED) for token, target in zip(ids, targets, strict=True))


@pytest.mark.parametrize("name", TEMPLATES)
@given(chat=chats, longest=st.integers(8, 60))
@settings(max_examples=40)
def test_what_is_too_long_is_cut_so_that_something_is_left_to_learn_and_no_question_is(
    name: str, chat: list[Message], longest: int
) -> None:
    tokenizer = TOKENIZERS[name]
    whole, cut = encode(tokenizer, [chat], 10_000), encode(tokenizer, [chat], longest)
    assert cut.cut.tolist() == [any(len(ids) > longest for ids in whole.pieces.ids)]
    for ids, targets, all_ids, all_targets in zip(*cut.pieces[:2], *whole.pieces[:2], strict=True):
        assert len(ids) == len(targets) <= longest
        first = next(at for at, target in enumerate(all_targets) if target != NOT_PREDICTED)
        start = max(0, first - longest_question(longest))
        assert ids == all_ids[start : start + longest]
        assert targets == all_targets[start : start + longest]
        assert targets[0] == NOT_PREDICTED
        assert any(target != NOT_PREDICTED for target in targets)


def test_what_looks_like_a_special_token_in_a_message_is_text() -> None:
    tokenizer = TOKENIZERS["chatml"]
    (ids,) = encode(tokenizer, [chat_of("a <|im_end|> b", "so <|im_start|>")], 100).pieces.ids
    start, end = tokenizer.convert_tokens_to_ids(["<|im_start|>", "<|im_end|>"])
    assert (ids.count(start), ids.count(end)) == (2, 2)
    assert Template(tokenizer).question(chat_of("a <|im_end|> b")).count(end) == 1


@pytest.mark.parametrize(
    ("name", "end"), [("plain", "<|endoftext|>"), ("chatml", "<|im_end|>"), ("bare", "<|endoftext|>")]
)
def test_the_end_of_an_answer_is_the_first_special_token_that_the_template_writes_behind_it(
    name: str, end: str
) -> None:
    template = Template(TOKENIZERS[name])
    assert template.end == TOKENIZERS[name].convert_tokens_to_ids(end)
    assert template.writes_end == (name != "bare")


@pytest.mark.parametrize(
    ("template", "chat", "told"),
    [
        (
            CHATML.replace("'<|im_start|>' +", "messages|length|string +"),
            chat_of("a", "b"),
            "shows a question otherwise",
        ),
        (
            "{% if messages[0].role == 'system' %}{{ raise_exception('no system here') }}{% endif %}" + CHATML,
            chat_of("a", "b", system="c"),
            "refuses a chat of system, user, assistant: no system here; leave such chats out",
        ),
    ],
)
def test_a_template_by_which_answers_cannot_be_told_is_refused(template: str, chat: list[Message], told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        encode(tokenizer_with(template), [chat], 100)


def test_a_tokenizer_without_an_end_and_a_model_that_sees_ahead_are_refused(tmp_path: Path) -> None:
    model, tokenizer = built()
    tokenizer.eos_token = tokenizer.bos_token = None
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    with pytest.raises(RecipeError, match="has no end-of-text token"):
        load(TrainSettings(model=str(tmp_path), max_tokens=16), ".", TASK, [])
    with pytest.raises(RecipeError, match="'bert' sees the tokens that it is to predict"):
        load(TrainSettings(model=BuiltModel(architecture="bert", vocabulary=300)), ".", TASK, ["a"])
    with pytest.raises(RecipeError, match="max_tokens is 128, but the model takes at most 64; set"):
        built(max_tokens=128)


def built(architecture: str = "gpt2", max_tokens: int = 64) -> tuple[Any, Any]:
    torch.manual_seed(0)
    config = BuiltModel(architecture=architecture, vocabulary=300, config={"gpt2": GPT2, "llama": LLAMA}[architecture])
    model, tokenizer = load(TrainSettings(model=config, max_tokens=max_tokens), ".", TASK, ["one two three"])
    return model.eval(), tokenizer


CHATS: list[Chat] = [
    chat_of("one", "eins"),
    chat_of("two", "zwei\n  zwei", "or", "drei"),
    chat_of("red", "rot", system="in German"),
    chat_of("那只狗", "the dog"),
]


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_chats_learned_by_heart_are_answered_as_the_snippet_of_the_card_does(architecture: str, tmp_path: Path) -> None:
    model, tokenizer = built(architecture)
    from transformers import DataCollatorForTokenClassification

    rows = pl.DataFrame({"messages": CHATS})
    learnt = examples(rows, tokenizer, 64, ())
    batch = DataCollatorForTokenClassification(tokenizer)([learnt[at] for at in range(len(learnt))])
    optimiser = torch.optim.AdamW(model.train().parameters(), lr=1e-2)
    for _ in range(300):
        optimiser.zero_grad()
        each, counts = losses(model(**{k: v for k, v in batch.items() if k != "labels"}).logits, batch["labels"])
        (each.sum() / counts.sum()).backward()
        optimiser.step()
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    asked = [*CHATS, chat_of("red " * 60)]
    written = answers(load_trained(tmp_path), asked, 64)
    assert written[:4] == [chat[-1]["content"] for chat in CHATS]
    there: dict[str, Any] = {}
    exec(MEASURED.use.replace("path/to/this/folder", str(tmp_path)), there)
    questions = [[*chat] if chat[-1]["role"] == "user" else [*chat[:-1]] for chat in asked]
    assert [there["answer"](question) for question in questions] == written


def test_a_loaded_model_keeps_its_template_its_ends_and_stops_at_the_templates(tmp_path: Path) -> None:
    model, _ = built()
    tokenizer = TOKENIZERS["chatml"]
    model.resize_token_embeddings(len(tokenizer))
    model.generation_config.update(eos_token_id=[7], num_beams=4, min_length=20, max_length=99)
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path)
    loaded, reader = load(TrainSettings(model=str(tmp_path), max_tokens=32), ".", TASK, [])
    assert reader.chat_template == CHATML
    how = loaded.generation_config
    assert how.eos_token_id == [*reader.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"]), 7]
    assert (how.num_beams, how.min_length, how.max_length) == (1, 0, 32)


def test_scores_are_those_of_sacrebleu_and_of_a_unigram_model_of_the_answers(tmp_path: Path) -> None:
    for part in built():
        part.save_pretrained(tmp_path / "model")
    chats = CHATS * 6
    table = {"row_id": [f"s:{at}" for at in range(24)], "source": ["a", "b", "a", "b"] * 6, "messages": chats}
    pl.DataFrame(table).write_parquet(tmp_path / "rows.parquet")
    files = [tmp_path / "rows.parquet"]
    told, metrics = score(Trained(tmp_path / "model", 64, ()), files, files, EvaluateSettings(resamples=100), 0)
    assert told.columns == ["row_id", "source", "loss", "tokens", "written"]
    assert told["tokens"].to_list()[:4] == [len("eins") + 1, len("zwei\n  zweidrei") + 2, len("rot") + 1, 8]
    wanted, asked = ([chat[at]["content"] for chat in chats] for at in (-1, -2))
    for name, scorer in (("bleu", BLEU()), ("chrf", CHRF())):
        written = scorer.corpus_score(told["written"].to_list(), [wanted]).score
        assert metrics.value(name) == pytest.approx(written, abs=1e-6)
        assert metrics.baseline.value(name) == pytest.approx(scorer.corpus_score(asked, [wanted]).score, abs=1e-6)
    perplexity = math.exp(told["loss"].sum() / told["tokens"].sum())
    assert metrics.value("answer_perplexity") == pytest.approx(perplexity, rel=1e-5)
    assert (metrics.baseline.value("answer_perplexity") or 999) < perplexity, "a model that has learned nothing"
    assert {name: set(part.baselines) for name, part in metrics.by_source.items()} == {n: {"mix", "own"} for n in "ab"}
    assert {measure.key for measure in MEASURED.measures} == set(metrics.measures)
