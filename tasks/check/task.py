"""Prefect tasks of the checking stage. The work is in facts.py, suite.py, run.py, results.py and policy.py."""

import json
from pathlib import Path

from tasks.check.facts import columns, drift_columns, duplicate_share, facts_of
from tasks.check.policy import verdicts
from tasks.check.results import of_nothing, result_of, summary_of, table_of
from tasks.check.run import evaluate
from tasks.check.settings import ChecksSettings, Expectation
from tasks.check.suite import MIX, problems, suite_for
from tasks.core import ui
from tasks.core.layout import Layout
from tasks.core.suggest import Problem
from tasks.core.tasks import task
from tasks.core.unseen import unseen
from tasks.manifests.check import CheckResult, Verdict
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.pool import MixFacts, PoolFacts
from tasks.manifests.profile import DriftFacts
from tasks.rows.emptied import why_empty
from tasks.rows.files import TRAIN, open_mix, pool_file
from tasks.rows.layout import layout_of
from tasks.store.products import Workbench, stage_task


@stage_task("check")
def check_source(
    work: Workbench, pool: Manifest[PoolFacts], settings: ChecksSettings, drift: Manifest[DriftFacts]
) -> Product[CheckResult]:
    """Hold one source's rows, and how far it has moved, against its expectations."""
    files, layout = [work.open(pool, pool_file(TRAIN, work.subject))], layout_of(pool)
    moved = drift_columns(drift.facts.sources.get(work.subject))
    account = pool.account(work.subject)
    shares = {"duplicate_share": duplicate_share(account)} | moved
    suite = suite_for(work.subject, settings, layout, moved)
    if account.rows:
        return _checked(work, work.subject, files, suite, shares, layout)
    # Of no rows nothing can be said but that there are none, and why.
    checked = _checked(work, work.subject, files, suite[:1], shares, layout)
    return checked.model_copy(update={"facts": of_nothing(checked.facts, why_empty(account, pool.facts.dropped))})


@stage_task("check")
def check_mix(work: Workbench, mix: Manifest[MixFacts], settings: ChecksSettings) -> Product[CheckResult]:
    """Hold the mix against its expectations."""
    files, layout = open_mix(work, mix, TRAIN), layout_of(mix)
    return _checked(work, work.subject, files, suite_for(MIX, settings, layout), {"duplicate_share": 0.0}, layout)


def _checked(
    work: Workbench, subject: str, files: list[Path], suite: list[Expectation], shares: dict[str, float], layout: Layout
) -> Product[CheckResult]:
    facts = facts_of(files, suite, shares, layout)
    outcomes, document = evaluate(facts, suite, columns(layout))
    result = result_of(subject, facts, outcomes)
    with work.writing("result.json") as path:
        path.write_text(unseen(json.dumps(document, indent=2, default=str)), "utf-8")
    ui.show_table(
        f"checks-{subject}",
        table_of(outcomes, facts),
        f"{len(result.failed)} of {result.evaluated} checks of {subject} failed",
    )
    return Product(rows=facts.height, facts=result)


@task()
def gate_checks(what: str, checks: list[Manifest[CheckResult]], settings: ChecksSettings) -> tuple[Verdict, ...]:
    """Judge what the checks of `what` (the sources, the mix) found; stop where a policy says so."""
    results = [check.facts for check in checks]
    ui.show_table(f"gate-{what}", [summary_of(result) for result in results], f"What the checks of {what} found")
    empty = {check.subject for check in checks if not check.rows}
    judged = verdicts(results, settings, empty, mixes=what == MIX)
    for verdict in judged:
        if verdict.action != "keep":
            ui.log(f"{verdict.subject}: {verdict.action}: {verdict.reason}", warn=True)
    return judged


def expectation_problems(settings: ChecksSettings, layout: Layout) -> list[Problem]:
    """Say what is wrong with a recipe's expectations; needs no data."""
    return problems(settings, layout)
