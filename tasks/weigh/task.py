"""Prefect tasks of the weighing stage. The work is in methods/ and weights.py."""

from tasks import kinds, ui
from tasks.caching import Workbench, stage_task
from tasks.records import Manifest, Product, Section, Verdict
from tasks.weigh import methods
from tasks.weigh.weights import settle


@stage_task("weigh")
def weigh_sources(_work: Workbench, subject: str, pool: Manifest, verdicts: tuple[Verdict, ...], weights: Section, unit: str) -> Product:  # noqa: ARG001
    """Decide every source's share of the mix, and say why."""
    method = kinds.load(methods, weights.kind)  # pyright: ignore[reportAttributeAccessIssue]
    sizes = {account.source: float(account.rows if unit == "rows" else account.tokens) for account in pool.accounts}
    weighed = settle(method.propose(sizes, weights), verdicts, weights.kind)  # pyright: ignore[reportAttributeAccessIssue]
    if abs(weighed.asked_sum - 1) > 1e-6:
        ui.log(f"the weights sum to {weighed.asked_sum:g}; they were normalised to sum to 1", warn=True)
    return Product(facts={"weights": weighed.weights, "requested": weighed.requested, "reasons": weighed.reasons})
