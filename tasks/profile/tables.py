"""The profile as tables for people."""

from typing import Any


def rows_of(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Two lines a source, as it was read and as it may be mixed, and one for the mix."""
    sources = [
        (name, state, facts[kind][name])
        for name in facts["sources"]
        for kind, state in (("raw", "as read"), ("sources", "cleaned"))
    ]
    return [_row(*one) for one in (*sources, ("the mix", "", facts["mix"]))]


def _row(name: str, state: str, told: dict[str, Any]) -> dict[str, Any]:
    topics, balance = told["topics"] or {}, {"label balance": told["labels"]["balance"]} if told["labels"] else {}
    return {
        "of": name,
        "state": state,
        "without a flaw": told["quality"],
        "distinct-2": told["distinct"]["2"]["mean"],
        "MTLD": told["mtld"],
        "compression": told["compression_ratio"],
        "Vendi": told["vendi"],
        "topics covered": topics.get("coverage"),
        "topic entropy": topics.get("entropy"),
        **balance,
        "characters, median": told["characters"]["median"],
        "language": next(iter(told["languages"]), None),
    }


def headline(facts: dict[str, Any]) -> str:
    """Say what the numbers were measured on."""
    sample, pairs = facts["sample"], facts["between"]
    rows = max(sample["rows"]["sources"].values(), default=0)
    text = f"On samples of up to {rows:,} rows, {sample['words_per_draw']:,} words a draw."
    apart = [
        (value, first, second)
        for first, line in zip(pairs["names"][:-1], pairs["js"]["1"], strict=False)
        for second, value in zip(pairs["names"][:-1], line, strict=False)
        if value
    ]
    if not apart:
        return text
    value, first, second = max(apart, key=lambda found: found[0])
    return f"{text} Furthest apart in their words: {first} and {second}, Jensen-Shannon {value:.2f} bits."
