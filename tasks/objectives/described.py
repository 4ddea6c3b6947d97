"""What the columns of rows hold, for cards: those of the task, and those that any task may have beside them."""

from collections.abc import Sequence

from tasks.core.layout import Layout
from tasks.objectives.parts import About, columns_of

TESTS = About("Tests of the program that is to be written.", "pieces of Python that raise nothing where it is right")


def published_layout(task: str, labels: Sequence[str], held: Layout) -> Layout:
    """Give the layout of a published mix: its task's, and tests where it holds such; those of old do not say theirs."""
    layout = columns_of(task).layout(labels)
    return layout.with_tests if "tests" in held.names else layout


def about_columns(task: str, layout: Layout) -> dict[str, About]:
    """Say what each column of a layout of the task's rows holds."""
    tests = {role.name: TESTS for role in layout.roles if role.holds == "tests"}
    return {**columns_of(task).ABOUT, **tests}
