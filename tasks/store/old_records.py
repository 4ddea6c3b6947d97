"""Records of runs as earlier versions wrote them, told in today's shape."""

from collections.abc import Iterator, Mapping
from typing import Any

from tasks.manifests.dropped import Dropped, DroppedRow, Figure

STEPS = {
    "personal": ("personal-data", "", ("personal_data",)),
    "contamination": (
        "contamination",
        "Jaccard",
        ("in_benchmark", "near_benchmark", "in_holdout_ngram", "near_holdout"),
    ),
    "near": ("near-duplicates", "Jaccard", ("near_duplicate", "near_holdout")),
    "semantic": ("semantic-duplicates", "cosine", ("semantic_duplicate", "semantic_holdout")),
}
"""Field of the record -> step, what a score is, and the step's reasons."""
FIGURES = {
    "rows": "rows compared",
    "verified": "pairs verified",
    "clusters": "rows that others repeat",
    "unsettled": "rows left undecided",
    "threshold": "cosine at least",
    "words": "words in a run",
    "share": "share of runs",
}


def dropped_of(record: Mapping[str, Any]) -> Iterator[Dropped]:
    """Give what a record without `dropped` says of the steps that had a field of their own."""
    left = {account["source"]: dict(account["dropped"]) for account in record.get("accounts", ())}
    for field, (step, score, codes) in STEPS.items():
        if not (facts := record.get(field)):
            continue
        counts = {source: {code: own.pop(code) for code in codes if code in own} for source, own in left.items()}
        bare = Dropped(step=step, counts={name: own for name, own in counts.items() if own})
        if field == "personal":
            yield bare.model_copy(update={"by_source": {name: _pieces(own) for name, own in facts.items()}})
            continue
        figures = {name: facts[key] for key, name in FIGURES.items() if isinstance(facts.get(key), (int, float))}
        sizes = {f"rows of {name}": rows for name, rows in facts["rows"].items()} if field == "contamination" else {}
        matched = {
            source: {f"match {name}": rows for name, rows in counts.items()}
            for source, counts in facts.get("matched", {}).items()
        }
        examples = tuple(_example(field, pair) for pair in facts["examples"])
        shown = {"figures": figures | sizes, "by_source": matched, "score": score, "examples": examples}
        yield bare.model_copy(update=shown)


def _pieces(own: Mapping[str, Any]) -> dict[str, Figure]:
    return {"pieces were": own["action"], "rows with any": own["rows"], **own["found"]}


def _example(field: str, pair: Mapping[str, Any]) -> DroppedRow:
    aside = pair.get("in_holdout", False)
    shared = pair.get("shared")
    return DroppedRow(
        source=pair["source"],
        row_id="",
        reason=pair.get("reason") or f"{field}_{'holdout' if aside else 'duplicate'}",
        text=pair["text"],
        other=("holdout/" if aside else "") + (pair.get("survivor_source") or pair["benchmark"]),
        other_text=pair.get("survivor_text") or pair["benchmark_text"],
        score=pair.get("jaccard", pair.get("cosine")),
        why=f"both say: {shared}" if shared else "",
    )
