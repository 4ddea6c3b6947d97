"""Which way of setting the weights fits what the user has."""

from dataclasses import dataclass

from tasks.experiments.search.space import FEWEST_ROWS

PROBED = 100
"""Labelled rows to train on that tell one source's model from another's."""
MINUTES = 10.0
"""Time that a search may take where the recipe does not say."""
LONG = 2_000
"""Steps of a training from which on weights can be learned while it goes."""
STARTING = 0.5
"""Minutes that a search takes beside its trials, about."""


@dataclass(frozen=True)
class Means:
    """What there is to set weights by.

    Attributes:
        sources: how many give rows.
        target: source that the mix is to be good for, if the recipe names one.
        labelled: rows of the target to train on.
        judged: rows of the target, or of the source that has fewest, kept aside.
        trial_seconds: what one trial takes; None = not known yet.
        trials: that a search would make, confirming runs included.
        minutes: that the user gives it; None = not said.
        steps: of the training that the recipe asks for.
        generates: whether a language model is trained.
    """

    sources: int
    target: str | None
    labelled: int
    judged: int
    trial_seconds: float | None
    trials: int
    minutes: float | None
    steps: int
    generates: bool = False


def recommend(means: Means) -> tuple[str, str]:
    """Name a way (a kind of `mix.weights`, of `train.online`, or `search`), and say why in a sentence or two."""
    aim = means.target or "all sources alike"
    if means.sources < 2:
        return "none", "There is one source, so there is nothing to weigh."
    if means.judged < FEWEST_ROWS:
        return _unjudged(means)
    seconds, said = _cost(means)
    allowed = means.minutes or MINUTES
    if seconds / 60 > allowed:
        return _in_less_time(means, f"`cuvee search` would take {said}, more than the {allowed:g} minutes")
    return "search", (
        f"`cuvee search` tries mixes for {aim} and confirms what it finds: about {means.trials} runs, {said}, "
        f"within the {allowed:g} minutes. "
        "Nothing else measures what a mix does."
    )


def _unjudged(means: Means) -> tuple[str, str]:
    if means.target is None:
        return "unimax", (
            f"No target is named, and some source has only {means.judged} rows kept aside to judge mixes by: as "
            "even as the sources allow. "
            "Name a target (search.target) to have weights learned."
        )
    return "dsir", (
        f"Only {means.judged} labelled rows of {means.target} are kept aside, too few to judge a mix by; likeness "
        "to its texts needs no labels "
        "and no training."
    )


def _in_less_time(means: Means, late: str) -> tuple[str, str]:
    if means.generates and means.steps > LONG:
        return (
            "bandit",
            f"{late}; a training of {means.steps:,} steps can learn the weights while it goes (train.online).",
        )
    if means.target is None:
        return "unimax", f"{late}, and no target is named: as even as the sources allow."
    if means.labelled < PROBED:
        few = f"{means.labelled} labelled rows of {means.target} are few for a model of each source"
        return "dsir", f"{late}, and {few}; likeness to its texts takes seconds."
    return "mixmin", (
        f"{late}; one cheap model per source, weighed by how well it predicts the {means.labelled:,} labelled rows "
        f"of {means.target}, takes "
        "seconds (merge-to-mix likewise). Confirm it with `cuvee compare`."
    )


def _cost(means: Means) -> tuple[float, str]:
    """Give the seconds that a search takes, and in words what they rest on."""
    one = means.trial_seconds if means.trial_seconds is not None else 1.0
    seconds = means.trials * one + 60 * STARTING
    basis = (
        f"{one:.1f} s each in earlier searches"
        if means.trial_seconds is not None
        else "at a second each where a linear classifier learns"
    )
    return seconds, f"about {seconds / 60:.0f} min ({basis})"
