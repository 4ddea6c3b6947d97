"""How the command line shows what `fit`, `search` and `compare` found."""

from typing import Any

from flows.cli.render import console, percent, table


def fitted(found: dict[str, Any]) -> None:
    """Print what runs made elsewhere teach."""
    best, surrogate = found["recommended"], found["surrogate"]
    rows = (
        (
            name,
            percent(share),
            f"{percent(best['low'][name])} to {percent(best['high'][name])}",
            percent(found["best_run"]["weights"][name]),
        )
        for name, share in sorted(best["weights"].items(), key=lambda item: -item[1])
    )
    table("Recommended weights", ["source", "weight>", "90 % interval>", "in the best run>"], rows)
    tried = [(one["kind"], _error(one["left_out_error"]), one["left_out_rank_correlation"]) for one in found["tried"]]
    table(f"Surrogates on runs left out ({surrogate['how']})", ["surrogate", "error>", "rank correlation>"], tried)
    console.print(f"The mean of the other runs is off by {surrogate['error_of_the_mean']:.4g}.")
    if found["predictions"]:
        table(
            "Guessed scores",
            ["run", "score>"],
            [(one["run"], f"{one['predicted']:.4f}") for one in found["predictions"]],
        )
    for note in found["notes"]:
        console.print(f"Note: {note}", markup=False)
    console.print(found["sentence"], markup=False, style="bold")


def searched(found: dict[str, Any]) -> None:
    """Print what a search found."""
    out, recommended = found["confirmed"], found["recommended"]
    arms = {arm["name"]: arm["weights"] for arm in out["arms"] if arm["name"] not in ("uniform", "recommended")}
    rows = (
        [name, percent(share), *_recommended(recommended, name), *(percent(arm[name]) for arm in arms.values())]
        for name, share in found["weights"].items()
    )
    between = ["recommended>", "90 % of refits>"] if recommended else []
    table("Weights", ["source", "used>", *between, *(f"{name}>" for name in arms)], rows)
    scored = (
        [arm["name"], f"{arm['cost_chosen_by']:.4f}", f"{arm['cost']:.4f}", arm["accuracy"]] for arm in out["arms"]
    )
    if out["arms"]:
        table(
            f"Confirmed under {out['seeds']} seeds",
            ["mix", "loss, half chosen by>", "loss, other half>", "accuracy there>"],
            scored,
        )
    gains = (
        [one["baseline"], f"{one['gain']:.4f}", "{:.4f} to {:.4f}".format(*one["interval"]), f"{one['p']:.2g}"]
        for one in out["against"]
    )
    if out["against"]:
        table("Gain over", ["weights", "loss>", "95 % interval>", "p>"], gains)
    surrogate, counts = found["surrogate"], found["counts"]
    console.print(
        f"Trials   {counts['own']} made, {counts['earlier']} of earlier searches, {counts['left_out']} left out; "
        f"{counts['confirming']} confirming "
        f"runs; {found['seconds']:.0f} s in all"
    )
    console.print(
        f"Guessed  by {surrogate['kind']}; rank correlation on trials left out "
        f"{surrogate['left_out_rank_correlation']:.2f}"
    )
    for note in found["notes"]:
        console.print(f"Note: {note}", markup=False)
    console.print(f"Report   {found['report']}")
    console.print(found["sentence"], markup=False, style="bold")


def _recommended(best: dict[str, Any] | None, name: str) -> list[str]:
    return (
        [percent(best["weights"][name]), f"{100 * best['low'][name]:.0f} to {percent(best['high'][name])}"]
        if best
        else []
    )


def _error(error: float | None) -> str:
    return "cannot guess" if error is None else f"{error:.4g}"


def compared(found: dict[str, Any]) -> None:
    """Print a comparison."""
    from tasks.experiments.comparison import Comparison
    from tasks.report.task import comparison_tables

    console.print()
    for title, rows in comparison_tables(Comparison.model_validate(found | {"recipe": {}})).items():
        columns = [column for column in (rows[0] if rows else {}) if any(row[column] for row in rows)]
        if rows:
            table(
                title.capitalize(),
                [*columns[:1], *(f"{column}>" for column in columns[1:])],
                ([row[column] for column in columns] for row in rows),
            )
    for note in [*found["notes"], *(f"No time for {line}." for line in found["left_out"])]:
        console.print(f"Note     {note}", markup=False)
    trials = found["trials"]
    console.print(f"Trials   {trials['run']} run, {trials['cached']} from the store, in {found['seconds']:.1f} s")
    console.print(f"Report   {found['report']}", markup=False)
    console.print(found["sentence"], markup=False, style="bold")
