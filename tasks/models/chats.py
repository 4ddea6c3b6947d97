"""How a language model reads a chat and answers it: by the template of its tokenizer, where it has one, else by a plain
one that is saved with it. What is learned are the answers, each with what ends it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import RecipeError
from tasks.core.imports import importing
from tasks.models import causal_lm
from tasks.models.causal_lm import BATCH_TOKENS, Pieces
from tasks.models.targets import NOT_PREDICTED
from tasks.models.trained import AS_SET, Ready
from tasks.rows.layout import ANSWERS_BY, Message

PLAIN = (
    "{% for message in messages %}{{ message['role'] + '\\n' + message['content'] + eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant\\n' }}{% endif %}"
)
"""The template of tokenizers that have none: who speaks, a line end, what is said, and the end-of-text token."""
PROBE = (Message(role="user", content="question"), Message(role=ANSWERS_BY, content="answer"))
Chat = Sequence[Message]


class Encoded(NamedTuple):
    """Chats as tokens.

    Attributes:
        pieces: of each chat one; as many as it has answers where its template changes them once the chat goes on.
        cut: chats that were longer, shape (chats,).
    """

    pieces: Pieces
    cut: NDArray[np.bool_]


class Shown(NamedTuple):
    """A chat as its template shows it: the text, and from where to where answers and their ends stand in it."""

    text: str
    answers: list[tuple[int, int]]


class Template:
    """How a tokenizer shows chats.

    Attributes:
        end: the token by which an answer ends: the first special one that the template writes behind it, else the
            tokenizer's end of text.
        writes_end: whether the template does.

    Raises:
        RecipeError: also when it is used: it has no end-of-text token, or no template by which answers can be told.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        causal_lm.ends(tokenizer)
        if not tokenizer.is_fast:
            raise RecipeError(
                "train.model: its tokenizer does not say where its tokens stand in a text (no tokenizer.json), so that "
                "answers cannot be told from questions; take a model with a fast tokenizer"
            )
        added = tokenizer.added_tokens_decoder.items()
        self.special = {number: str(token) for number, token in added if token.special}
        (shown,) = self.shown(PROBE)
        behind = shown.text[shown.text.index(PROBE[1]["content"], shown.answers[0][0]) : shown.answers[0][1]]
        ids = tokenizer(behind, add_special_tokens=False)["input_ids"]
        ends = [number for number in ids if number in self.special]
        self.end, self.writes_end = (ends[0], True) if ends else (tokenizer.eos_token_id, False)

    def shown(self, chat: Chat) -> list[Shown]:
        """Show a chat as a whole or, where the template shows an answer otherwise once the chat goes on, its
        beginnings, each up to an answer, which is the one that is learned of it.
        """
        answers = [at for at, message in enumerate(chat) if message["role"] == ANSWERS_BY]
        whole = self._rendered(chat)
        spans = [span for at in answers if (span := self._span(whole, chat[: at + 1]))]
        if len(spans) == len(answers):
            return [Shown(whole, spans)]
        beginnings = [chat[: at + 1] for at in answers]
        found = [(text := self._rendered(one), self._span(text, one)) for one in beginnings]
        if any(span is None for _, span in found):
            raise RecipeError(
                "train.model: the chat template of its tokenizer shows a question otherwise once it is answered, so "
                "that answers cannot be told from questions; take another model, or its base model without a template"
            )
        return [Shown(text, [span]) for text, span in found if span]

    def question(self, chat: Chat) -> list[int]:
        """Give the tokens of a chat whose last answer is wanted; an answer that it ends with is left out."""
        asked = chat[:-1] if chat[-1]["role"] == ANSWERS_BY else chat
        return self._tokens(Shown(self._rendered(asked, asks=True), []), asked)[0]

    def learned(self, shown: Shown, chat: Chat) -> tuple[list[int], list[bool]]:
        """Give the tokens of a chat, and which of them are answers and their ends."""
        ids, learned = self._tokens(shown, chat)
        return (ids, learned) if self.writes_end else ([*ids, self.end], [*learned, True])

    def _rendered(self, chat: Chat, *, asks: bool = False) -> str:
        with importing:
            from jinja2 import TemplateError

        try:
            return self.tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=asks)
        except TemplateError as error:
            roles = ", ".join(message["role"] for message in chat)
            raise RecipeError(
                f"train.model: the chat template of its tokenizer refuses a chat of {roles}: {error}; leave such chats "
                "out by `where`, or take another model"
            ) from None

    def _span(self, text: str, chat: Chat) -> tuple[int, int] | None:
        """Say where in a text the last answer of its beginning stands; None where the text begins otherwise."""
        before, through = self._rendered(chat[:-1], asks=True), self._rendered(chat)
        there = text.startswith(before) and text.startswith(through) and len(before) < len(through)
        return (len(before), len(through)) if there else None

    def _tokens(self, shown: Shown, chat: Chat) -> tuple[list[int], list[bool]]:
        """Give the tokens of a text, and which of them hold anything of an answer."""
        ids, learned = list[int](), list[bool]()
        for start, stop, said in self._parts(shown.text, chat):
            encoded = self.tokenizer(
                shown.text[start:stop],
                add_special_tokens=False,
                split_special_tokens=said,
                return_offsets_mapping=True,
                verbose=False,
            )
            ids += encoded["input_ids"]
            for first, last in encoded["offset_mapping"]:
                learned.append(any(begin < start + last and start + first < end for begin, end in shown.answers))
        return ids, learned

    def _parts(self, text: str, chat: Chat) -> Iterator[tuple[int, int, bool]]:
        """Cut a text where somebody's words look like a special token: what is said is text, the rest a template's.

        Yields:
            Where a part begins and ends, and whether it is what somebody says.
        """
        at = 0
        for message in chat:
            start = text.find(message["content"], at)
            if start >= 0 and any(token in message["content"] for token in self.special.values()):
                yield at, start, False
                at = start + len(message["content"])
                yield start, at, True
        yield at, len(text), False


def give_template(tokenizer: Any) -> Template:
    """Give a tokenizer the plain template where it has none."""
    if not tokenizer.chat_template:
        tokenizer.chat_template = PLAIN
    # Of a question that is too long its beginning goes; what is set later is not saved by itself.
    tokenizer.truncation_side = tokenizer.init_kwargs["truncation_side"] = "left"
    return Template(tokenizer)


def longest_question(longest: int) -> int:
    """Say how many tokens may stand before an answer, so that a quarter of what the model takes is left for it."""
    return longest - longest // 4


def encode(tokenizer: Any, chats: Sequence[Chat], longest: int) -> Encoded:
    """Encode chats; targets are the tokens of answers and of their ends, and nothing else.

    What is too long is cut at its end; where the first answer would then begin behind three quarters, the chat's
    beginning is left out.
    """
    template, inputs, targets = Template(tokenizer), list[list[int]](), list[list[int]]()
    rows, cut = list[int](), np.zeros(len(chats), np.bool_)
    for row, chat in enumerate(chats):
        for shown in template.shown(chat):
            ids, learned = template.learned(shown, chat)
            first = max(0, learned.index(True) - longest_question(longest))
            kept = list(zip(ids, learned, strict=True))[first : first + longest]
            inputs.append([token for token, _ in kept])
            targets.append([token if of_answer else NOT_PREDICTED for token, of_answer in kept])
            rows.append(row)
            cut[row] |= len(ids) > longest
    return Encoded(Pieces(inputs, targets, np.array(rows, np.int64)), cut)


def answers(ready: Ready, chats: Sequence[Chat], longest: int, how: Mapping[str, Any] = AS_SET) -> list[str]:
    """Let a trained model write the last answer of every chat, as it is set to by its folder.

    Args:
        how: what is otherwise, as `generate` takes it.
    """
    with importing:
        import torch
        from transformers.utils import logging

    template, written = Template(ready.tokenizer), [""] * len(chats)
    asked = [template.question(chat)[-longest_question(longest) :] for chat in chats]
    lengths = np.array([len(ids) for ids in asked])
    logging.set_verbosity_error()  # it warns of what fills up the rows of a batch whose answers have ended
    with torch.inference_mode():
        for length in np.unique(lengths).tolist():  # questions of one length need no padding, which some models heed
            rows, step = np.flatnonzero(lengths == length).tolist(), max(1, BATCH_TOKENS // longest)
            for some in (rows[at : at + step] for at in range(0, len(rows), step)):
                ids = torch.tensor([asked[row] for row in some], device=ready.device)
                made = ready.model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), **how)
                texts = ready.tokenizer.batch_decode(made[:, length:], skip_special_tokens=True)
                for row, text in zip(some, texts, strict=True):
                    written[row] = text
    return written
