"""Every error a user can expect, by what the user can do about it.

CuveeError
├── RecipeError      exit 2   change the recipe or the command
│   ├── UnknownKind           a kind that no file defines
│   └── NotEnoughData         a mix that the sources cannot fill
├── QualityGate      exit 3   look at the data, or relax the check
├── Unreachable      exit 4   a source, the store or Prefect: try again, or fix the access
├── NoSpace          exit 4   a full disk: free some of it
└── TrainingFailed   exit 5   change the training settings
"""

from tasks.core.unseen import unseen


class CuveeError(Exception):
    """An expected failure: its text says what, where, the numbers and the remedy, and hides what the environment holds.

    Args:
        message: the whole text shown to the user.
        facts: the values the text was made of, kept for programs.
    """

    exit_code = 1

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(unseen(message))
        self.facts = {name: unseen(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}


class RecipeError(CuveeError):
    """The recipe or the command line cannot be carried out as written."""

    exit_code = 2


class UnknownKind(RecipeError, ValueError):
    """A `kind:` that names no file; a ValueError so that pydantic adds the place."""


class NotEnoughData(RecipeError):
    """The sources cannot give the rows or tokens that the mix asks for."""


class QualityGate(CuveeError):
    """A check failed whose policy is to stop."""

    exit_code = 3


class Unreachable(CuveeError):
    """A source or the store did not answer, or refused.

    Args:
        transient: whether the same call may go through later; only then it is retried.
    """

    exit_code = 4

    def __init__(self, message: str, *, transient: bool = False, **facts: object) -> None:
        super().__init__(message, **facts)
        self.transient = transient


class NoSpace(CuveeError):
    """A disk is full; no source is out of reach for that."""

    exit_code = 4


class TrainingFailed(CuveeError):
    """Training ended without a model."""

    exit_code = 5
