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
    """What texts are about, in the topics that were found in all sources together."""

    entropy: Measure
    """That of the shares over that of even ones, 0..1."""
    coverage: Measure
    """Share of the topics that have any text."""
    shares: Sequence[Share]


class LabelCounts(Section):
    """Rows of each label, and how even they are."""

    counts: dict[str, int]
    balance: Measure
    """Entropy over that of equally many rows of each label, 0..1."""
    imbalance: Measure
    """Rows of the most frequent label over those of the rarest."""
    distance_to_mix: Measure
    """Total variation distance to the labels of the mix, 0..1."""


class Lengths(Section):
    """How long the texts of all rows are."""

    mean: Measure
    p5: Measure
    median: Measure
    p95: Measure
    edges: Sequence[int]
    """0, 1, 2, 4, 8 …"""
    counts: Sequence[int]
    """Rows from `edges[i]` up to, not including, `edges[i + 1]`."""


class Cleaning(Section):
    """What cleaning made of a source."""

    before: int
    after: int
    left: dict[str, Share]
    """Reason code -> rows that left under it, as a share of the rows read."""


class Measures(Section):
    """The figures of one source, as it was read or as it may be mixed, or of the mix."""

    distinct: dict[int, Distinct]
    """Length n of the n-grams -> share that is different."""
    mtld: Measure
    """Measure of textual lexical diversity, in words."""
    quality: Measure = None
    """Share of texts without a plain flaw."""
    compression_ratio: Measure
    vendi: Measure
    """Vendi score: how many texts are different."""
    topics: Topics | None
    """None where texts are too few or too alike to speak of topics."""
    labels: LabelCounts | None
    characters: Lengths
    lengths: Lengths | None = None
    """In tokens; rows as they were read have none."""
    languages: dict[str, Share]
    """ISO 639-1, or `short` -> share of the texts; the most frequent first."""
    cleaning: Cleaning | None = None
    """Of a source as it may be mixed."""


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
    """How alike every two sources are."""

    names: tuple[str, ...]
    """The sources, then the mix."""
    js: dict[int, Matrix]
    """Length of the n-grams -> Jensen-Shannon divergence, in bits."""
    overlap: dict[int, Matrix]
    """Length of the n-grams -> overlap coefficient."""


class ProfileFacts(Facts):
    """Quality and diversity of the sources, before and after cleaning, and of the mix."""

    sample: Samples
    raw: dict[str, Measures] = Field(default_factory=dict)
    """Source -> its figures as it was read."""
    sources: dict[str, Measures]
    """Source -> those of the rows that may be mixed."""
    mix: Measures
    between: Between


class Drift(Section):
    """How far a source has moved from its snapshot before; all are 0 where nothing changed."""

    rows: Measure
    """|rows now / rows before − 1|, from 0."""
    labels: Measure
    """Total variation distance of the label shares, 0..1."""
    lengths: Measure
    """Jensen-Shannon divergence of the lengths in characters, in bits."""
    words: Measure
    """That of single words, on equal samples."""
    new: Measure
    """Share of the rows now whose text was not there before."""
    rows_now: int
    rows_before: int


class DriftFacts(Facts):
    """How far the sources have moved."""

    sources: dict[str, Drift] = Field(default_factory=dict)
    """Those that have a snapshot before."""
