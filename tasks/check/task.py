"""Prefect tasks of the checking stage. The work is in facts.py, suite.py, run.py and policy.py."""

import json
from pathlib import Path

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks import ui
from tasks.caching import Workbench, stage_task
from tasks.check.facts import duplicate_share, facts_of
from tasks.check.policy import verdicts
from tasks.check.run import validate
from tasks.check.settings import ChecksSettings
from tasks.check.suite import suite_for
from tasks.records import CheckResult, Manifest, Product, Verdict


@stage_task("check")
def check_source(work: Workbench, subject: str, pool: Manifest, settings: ChecksSettings, labels: tuple[str, ...]) -> Product:
    """Hold one source's rows against its expectations."""
    share = duplicate_share(pool.account(subject))
    return _checked(work, subject, [work.open(pool, f"train/{subject}.parquet")], settings, labels, share)


@stage_task("check")
def check_mix(work: Workbench, subject: str, mix: Manifest, settings: ChecksSettings, labels: tuple[str, ...]) -> Product:
    """Hold the mix against its expectations."""
    files = [work.open(mix, file.name) for file in mix.files if file.name.startswith("data/train-")]
    return _checked(work, subject, files, settings, labels, 0.0)


def _checked(work: Workbench, subject: str, files: list[Path], settings: ChecksSettings, labels: tuple[str, ...], duplicates: float) -> Product:
    suite = suite_for(subject, settings, labels)
    facts = facts_of(files, suite).with_columns(pl.lit(duplicates).alias("duplicate_share"))
    result, document = validate(subject, facts, suite)
    with work.writing("result.json") as path:
        path.write_text(json.dumps(document, indent=2, default=str))
    return Product(rows=facts.height, facts=result.model_dump(mode="json"))


@task(name="gate-checks", task_run_name="gate-{subject}", cache_policy=NO_CACHE)
def gate_checks(subject: str, checks: list[Manifest], settings: ChecksSettings) -> tuple[Verdict, ...]:
    """Judge what the checks found; stop where a policy says so."""
    results = [CheckResult.model_validate(check.facts) for check in checks]
    rows = [
        {"subject": r.subject, "passed": r.passed, "expectations": r.evaluated, "failed": "; ".join(f.expectation for f in r.failed)} for r in results
    ]
    ui.show_table(f"checks-{subject}", rows, f"Checks of {subject}")
    found = verdicts(results, settings)
    for verdict in found:
        if verdict.action != "keep":
            ui.log(f"{verdict.subject}: {verdict.action}: {verdict.reason}", warn=True)
    return found
