"""How the command line shows what earlier runs left."""

from typing import Any

from rich.text import Text

from flows.cli.render import console, percent, receipt, scores, table
from tasks.manifests.dropped import Dropped, in_words
from tasks.objectives.parts import all_measures


def listed(found: dict[str, Any]) -> None:
    """Print the runs; their ids begin with the time of the start."""
    if not found["runs"]:
        console.print("no runs yet")
        return
    mains = [told.main for told in all_measures().values()]
    scored = [main for main in mains if any(row[main.key] is not None for row in found["runs"])]
    columns = ["run", "name", "status", "rows", *(one.key for one in scored), "seconds"]
    titles = [*columns[:3], "rows>", *(f"{one.name}>" for one in scored), "seconds>"]
    rows = (row | {"seconds": f"{row['seconds']:.1f}"} for row in found["runs"])
    table("", titles, ([row[column] for column in columns] for row in rows))


def shown(record: dict[str, Any]) -> None:
    """Print one run, or the rows of a file."""
    if "file" in record:
        columns = list(record["rows"][0]) if record["rows"] else []
        table(record["file"], columns, (list(row.values()) for row in record["rows"]))
        return
    console.print(
        f"{record['run']}  {record['name']}  {record['status']}  {record['started']}  {record['seconds']:.1f} s"
    )
    if record.get("error"):
        console.print(Text(record["error"]))
    if record["receipt"]:
        receipt(record["receipt"])
    dropped(record["dropped"])
    if record.get("metrics"):
        scores(record["metrics"], record["task"])
    failed = [
        failure | {"subject": check["subject"]} for check in record["checks"] for failure in check.get("failed", [])
    ]
    if failed:
        table(
            "Checks that failed",
            ["subject", "expectation", "observed"],
            ([f["subject"], f["expectation"], f["observed"]] for f in failed),
        )
    table(
        "Tasks",
        ["task", "subject", "state", "rows>", "seconds>"],
        (
            [note["name"], note["subject"], note["state"], note["rows"] or None, note["seconds"] or None]
            for note in record["tasks"]
        ),
    )
    if record.get("report"):
        console.print(f"Report   {record['report']}")


def dropped(steps: list[dict[str, Any]]) -> None:
    """Print what each step dropped, and its figures."""
    rows: list[list[object]] = []
    for one in map(Dropped.model_validate, steps):
        rows.append([one.title, "", one.rows, in_words(one.figures)])
        rows.extend(["", name, sum(one.counts.get(name, {}).values()), one.of_source(name)] for name in one.sources)
    if rows:
        table("Rows dropped by each step", ["step", "source", "rows>", "reasons and figures"], rows)


def differed(found: dict[str, Any]) -> None:
    """Print what differs between two mixes."""
    for side in ("a", "b"):
        console.print(f"{side.upper()}  {found[side]['recipe']} {found[side]['mix']}, run {found[side]['run']}")
    console.print("\nThe same rows in the same order: equal bytes.\n" if found["same_bytes"] else "")
    if found["settings"]:
        table("Settings", ["field", "A", "B"], ([row["field"], row["a"], row["b"]] for row in found["settings"]))
    shares = (
        [
            row["source"],
            *(None if row[name] is None else percent(row[name]) for name in ("weight_a", "weight_b")),
            *(row[name] for name in ("rows_a", "rows_b", "epochs_a", "epochs_b")),
        ]
        for row in found["sources"]
    )
    table("Sources", ["source", "weight A>", "B>", "rows A>", "B>", "epochs A>", "B>"], shares)
    counts = ([row["source"], row["only_a"], row["only_b"], row["both"], row["as_often"]] for row in found["rows"])
    table("Distinct rows", ["source", "only A>", "only B>", "both>", "as often>"], counts)
    both = [
        one
        for told in all_measures().values()
        for one in told.measures
        if any(f"{one.key}_a" in row for row in found["scores"])
    ]
    columns = ["source", *(column for one in both for column in (f"{one.name} A>", "B>")), "same hold-out"]
    same = found["same_holdout"] | {
        "all": found["same_holdout"].keys() == {row["source"] for row in found["sources"]}
        and all(found["same_holdout"].values())
    }
    scored = (
        [row["source"], *(row[f"{one.key}_{side}"] for one in both for side in "ab"), same.get(row["source"])]
        for row in found["scores"]
    )
    table("Scores, each on its own hold-out", columns, scored)


def traced(found: dict[str, Any]) -> None:
    """Print where a row comes from."""
    raw = found["as_read"] or {}
    places = [*map(str, found["places"][:10]), *["…"] * (found["times"] > 10)]
    facts = {
        "mix": f"{found['recipe']} {found['mix']}",
        "source": found["source"],
        "original": found["row_id"],
        "media": "{path}, {bytes:,} bytes".format_map(found["media"]) if found.get("media") else None,
        "as read": raw.get("text", "the snapshot it was read into is no longer in the store"),
        "in the mix": found["text"],
        "label": found["label"],
        "places": f"{found['times']:,}: {', '.join(places)}",
    }
    table("", ["", ""], ((name, fact) for name, fact in facts.items() if fact is not None))


def replayed(found: dict[str, Any]) -> None:
    """Print that a mix was made again."""
    kept = f"; kept in {found['out']}" if "out" in found else ""
    console.print(
        f"{found['mix']}: {found['rows']:,} rows made again, all {found['files']} files have the same bytes "
        f"(sha256 {found['sha256'][:12]}…){kept}"
    )


def listed_impact(found: dict[str, Any]) -> None:
    """Print what a source went into."""
    if not found["mixes"]:
        console.print(f"no mix holds rows of {found['source']}")
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
        for row in found["mixes"]
    )
    table(f"Made from {found['source']}", ["recipe", "mix", "rows>", "%>", "models", "runs>", "in the store"], rows)
    console.print(f"To make one without it: cuvee run RECIPE --without {found['source']}")


def ledgered(found: dict[str, Any]) -> None:
    """Print how often the rows of every source were trained on."""
    if not found["sources"]:
        console.print(f"no run of {found['recipe']} has trained a model")
        return
    rows = ([name, entry["runs"], entry["rows_seen"], entry["epochs"]] for name, entry in found["sources"].items())
    table(
        f"Trained on by the runs of {found['recipe']}", ["source", "trainings>", "rows seen>", "epochs in all>"], rows
    )
