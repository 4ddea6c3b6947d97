"""What a classifier of texts is measured by."""

from tasks.objectives.measuring import Measure, Measured, by_pipeline

MEASURED = Measured(
    measures=(
        Measure(key="accuracy", name="accuracy", hub="accuracy", share=True),
        Measure(key="macro_f1", name="macro-F1", hub="f1"),
    ),
    does="is right on {} of the rows kept aside",
    baseline="majority class",
    baseline_does="always giving the commonest label",
    hub="text-classification",
    model="classifier",
    takes="an encoder such as bert, distilbert or roberta",
    use=by_pipeline("classify", "text-classification", cuts=True),
    answers=("label", "predicted"),
)
