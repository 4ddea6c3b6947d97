"""How the command line shows what earlier runs left."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from flows.cli.listing import Listed, Row, RowsOfFile
from flows.cli.render import receipts
from flows.cli.render_scores import scores
from flows.cli.render_weights import compared, searched
from flows.cli.tables import console, percent, table
from tasks.experiments.comparison import Comparison
from tasks.experiments.search_record import SearchRecord
from tasks.manifests.dropped import Dropped, in_words
from tasks.objectives.parts import all_measures
from tasks.store.runs import RunRecord
from tasks.store.unfinished import Unfinished

if TYPE_CHECKING:
    from flows.cli.inspect import Replayed
    from tasks.history.task import Impact, Ledger, MixDiff, TracedRow

TOOK, HELD = {"seconds>": "seconds"}, {"in the store": "in_store"}
FOUND = {"name": "name", "outcome": "outcome", **TOOK}
"""Heading -> fact, in lists of what a store holds."""


def listed(store: Listed) -> None:
    """Print what a store holds; ids begin with the time of the start."""
    if not any(store.values()):
        console.print("no runs yet")
        return
    mains = [measured.main for measured in all_measures().values()]
    of_runs, of_models = (
        {f"{main.name}>": main.key for main in mains if any(row[main.key] is not None for row in rows)}
        for rows in (store["runs"], store["models"])
    )
    _list("", store["runs"], {"run": "run", "name": "name", "status": "status", "rows>": "rows", **of_runs, **TOOK})
    _list("Comparisons", store["comparisons"], {"comparison": "comparison", **FOUND})
    _list("Searches", store["searches"], {"search": "search", **FOUND})
    _list("Models", store["models"], {"model": "model", "name": "name", "run": "run", **of_models, **HELD})


def _list(title: str, rows: Sequence[Row], columns: Mapping[str, str]) -> None:
    """Print some facts of each row: heading -> fact."""
    if rows:
        shown = (row | {"seconds": f"{row['seconds']:.1f}"} if row.get("seconds") is not None else row for row in rows)
        table(title, [*columns], ([row[fact] for fact in columns.values()] for row in shown))


def shown(record: RunRecord | Comparison | SearchRecord | Unfinished | RowsOfFile) -> None:
    """Print one run, a comparison, a search, or the rows of a file."""
    if isinstance(record, Comparison):
        compared(record)
    elif isinstance(record, SearchRecord):
        searched(record)
    elif isinstance(record, RunRecord):
        _shown_run(record)
    elif isinstance(record, Unfinished):
        took = "" if record.seconds is None else f"  {record.seconds:.1f} s"
        console.print(f"{record.run}  {record.name}  {record.kind} {record.status}  {record.started}{took}")
        console.print(Text(record.error or f"under way in process {record.pid} of {record.machine.split()[0]}"))
    else:
        columns = list(record["rows"][0]) if record["rows"] else []
        table(record["file"], columns, (list(row.values()) for row in record["rows"]))


def _shown_run(record: RunRecord) -> None:
    console.print(f"{record.run}  {record.name}  {record.status}  {record.started}  {record.seconds:.1f} s")
    if record.error:
        console.print(Text(record.error))
    if record.receipt:
        receipts(record.receipt, [(stage.task, stage.receipt) for stage in record.stages])
    dropped(record.dropped)
    if record.metrics:
        scores(record.metrics, record.task)
    unmet = [
        [check.subject, failure.expectation, failure.severity, failure.observed, "passed" if check.passed else "failed"]
        for check in record.checks
        for failure in check.failed
    ]
    if unmet:
        table("Expectations that were not met", ["subject", "expectation", "severity", "observed", "the check"], unmet)
    table(
        "Tasks",
        ["task", "subject", "state", "rows>", "seconds>"],
        ([note.name, note.subject, note.state, note.rows or None, note.seconds or None] for note in record.tasks),
    )
    earlier = [(f"Mix {number}", stage.mix) for number, stage in enumerate(record.stages[:-1], 1)]
    for name, place in (*earlier, ("Mix", record.mix), ("Model", record.model)):
        if place:
            console.print(f"{name:<9}{place.uri}")
    if record.report:
        console.print(f"Report   {record.report}")


def dropped(steps: Sequence[Dropped]) -> None:
    """Print what each step dropped, and its figures."""
    rows: list[list[object]] = []
    for step in steps:
        rows.append([step.title, "", step.rows, in_words(step.figures)])
        rows.extend(["", name, sum(step.counts.get(name, {}).values()), step.of_source(name)] for name in step.sources)
    if rows:
        table("Rows dropped by each step", ["step", "source", "rows>", "reasons and figures"], rows)


def differed(mixes: "MixDiff") -> None:
    """Print what differs between two mixes."""
    for side in ("a", "b"):
        console.print(f"{side.upper()}  {mixes[side]['recipe']} {mixes[side]['mix']}, run {mixes[side]['run']}")
    console.print("\nThe same rows in the same order: equal bytes.\n" if mixes["same_bytes"] else "")
    if mixes["settings"]:
        table("Settings", ["field", "A", "B"], ([row["field"], row["a"], row["b"]] for row in mixes["settings"]))
    shares = (
        [
            row["source"],
            *(_share(row[name]) for name in ("weight_a", "weight_b")),
            *(row[name] for name in ("rows_a", "rows_b", "epochs_a", "epochs_b")),
        ]
        for row in mixes["sources"]
    )
    sides = [f"{fact} {side}>" for fact in ("weight", "rows", "epochs") for side in "AB"]
    table("Sources", ["source", *sides], shares)
    counts = ([row["source"], row["only_a"], row["only_b"], row["both"], row["as_often"]] for row in mixes["rows"])
    table("Distinct rows", ["source", "only A>", "only B>", "both>", "as often>"], counts)
    named = {measure.key: measure for measured in all_measures().values() for measure in measured.measures}
    measures = [measure for key, measure in named.items() if any(f"{key}_a" in row for row in mixes["scores"])]
    columns = ["source", *(f"{measure.name} {side}>" for measure in measures for side in "AB"), "same hold-out"]
    same = mixes["same_holdout"] | {
        "all": mixes["same_holdout"].keys() == {row["source"] for row in mixes["sources"]}
        and all(mixes["same_holdout"].values())
    }
    scored = (
        [
            row["source"],
            *(row[f"{measure.key}_{side}"] for measure in measures for side in "ab"),
            same.get(str(row["source"])),
        ]
        for row in mixes["scores"]
    )
    table("Scores, each on its own hold-out", columns, scored)


def _share(share: object) -> str | None:
    return percent(share) if isinstance(share, float | int) else None


def traced(row: "TracedRow") -> None:
    """Print where a row comes from."""
    from tasks.history.task import TracedRow

    no_roles = {*TracedRow.__annotations__, "tokens", "media_key"}
    raw, held = row["as_read"] or {}, {name: value for name, value in row.items() if name not in no_roles}
    first = next(iter(held))
    places = [*map(str, row["places"][:10]), *["…"] * (row["times"] > 10)]
    facts = {
        "mix": f"{row['recipe']} {row['mix']}",
        "source": row["source"],
        "original": row["row_id"],
        "media": "{path}, {bytes:,} bytes".format_map(media) if (media := row.get("media")) else None,
        "as read": raw.get(first, "the snapshot it was read into is no longer in the store"),
        "in the mix": held.pop(first),
        **held,
        "labelled by": _labelled_by(row),
        "made from": row.get("made_from"),
        "places": f"{row['times']:,}: {', '.join(places)}",
    }
    table("", ["", ""], ((name, fact) for name, fact in facts.items() if fact is not None))


def _labelled_by(row: "TracedRow") -> str | None:
    if (by := row.get("labelled_by")) is None:
        return None
    sure = by["confidence"]
    return f"{by['by']}, sure by {sure:.3g}" if isinstance(sure, float) else str(by["by"])


def replayed(mix: "Replayed") -> None:
    """Print that a mix was made again."""
    kept = f"; kept in {mix['out']}" if "out" in mix else ""
    console.print(
        f"{mix['mix']}: {mix['rows']:,} rows made again, all {mix['files']} files have the same bytes "
        f"(sha256 {mix['sha256'][:12]}…){kept}"
    )


def listed_impact(impact: "Impact") -> None:
    """Print what a source went into."""
    if not impact["mixes"]:
        console.print(f"no mix holds rows of {impact['source']}")
        return
    rows = (
        [
            row["recipe"],
            row["mix"],
            row["rows"],
            percent(row["share_rows"]),
            ", ".join(row["models"]),
            len(row["runs"]),
            row["in_store"],
        ]
        for row in impact["mixes"]
    )
    table(f"Made from {impact['source']}", ["recipe", "mix", "rows>", "%>", "models", "runs>", "in the store"], rows)
    console.print(f"To make one without it: cuvee run RECIPE --without {impact['source']}")


def ledgered(ledger: "Ledger") -> None:
    """Print how often the rows of every source were trained on."""
    if not ledger["sources"]:
        console.print(f"no run of {ledger['recipe']} has trained a model")
        return
    rows = ([name, times["runs"], times["rows_seen"], times["epochs"]] for name, times in ledger["sources"].items())
    table(
        f"Trained on by the runs of {ledger['recipe']}", ["source", "trainings>", "rows seen>", "epochs in all>"], rows
    )
