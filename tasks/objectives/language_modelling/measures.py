"""What a language model is measured by."""

from tasks.objectives.measuring import Measure, Measured, by_pipeline, perplexity

MEASURED = Measured(
    measures=(
        perplexity("perplexity", "perplexity"),
        Measure(key="bits_per_byte", name="bits per byte", hub="bits_per_byte", lower=True),
    ),
    does="predicts the rows kept aside with a perplexity of {}",
    baseline="unigram model",
    baseline_does="knowing how frequent each token is, and nothing else",
    hub="text-generation",
    model="language model",
    takes="a model that reads from left to right, such as gpt2 or llama",
    use=by_pipeline("generate", "text-generation"),
    weighs="tokens",
    cuts=False,
)
