"""The DAG of a run as a mermaid diagram: a node per task with its rows and state, an edge where a product was handed
on.
"""

import re
from collections.abc import Iterator, Sequence

from tasks.report.words import duration, plural
from tasks.store.runs import TaskNote

HANDED_ON = (
    ("probe-source", "ingest-source"),
    ("ingest-source", "clean-source"),
    ("probe-model", "train-model"),
    ("probe-model", "train-stage"),
    ("probe-encoder", "embed-source"),
    ("find-earlier", "measure-drift"),
    ("check-source", "gate-checks"),
    ("check-mix", "gate-checks"),
    ("gate-checks", "weigh-sources"),
)
"""Pairs of tasks between which no product goes, so that fingerprints do not tell of the edge."""
GATED = {"check-source": "sources", "check-mix": "mix"}
"""Task -> subject of the gate that judges its result."""
STYLES = {
    "run": "fill:#7a1f3d,stroke:#7a1f3d,color:#ffffff",
    "cached": "fill:#f4eef1,stroke:#b9909d,color:#3a2b31",
    "stopped": "fill:#ffffff,stroke:#b3261e,color:#b3261e,stroke-width:2px",
}


def mermaid(notes: Sequence[TaskNote]) -> str:
    """Draw the tasks of a run."""
    names = {number: f"t{number}" for number in range(len(notes))}
    nodes = [f'    {names[number]}["{_label(note)}"]:::{style_of(note)}' for number, note in enumerate(notes)]
    links = [f"    {names[first]} --> {names[second]}" for first, second in edges(notes)]
    styles = [f"    classDef {name} {style}" for name, style in STYLES.items()]
    return "\n".join(["flowchart TB", *nodes, *links, *styles])


def edges(notes: Sequence[TaskNote]) -> list[tuple[int, int]]:
    """Find which task handed something to which: pairs of positions in `notes`, each once, sorted."""
    made = {note.fingerprint: number for number, note in enumerate(notes) if note.fingerprint}
    by_product = {
        (made[parent], number) for number, note in enumerate(notes) for parent in note.parents if parent in made
    }
    return sorted(by_product | set(_handed_on(notes)))


def _handed_on(notes: Sequence[TaskNote]) -> Iterator[tuple[int, int]]:
    for first, before in enumerate(notes):
        for second, after in enumerate(notes):
            if (before.name, after.name) in HANDED_ON and _meet(before, after):
                yield first, second


def _meet(before: TaskNote, after: TaskNote) -> bool:
    if before.name == "probe-encoder":
        return True
    if after.name == "train-stage":  # the later ones begin with the model of the one before
        return after.subject == "stage 1"
    if after.name == "gate-checks":
        return after.subject == GATED[before.name]
    return before.subject == ("sources" if after.name == "weigh-sources" else after.subject)


def style_of(note: TaskNote) -> str:
    """Give the style of a task's node: `run`, `cached` or `stopped`."""
    return note.state if note.state in ("run", "cached") else "stopped"


def _label(note: TaskNote) -> str:
    state = {"run": duration(note.seconds) if note.seconds else "run", "cached": "from the store"}.get(
        note.state, note.state
    )
    rows = [plural(note.rows, "row")] if note.rows else []
    return "<br/>".join([_plain(note.name), _plain(note.subject), *rows, _plain(state)])


def _plain(text: str) -> str:
    """Leave only characters that mean nothing to mermaid, Markdown or HTML."""
    return re.sub(r"[^\w .,:/-]", "·", text)
