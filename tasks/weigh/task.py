"""Prefect task of the weighing stage. The work is in methods/ and verdicts.py."""

from tasks import kinds, ui
from tasks.caching import Workbench, stage_task
from tasks.records import Manifest, Product, Section, Verdict
from tasks.weigh import methods
from tasks.weigh.verdicts import settle


@stage_task("weigh")
def weigh_sources(_work: Workbench, subject: str, pool: Manifest, verdicts: tuple[Verdict, ...], weights: Section, unit: str) -> Product:  # noqa: ARG001
    """Decide every source's share of the mix, and say why."""
    asked = weights.model_dump(mode="json")
    sizes = {account.source: float(account.rows if unit == "rows" else account.tokens) for account in pool.accounts}
    weighed = settle(kinds.load(methods, asked["kind"]).propose(sizes, weights), sizes, verdicts, asked["kind"])
    for note in weighed.notes:
        ui.log(note, warn=True)
    facts = {"weights": weighed.weights, "requested": weighed.requested, "reasons": weighed.reasons, "method": asked}
    return Product(facts=facts)
