"""The face of the search stage. The work is in elsewhere.py and fit.py."""

from typing import Any

from tasks.search.elsewhere import fit_files


def fit_runs(
    mixtures: str, scores: str, target: str, predict: str | None = None, prior: str | None = None, *, higher_is_better: bool = False
) -> dict[str, Any]:
    """Learn weights from tables of runs made elsewhere; no task, since nothing is made."""
    return fit_files(mixtures, scores, target, predict, prior, higher_is_better=higher_is_better)
