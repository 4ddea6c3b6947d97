"""From settings, sizes, verdicts and evidence to the shares of every phase, and of the whole mix."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.records import Section
from tasks.manifests.check import Verdict
from tasks.manifests.manifest import Manifest
from tasks.weigh.bounds import Bounds, within
from tasks.weigh.evidence import Evidence, evidence_for, in_words, table
from tasks.weigh.settings import Phase, WeighSettings, method_of, needs_evidence
from tasks.weigh.verdicts import Weighed, settle

Facts = dict[str, Any]


def weigh(
    sizes: Mapping[str, float], verdicts: Sequence[Verdict], settings: WeighSettings, appraised: Sequence[Manifest]
) -> tuple[Facts, list[str]]:
    """Settle the shares.

    Args:
        sizes: what each source of the pool holds, in the unit of the weights.
        appraised: evidence on the sources, for the weights that need it.

    Returns:
        `weights`, `requested` and `reasons` by source, the `method` with its settings, `why` (the figures behind the
        weights, by source; empty for methods that look at sizes only) and `ceilings`; with phases also `phases`, the
        same for each of them with its `share`, and the others are those of the whole mix: W_i = Σ_p share_p w_pi. Then
        what the log has to say.
    """
    found = [_of_phase(phase, sizes, verdicts, settings, appraised) for phase in settings.stretches]
    notes = list(dict.fromkeys(note for _, said in found for note in said))
    if not settings.phases:
        return found[0][0], notes
    return _overall([phase.share for phase in settings.phases], [facts for facts, _ in found]), notes


def _of_phase(
    phase: Phase,
    sizes: Mapping[str, float],
    verdicts: Sequence[Verdict],
    settings: WeighSettings,
    appraised: Sequence[Manifest],
) -> tuple[Facts, tuple[str, ...]]:
    method, asked = method_of(phase.weights), phase.weights.model_dump(mode="json")
    why: list[dict[str, Any]] = []
    if needs_evidence(phase.weights):
        evidence = evidence_for(phase.weights, appraised)
        proposed = method.propose_from(sizes, phase.weights, evidence)
        why = table(_terms(method, sizes, phase.weights, evidence), list(sizes), proposed)
    else:
        proposed = method.propose(sizes, phase.weights)
    weighed = _explained(settle(proposed, sizes, verdicts, asked["kind"]), why)
    out = {verdict.subject for verdict in verdicts if verdict.factor == 0} | {
        name for name, size in sizes.items() if not size
    }
    if settings.floors or settings.ceilings:
        weighed = within(weighed, Bounds(settings.floors, settings.ceilings), out)
    facts: Facts = {
        "weights": weighed.weights,
        "requested": weighed.requested,
        "reasons": weighed.reasons,
        "method": asked,
    }
    return facts | {"why": why, "ceilings": dict(settings.ceilings)}, weighed.notes


def _terms(
    method: Any, sizes: Mapping[str, float], weights: Section, evidence: Evidence
) -> Mapping[str, Mapping[str, float]]:
    return method.terms_of(sizes, weights, evidence) if hasattr(method, "terms_of") else evidence.terms


def _explained(weighed: Weighed, why: Sequence[Mapping[str, Any]]) -> Weighed:
    said = {row["source"]: in_words(row) for row in why}
    reasons = {
        name: f"{reason} ({said[name]})" if said.get(name) else reason for name, reason in weighed.reasons.items()
    }
    return Weighed(weighed.requested, weighed.weights, reasons, weighed.notes)


def _overall(shares: Sequence[float], phases: Sequence[Facts]) -> Facts:
    total = math.fsum(shares)
    names = list(phases[0]["weights"])

    def mean(field: str) -> dict[str, float]:
        return {
            name: math.fsum(share * phase[field][name] for share, phase in zip(shares, phases, strict=True)) / total
            for name in names
        }

    def reason(name: str) -> str:
        said = (f"({share / total:.0%}): {phase['reasons'][name]}" for share, phase in zip(shares, phases, strict=True))
        return "; ".join(f"phase {at} {text}" for at, text in enumerate(said, 1))

    told_by = [{"share": share / total} | phase for share, phase in zip(shares, phases, strict=True)]
    return {
        "weights": mean("weights"),
        "requested": mean("requested"),
        "reasons": {name: reason(name) for name in names},
        "method": {"kind": "phases"},
        "why": [],
        "ceilings": phases[0]["ceilings"],
        "phases": told_by,
    }
