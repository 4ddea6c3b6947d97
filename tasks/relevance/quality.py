"""How good a source's rows are, from what the stages before have found."""

from collections.abc import Mapping, Sequence

import polars as pl

from tasks.manifests.manifest import Account

ON_PURPOSE = ("label_left_out", "where", "not_selected")
"""Reasons that say nothing against a row."""


def quality_terms(
    accounts: Sequence[Account], pass_rates: Mapping[str, float], texts: Mapping[str, pl.Series]
) -> dict[str, dict[str, float]]:
    """Give the parts of `quality` by source, and their product.

    `passed`: share of its rows that meet every critical row-wise check. `kept`: share of the rows read that are neither
    in quarantine
    nor dropped, those not counted that the recipe leaves out on purpose. `letters`: mean share of letters and spaces
    among the characters of a text.
    """
    names = [account.source for account in accounts]
    passed = {name: float(pass_rates.get(name, 1.0)) for name in names}
    kept = {account.source: kept_share(account) for account in accounts}
    letters = {name: letter_share(texts[name]) for name in names}
    return {
        "passed": passed,
        "kept": kept,
        "letters": letters,
        "quality": {name: passed[name] * kept[name] * letters[name] for name in names},
    }


def kept_share(account: Account) -> float:
    """Give the share of the rows asked for that cleaning kept; 0 where none was."""
    asked = account.read - sum(account.dropped.get(reason, 0) for reason in ON_PURPOSE)
    return (account.rows + account.holdout) / asked if asked else 0.0


def letter_share(texts: pl.Series) -> float:
    """Give the mean share of letters and spaces among the characters of a text; 0 for no texts."""
    frame = pl.DataFrame({"text": texts}).filter(pl.col("text").str.len_chars() > 0)
    share = frame.select(
        (pl.col("text").str.count_matches(r"[\p{L}\p{M}\s]") / pl.col("text").str.len_chars()).mean()
    ).item()
    return float(share or 0.0)
