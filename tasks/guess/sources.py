"""The whole guess: from the names of files to sources that are read for one task, each with its evidence."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import TypeVar

from tasks.core.errors import CuveeError, RecipeError
from tasks.core.suggest import nearest
from tasks.guess import labels as naming
from tasks.guess.agree import agreed, onto
from tasks.guess.choose import Understood, chosen_task, other_tasks, understand
from tasks.guess.fits import Fit, wanted
from tasks.guess.guesses import Guess, Guesses, Known, with_known
from tasks.guess.heads import heads_of
from tasks.guess.media import KINDS
from tasks.guess.names import words
from tasks.guess.naming import bare, free
from tasks.guess.parts import Part, label_names, sort_out
from tasks.guess.roles import MOST_LABELS, atoms
from tasks.guess.sample import Seen, count_labels, look, look_by_roles
from tasks.guess.sections import SourceSection, paths_of, plain_section
from tasks.guess.vocabulary import GENERAL, HELD_OUT
from tasks.objectives.parts import DEFAULT, columns_of

T = TypeVar("T")
SHOWN = 10
TOLERATED, HOPELESS = 0.01, 0.2
"""Share of bad records that a run lets pass by itself, and above which a source is not understood."""
CERTAIN = 6.0
"""How much must speak for a task without labels that is told by nothing else."""


def guess_sources(
    arguments: Sequence[str],
    base: str,
    text: str | None = None,
    label: str | None = None,
    known: Known | None = None,
    task: str | None = None,
) -> Guesses:
    """Understand files, folders, globs and URLs.

    Args:
        base: folder that relative paths start at.
        text, label: columns that the user names, for all files with columns.
        known: the recipe that they are put into.
        task: what the user wants to learn from them; by default what they fit best.

    Raises:
        CuveeError: everything that is wrong, at once; its exit code is the first problem's.
    """
    problems: list[CuveeError] = []
    unfit: list[tuple[str, CuveeError]] = []
    first, again = heads_of(arguments, base, problems, unfit)
    sorted_out = sort_out(first, base)
    unfit += [(path, RecipeError(why)) for path, why in sorted_out.wrong]
    left_out = again + sorted_out.left_out
    guess = _Guessing(base, unfit, left_out)
    understood = guess.understood(sorted_out.parts, text, label, known.taken if known else ())
    problems += _unknown(understood, text, label)
    guesses, chosen = guess.read(understood, known.task if known else task, keep=known is not None)
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
        others = other_tasks({name: understood[name] for name in guesses}, chosen)
        return replace(agreed(guesses, left_out), task=chosen, others=others)
    added = {name: _added(guess, known.labels) for name, guess in guesses.items()}
    return Guesses([*known.labels], added, left_out, known.task)


def _added(guess: Guess, labels: Sequence[str]) -> Guess:
    return with_known(guess, onto(guess.mapping, labels), labels) if labels else replace(guess, label="", mapping={})


class _Guessing:
    """What becomes of the parts that files make: a source, or something that is left out and why.

    Attributes:
        unfit: files that the user has named and that are no source, and why.
        left_out: others.
    """

    def __init__(self, base: str, unfit: list[tuple[str, CuveeError]], left_out: list[tuple[str, str]]) -> None:
        self.base, self.unfit, self.left_out = base, unfit, left_out

    def understood(
        self, parts: Sequence[Part], text: str | None, label: str | None, taken: Sequence[str]
    ) -> dict[str, Understood]:
        """Look at the first records of all of them."""
        found: dict[str, Understood] = {}
        for part in parts:
            name = _name(part, [*found, *taken])
            if one := self._tried(part, partial(understand, part, self.base, text, label)):
                found[name] = one
        return found

    def read(self, sources: dict[str, Understood], task: str | None, *, keep: bool) -> tuple[dict[str, Guess], str]:
        """Read all sources for one task.

        Args:
            task: which; by default the one that is chosen.
            keep: whether sources that do not fit it are read for what they fit best.
        """
        while left := {name: one for name, one in sources.items() if one.fits}:
            chosen = task or chosen_task(left)
            fits = {name: one.fit(chosen) or (one.fits[0] if keep else None) for name, one in left.items()}
            guesses, again = dict[str, Guess](), False
            for name, fit in fits.items():
                try:
                    guess = self._tried(left[name].part, partial(_guess, left[name], fit, self.base)) if fit else None
                except NoLabelsError as error:
                    sources[name], again = left[name].without_labels(str(error)), True
                    continue
                if guess:
                    guesses[name] = guess
                elif fit:
                    del sources[name]
            if not again:
                self._leave_out({name: left[name] for name, fit in fits.items() if fit is None}, chosen)
                return guesses, chosen
        return {}, task or DEFAULT

    def _tried(self, part: Part, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except NoLabelsError:
            raise
        except CuveeError as error:
            # What lies in a folder with the data need not be data.
            if part.heads[0].item.asked and not part.heads[0].member:
                self.unfit.append((part.heads[0].path, error))
            else:
                self.left_out.append((part.heads[0].path, str(error)))
            return None

    def _leave_out(self, sources: Mapping[str, Understood], task: str) -> None:
        """Say of sources that do not fit the task what they lack."""
        roles = wanted(columns_of(task).layout(()))
        why = f"it does not fit `task: {task}`, which wants {', '.join(roles)}"
        if any(role.holds == "label" for role in roles.values()):
            why = "it has no labels, while others have; give it `label: …` to take it in"
        self.left_out += [(_named(one.part.section), why) for one in sources.values()]


def _unknown(sources: Mapping[str, Understood], text: str | None, label: str | None) -> list[CuveeError]:
    columns = dict.fromkeys(name for source in sources.values() for name in source.columns)
    return [
        RecipeError(f"{option} {name!r}: no file has this column;{nearest(name, columns)}")
        for option, name in (("--text", text), ("--label", label))
        if name and columns and name not in columns
    ]


class NoLabelsError(RecipeError):
    """A column that looked like labels has too many values, or one only."""


def _guess(source: Understood, fit: Fit, base: str) -> Guess:
    part, plain = source.part, plain_section(source.part.section)
    from_files = part.label in ("name", "folder", "file")
    columns = {} if from_files else _columns(fit.columns, source.columns, numbered=plain.get("header") is False)
    section = plain | ({"columns": columns} if columns else {})
    seen = _seen({**plain, "kind": part.kind}, {**section, "kind": part.kind}, fit, base)
    unfit = f"lack {' or '.join(wanted(fit.layout))}, or cannot be read"
    if seen.bad > HOPELESS * seen.rows:
        why = ", ".join((*part.evidence, *fit.evidence))
        raise RecipeError(f"{seen.bad:,} of its first {seen.rows:,} records {unfit} ({why})")
    doubts = [*source.doubts, *(f"{name!r} holds text, too" for name in fit.others)]
    if seen.bad > TOLERATED * seen.rows:
        section["max_bad"] = math.ceil(100 * seen.bad / seen.rows + 1) / 100
        doubts.append(f"{seen.bad:,} of {seen.rows:,} records {unfit}; they go to quarantine")
    held_out = [head.path for head in part.heads if HELD_OUT & {*words(head.name.stem), *head.name.parent.parts[-2:]}]
    if held_out:
        doubts.append(f"{held_out[0]} may be kept for measuring; under `decontaminate.against` it is not mixed")
    names = label_names(part, atoms(seen.labels))
    if part.names and names is None and seen.labels:
        doubts.append(f"{part.names[0]} does not name its labels")
    if fit.label and not seen.all:
        doubts.append(f"its labels are those of its first {seen.rows:,} records; what follows was not looked at")
    evidence = (*part.evidence, *fit.evidence, *_label_evidence(part, fit, seen))
    return Guess(
        section,
        (part.label or "column") if fit.label else "",
        naming.mapping(seen.labels, names),
        _sure(part, fit, doubts),
        (*evidence, *([f"label names: {part.names[0]}"] if part.names and names else [])),
        tuple(doubts),
        seen,
        fit.label or "label",
    )


def _seen(plain: SourceSection, section: SourceSection, fit: Fit, base: str) -> Seen:
    """Read a source for a task.

    Raises:
        NoLabelsError: what looked like labels are none.
    """
    roles = wanted(fit.layout)
    column = fit.columns[fit.label] if fit.label else None
    if roles.keys() <= {"text", "label"}:
        seen = look(plain, base, fit.columns["text"], column, SHOWN)
        labels = seen.labels
    else:
        labels, whole = (
            count_labels(plain, base, column, roles[fit.label].holds) if column and fit.label else (Counter(), True)
        )
        told = naming.mapping(labels)
        layout = columns_of(fit.task).layout(sorted({name for name in told.values() if name is not None}))
        seen = look_by_roles(section | ({"labels": told} if told else {}), base, layout, labels, SHOWN)
        seen = replace(seen, all=seen.all and whole)
    if fit.label and not 1 <= len(atoms(labels)) <= MOST_LABELS:
        raise NoLabelsError(f"column {column!r} is no label: it has {len(labels):,} values")
    return seen


def _label_evidence(part: Part, fit: Fit, seen: Seen) -> list[str]:
    """Say how many labels there are, and in how many records they were looked for."""
    if not fit.label or part.label in ("name", "folder", "file"):
        return []
    rows = f"all its {seen.rows:,}" if seen.all else f"its first {seen.rows:,}"
    return [f"{fit.label}: column {fit.columns[fit.label]!r} with {len(seen.labels):,} values in {rows} records"]


def _columns(roles: Mapping[str, str], columns: Sequence[str], *, numbered: bool) -> dict[str, str | int]:
    """Say which columns these are: by name where a recipe can say it, else by number."""
    return {
        role: list(columns).index(name) if name in columns and (numbered or naming.VARIABLE.search(name)) else name
        for role, name in roles.items()
        if name != role or numbered
    }


def _sure(part: Part, fit: Fit, doubts: Sequence[str]) -> str:
    if doubts or any("not valid UTF-8" in line or "its name says" in line for line in part.evidence):
        return "likely"
    return "certain" if fit.label or fit.score >= CERTAIN else "likely"


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


def _named(section: SourceSection) -> str:
    """Name what a source would read: its paths, and of an archive the members."""
    member = f"!{section['member']}" if "member" in section else ""
    return ", ".join(f"{path}{member}" for path in paths_of(section))
