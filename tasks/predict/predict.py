"""What a published model says of rows: the same as when it was measured."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl
from pydantic import JsonValue

from tasks.clean.roles import normal
from tasks.core.errors import QualityGate
from tasks.core.layout import Layout
from tasks.models.pretrained import loading, refuse_unsafe
from tasks.models.trained import Ready
from tasks.objectives.parts import columns_of, predict_of
from tasks.personal.redact import without_personal
from tasks.predict.find import Published
from tasks.predict.rows import Block, Unread, inputs

Said = dict[str, JsonValue]
"""What stands in a row, and what the model says of it; of a record that cannot be read, which it is and why."""

EXAMPLES = 3
"""Records that cannot be read which are told in the end."""
ERROR = "error"


@dataclass
class Tally:
    """How many records were answered so far, and which of them with an error.

    Attributes:
        examples: the first of these, and why.
    """

    records: int = 0
    unread: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, answers: Sequence[Said]) -> None:
        """Count answers."""
        errors = [f"{said['record']}: {said[ERROR]}" for said in answers if ERROR in said]
        self.records += len(answers)
        self.unread += len(errors)
        self.examples += errors[: EXAMPLES - len(self.examples)]

    def refuse(self) -> None:
        """Say what could not be read.

        Raises:
            QualityGate: it is not nothing.
        """
        if self.unread:
            first = "".join(f"\n  {example}" for example in self.examples)
            raise QualityGate(
                f"{self.unread:,} of {self.records:,} records cannot be read; the others are answered, and in their "
                f"place stands why:{first}\n  mend them, and ask again"
            )


def read_by(model: Published) -> Layout:
    """Give the layout of what the model is given."""
    columns = columns_of(model.recipe.task)
    return inputs(columns.layout(model.trained.labels), predict_of(model.recipe.task).READS)


def predictions(model: Published, blocks: Iterable[Block]) -> Iterator[list[Said]]:
    """Give what the model says of every row, in order, a list for each block, with an `error` in the place of each
    record that cannot be read. Texts are brought to one form first, as those were that it learned from, and personal
    data in them is replaced where it was there.
    """
    layout, part = read_by(model), predict_of(model.recipe.task)
    kinds = model.protection.kinds if model.protection else ()
    ready: Ready | None = None
    for rows, unread in blocks:
        said = list[Said]()
        if rows.height:
            ready = ready or loaded(model)
            given = without_personal(normal(rows, layout, keep_lines=model.keeps_lines).rows, layout, kinds)
            said = pl.concat([rows, part.predict(ready, given, model.trained)], how="horizontal").to_dicts()
        yield _with_unread(said, unread)


def _with_unread(said: list[Said], unread: Iterable[Unread]) -> list[Said]:
    """Put what cannot be read where it stands among what can."""
    every, done = list[Said](), 0
    for place, record, why in unread:
        error: Said = {"record": record, ERROR: why}
        every += [*said[done:place], error]
        done = place
    return every + said[done:]


def loaded(model: Published) -> Ready:
    """Load the model.

    Raises:
        RecipeError: its files are not what they should be.
    """
    with loading(f"the model {model.place.where}"):
        refuse_unsafe(f"the model {model.place.where}", model.trained.folder)
        return predict_of(model.recipe.task).load(model.trained.folder)
