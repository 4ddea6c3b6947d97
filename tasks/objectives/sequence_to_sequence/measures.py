"""What an encoder-decoder is measured by."""

from tasks.objectives.measuring import Measure, Measured, perplexity

USE = """\
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

folder = "path/to/this/folder"  # or its name on the Hub
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSeq2SeqLM.from_pretrained(folder)


def write(texts):
    read = tokenizer(texts, truncation=True, padding=True, return_tensors="pt")
    return tokenizer.batch_decode(model.generate(**read), skip_special_tokens=True)


write(["a text"])"""

MEASURED = Measured(
    measures=(
        Measure(key="bleu", name="BLEU", hub="bleu", digits=1),
        Measure(key="chrf", name="chrF", hub="chrf", digits=1),
        Measure(key="exact_match", name="exact match", hub="exact_match", share=True),
        perplexity("target_perplexity", "target perplexity", against="unigram model"),
    ),
    does="reaches a BLEU of {} on the rows kept aside",
    baseline="copy of the input",
    baseline_does="copying the input",
    baseline_learns=False,
    hub="text2text-generation",
    model="encoder-decoder",
    takes="an encoder-decoder such as t5, bart or marian",
    use=USE,
    weighs="tokens",
    compared_by="target_perplexity",
)
