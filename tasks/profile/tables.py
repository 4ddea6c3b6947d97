"""The profile as tables for people."""

from tasks.manifests.dropped import Figure
from tasks.manifests.profile import Measures, ProfileFacts


def rows_of(profile: ProfileFacts) -> list[dict[str, Figure]]:
    """Two lines a source, as it was read and as it may be mixed, and one for the mix."""
    states = (("as read", profile.raw), ("cleaned", profile.sources))
    sources = [(name, state, measures[name]) for name in profile.sources for state, measures in states]
    return [_row(*line) for line in (*sources, ("the mix", "", profile.mix))]


def _row(name: str, state: str, measures: Measures) -> dict[str, Figure]:
    topics = measures.topics
    balance = {"label balance": measures.labels.balance} if measures.labels else {}
    return {
        "of": name,
        "state": state,
        "without a flaw": measures.quality,
        "distinct-2": measures.distinct[2].mean,
        "MTLD": measures.mtld,
        "compression": measures.compression_ratio,
        "Vendi": measures.vendi,
        "topics covered": topics.coverage if topics else None,
        "topic entropy": topics.entropy if topics else None,
        **balance,
        "characters, median": measures.characters.median,
        "language": next(iter(measures.languages), None),
    }


def headline(profile: ProfileFacts) -> str:
    """Say what the numbers were measured on."""
    sample, names = profile.sample, profile.between.names[:-1]
    rows = max(sample.rows.sources.values(), default=0)
    text = f"On samples of up to {rows:,} rows, {sample.words_per_draw:,} words a draw."
    apart = [
        (divergence, first, second)
        for first, line in zip(names, profile.between.js[1], strict=False)
        for second, divergence in zip(names, line, strict=False)
        if divergence
    ]
    if not apart:
        return text
    divergence, first, second = max(apart, key=lambda pair: pair[0])
    return f"{text} Furthest apart in their words: {first} and {second}, Jensen-Shannon {divergence:.2f} bits."
