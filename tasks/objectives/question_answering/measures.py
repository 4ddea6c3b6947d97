"""What a reader is measured by."""

from tasks.objectives.measuring import Measure, Measured, perplexity

USE = """\
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

folder = "path/to/this/folder"  # or its name on the Hub
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForQuestionAnswering.from_pretrained(folder)
room = tokenizer.model_max_length - tokenizer.num_special_tokens_to_add(pair=True)
how = {"max_length": tokenizer.model_max_length, "stride": (room - room // 2) // 4, "truncation": "only_second"}
how |= {"return_overflowing_tokens": True, "return_offsets_mapping": True, "padding": True, "return_tensors": "pt"}


@torch.inference_mode()
def answer(question, text):  # the likeliest piece of the text, which is read in windows
    ends = tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    question = question if len(ends) <= room // 2 else question[: ends[room // 2 - 1][1]]
    read = tokenizer([question], [text], **how)
    places, _ = read.pop("offset_mapping").tolist(), read.pop("overflow_to_sample_mapping")
    given, best = model(**read), (float("-inf"), "")
    for window, own in enumerate(places):
        inside = [at for at, side in enumerate(read.sequence_ids(window)) if side == 1]
        sums = given.start_logits[window, inside][:, None] + given.end_logits[window, inside]
        spans = torch.ones_like(sums).triu() - torch.ones_like(sums).triu(48)  # of 48 tokens at most
        start, end = divmod(int(sums.masked_fill(spans == 0, float("-inf")).argmax()), len(inside))
        piece = text[own[inside[start]][0] : own[inside[end]][1]].strip()
        best = max(best, (float(sums[start, end]), piece))
    return best[1]


answer("a question", "a text")"""

MEASURED = Measured(
    measures=(
        Measure(key="answer_f1", name="F1 of answers", hub="f1", share=True),
        Measure(key="exact_match", name="exact match", hub="exact_match", share=True),
        perplexity("span_perplexity", "perplexity of answers", against="guess at random", digits=1),
    ),
    does="reaches an F1 of {} over the words of the answers kept aside",
    baseline="first sentence",
    baseline_does="giving the first sentence of the text",
    baseline_learns=False,
    hub="question-answering",
    model="reader",
    takes="an encoder such as bert, distilbert or roberta",
    use=USE,
    compared_by="span_perplexity",
    cuts=False,
)
