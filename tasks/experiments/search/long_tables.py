"""Tables in the long form that logs give (one row per run, step and domain), brought to one row per run.

    run,weights,step,valid_domain,loss 70M_1,0.25 0.75,30000,Github,1.44

The last step that every run has reached is taken: runs are only comparable at equal length.
"""

import polars as pl

from tasks.core.errors import RecipeError

DOMAINS = ("valid_domain", "domain")
VALUES = ("loss", "score")


def long_mixtures(frame: pl.DataFrame, name: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Give one row per run and one column per source; a table that is in that form already is given back as it is.

    Raises:
        RecipeError: runs with different numbers of shares, or one run with two mixes.
    """
    if not {"run", "weights"} <= set(frame.columns):
        return frame, ()
    runs = frame.select("run", "weights").unique(maintain_order=True)
    if runs["run"].is_duplicated().any():
        raise RecipeError(
            f"{name}: run {runs.filter(runs['run'].is_duplicated())['run'][0]} stands there with more than one mix"
        )
    shares = runs["weights"].str.strip_chars().str.split(" ")
    width = int(shares.list.len().max())  # pyright: ignore[reportArgumentType]
    if (shares.list.len() != width).any():
        raise RecipeError(f"{name}: some runs have fewer than {width} shares in `weights`")
    columns = [shares.list.get(place).alias(f"source {place + 1}") for place in range(width)]
    return runs.select("run").with_columns(columns), (
        f"{name}: the shares in `weights` have no names; they are called source 1 … {width}",
    )


def long_scores(frame: pl.DataFrame, name: str, sizes: tuple[str, ...] = ()) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Give one row per run and one column per domain; a table that is in that form already is given back as it is.

    Args:
        sizes: columns that say how large a run was: a row for each of them, then.
    """
    domain = next((column for column in DOMAINS if column in frame.columns), None)
    value = next((column for column in VALUES if column in frame.columns), None)
    if domain is None or value is None or "run" not in frame.columns:
        return frame, ()
    notes: tuple[str, ...] = ()
    if "step" in frame.columns and "step" not in sizes:
        step = _last_common(frame.with_columns(pl.col("step").cast(pl.Float64, strict=False)), name)
        frame = frame.filter(pl.col("step").cast(pl.Float64, strict=False) == step)
        notes = (f"{name}: scores at step {step:g}, the last that every run has reached",)
    numbers = frame.with_columns(pl.col(value).cast(pl.Float64, strict=False))
    index = ["run", *sizes]
    wide = numbers.pivot(on=domain, index=index, values=value, aggregate_function="mean", maintain_order=True)
    whole = wide.drop_nulls() if sizes else wide
    if whole.height < wide.height:
        notes = (*notes, f"{name}: {wide.height - whole.height} rows without a score in every domain were left out")
    return whole.cast(pl.String), notes


def _last_common(frame: pl.DataFrame, name: str) -> float:
    runs = frame["run"].n_unique()
    shared = (
        frame.group_by("step")
        .agg(pl.col("run").n_unique())
        .filter((pl.col("run") == runs) & pl.col("step").is_not_null())
    )
    if shared.height == 0:
        raise RecipeError(f"{name}: there is no step that all {runs} runs have reached")
    return float(shared["step"].max())  # pyright: ignore[reportArgumentType]
