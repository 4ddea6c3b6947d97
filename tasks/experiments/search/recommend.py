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
class Resources:
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


def recommend(resources: Resources) -> tuple[str, str]:
    """Name a way (a kind of `mix.weights`, of `train.online`, or `search`), and say why in a sentence or two."""
    aim = resources.target or "all sources alike"
    if resources.sources < 2:
        return "none", "There is one source, so there is nothing to weigh."
    if resources.judged < FEWEST_ROWS:
        return _unjudged(resources)
    seconds, said = _cost(resources)
    allowed = resources.minutes or MINUTES
    if seconds / 60 > allowed:
        return _in_less_time(resources, f"`cuvee search` would take {said}, more than the {allowed:g} minutes")
    return "search", (
        f"`cuvee search` tries mixes for {aim} and confirms what it finds: about {resources.trials} runs, {said}, "
        f"within the {allowed:g} minutes. "
        "Nothing else measures what a mix does."
    )


def _unjudged(resources: Resources) -> tuple[str, str]:
    if resources.target is None:
        return "unimax", (
            f"No target is named, and some source has only {resources.judged} rows kept aside to judge mixes by: as "
            "even as the sources allow. "
            "Name a target (search.target) to have weights learned."
        )
    return "dsir", (
        f"Only {resources.judged} labelled rows of {resources.target} are kept aside, too few to judge a mix by; "
        "likeness to its texts needs no labels and no training."
    )


def _in_less_time(resources: Resources, late: str) -> tuple[str, str]:
    if resources.generates and resources.steps > LONG:
        return (
            "bandit",
            f"{late}; a training of {resources.steps:,} steps can learn the weights while it goes (train.online).",
        )
    if resources.target is None:
        return "unimax", f"{late}, and no target is named: as even as the sources allow."
    if resources.labelled < PROBED:
        few = f"{resources.labelled} labelled rows of {resources.target} are few for a model of each source"
        return "dsir", f"{late}, and {few}; likeness to its texts takes seconds."
    return "mixmin", (
        f"{late}; one cheap model per source, weighed by how well it predicts the {resources.labelled:,} labelled rows "
        f"of {resources.target}, takes "
        "seconds (merge-to-mix likewise). Confirm it with `cuvee compare`."
    )


def _cost(resources: Resources) -> tuple[float, str]:
    """Give the seconds that a search takes, and in words what they rest on."""
    seconds_each = resources.trial_seconds if resources.trial_seconds is not None else 1.0
    seconds = resources.trials * seconds_each + 60 * STARTING
    basis = (
        f"{seconds_each:.1f} s each in earlier searches"
        if resources.trial_seconds is not None
        else "at a second each where a linear classifier learns"
    )
    return seconds, f"about {seconds / 60:.0f} min ({basis})"
