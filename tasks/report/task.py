"""Prefect tasks of the reporting stage: the page in the store, and what the UI shows of a run. Never cached."""

from tasks.core import ui
from tasks.core.tasks import task
from tasks.experiments.comparison import Comparison, comparison_folder
from tasks.experiments.search_record import SearchRecord, search_folder
from tasks.manifests.manifest import Manifest
from tasks.manifests.pool import MixFacts
from tasks.manifests.scores import ScoresFacts
from tasks.objectives.parts import measures_of
from tasks.report import artifacts, plots, searches, words
from tasks.report.comparison import build_comparison
from tasks.report.comparison_tables import TABLES, arms_png, comparison_tables, what_little_is
from tasks.report.page import build_page, build_search_page
from tasks.report.samples import label_counts, sample_rows
from tasks.report.stages import whole_curve
from tasks.report.worst import Missed, worst_rows
from tasks.rows.files import HOLDOUT, TRAIN, open_mix
from tasks.rows.layout import RowFile, layout_of
from tasks.store.runs import TRAININGS, RunRecord, run_folder
from tasks.store.storage import Store, open_store

SAMPLES, WORST = 3, 8
"""Rows that are shown: of each source in the mix, and of those that a model is furthest from."""


@task()
def report_run(
    store: str,
    record: RunRecord,
    mix: Manifest[MixFacts] | None = None,
    scores: Manifest[ScoresFacts] | None = None,
) -> str:
    """Write the run's report and show it in the UI; gives the report's URI."""
    home, path = open_store(store), f"{run_folder(record)}/report.html"
    files = [RowFile(path, layout_of(mix)) for path in open_mix(home, mix, TRAIN)] if mix else []
    worst = _worst(home, record.task, mix, scores) if mix and scores else []
    page = build_page(record, sample_rows(files, SAMPLES), label_counts(files), worst)
    home.write_bytes(path, page.encode("utf-8"))
    _show(record, home.where(path))
    return home.where(path)


def closing_words(record: RunRecord) -> str:
    """Say what came of a run, as its report begins."""
    return words.headline(record)


def _worst(home: Store, task: str, mix: Manifest[MixFacts], scores: Manifest[ScoresFacts]) -> list[Missed]:
    predictions = home.open(scores, "predictions.parquet")
    return worst_rows(open_mix(home, mix, HOLDOUT), predictions, layout_of(mix), measures_of(task).weighs, WORST)


@task()
def report_search(store: str, search: SearchRecord) -> SearchRecord:
    """Write the report of a search and show in the UI what it found; gives the record with the report's place."""
    home, path = open_store(store), f"{search_folder(search.name)}/{search.search}/report.html"
    home.write_bytes(path, build_search_page(search).encode("utf-8"))
    name = f"{search.name}-search"
    ui.show_markdown(name, ui.escape(search.sentence), "What the search found")
    ui.show_table(f"{name}-weights", searches.weights_table(search), "Weights used, and those of every mix confirmed")
    ui.show_report(f"{name}-report", home.where(path), "The search, told in full")
    return search.model_copy(update={"report": home.where(path)})


def _show(record: RunRecord, report: str) -> None:
    name, headline = record.name, ui.escape(words.headline(record))
    ui.show_markdown(f"{name}-dag", artifacts.dag_text(record), headline)
    for number, table in enumerate(artifacts.stage_receipts(record), 1):
        ui.show_table(f"{name}-receipt-{number}", table, f"What stage {number} of the training learned from")
    if record.receipt:
        ui.show_table(
            f"{name}-receipt", artifacts.receipt_table(record), "What was asked of each source, and what it got"
        )
    if record.checks:
        ui.show_table(f"{name}-checks", artifacts.checks_table(record), "What the expectations said")
    if record.dropped:
        ui.show_table(f"{name}-dropped", artifacts.dropped_table(record), "What each step dropped, and why")
    if record.metrics:
        ui.show_table(f"{name}-scores", artifacts.scores_table(record), "Scores on the rows kept aside")
    trained = any(note.name in TRAININGS and note.state == "run" for note in record.tasks)
    # Of a model that was there already, the run that trained it has shown this; nothing here takes longer than drawing.
    if trained and (png := plots.curve_png(*whole_curve(record))):
        ui.show_image(f"{name}-learning-curve", png, "Losses while training")
    ui.show_report(f"{name}-report", report, "The run, told in full")


@task()
def report_comparison(store: str, comparison: Comparison) -> Comparison:
    """Write the comparison's report and show it in the UI; gives the record with the report's place."""
    home, path = open_store(store), f"{comparison_folder(comparison)}/report.html"
    home.write_bytes(path, build_comparison(comparison).encode("utf-8"))
    name = f"{comparison.name}-compare"
    said = " ".join([comparison.sentence, *what_little_is(comparison)])
    ui.show_markdown(f"{name}-verdict", ui.escape(said), "Does combining help?")
    for title, rows in comparison_tables(comparison).items():
        ui.show_table(f"{name}-{title}", rows, TABLES[title])
    if png := arms_png(comparison):
        ui.show_image(f"{name}-picture", png, "Scores with their intervals")
    ui.show_report(f"{name}-report", home.where(path), "The comparison, told in full")
    return comparison.model_copy(update={"report": home.where(path)})
