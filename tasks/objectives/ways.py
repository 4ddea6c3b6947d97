"""How the columns of a task are named, for guesses."""

from collections.abc import Mapping
from typing import NamedTuple


class Way(NamedTuple):
    """One way in which people name the columns of a task, in any script; names stand between spaces, without their own.

    Attributes:
        named: role, or part of a chat -> names of its column; roles that are not here are known by what they hold.
        perhaps: the same of columns that need not be there.
        behind: role or part -> names of a column that is read behind it, where there is one.
    """

    named: Mapping[str, str] = {}
    perhaps: Mapping[str, str] = {}
    behind: Mapping[str, str] = {}
