"""How the command line shows what commands about a recipe found, and what a run did."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from flows.cli.render_batch import first_batch
from flows.cli.render_scores import scores
from flows.cli.tables import GAP, console, in_words, one_line, percent, table
from flows.engine.home import page_of
from tasks.core.suggest import counted
from tasks.manifests.plan import ReceiptRow, WeightReading
from tasks.manifests.scores import Metrics
from tasks.objectives.parts import measures_of
from tasks.store.runs import TRAININGS

SHORT = 20
"""Letters of a cell that is shown whole."""

if TYPE_CHECKING:
    from flows.cli.init import GuessedRecipe
    from flows.cli.inspect import Explained, Planned
    from flows.cli.validate import Validated


def receipts(last: Sequence[ReceiptRow], stages: Sequence[tuple[str, Sequence[ReceiptRow]]]) -> None:
    """Print the receipt of a run, or of each stage of its training.

    Args:
        last: of the last stage, or the only one.
        stages: task and receipt of each, where there are several.
    """
    for number, (task, rows) in enumerate(stages[:-1], 1):
        receipt([row for row in rows if row.rows], f"Receipt of stage {number}, {task}")
    receipt(last, f"Receipt of stage {len(stages)}, {stages[-1][0]}" if stages else "Receipt")


def receipt(rows: Sequence[ReceiptRow], title: str = "Receipt") -> None:
    """Print what was asked of every source and what it got, and which of its rows were dropped."""
    weighed = any(row.loss_weight is not None for row in rows)
    shares = (
        [
            row.source,
            percent(row.requested),
            percent(row.weight),
            row.rows,
            percent(row.share_rows),
            row.tokens,
            percent(row.share_tokens),
            f"{row.epochs:.2f}",
            *([f"{row.loss_weight or 0:.3g}"] if weighed else []),
        ]
        for row in rows
    )
    shown = ["asked>", "used>", "rows>", "% of rows>", "tokens>", "% of tokens>", "epochs>"]
    shown += ["in the loss>"] if weighed else []
    table(title, ["source", *shown], shares)
    dropped = [
        (row.source, ", ".join(f"{reason} {count:,}" for reason, count in row.dropped.items()))
        for row in rows
        if row.dropped
    ]
    if dropped:
        table("Rows that are not in the mix", ["source", "reason and rows"], dropped)
    for row in rows:
        if row.labelled:
            console.print(Text(f"Rows of {row.source} that the run has labelled: {counted(row.labelled)}"))
        if row.augmented:
            console.print(Text(f"Rows made from those of {row.source}, beside them: {counted(row.augmented)}"))


def unreached(sources: Sequence[dict[str, str]]) -> None:
    """Print which sources could not be reached, and what was done without them."""
    for source in sources:
        console.print(Text(f"{source['source']} {source['done']}"))


def ran(summary: dict[str, Any]) -> None:
    """Print the outcome of a run."""
    console.print()
    receipts(_rows(summary["receipt"]), [(one["task"], _rows(one["receipt"])) for one in summary.get("stages", [])])
    for source, file in summary["quarantine"].items():
        console.print(f"Bad rows of {source}: cuvee show {file}")
    unreached(summary["unreached"])
    if summary.get("metrics"):
        scores(Metrics.model_validate(summary["metrics"]), summary["task"])
    if summary.get("cut"):
        console.print(summary["cut"])
    tasks = summary["tasks"]
    console.print(
        f"Run      {summary['run']} {summary['status']} in {summary['seconds']:.1f} s, start included: "
        f"{tasks['run']} tasks run, {tasks['cached']} cached"
    )
    if summary.get("usage"):
        console.print(f"Took     {', '.join(summary['usage'])}, when the model was trained")
    for name in ("mix", "model"):
        if summary.get(name):
            console.print(f"{name.capitalize():<9}{summary[name]['uri']}")
    if summary.get("report"):
        console.print(f"Report   {summary['report']}")
    if summary.get("flow_run_id"):
        console.print(f"UI       {page_of(summary['flow_run_id'])}")


def _rows(receipt: Sequence[object]) -> list[ReceiptRow]:
    return [ReceiptRow.model_validate(row) for row in receipt]


def planned(plan: "Planned") -> None:
    """Print what a run would do."""
    from tasks.experiments.compare.task import foreseen_in_words

    receipts(plan["receipt"], [(stage["task"], stage["receipt"]) for stage in plan.get("stages", [])])
    _readings(plan["readings"], plan["unit"])
    unreached(plan["unreached"])
    for stage in plan.get("stages", [])[:-1]:
        console.print(f"Mix      of {stage['task']}: {stage['rows']:,} rows, {stage['tokens']:,} tokens")
    console.print(f"Mix      {plan['rows']:,} rows, {plan['tokens']:,} tokens; weights are shares of {plan['unit']}")
    console.print(f"Hold-out {', '.join(f'{name} {rows:,}' for name, rows in plan['holdout'].items())}")
    if sets := plan.get("sets"):
        console.print(f"Sets     {', '.join(f'{name} {rows:,}' for name, rows in sets.items())}")
    console.print(f"Cached   {', '.join(plan['cached']) or 'nothing'}")
    console.print(f"To run   {', '.join(plan['to_run']) or 'nothing'}")
    console.print(f"Training {_training(plan)}")
    for line in foreseen_in_words(plan.get("comparing")):
        console.print(f"Compare  {line}")
    console.print(f"Weights  recommended: {plan['recommended']['method']}. {plan['recommended']['why']}")
    if batch := plan.get("batch"):
        first_batch(batch)
    console.print("\nSettings in full: add --json and read `resolved`.")


def _readings(rows: Sequence[WeightReading], unit: str) -> None:
    """Print every way to say a weight, side by side."""
    shares = (
        [
            row.source,
            *map(percent, (row.asked, row.rows, row.tokens, row.compute)),
            f"{row.epochs:.2f}",
            f"{row.seen:.2f}",
        ]
        for row in rows
    )
    shown = [f"asked, of {unit}>", "of rows>", "of tokens>", "of compute>", "epochs in the mix>", "with training>"]
    table("Weights in every reading", ["source", *shown], shares)


def _training(plan: "Planned") -> str:
    seconds = plan["training_seconds"]
    if not plan["resolved"].get("train"):
        return "none; the recipe has no `train`"
    if f"{TRAININGS[0]} model" in plan["cached"] or f"{TRAININGS[1]} model" in plan["cached"]:
        return "none; the model is there already"
    return "not known before the first one" if seconds is None else f"about {seconds:.0f} s, as the last one took"


def guessed(recipe: "GuessedRecipe") -> None:
    """Print how each source was understood, with its first rows, and where the recipe is."""
    for name, source in recipe["sources"].items():
        counts = ", ".join(f"{label} {count:,}" for label, count in list(source["labels"].items())[:10])
        sample = source["sample"]
        roles = [role for role in (sample[0] if sample else ()) if any(row[role] is not None for row in sample)]
        rows = [[one_line(in_words(row[role] or ""), 200) for role in roles] for row in sample]
        long = sum(any(len(row[at]) > SHORT for row in rows) for at in range(len(roles)))
        wide = max(SHORT, (console.width - (SHORT + GAP) * (len(roles) - long)) // max(1, long) - GAP)
        rows = [[one_line(cell, wide) for cell in row] for row in rows]
        table(f"{name}: {source['sure']}; {source['rows']:,} records{': ' * bool(counts)}{counts}", roles, rows)
        for line in [*source["evidence"], *(f"Look: {doubt}" for doubt in source["doubts"])]:
            console.print(f"  {one_line(line, 150)}")
        console.print()
    for row in recipe["left_out"][:20]:
        console.print(f"Left out {one_line(row['file'])}: {one_line(row['why'], 150)}")
    if len(recipe["left_out"]) > 20:
        console.print(f"Left out {len(recipe['left_out']) - 20:,} files more; --json lists them")
    console.print(f"Task     {recipe['task']}: {measures_of(recipe['task']).model}")
    console.print(f"Labels   {', '.join(map(one_line, recipe['labels'])) or 'none'}")
    passes = "`cuvee validate` does not pass it yet" if recipe["wrong"] else "it passes `cuvee validate`"
    console.print(Text(f"Recipe   {recipe['recipe']}: {passes}"))
    if missing := _to_fill_in(recipe):
        console.print(Text(f"Fill in  {one_line(missing, 300)}"))
    console.print(f"Next     {recipe['next']}")


def _to_fill_in(recipe: "GuessedRecipe") -> str:
    """Say in one line what the user has to do."""
    labels = [f"{name} ({', '.join(one['fill_in'])})" for name, one in recipe["sources"].items() if one["fill_in"]]
    if labels:
        return f"`labels` of {', '.join(labels)}: a line under each says what is to be said"
    return recipe["wrong"].partition("\n")[0]


def validated(recipe: "Validated") -> None:
    """Print that a recipe is right, and how its sources read."""
    for name, source in [*recipe["sources"].items(), *recipe.get("sets", {}).items()]:
        sample = source["sample"][:3]
        columns = [name for name in (sample[0] if sample else ()) if any(row[name] is not None for row in sample)]
        rows = [[one_line(in_words(row[column]), 80) for column in columns] for row in sample]
        what = "evaluation set " if name in recipe.get("sets", {}) else ""
        table(one_line(f"{what}{name}: columns {', '.join(map(str, source['columns']))}", 200), columns, rows)
        looked = "all" if source["whole"] else "the first"
        counts = f": {', '.join(f'{label} {count:,}' for label, count in list(source['labels'].items())[:10])}"
        said = f"  {looked} {source['looked_at']:,} records looked at, {source['rows']:,} can be used"
        console.print(Text(one_line(said + (counts if source["labels"] else ""), 200)))
        if source["dropped"]:
            console.print(Text(one_line(f"  left out: {counted(source['dropped'])}", 200)))
        if source["bad"]:
            wrong = ", ".join(f"{reason} {count:,}" for reason, count in source["bad"].items())
            console.print(Text(one_line(f"  bad: {wrong}, such as {source['bad_examples'][0]}", 200)))
            console.print(Text(one_line(f"  to mend them: {source['remedy']}", 300)))
        console.print()
    for name, why in recipe["unreached"].items():
        console.print(Text(f"{name}: cannot be reached now, which `on_failure` allows: {why}"))
    kept = "rows kept aside to measure on"
    console.print(f"Not counted here, but by `cuvee plan`: {', '.join([kept, *recipe['uncounted']])}")
    console.print(f"{recipe['recipe']}: valid; nothing was written")


def explained(recipe: "Explained") -> None:
    """Print the state of every task's product."""
    table(
        "",
        ["task", "subject", "", "why"],
        ([task.task, task.subject, "cached" if task.hit else "to run", task.why] for task in recipe["tasks"]),
    )
    unreached(recipe["unreached"])
