"""What a reader is measured by."""

from tasks.objectives.measuring import Measure, Measured, perplexity

USE = """\
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

folder = "path/to/this/folder"  # or its name on the Hub
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForQuestionAnswering.from_pretrained(folder)
read = tokenizer("a question", "a text", truncation="only_second", return_tensors="pt")
ends = model(**read)
start = int(ends.start_logits.argmax())
answer = tokenizer.decode(read["input_ids"][0, start : start + 1 + int(ends.end_logits[0, start:].argmax())])"""

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
