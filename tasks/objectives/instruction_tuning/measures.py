"""What a model that answers is measured by."""

from tasks.objectives.measuring import Measure, Measured, perplexity

COPY = "copy of the question"
USE = """\
from transformers import pipeline

chat = pipeline("text-generation", model="path/to/this/folder")  # or its name on the Hub
longest = chat.tokenizer.model_max_length
room = {"truncation": True, "max_length": longest - longest // 4}  # what is left of it is for the answer


def answer(messages):
    said = chat(messages, tokenizer_encode_kwargs=room, return_full_text=False)
    return said[0]["generated_text"]


written = answer([{"role": "user", "content": "a question"}])"""

MEASURED = Measured(
    measures=(
        perplexity("answer_perplexity", "answer perplexity"),
        Measure(key="chrf", name="chrF", hub="chrf", digits=1, against=COPY),
        Measure(key="bleu", name="BLEU", hub="bleu", digits=1, against=COPY),
        Measure(key="exact_match", name="exact match", hub="exact_match", share=True, against=COPY),
    ),
    does="predicts the answers kept aside with a perplexity of {}",
    baseline="unigram model",
    baseline_does="knowing how frequent each token of the answers is, and nothing else",
    hub="text-generation",
    model="language model",
    takes="a model that reads from left to right, such as gpt2 or llama",
    use=USE,
    weighs="tokens",
)
