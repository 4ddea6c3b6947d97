"""How the command line shows what `fit`, `search` and `compare` found."""

from flows.cli.tables import console, percent, table
from tasks.experiments.comparison import Comparison
from tasks.experiments.search_record import FitRecord, Recommendation, SearchRecord


def fitted(record: FitRecord) -> None:
    """Print what runs made elsewhere teach."""
    best, surrogate = record.recommended, record.surrogate
    rows = (
        (
            name,
            percent(share),
            f"{percent(best.low[name])} to {percent(best.high[name])}",
            percent(record.best_run.weights[name]),
        )
        for name, share in sorted(best.weights.items(), key=lambda item: -item[1])
    )
    table("Recommended weights", ["source", "weight>", "90 % interval>", "in the best run>"], rows)
    scored = [surrogate, *surrogate.tried, *([surrogate.own_share] if surrogate.own_share else [])]
    guesses: list[tuple[object, ...]] = [
        (score.kind, _error(score.left_out_error), score.left_out_rank_correlation) for score in scored
    ]
    guesses.append(("mean of the other runs", _error(surrogate.error_of_the_mean), None))
    table(f"Guesses of runs left out ({surrogate.how})", ["by", "off by>", "rank correlation>"], guesses)
    if record.sizes:
        gains = (
            (
                ", ".join(f"{name} {size:,.6g}" for name, size in one.at.items()),
                f"{one.gain:.4g}",
                f"{one.low:.4g} to {one.high:.4g}",
            )
            for one in record.sizes.advantage
        )
        table("Advantage of the recommended weights", ["at", "better by>", "90 % of refits>"], gains)
    if record.predictions:
        table(
            "Guessed scores",
            ["run", "score>"],
            [(run.run, f"{run.predicted:.4f}") for run in record.predictions],
        )
    for note in record.notes:
        console.print(f"Note: {note}")
    console.print(record.sentence, style="bold")


def searched(record: SearchRecord) -> None:
    """Print what a search found."""
    confirmed, recommended = record.confirmed, record.recommended
    arms = {arm.name: arm.weights for arm in confirmed.arms if arm.name not in ("uniform", "recommended")}
    rows = (
        [name, percent(share), *_recommended(recommended, name), *(percent(arm[name]) for arm in arms.values())]
        for name, share in record.weights.items()
    )
    between = ["recommended>", "90 % of refits>"] if recommended else []
    table("Weights", ["source", "used>", *between, *(f"{name}>" for name in arms)], rows)
    scored = ([arm.name, f"{arm.cost:.4f}", arm.accuracy] for arm in confirmed.arms)
    if confirmed.arms:
        table(
            f"Confirmed under {confirmed.seeds} seeds",
            ["mix", "loss>", "accuracy>"],
            scored,
        )
    gains = (
        [
            gain.baseline,
            f"{gain.gain:.4f}",
            "{:.4f} to {:.4f}".format(*gain.interval),
            f"{gain.p:.2g}",
            "–" if gain.expected is None else f"{gain.expected:.4f}",
        ]
        for gain in confirmed.against
    )
    if confirmed.against:
        table("Gain over", ["weights", "loss>", "95 % interval>", "p>", "expected to last>"], gains)
    surrogate, counts = record.surrogate, record.counts
    console.print(
        f"Trials   {counts.own} made, {counts.earlier} of earlier searches, {counts.left_out} left out; "
        f"{counts.confirming} confirming runs; {record.seconds:.0f} s in all, start included"
    )
    trivial = [("the target's own share", surrogate.own_share.left_out_error)] if surrogate.own_share else []
    beside = ", ".join(
        f"{name} by {_error(error)}" for name, error in [("their mean", surrogate.error_of_the_mean), *trivial]
    )
    console.print(
        f"Guessed  by the {surrogate.kind}; trials left out off by {_error(surrogate.left_out_error)}, {beside}"
    )
    for note in record.notes:
        console.print(f"Note: {note}")
    console.print(f"Report   {record.report}")
    console.print(record.sentence, style="bold")


def _recommended(best: Recommendation | None, name: str) -> list[str]:
    return [percent(best.weights[name]), f"{100 * best.low[name]:.0f} to {percent(best.high[name])}"] if best else []


def _error(error: float | None) -> str:
    return "cannot guess" if error is None else f"{error:.4g}"


def compared(comparison: Comparison) -> None:
    """Print a comparison."""
    from tasks.experiments.compare.task import foreseen_in_words
    from tasks.report.task import comparison_tables, what_little_is

    console.print()
    for title, rows in comparison_tables(comparison).items():
        columns = [column for column in (rows[0] if rows else {}) if any(row[column] for row in rows)]
        if rows:
            table(
                title.capitalize(),
                [*columns[:1], *(f"{column}>" for column in columns[1:])],
                ([row[column] for column in columns] for row in rows),
            )
    for note in [
        *what_little_is(comparison),
        *comparison.notes,
        *(f"No time for {line}." for line in comparison.left_out),
    ]:
        console.print(f"Note     {note}")
    trials = comparison.trials
    console.print(
        f"Trials   {trials.run} run, {trials.cached} from the store, in {comparison.seconds:.1f} s, start included"
    )
    for line in foreseen_in_words(comparison.beforehand):
        console.print(f"Before   {line}")
    console.print(f"Report   {comparison.report}")
    console.print(comparison.sentence, style="bold")
