"""How the command line shows what earlier runs left."""

from collections.abc import Sequence

from rich.text import Text

from flows.cli.inspect import ListedRuns, Replayed, RowsOfFile
from flows.cli.render import console, percent, receipt, scores, table
from tasks.history.task import Impact, Ledger, MixDiff, TracedRow
from tasks.manifests.dropped import Dropped, in_words
from tasks.objectives.parts import all_measures
from tasks.store.runs import RunRecord


def listed(store: ListedRuns) -> None:
    """Print the runs; their ids begin with the time of the start."""
    if not store["runs"]:
        console.print("no runs yet")
        return
    mains = [measured.main for measured in all_measures().values()]
    scored = [main for main in mains if any(row[main.key] is not None for row in store["runs"])]
    columns = ["run", "name", "status", "rows", *(main.key for main in scored), "seconds"]
    titles = [*columns[:3], "rows>", *(f"{main.name}>" for main in scored), "seconds>"]
    rows = (row | {"seconds": f"{row['seconds']:.1f}"} for row in store["runs"])
    table("", titles, ([row[column] for column in columns] for row in rows))


def shown(record: RunRecord | RowsOfFile) -> None:
    """Print one run, or the rows of a file."""
    if not isinstance(record, RunRecord):
        columns = list(record["rows"][0]) if record["rows"] else []
        table(record["file"], columns, (list(row.values()) for row in record["rows"]))
        return
    console.print(f"{record.run}  {record.name}  {record.status}  {record.started}  {record.seconds:.1f} s")
    if record.error:
        console.print(Text(record.error))
    if record.receipt:
        receipt(record.receipt)
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


def differed(mixes: MixDiff) -> None:
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
    table("Sources", ["source", "weight A>", "B>", "rows A>", "B>", "epochs A>", "B>"], shares)
    counts = ([row["source"], row["only_a"], row["only_b"], row["both"], row["as_often"]] for row in mixes["rows"])
    table("Distinct rows", ["source", "only A>", "only B>", "both>", "as often>"], counts)
    named = {measure.key: measure for measured in all_measures().values() for measure in measured.measures}
    measures = [measure for key, measure in named.items() if any(f"{key}_a" in row for row in mixes["scores"])]
    columns = ["source", *(column for measure in measures for column in (f"{measure.name} A>", "B>")), "same hold-out"]
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


PLACED = {*TracedRow.__annotations__, "tokens", "media_key"}
"""Columns of a traced row that are no roles of its task."""


def traced(row: TracedRow) -> None:
    """Print where a row comes from."""
    raw, held = row["as_read"] or {}, {name: value for name, value in row.items() if name not in PLACED}
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
        "places": f"{row['times']:,}: {', '.join(places)}",
    }
    table("", ["", ""], ((name, fact) for name, fact in facts.items() if fact is not None))


def replayed(mix: Replayed) -> None:
    """Print that a mix was made again."""
    kept = f"; kept in {mix['out']}" if "out" in mix else ""
    console.print(
        f"{mix['mix']}: {mix['rows']:,} rows made again, all {mix['files']} files have the same bytes "
        f"(sha256 {mix['sha256'][:12]}…){kept}"
    )


def listed_impact(impact: Impact) -> None:
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


def ledgered(ledger: Ledger) -> None:
    """Print how often the rows of every source were trained on."""
    if not ledger["sources"]:
        console.print(f"no run of {ledger['recipe']} has trained a model")
        return
    rows = ([name, times["runs"], times["rows_seen"], times["epochs"]] for name, times in ledger["sources"].items())
    table(
        f"Trained on by the runs of {ledger['recipe']}", ["source", "trainings>", "rows seen>", "epochs in all>"], rows
    )
