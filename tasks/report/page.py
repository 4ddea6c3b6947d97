"""The report of a run: one HTML page that needs nothing beside itself. Every value in it is escaped by the template
engine.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup

from tasks.experiments.search_record import SearchRecord
from tasks.manifests.dropped import figure_text
from tasks.manifests.scores import Score
from tasks.objectives.parts import measures_of
from tasks.programs import words as program_words
from tasks.report import diversity, plots, searches, words
from tasks.report.artifacts import drift_table
from tasks.report.samples import Sample
from tasks.report.stages import whole_curve
from tasks.report.worst import Missed
from tasks.store.runs import RunRecord

FOLDER = Path(__file__).parent
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What no HTML page may hold."""


def build_page(
    record: RunRecord,
    samples: Sequence[Sample],
    labels: Mapping[str, Mapping[str, int]],
    worst: Sequence[Missed] = (),
) -> str:
    """Write the page.

    Args:
        samples: a few rows of the mix.
        labels: source -> label -> rows in the mix; empty when there is no mix.
        worst: the rows kept aside that the model is furthest from.
    """
    measured = measures_of(record.task) if record.metrics else None
    return template("template.html.j2").render(
        record=record,
        style=Markup((FOLDER / "style.css").read_text("utf-8")),  # noqa: S704 (our own file)
        headline=words.headline(record),
        figures=words.figures(record),
        unit=_unit(record.recipe),
        widest=plots.widest_share(record.receipt),
        statement=words.statement(record.accounts),
        parts=[(account, plots.row_parts(account)) for account in record.accounts],
        drift=drift_table(record),
        actions={verdict.subject: said for verdict in record.verdicts if (said := words.consequence(verdict))},
        curves=plots.curves(*whole_curve(record)),
        weights_path=plots.weights_path(record.training.online) if record.training else None,
        measured=measured,
        score_axis=plots.score_axis(record.metrics, measured.main) if record.metrics and measured else None,
        scores=_scores(record),
        confusion=_confusion(record),
        reliability=plots.reliability(record.metrics.calibration) if record.metrics else None,
        worst=worst,
        balance=_balance(record, labels),
        samples=_by_source(samples),
        recipe=yaml.safe_dump(record.recipe, sort_keys=False, allow_unicode=True),
        stopped=words.stopping(record),
        figure_text=figure_text,
        words=words,
        program_words=program_words,
        diversity=diversity,
    )


def build_search_page(search: SearchRecord) -> str:
    """Write the page of a search.

    Args:
        search: what the search says of itself.
    """
    return template("search.html.j2").render(
        search=search,
        style=Markup((FOLDER / "style.css").read_text("utf-8")),  # noqa: S704 (our own file)
        figures=searches.figures(search),
        bars=searches.bars(search),
        guesses=searches.guesses(search),
        gain_axis=searches.gain_axis(search),
        hues=plots.HUES,
        words=words,
    )


@functools.cache
def template(name: str) -> jinja2.Template:
    """Load a page's template; whatever is put in is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        finalize=visible,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def visible(value: Any) -> Any:
    """Show what a page cannot hold: control characters as their pictures, broken characters as a sign."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return CONTROL.sub(lambda match: chr(0x2400 + ord(match[0])) if ord(match[0]) < 0x20 else "\ufffd", value)


def _unit(recipe: Mapping[str, Any]) -> str:
    """Give what the weights of the mix are shares of; of a training in stages, those of the last one's."""
    train = recipe.get("train")
    last = train[-1].get("mix") if isinstance(train, list) else None
    return str((last or recipe.get("mix", {})).get("unit", "rows"))


def _scores(record: RunRecord) -> list[tuple[str, Score]]:
    """Give the scores in total and per source, in that order."""
    return [("all", record.metrics), *record.metrics.by_source.items()] if record.metrics else []


def _confusion(record: RunRecord) -> list[tuple[str, list[tuple[int, float]]]]:
    """Give for each true label how often each label was predicted: count and share of the row."""
    table = record.metrics.confusion if record.metrics else None
    return [(label, _shares(counts)) for label, counts in zip(table.labels, table.counts, strict=True)] if table else []


def _balance(record: RunRecord, labels: Mapping[str, Mapping[str, int]]) -> list[tuple[str, list[tuple[int, float]]]]:
    """Give for each source, and for all, how many rows of the mix bear each label: count and share of the source."""
    if not record.labels:
        return []
    order = [row.source for row in record.receipt if row.source in labels]
    counts = [(source, [labels[source].get(label, 0) for label in record.labels]) for source in order]
    whole = (
        [("all", [sum(column) for column in zip(*(row for _, row in counts), strict=True)])] if len(counts) > 1 else []
    )
    return [(source, _shares(row)) for source, row in [*counts, *whole]]


def _shares(counts: Sequence[int]) -> list[tuple[int, float]]:
    total = sum(counts)
    return [(count, count / total if total else 0.0) for count in counts]


def _by_source(samples: Sequence[Sample]) -> dict[str, list[Sample]]:
    by_source: dict[str, list[Sample]] = {}
    for sample in samples:
        by_source.setdefault(sample.source, []).append(sample)
    return by_source
