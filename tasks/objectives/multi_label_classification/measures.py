"""What a classifier with several labels is measured by."""

from tasks.objectives.measuring import Measure, Measured, by_pipeline, perplexity

USE = f"""\
{by_pipeline("classify", "text-classification", cuts=True)}


def labels(text):
    return [one["label"] for one in classify([text], top_k=None)[0] if one["score"] > 0.5]


labels("a text")"""

MEASURED = Measured(
    measures=(
        Measure(key="micro_f1", name="micro-F1", hub="f1"),
        Measure(key="macro_f1", name="macro-F1", hub="f1"),
        Measure(key="subset_accuracy", name="whole sets right", hub="accuracy", share=True),
        perplexity("set_perplexity", "perplexity of sets", against="guess by frequency"),
    ),
    does="reaches a micro-F1 of {} on the rows kept aside",
    baseline="best constant set",
    baseline_does="always giving the same labels",
    hub="text-classification",
    model="classifier",
    takes="an encoder such as bert, distilbert or roberta",
    use=USE,
    compared_by="set_perplexity",
)
