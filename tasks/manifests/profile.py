"""What profiles say: how good and how varied the sources and the mix are, and how far a source has moved."""

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field

from tasks.core.records import Section
from tasks.manifests.manifest import Facts


def rounded(figure: float | None) -> float | None:
    """Round a figure to 4 digits after the point; None for what is no number."""
    return None if figure is None or not math.isfinite(figure) else round(float(figure), 4)


Share = Annotated[float, BeforeValidator(rounded)]
Measure = Annotated[float | None, BeforeValidator(rounded)]
"""None where it cannot be taken."""
Matrix = Sequence[Sequence[Measure]]


class Distinct(Section):
    """Share of n-grams that are different, over several draws of equally many words."""

    mean: Measure
    sd: Measure


class Topics(Section):
    """What texts are about, in the topics that were found in all sources together.

    Attributes:
        entropy: that of the shares over that of even ones, 0..1.
        coverage: share of the topics that have any text.
        shares: of the texts, by topic.
    """

    entropy: Measure
    coverage: Measure
    shares: Sequence[Share]


class LabelCounts(Section):
    """Rows of each label, and how even they are.

    Attributes:
        balance: entropy over that of equally many rows of each label, 0..1.
        imbalance: rows of the most frequent label over those of the rarest.
        distance_to_mix: total variation distance to the labels of the mix, 0..1.
    """

    counts: dict[str, int]
    balance: Measure
    imbalance: Measure
    distance_to_mix: Measure


class Lengths(Section):
    """How long the texts of all rows are.

    Attributes:
        edges: 0, 1, 2, 4, 8 …
        counts: rows from `edges[i]` up to, not including, `edges[i + 1]`.
    """

    mean: Measure
    p5: Measure
    median: Measure
    p95: Measure
    edges: Sequence[int]
    counts: Sequence[int]


class Cleaning(Section):
    """What cleaning made of a source.

    Attributes:
        before: rows.
        after: rows.
        left: reason code -> rows that left under it, as a share of the rows read.
    """

    before: int
    after: int
    left: dict[str, Share]


class Measures(Section):
    """The figures of one source, as it was read or as it may be mixed, or of the mix.

    Attributes:
        distinct: length n of the n-grams -> share that is different.
        mtld: measure of textual lexical diversity, in words.
        quality: share of texts without a plain flaw.
        vendi: Vendi score: how many texts are different.
        topics: None where texts are too few or too alike to speak of topics.
        labels: None where rows have none.
        characters: lengths in characters.
        lengths: in tokens; rows as they were read have none.
        languages: ISO 639-1, or `short` -> share of the texts; the most frequent first.
        cleaning: of a source as it may be mixed.
    """

    distinct: dict[int, Distinct]
    mtld: Measure
    quality: Measure = None
    compression_ratio: Measure
    vendi: Measure
    topics: Topics | None
    labels: LabelCounts | None
    characters: Lengths
    lengths: Lengths | None = None
    languages: dict[str, Share]
    cleaning: Cleaning | None = None


class SampledRows(Section):
    """How many texts were looked at."""

    sources: dict[str, int]
    mix: int


class Samples(Section):
    """What the figures were measured on."""

    rows: SampledRows
    words_per_draw: int
    draws: int
    topic_rows: int
    language_rows: int


class Between(Section):
    """How alike every two sources are.

    Attributes:
        names: the sources, then the mix.
        js: length of the n-grams -> Jensen-Shannon divergence, in bits.
        overlap: length of the n-grams -> overlap coefficient.
    """

    names: tuple[str, ...]
    js: dict[int, Matrix]
    overlap: dict[int, Matrix]


class ProfileFacts(Facts):
    """Quality and diversity of the sources and of the mix.

    Attributes:
        raw: source -> its figures as it was read.
        sources: source -> those of the rows that may be mixed.
    """

    sample: Samples
    raw: dict[str, Measures] = Field(default_factory=dict)
    sources: dict[str, Measures]
    mix: Measures
    between: Between


class Drift(Section):
    """How far a source has moved from its snapshot before; all are 0 where nothing changed.

    Attributes:
        rows: |rows now / rows before − 1|, from 0.
        labels: total variation distance of the label shares, 0..1.
        lengths: Jensen-Shannon divergence of the lengths in characters, in bits.
        words: that of single words, on equal samples.
        new: share of the rows now whose text was not there before.
    """

    rows: Measure
    labels: Measure
    lengths: Measure
    words: Measure
    new: Measure
    rows_now: int
    rows_before: int


class DriftFacts(Facts):
    """How far the sources have moved that have a snapshot before."""

    sources: dict[str, Drift] = Field(default_factory=dict)
