"""Prefect task of the weighing stage. The work is in methods/, verdicts.py, bounds.py and shares.py."""

from tasks.core import ui
from tasks.manifests.check import Verdict
from tasks.manifests.manifest import Manifest, Product
from tasks.store.products import Workbench, stage_task
from tasks.weigh.settings import WeighSettings
from tasks.weigh.shares import weigh


@stage_task("weigh")
def weigh_sources(
    _work: Workbench,
    subject: str,
    pool: Manifest,
    verdicts: tuple[Verdict, ...],
    settings: WeighSettings,
    appraised: list[Manifest],
) -> Product:
    """Decide every source's share of the mix, and say why."""
    sizes = {
        account.source: float(account.rows if settings.unit == "rows" else account.tokens) for account in pool.accounts
    }
    facts, notes = weigh(sizes, verdicts, settings, appraised)
    for note in notes:
        ui.log(note, warn=True)
    for number, phase in enumerate(facts.get("phases", [facts]), 1):
        if phase["why"]:
            ui.show_table(f"why-{subject}-{number}", phase["why"], f"Why these weights: {phase['method']['kind']}")
    return Product(facts=facts)
