"""Where personal data stands in texts: every detector asked, overlaps settled. Texts without a sign of it cost one look
of a regular expression.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import polars as pl

from tasks.core import registry
from tasks.personal import detectors
from tasks.personal.settings import DetectorSettings


class Span(NamedTuple):
    """A piece of a text, in characters, and what it is.

    Attributes:
        rank: place of its detector among those asked; the lower, the surer.
    """

    start: int
    end: int
    rank: int
    kind: str


def find(texts: pl.Series, chosen: Sequence[DetectorSettings]) -> dict[int, list[Span]]:
    """Give the spans of every text that has any: row -> spans from left to right, none of which touches the inside of
    another.
    """
    spans_by_row: dict[int, list[Span]] = {}
    for rank, settings in enumerate(chosen):
        for row, pieces in _asked(texts, settings):
            spans_by_row.setdefault(row, []).extend(Span(start, end, rank, settings.kind) for start, end in pieces)
    return {row: settle(spans) for row, spans in sorted(spans_by_row.items())}


def _asked(texts: pl.Series, settings: DetectorSettings) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Ask one detector about the texts that have a sign of what it looks for."""
    detector: Any = registry.load(detectors, settings.kind)
    rows = texts.str.contains(detector.HINT).fill_null(value=False).arg_true()
    candidates = texts.gather(rows).to_list()
    if hasattr(detector, "spans_of"):
        answers: Iterator[list[tuple[int, int]]] = (
            iter(detector.spans_of(candidates, settings)) if candidates else iter(())
        )
    else:
        answers = (list(detector.spans(text, settings)) for text in candidates)
    return ((row, pieces) for row, pieces in zip(rows.to_list(), answers, strict=True) if pieces)


def settle(spans: Sequence[Span]) -> list[Span]:
    """Join spans that overlap: nothing that one of them covers is left open, and the surest names the whole."""
    settled: list[Span] = []
    for span in sorted(spans):
        if settled and span.start < settled[-1].end:
            last = settled.pop()
            surest = min(last, span, key=lambda one: one.rank)
            settled.append(Span(last.start, max(last.end, span.end), surest.rank, surest.kind))
        else:
            settled.append(span)
    return settled
