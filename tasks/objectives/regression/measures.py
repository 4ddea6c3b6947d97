"""What regression is measured by."""

from tasks.objectives.measuring import Measure, Measured, by_pipeline

MEASURED = Measured(
    measures=(
        Measure(key="mae", name="mean absolute error", hub="mae", lower=True),
        Measure(key="spearmans_rho", name="Spearman's ρ", hub="spearmanr"),
    ),
    does="is off by {} in the mean over the rows kept aside",
    baseline="median",
    baseline_does="always giving the median",
    hub="text-classification",
    model="regression",
    takes="an encoder such as bert, distilbert or roberta",
    use=by_pipeline("rate", "text-classification", cuts=True),
)
