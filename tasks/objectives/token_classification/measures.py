"""What a tagger is measured by."""

from tasks.objectives.measuring import Measure, Measured, by_pipeline, perplexity

MEASURED = Measured(
    measures=(
        Measure(key="entity_f1", name="entity F1", hub="f1"),
        Measure(key="tag_accuracy", name="tags right", hub="accuracy", share=True),
        perplexity("tag_perplexity", "perplexity of tags", against="guess by frequency"),
    ),
    does="reaches an entity F1 of {} on the rows kept aside",
    baseline="look-up of tags",
    baseline_does="giving each word its commonest tag",
    hub="token-classification",
    model="tagger",
    takes="an encoder such as bert, distilbert or roberta",
    use=by_pipeline("tag", "token-classification"),
    weighs="words",
    compared_by="tag_perplexity",
    cuts=False,
)
