"""The profile of a mix, laid out: figures before and after cleaning, matrices and histograms as tables whose cells are
shaded.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.report.words import percent
from tasks.store.runs import RunRecord

MIX = "the mix"
FIGURES = (
    ("flawless", "quality", 2),
    ("distinct pairs", "distinct.2.mean", 2),
    ("MTLD", "mtld", 1),
    ("compression", "compression_ratio", 2),
    ("Vendi", "vendi", 1),
    ("topics", "topics.coverage", 2),
    ("entropy", "topics.entropy", 2),
    ("label balance", "labels.balance", 2),
)
"""Heading, place in the profile, digits."""
LANGUAGES = 6
"""Most languages that have a column; the others share one."""
Shaded = tuple[str, list[str], list[tuple[str, list[tuple[str, float]]]]]
"""A caption, the columns, and lines of a name and cells: what is said, and how dark, 0..1."""


def headings(record: RunRecord) -> list[str]:
    """Give the headings of the table of figures."""
    return [heading for heading, _, _ in _asked(record)]


def figures(record: RunRecord) -> list[tuple[str, str, list[str]]]:
    """Give the lines of the table: subject, state and the figures as text."""
    return [
        (name, state, [_text(_at(told, place), digits) for _, place, digits in _asked(record)])
        for name, state, told in _subjects(record.profile)
    ]


def _asked(record: RunRecord) -> list[tuple[str, str, int]]:
    """Leave out what rows without labels have not."""
    return [one for one in FIGURES if record.labels or not one[1].startswith("labels.")]


def shaded(record: RunRecord) -> list[Shaded]:
    """Give the matrices between the sources, and the histograms."""
    profile = record.profile
    names = [*profile["sources"], MIX]
    apart, shared = profile["between"]["js"]["1"], profile["between"]["overlap"]["3"]
    return [
        (
            (
                "How far apart the words are: Jensen-Shannon divergence of single words, in bits; 0 the same words as "
                "often, 1 no word in common."
            ),
            names,
            _matrix(names, apart),
        ),
        (
            "How much they overlap: share of the smaller one's different runs of three words that the other has, too.",
            names,
            _matrix(names, shared),
        ),
        _lengths(profile),
        _languages(profile),
    ]


def _subjects(profile: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    states = (("raw", "as read"), ("sources", "cleaned"))
    sources = [
        (name, state, profile[kind][name])
        for name in profile["sources"]
        for kind, state in states
        if name in profile.get(kind, {})
    ]
    return [*sources, (MIX, "", profile["mix"])]


def _at(told: Any, place: str) -> Any:
    for name in place.split("."):
        told = told.get(name) if told else None
    return told


def _text(value: Any, digits: int = 2) -> str:
    return f"{value:.{digits}f}" if isinstance(value, (int, float)) else "–"


def _matrix(
    names: Sequence[str], values: Sequence[Sequence[float | None]]
) -> list[tuple[str, list[tuple[str, float]]]]:
    return [(name, [(_text(value), value or 0.0) for value in line]) for name, line in zip(names, values, strict=True)]


def _lengths(profile: Mapping[str, Any]) -> Shaded:
    subjects = _subjects(profile)
    counts = [(f"{name}, {state}" if state else name, told["characters"]["counts"]) for name, state, told in subjects]
    used = sorted({number for _, some in counts for number, rows in enumerate(some) if rows})
    bins = range(used[0], used[-1] + 1) if used else range(0)
    columns = [f"{1 << (number - 1):,}" if number else "0" for number in bins]
    lines = [(name, _shares([some[number] if number < len(some) else 0 for number in bins])) for name, some in counts]
    return "How long the texts are: share of the rows with so many characters, or up to twice as many.", columns, lines


def _languages(profile: Mapping[str, Any]) -> Shaded:
    subjects = _subjects(profile)
    total: dict[str, float] = {}
    for _, _, told in subjects:
        for code, share in told["languages"].items():
            total[code] = total.get(code, 0) + share
    known = sorted(total, key=lambda code: (-total[code], code))
    kept = known if len(known) <= LANGUAGES + 1 else known[:LANGUAGES]
    lines: list[tuple[str, list[tuple[str, float]]]] = []
    for name, state, told in subjects:
        shares = [told["languages"].get(code, 0.0) for code in kept]
        shares += [max(0.0, 1 - sum(shares))] if len(kept) < len(known) and told["languages"] else []
        lines.append((f"{name}, {state}" if state else name, [(percent(share), share) for share in shares]))
    columns = ["too short to tell" if code == "short" else code for code in kept] + (
        ["others"] if len(kept) < len(known) else []
    )
    return (
        f"Which language they are in: share of up to {profile['sample']['language_rows']:,} rows of each.",
        columns,
        lines,
    )


def _shares(counts: Sequence[int]) -> list[tuple[str, float]]:
    total = sum(counts) or 1
    return [
        ("–" if not count else "< 1 %" if count / total < 0.01 else percent(count / total, 0), count / total)
        for count in counts
    ]
