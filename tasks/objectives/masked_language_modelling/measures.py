"""What a masked language model is measured by."""

from tasks.objectives.measuring import Measure, Measured, by_pipeline, perplexity

MEASURED = Measured(
    measures=(
        perplexity("masked_perplexity", "perplexity of masked tokens"),
        Measure(key="masked_accuracy", name="masked tokens found", hub="accuracy", share=True),
    ),
    does="finds the masked tokens of the rows kept aside with a perplexity of {}",
    baseline="unigram model",
    baseline_does="knowing how frequent each token is, and nothing else",
    hub="fill-mask",
    model="masked language model",
    takes="an encoder such as bert, distilbert or roberta",
    use=f"""\
{by_pipeline("fill", "fill-mask")}
fill(f"the end of this is {{fill.tokenizer.mask_token}}")""",
    weighs="tokens",
    cuts=False,
)
