"""From settings, sizes, verdicts and evidence to the shares of every phase, and of the whole mix."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.records import Section
from tasks.manifests.check import Verdict
from tasks.manifests.dropped import Figure
from tasks.manifests.manifest import Manifest
from tasks.manifests.weights import EvidenceFacts, WeightsFacts
from tasks.weigh.bounds import Bounds, within
from tasks.weigh.evidence import Evidence, evidence_for, in_words, table
from tasks.weigh.settings import Phase, WeighSettings, method_of, needs_evidence
from tasks.weigh.verdicts import Weighed, settle


def weigh(
    sizes: Mapping[str, float],
    verdicts: Sequence[Verdict],
    settings: WeighSettings,
    appraised: Sequence[Manifest[EvidenceFacts]],
) -> tuple[WeightsFacts, list[str]]:
    """Settle the shares, and say what the log has to say of them.

    With phases the shares of the whole mix are W_i = Σ_p share_p w_pi.

    Args:
        sizes: what each source of the pool holds, in the unit of the weights.
        appraised: evidence on the sources, for the weights that need it.
    """
    settled = [_of_phase(phase, sizes, verdicts, settings, appraised) for phase in settings.stretches]
    phases = [weights for weights, _ in settled]
    notes = list(dict.fromkeys(note for _, of_phase in settled for note in of_phase))
    return _overall(phases) if settings.phases else phases[0], notes


def _of_phase(
    phase: Phase,
    sizes: Mapping[str, float],
    verdicts: Sequence[Verdict],
    settings: WeighSettings,
    appraised: Sequence[Manifest[EvidenceFacts]],
) -> tuple[WeightsFacts, tuple[str, ...]]:
    method, section = method_of(phase.weights), phase.weights.model_dump(mode="json")
    why: list[dict[str, Figure]] = []
    if needs_evidence(phase.weights):
        evidence = evidence_for(phase.weights, appraised)
        proposed = method.propose_from(sizes, phase.weights, evidence)
        why = table(_terms(method, sizes, phase.weights, evidence), list(sizes), proposed)
    else:
        proposed = method.propose(sizes, phase.weights)
    weighed = _explained(settle(proposed, sizes, verdicts, section["kind"]), why)
    out = {verdict.subject for verdict in verdicts if verdict.factor == 0} | {
        name for name, size in sizes.items() if not size
    }
    if settings.floors or settings.ceilings:
        weighed = within(weighed, Bounds(settings.floors, settings.ceilings), out)
    settled = WeightsFacts(
        share=phase.share,
        weights=weighed.weights,
        requested=weighed.requested,
        reasons=weighed.reasons,
        method=section,
        why=tuple(why),
        ceilings=settings.ceilings,
        epochs=method.epochs_of(phase.weights) if hasattr(method, "epochs_of") else {},
    )
    return settled, weighed.notes


def _terms(
    method: Any, sizes: Mapping[str, float], weights: Section, evidence: Evidence
) -> Mapping[str, Mapping[str, float]]:
    return method.terms_of(sizes, weights, evidence) if hasattr(method, "terms_of") else evidence.terms


def _explained(weighed: Weighed, why: Sequence[Mapping[str, Figure]]) -> Weighed:
    figures = {row["source"]: in_words(row) for row in why}
    reasons = {
        name: f"{reason} ({figures[name]})" if figures.get(name) else reason for name, reason in weighed.reasons.items()
    }
    return Weighed(weighed.requested, weighed.weights, reasons, weighed.notes)


def _overall(phases: Sequence[WeightsFacts]) -> WeightsFacts:
    total = math.fsum(phase.share for phase in phases)
    names = list(phases[0].weights)

    def mean(shares: Sequence[Mapping[str, float]]) -> dict[str, float]:
        parts = [(phase.share, own) for phase, own in zip(phases, shares, strict=True)]
        return {name: math.fsum(part * own[name] for part, own in parts) / total for name in names}

    def reason(name: str) -> str:
        return "; ".join(
            f"phase {at} ({phase.share / total:.0%}): {phase.reasons[name]}" for at, phase in enumerate(phases, 1)
        )

    return WeightsFacts(
        weights=mean([phase.weights for phase in phases]),
        requested=mean([phase.requested for phase in phases]),
        reasons={name: reason(name) for name in names},
        method={"kind": "phases"},
        ceilings=phases[0].ceilings,
        phases=tuple(phase.model_copy(update={"share": phase.share / total}) for phase in phases),
    )
