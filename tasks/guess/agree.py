"""One label set for sources of different ones: never all spellings of them, but that of most records, and what the
labels of the others are in it, as far as they say.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tasks.core.errors import RecipeError
from tasks.guess.guesses import Guess, Guesses, with_known
from tasks.guess.labels import PLACES, key_of, one_set
from tasks.guess.roles import NUMBER
from tasks.guess.spelling import is_near, slips

Named = dict[str, str | None]
"""Label in the data -> label of the recipe; null where rows are left out."""


def agreed(guesses: Mapping[str, Guess], left_out: list[tuple[str, str]]) -> Guesses:
    """Give all sources one label set, where they have labels; what may be slips of the pen is for the user to say.

    Args:
        left_out: files that are no source, and why.

    Raises:
        RecipeError: there is one label only.
    """
    if not any(guess.label for guess in guesses.values()):
        return Guesses([], {**guesses}, left_out)
    slipped = _slips({name: _counts(guess) for name, guess in guesses.items()})
    written = {
        name: {raw: slipped[name][label] for raw, label in guess.mapping.items() if label in slipped[name]}
        for name, guess in guesses.items()
    }
    labels, known = one_spelling(
        {
            name: {raw: label for raw, label in guess.mapping.items() if raw not in written[name]}
            for name, guess in guesses.items()
        },
        {name: guess.seen.rows for name, guess in guesses.items()},
    )
    found = {name: with_known(guess, known[name], labels, written[name]) for name, guess in guesses.items()}
    if len(labels) < 2:
        raise RecipeError(
            f"there is only one label, {labels[0]!r}; a model needs at least two: give files with other labels, or "
            "name the column by --label"
        )
    numbered = [
        name
        for name, guess in found.items()
        if not guess.open and all(NUMBER.fullmatch(label) for label in guess.mapping.values() if label)
    ]
    for name in numbered if len(numbered) > 1 else []:
        doubt = (
            f"its labels are numbers, as those of {', '.join(other for other in numbered if other != name)} "
            "are; they are taken to mean the same"
        )
        found[name] = replace(found[name], doubts=(*found[name].doubts, doubt), sure="unsure")
    return Guesses(labels, found, left_out)


def _counts(guess: Guess) -> Counter[str]:
    """Count the records of a source by the recipe's labels."""
    counts: Counter[str] = Counter()
    for raw, label in guess.mapping.items():
        if label is not None:
            counts[label] += guess.seen.labels[raw]
    return counts


def _slips(counts: Mapping[str, Counter[str]]) -> dict[str, dict[str, str]]:
    """Give for each source the labels that may be slips of the pen: for one of its own that comes far more often, or
    for one that other sources have and it has not.
    """
    found = {name: slips(own) for name, own in counts.items()}
    whole = sum(counts.values(), Counter[str]())
    often = sorted(whole, key=lambda label: (-whole[label], label))
    for at, label in enumerate(often):
        bearing = [name for name, own in counts.items() if label in own]
        for other in often[:at]:
            if is_near(label, other) and not any(other in counts[name] for name in bearing):
                for name in bearing:
                    found[name].setdefault(label, other)
    return found


def one_spelling(mappings: Mapping[str, Named], rows: Mapping[str, int]) -> tuple[list[str], dict[str, Named]]:
    """Settle the label set.

    Sources agree that share labels; those of numbers only where all are the same, since 0, 1 and 2 of one source may
    mean what -1, 0 and 1 mean in another.

    Args:
        mappings: of each source with labels.
        rows: of each source.

    Returns:
        The label set, and of each source the labels that are known in it; one that is missing there is to be said by
        the user.
    """
    groups = _groups({name: _keys(mapping) for name, mapping in mappings.items()})
    words = [group for group in groups if not all(_is_numbered(_keys(mappings[name])) for name in group)]
    chosen = max(words or groups, key=lambda group: sum(rows[name] for name in group))
    together = {name: dict(mappings[name]) for name in chosen}
    labels = one_set([*together.values()])
    known = {name: together[name] if name in together else onto(mappings[name], labels) for name in mappings}
    return labels, known


def onto(mapping: Mapping[str, str | None], labels: Sequence[str]) -> Named:
    """Give the labels of a source that have a name in a label set: the same but for capitals, or the same place on a
    scale such as negative, neutral, positive. Numbers of another set than these say nothing.
    """
    own = _keys(mapping)
    if _is_numbered(own) and own != frozenset(map(key_of, labels)):
        return {raw: None for raw, label in mapping.items() if label is None}
    known = {key_of(label): label for label in labels}
    places = {PLACES[key_of(label)]: label for label in labels if key_of(label) in PLACES}
    found: Named = {}
    for raw, label in mapping.items():
        key = None if label is None else key_of(label)
        if key is None or key in known:
            found[raw] = None if key is None else known[key]
        elif PLACES.get(key) in places:
            found[raw] = places[PLACES[key]]
    return found


def _keys(mapping: Mapping[str, str | None]) -> frozenset[str]:
    return frozenset(key_of(label) for label in mapping.values() if label is not None)


def _is_numbered(labels: frozenset[str]) -> bool:
    return all(NUMBER.fullmatch(label) for label in labels)


def _agree(first: frozenset[str], second: frozenset[str]) -> bool:
    if _is_numbered(first) or _is_numbered(second):
        return first == second
    return bool(first & second)


def _groups(sets: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """Put sources together that agree, also by way of others."""
    groups: list[list[str]] = []
    for name, labels in sets.items():
        agreeing = [group for group in groups if any(_agree(labels, sets[other]) for other in group)]
        groups = [group for group in groups if group not in agreeing]
        groups.append([*(other for group in agreeing for other in group), name])
    return groups
