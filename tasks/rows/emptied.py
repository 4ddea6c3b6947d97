"""Sources of which nothing is left: why that is, in words, and what would leave more."""

from collections.abc import Iterable, Mapping, Sequence

from tasks.core.errors import QualityGate
from tasks.core.suggest import counted
from tasks.manifests.dropped import Dropped
from tasks.manifests.manifest import Account

REPEATS = "put it before the sources that hold the same texts, or leave it out"
LOOSEN = {
    "empty_text": "look at its `columns`",
    "too_short": "lower clean.min_chars",
    "too_long": "raise clean.max_chars",
    "where": "loosen its `where`",
    "label_left_out": "look at its `labels`",
    "exact_duplicate": "all of its texts are one",
    "personal_data": "let personal.action or personal.policies say redact, or look for fewer kinds",
    "cross_source_duplicate": REPEATS,
    "in_holdout": REPEATS,
    "in_validation": REPEATS,
    "no_rule": "write rules that hold of more rows (label_rules), or let a teacher label the rest (label_by)",
    "unsure_label": "lower label_by.confidence, or write rules (label_rules)",
    "not_selected": "raise mix.select.keep",
}
"""Reason code -> what would leave more rows, where most were dropped for it."""
LOOSEN_STEP = {
    "contamination": "leave the source out, or loosen `decontaminate` (more words, a larger share)",
    "near-duplicates": "leave the source out, or raise near_duplicates.threshold",
    "semantic-duplicates": "leave the source out, or raise semantic_duplicates.threshold",
    "reading-and-cleaning": "look at its filters under `clean`",
}
"""Step -> the same, for reason codes that only it gives."""


def why_empty(account: Account, steps: Sequence[Dropped] = ()) -> str:
    """Say why no row of a source is left to train on, with the numbers and the way out.

    Args:
        steps: what the steps on the way say of the rows they dropped.
    """
    said = [(step, step.of_source(account.source)) for step in steps if step.by_source.get(account.source)]
    told = "".join(f"; {step.title.lower()}: {words}" for step, words in said)
    went = f"{account.read:,} read; {account.quarantined:,} in quarantine; dropped: {counted(account.dropped)}"
    return f"{went}; {account.usable - account.rows:,} kept aside{told}; {_remedy(account, steps)}"


def _remedy(account: Account, steps: Sequence[Dropped]) -> str:
    most: Mapping[str, int] = account.dropped
    if account.quarantined > max(most.values(), default=0):
        return "look at its bad rows"
    if not most:
        return "give it rows, or leave it out" if account.read else "its files are empty, or its query finds nothing"
    reason = max(most, key=lambda code: most[code])
    step = next((step.step for step in steps if reason in step.counts.get(account.source, {})), "reading-and-cleaning")
    return LOOSEN.get(reason) or LOOSEN_STEP.get(step, f"leave it out, or loosen {step}")


def refuse_all_empty(accounts: Sequence[Account], steps: Iterable[Dropped] = ()) -> None:
    """Stop where no source has a row left; of a single one its checks decide.

    Raises:
        QualityGate: with what became of the rows of each.
    """
    if any(account.rows for account in accounts):
        return
    kept = list(steps)
    told = "\n".join(f"  {account.source}: {why_empty(account, kept)}" for account in accounts)
    raise QualityGate(f"no source has a row left to train on:\n{told}")
