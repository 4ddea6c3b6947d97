"""The profile of a mix, laid out: figures before and after cleaning, matrices and histograms as tables whose cells are
shaded.
"""

from collections.abc import Callable, Sequence

from tasks.manifests.profile import Matrix, Measures, ProfileFacts
from tasks.report.words import percent

MIX = "the mix"
Shown = tuple[str, Callable[[Measures], float | None], int]
"""Heading, figure, digits."""
FIGURES: tuple[Shown, ...] = (
    ("flawless", lambda of: of.quality, 2),
    ("distinct pairs", lambda of: of.distinct[2].mean, 2),
    ("MTLD", lambda of: of.mtld, 1),
    ("compression", lambda of: of.compression_ratio, 2),
    ("Vendi", lambda of: of.vendi, 1),
    ("topics", lambda of: of.topics.coverage if of.topics else None, 2),
    ("entropy", lambda of: of.topics.entropy if of.topics else None, 2),
)
LABEL_BALANCE: Shown = ("label balance", lambda of: of.labels.balance if of.labels else None, 2)
COMMON = 0.01
"""Least share of a source's texts for which a length has a column of its own."""
LANGUAGES = 6
"""Most languages that have a column; the others share one."""
Shaded = tuple[str, list[str], list[tuple[str, list[tuple[str, float]]]]]
"""A caption, the columns, and lines of a name and cells: what is said, and how dark, 0..1."""


def headings(profile: ProfileFacts) -> list[str]:
    """Give the headings of the table of figures."""
    return [heading for heading, _, _ in _shown(profile)]


def figures(profile: ProfileFacts) -> list[tuple[str, str, list[str]]]:
    """Give the lines of the table: subject, state and the figures as text."""
    return [
        (name, state, [_text(figure(measures), digits) for _, figure, digits in _shown(profile)])
        for name, state, measures in _subjects(profile)
    ]


def shaded(profile: ProfileFacts) -> list[Shaded]:
    """Give the matrices between the sources, and the histograms."""
    names = [*profile.sources, MIX]
    return [
        (
            (
                "How far apart the words are: Jensen-Shannon divergence of single words, in bits; 0 the same words as "
                "often, 1 no word in common."
            ),
            names,
            _matrix(names, profile.between.js[1]),
        ),
        (
            "How much they overlap: share of the smaller one's different runs of three words that the other has, too.",
            names,
            _matrix(names, profile.between.overlap[3]),
        ),
        _lengths(profile),
        _languages(profile),
    ]


def _shown(profile: ProfileFacts) -> list[Shown]:
    """Leave out what rows without labels have not."""
    return [*FIGURES, *([LABEL_BALANCE] if profile.mix.labels else [])]


def _subjects(profile: ProfileFacts) -> list[tuple[str, str, Measures]]:
    states = (("as read", profile.raw), ("cleaned", profile.sources))
    sources = [
        (name, state, measures[name]) for name in profile.sources for state, measures in states if name in measures
    ]
    return [*sources, (MIX, "", profile.mix)]


def _text(figure: float | None, digits: int = 2) -> str:
    return "–" if figure is None else f"{figure:.{digits}f}"


def _matrix(names: Sequence[str], values: Matrix) -> list[tuple[str, list[tuple[str, float]]]]:
    return [(name, [(_text(value), value or 0.0) for value in line]) for name, line in zip(names, values, strict=True)]


def _lengths(profile: ProfileFacts) -> Shaded:
    counts = {_titled(name, state): measures.characters.counts for name, state, measures in _subjects(profile)}
    # What few texts have at either end shares a column with its neighbours: a single empty text else makes eight.
    common = [
        number for own in counts.values() for number, rows in enumerate(own) if rows and rows >= COMMON * sum(own)
    ]
    first, last = (min(common), max(common)) if common else (0, -1)
    columns = [f"{_least(number):,}" for number in range(first, last + 1)]
    lines = {title: [_held(own, number) for number in range(first, last + 1)] for title, own in counts.items()}
    if any(any(own[:first]) for own in counts.values()):
        columns.insert(0, f"under {_least(first):,}")
        lines = {title: [sum(counts[title][:first]), *line] for title, line in lines.items()}
    if any(any(own[last + 1 :]) for own in counts.values()):
        columns.append(f"{_least(last + 1):,} or more")
        lines = {title: [*line, sum(counts[title][last + 1 :])] for title, line in lines.items()}
    return (
        "How long the texts are: share of the rows with so many characters, or up to twice as many.",
        columns,
        [(title, _shares(line)) for title, line in lines.items()],
    )


def _least(number: int) -> int:
    """Give the fewest characters of a bin: 0, 1, 2 to 3, 4 to 7 and so on."""
    return 1 << (number - 1) if number else 0


def _held(counts: Sequence[int], number: int) -> int:
    return counts[number] if number < len(counts) else 0


def _languages(profile: ProfileFacts) -> Shaded:
    languages = {_titled(name, state): measures.languages for name, state, measures in _subjects(profile)}
    total: dict[str, float] = {}
    for own in languages.values():
        for code, share in own.items():
            total[code] = total.get(code, 0) + share
    codes = sorted(total, key=lambda code: (-total[code], code))
    shown = codes if len(codes) <= LANGUAGES + 1 else codes[:LANGUAGES]
    lines: list[tuple[str, list[tuple[str, float]]]] = []
    for title, own in languages.items():
        shares = [own.get(code, 0.0) for code in shown]
        shares += [max(0.0, 1 - sum(shares))] if len(shown) < len(codes) and own else []
        lines.append((title, [(percent(share), share) for share in shares]))
    columns = ["too short to tell" if code == "short" else code for code in shown] + (
        ["others"] if len(shown) < len(codes) else []
    )
    return (
        f"Which language they are in: share of up to {profile.sample.language_rows:,} rows of each.",
        columns,
        lines,
    )


def _titled(name: str, state: str) -> str:
    return f"{name}, {state}" if state else name


def _shares(counts: Sequence[int]) -> list[tuple[str, float]]:
    total = sum(counts) or 1
    return [
        ("–" if not count else "< 1 %" if count / total < 0.01 else percent(count / total, 0), count / total)
        for count in counts
    ]
