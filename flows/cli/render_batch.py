"""A batch as the model sees it, what is learned of it coloured, or between brackets where there are no colours."""

from rich.text import Text

from flows.cli.tables import console
from flows.cli.terminal import harmless
from tasks.manifests.batch import Part, ShownBatch

LEARNED = "bold green"
OPENS, CLOSES = "⟦", "⟧"


def first_batch(batch: ShownBatch) -> None:
    """Print the batch that training begins with."""
    coloured = console.color_system is not None
    filled = batch.longest * len(batch.examples) - batch.tokens
    learned = Text("what is learned", style=LEARNED) if coloured else Text(f"{OPENS}what is learned{CLOSES}")
    console.print(Text("\nThe first batch, and in it ").append_text(learned))
    for example in batch.examples:
        console.print(Text(harmless(f"\n{example.source}  {example.row_id}"), style="dim"))
        console.print(Text().join(_shown(part, coloured=coloured) for part in example.parts))
    console.print(
        f"\n{len(batch.examples):,} examples of {batch.tokens:,} tokens, of which {batch.learned:,} are learned; "
        f"{filled:,} more fill the shorter ones up to {batch.longest:,}"
    )


def _shown(part: Part, *, coloured: bool) -> Text:
    text = harmless(part.text)
    if not part.learned:
        return Text(text)
    return Text(text, style=LEARNED) if coloured else Text(f"{OPENS}{text}{CLOSES}")
