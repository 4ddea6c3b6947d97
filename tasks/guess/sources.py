"""The whole guess: from the names of files to sources with one label set, each with its evidence."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from tasks.core.errors import CuveeError, RecipeError, Unreachable
from tasks.core.suggest import nearest
from tasks.guess import labels as naming
from tasks.guess.agree import one_spelling, onto
from tasks.guess.guesses import Guess, Guesses, Known, with_known
from tasks.guess.heads import Head, heads, items
from tasks.guess.media import KINDS, roles_of_media
from tasks.guess.names import words
from tasks.guess.naming import bare, free
from tasks.guess.parts import Part, label_names, sort_out
from tasks.guess.roles import MOST_LABELS, NUMBER, Roles, atoms, roles_of
from tasks.guess.sample import first_values, look, values_of
from tasks.guess.sections import SourceSection, but, paths_of, plain_section
from tasks.guess.targets import files_pair
from tasks.guess.vocabulary import GENERAL, HELD_OUT

SHOWN = 10
TOLERATED, HOPELESS = 0.01, 0.2
"""Share of bad records that a run lets pass by itself, and above which a source is not understood."""


def guess_sources(
    arguments: Sequence[str], base: str, text: str | None = None, label: str | None = None, known: Known | None = None
) -> Guesses:
    """Understand files, folders, globs and URLs.

    Args:
        base: folder that relative paths start at.
        text, label: columns that the user names, for all files with columns.
        known: the recipe that they are put into.

    Raises:
        CuveeError: everything that is wrong, at once; its exit code is the first problem's.
    """
    problems: list[CuveeError] = []
    unfit: list[tuple[str, CuveeError]] = []
    first, again = _heads(arguments, base, problems, unfit)
    sorted_out = sort_out(first, base)
    unfit += [(path, RecipeError(why)) for path, why in sorted_out.wrong]
    left_out = again + sorted_out.left_out
    guesses: dict[str, Guess] = {}
    for part in sorted_out.parts:
        try:
            name = _name(part, [*guesses, *(known.taken if known else ())])
            guesses[name] = _guess(part, base, text, label)
        except CuveeError as error:
            # What lies in a folder with the data need not be data.
            if part.heads[0].item.asked and not part.heads[0].member:
                unfit.append((part.heads[0].path, error))
            else:
                left_out.append((part.heads[0].path, str(error)))
    problems += _unknown(guesses, text, label)
    if not guesses:
        problems += [type(error)(f"{path}: {str(error).removeprefix(f'{path}: ')}") for path, error in unfit]
    if not guesses and not problems:
        why = "".join(f"\n  {path}: {reason}" for path, reason in left_out[:20])
        problems.append(RecipeError(f"none of the files can be a source{why}"))
    if problems:
        raise type(problems[0])("\n".join(str(problem) for problem in problems))
    # One bad or missing file is no reason to do without a recipe of the others.
    left_out = [*((path, str(error)) for path, error in unfit), *left_out]
    if known is None:
        return _agreed(guesses, left_out)
    return Guesses([*known.labels], {name: _added(guess, known.labels) for name, guess in guesses.items()}, left_out)


def _added(guess: Guess, labels: Sequence[str]) -> Guess:
    return with_known(guess, onto(guess.mapping, labels), labels) if labels else replace(guess, label="", mapping={})


def _unknown(guesses: Mapping[str, Guess], text: str | None, label: str | None) -> list[CuveeError]:
    columns = dict.fromkeys(name for guess in guesses.values() for name in guess.seen.columns)
    return [
        RecipeError(f"{option} {name!r}: no file has this column;{nearest(name, columns)}")
        for option, name in (("--text", text), ("--label", label))
        if name and columns and name not in columns
    ]


def _heads(
    arguments: Sequence[str], base: str, problems: list[CuveeError], unfit: list[tuple[str, CuveeError]]
) -> tuple[list[Head], list[tuple[str, str]]]:
    first: list[Head] = []
    again: list[tuple[str, str]] = []
    seen: set[str] = set()
    for argument in arguments:
        try:
            found = items(argument, base)
        except Unreachable as error:
            unfit.append((argument, Unreachable(str(error).removeprefix(f"cannot read {argument}: "))))
            continue
        except CuveeError as error:
            problems.append(error)
            continue
        for item in found:
            if (place := os.path.realpath(item.place.path) if "://" not in argument else item.place.path) in seen:
                again.append((item.path, "it was given twice"))
                continue
            seen.add(place)
            try:
                first += heads(item, len(first))
            except CuveeError as error:
                if item.asked:
                    unfit.append((item.path, error))
                else:
                    again.append((item.path, str(error)))
    return first, again


def _guess(part: Part, base: str, text: str | None, label: str | None) -> Guess:
    from_files = part.label != "column"
    text_column = str(part.section.get("columns", {}).get("text", "text"))
    roles, doubts = (
        (Roles(text_column, "label" if part.label else None, ()), []) if from_files else _roles(part, base, text, label)
    )
    plain = plain_section(part.section)
    seen = look(plain | {"kind": part.kind}, base, roles.text, roles.label, SHOWN)
    if seen.bad > HOPELESS * seen.rows:
        raise RecipeError(
            f"{seen.bad:,} of its first {seen.rows:,} records lack a text or label, or cannot be read "
            f"({', '.join(part.evidence)})"
        )
    doubts += [f"{name!r} holds text, too" for name in roles.others]
    if roles.label is not None and (len(atoms(seen.labels)) > MOST_LABELS or not seen.labels):
        doubts.append(f"column {roles.label!r} is no label: it has {len(seen.labels):,} values")
        roles, seen = (
            Roles(roles.text, None, roles.evidence[:1]),
            look(plain | {"kind": part.kind}, base, roles.text, None, SHOWN),
        )
    if seen.bad > TOLERATED * seen.rows:
        plain["max_bad"] = math.ceil(100 * seen.bad / seen.rows + 1) / 100
        doubts.append(
            f"{seen.bad:,} of {seen.rows:,} records lack a text or label, or cannot be read; they go to quarantine"
        )
    held_out = [head.path for head in part.heads if HELD_OUT & {*words(head.name.stem), *head.name.parent.parts[-2:]}]
    if held_out:
        doubts.append(f"{held_out[0]} may be kept for measuring; under `decontaminate.against` it is not mixed")
    names = label_names(part, atoms(seen.labels))
    if part.names and names is None and seen.labels:
        doubts.append(f"{part.names[0]} does not name its labels")
    evidence = (*part.evidence, *roles.evidence, *([f"label names: {part.names[0]}"] if part.names and names else []))
    columns = {} if from_files else _columns(roles, seen.columns, numbered=plain.get("header") is False)
    return Guess(
        plain | ({"columns": columns} if columns else {}),
        part.label if roles.label is not None else "",
        naming.mapping(seen.labels, names),
        _sure(part, roles, doubts),
        evidence,
        tuple(doubts),
        seen,
        roles.pair or (None if part.label else files_pair(part.section)),
    )


def _roles(part: Part, base: str, text: str | None, label: str | None) -> tuple[Roles, list[str]]:
    values = values_of(part.section, base) if part.kind in KINDS else first_values(part.heads[0], part.section)
    if not any(len(column) for column in values.values()):
        raise RecipeError("none of its first records can be read")
    named = (text if text in values else None, label if label in values else None)
    if part.kind == "text" or (part.kind == "code" and not any(named)):
        by_line = part.kind == "text" and part.section.get("record") != "file"
        return Roles("text", None, ("text: each line" if by_line else "text: each file",)), []
    if part.kind in KINDS:
        return roles_of_media(part.kind, values, *named)
    return roles_of(values, *named), []


def _columns(roles: Roles, columns: Sequence[str], *, numbered: bool) -> dict[str, str | int]:
    """Say which columns these are: by name where a recipe can say it, else by number."""
    wanted = {"text": roles.text, "label": roles.label}
    return {
        role: list(columns).index(name) if numbered or naming.VARIABLE.search(name) else name
        for role, name in wanted.items()
        if name is not None and (name != role or numbered)
    }


def _sure(part: Part, roles: Roles, doubts: Sequence[str]) -> str:
    if doubts or any("not valid UTF-8" in line or "its name says" in line for line in part.evidence):
        return "likely"
    return "certain" if roles.label is not None else "likely"


def _name(part: Part, taken: Sequence[str]) -> str:
    """Name a source after its file, and after its folder where the file's name says little."""
    first = part.heads[0]
    if not first.member and part.kind in (*KINDS, "code"):  # read as a whole folder
        folder = PurePosixPath(*paths_of(part.section))
        return free([bare(folder.name), f"{folder.parent.name}-{bare(folder.name)}"], taken)
    parent = PurePosixPath(first.item.place.path).parent.name
    own = bare(first.item.place.path)
    if first.member:
        proposals = [own] if len(part.heads) > 1 else [f"{own}-{bare(first.member)}"]
    elif len(part.heads) > 1 or set(words(own)) <= GENERAL:
        proposals = [parent, f"{parent}-{own}"]
    else:
        proposals = [f"{parent}-{own}"] if set(words(own)[:1]) & GENERAL else [own, f"{parent}-{own}"]
    return free(proposals, taken)


def _agreed(guesses: dict[str, Guess], left_out: list[tuple[str, str]]) -> Guesses:
    """Give all sources that have labels one set of them, and leave the others out; where none has any, all stay."""
    labelled = {name: guess for name, guess in guesses.items() if guess.label}
    if not labelled:
        paired = all(guess.pair for guess in guesses.values())
        return Guesses(
            [], {name: _paired(guess) if paired else guess for name, guess in guesses.items()}, left_out, paired
        )
    labels, known = one_spelling(
        {name: guess.mapping for name, guess in labelled.items()},
        {name: guess.seen.rows for name, guess in labelled.items()},
    )
    labelled = {name: with_known(guess, known[name], labels) for name, guess in labelled.items()}
    if len(labels) < 2:
        raise RecipeError(
            f"there is only one label, {labels[0]!r}; a model needs at least two: give files with other labels, or "
            "name the column by --label"
        )
    numbered = [
        name
        for name, guess in labelled.items()
        if not guess.open and all(NUMBER.fullmatch(label) for label in guess.mapping.values() if label)
    ]
    for name in numbered if len(numbered) > 1 else []:
        doubt = (
            f"its labels are numbers, as those of {', '.join(other for other in numbered if other != name)} "
            "are; they are taken to mean the same"
        )
        labelled[name] = replace(labelled[name], doubts=(*labelled[name].doubts, doubt), sure="unsure")
    why = "it has no labels, while others have; give it `label: …` to take it in"
    left_out += [(_named(guess.section), why) for name, guess in guesses.items() if name not in labelled]
    return Guesses(labels, labelled, left_out)


def _paired(guess: Guess) -> Guess:
    """Say of a source with a text and what is to be written from it which columns these are."""
    columns = dict(zip(("text", "target"), guess.pair or (), strict=False))
    named = {role: name for role, name in columns.items() if role != name}
    section: SourceSection = {**guess.section, "columns": {**named}}
    return replace(guess, section=section if named else but(section, "columns"))


def _named(section: SourceSection) -> str:
    """Name what a source would read: its paths, and of an archive the members."""
    member = f"!{section['member']}" if "member" in section else ""
    return ", ".join(f"{path}{member}" for path in paths_of(section))
