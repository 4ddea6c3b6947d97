"""A batch as the model sees it, what is learned of it coloured, or between brackets where there are no colours."""

from rich.text import Text

from flows.cli.tables import console
from flows.cli.terminal import harmless
from tasks.manifests.batch import Part, ShownBatch, ShownExample

LEARNED = "bold green"
OPENS, CLOSES = "⟦", "⟧"


def first_batch(batch: ShownBatch) -> None:
    """Print the batch that training begins with, and what is met first of the sources that it has nothing of."""
    coloured = console.color_system is not None
    filled = batch.longest * len(batch.examples) - batch.tokens
    learned = Text("what is learned", style=LEARNED) if coloured else Text(f"{OPENS}what is learned{CLOSES}")
    console.print(Text("\nThe first batch, and in it ").append_text(learned))
    for example in batch.examples:
        _print(example, "", coloured=coloured)
    asked = f", of which {batch.learned:,} are learned" if batch.learned else ""
    console.print(
        f"\n{len(batch.examples):,} examples of {batch.tokens:,} tokens{asked}; "
        f"{filled:,} more fill the shorter ones up to {batch.longest:,}"
    )
    for example in batch.later:
        _print(example, f"  first of this source, in step {example.step:,}", coloured=coloured)


def _print(example: ShownExample, when: str, *, coloured: bool) -> None:
    console.print(Text(harmless(f"\n{example.source}  {example.row_id}{when}"), style="dim"))
    console.print(Text().join(_shown(part, coloured=coloured) for part in example.parts))


def _shown(part: Part, *, coloured: bool) -> Text:
    text = harmless(part.text)
    if not part.learned:
        return Text(text)
    return Text(text, style=LEARNED) if coloured else Text(f"{OPENS}{text}{CLOSES}")
