"""Prefect tasks of the weighing stage. The work is in probes.py, methods/, verdicts.py, bounds.py and shares.py."""

from tasks.core import ui
from tasks.core.records import Section
from tasks.manifests.check import CheckResult, Verdict
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.pool import PoolFacts
from tasks.manifests.weights import EvidenceFacts, ProbeFacts, WeightsFacts
from tasks.models.linear import load, save
from tasks.rows.pool import train_rows
from tasks.rows.sampling import sample
from tasks.store.products import Workbench, stage_task
from tasks.weigh.evidence import SourceData, evidence_of
from tasks.weigh.probes import train_probe
from tasks.weigh.settings import WeighSettings
from tasks.weigh.shares import weigh


@stage_task("probe")
def learn_source(work: Workbench, pool: Manifest[PoolFacts], labels: tuple[str, ...], seed: int) -> Product[ProbeFacts]:
    """Train a cheap classifier on one source alone."""
    probe = train_probe(work.subject, train_rows(work, pool)[work.subject], labels, seed)
    with work.writing("probe.npz") as path:
        save(probe.classifier, path)
    ui.log(f"{work.subject}: a probe on {probe.rows:,} rows, accuracy {probe.accuracy:.3f} by cross-validation")
    return Product(rows=probe.rows, facts=ProbeFacts())


@stage_task("appraise")
def appraise_sources(
    work: Workbench,
    pool: Manifest[PoolFacts],
    checks: list[Manifest[CheckResult]],
    probes: list[Manifest[ProbeFacts]],
    weights: Section,
    labels: tuple[str, ...],
    seed: int,
) -> Product[EvidenceFacts]:
    """Work out what the weights ask of the sources."""
    rates = {check.subject: check.facts.pass_rate for check in checks}
    classifiers = {probe.subject: load(work.open(probe, "probe.npz")) for probe in probes}
    sources = SourceData(sample(train_rows(work, pool), seed), pool.accounts, rates, classifiers, labels, seed)
    evidence = evidence_of(sources, weights)
    for note in evidence.notes:
        ui.log(f"{work.subject}: {note}", warn=True)
    return Product(facts=EvidenceFacts(section=weights.model_dump(mode="json"), terms=evidence.terms))


@stage_task("weigh")
def weigh_sources(
    work: Workbench,
    pool: Manifest[PoolFacts],
    verdicts: tuple[Verdict, ...],
    settings: WeighSettings,
    appraised: list[Manifest[EvidenceFacts]],
) -> Product[WeightsFacts]:
    """Decide every source's share of the mix, and say why."""
    sizes = {
        account.source: float(account.rows if settings.unit == "rows" else account.tokens) for account in pool.accounts
    }
    facts, notes = weigh(sizes, verdicts, settings, appraised)
    for note in notes:
        ui.log(note, warn=True)
    for number, phase in enumerate(facts.stretches, 1):
        if phase.why:
            title = f"Why these weights: {phase.method['kind']}"
            ui.show_table(f"why-{work.subject}-{number}", list(phase.why), title)
    return Product(facts=facts)
