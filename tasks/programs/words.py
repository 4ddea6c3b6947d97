"""What became of programs, in words: for command line, report and cards."""

from collections.abc import Iterable, Mapping

from tasks.manifests.scores import Measurement, Programs, ProgramScore

ENDED: Mapping[str, str] = {
    "passed": "passed",
    "failed": "failed",
    "timed_out": "ran out of time",
    "out_of_memory": "ran out of memory",
    "refused": "held no program",
}
"""How programs end -> how that is said of them."""
SANDBOX = (
    "Each ran in a sandbox: without network, home, other processes, or files but the system's own and a small empty "
    "folder, and with limits on time and memory. It does not keep a program from reading what the system has under "
    "/usr, or from deceiving its tests, such as by an object that equals everything."
)


def sentence(programs: Programs) -> str:
    """Say how many programs were run, and what became of them."""
    if not programs.rows:
        return "no row has tests, so that no program was run."
    ran = sum(programs.outcomes.values())
    ends = ", ".join(f"{count:,} {ENDED[kind]}" for kind, count in programs.outcomes.items())
    each = f"{programs.samples:,} for each of {programs.rows:,} rows with tests"
    return (
        f"{ran:,} programs were drawn, {each} (temperature {programs.temperature:g}): {ends}. "
        f"Of the rows' own answers {programs.right:,} pass."
    )


def columns(programs: Programs) -> list[str]:
    """Name the columns of a table of scores."""
    return ["rows with tests", *(f"pass@{k}" for k in programs.pass_at), "own answers that pass"]


def cells(programs: Programs, score: ProgramScore) -> list[str]:
    """Give a line of that table."""
    known = [score.pass_at.get(k) for k in programs.pass_at]
    return [f"{score.rows:,}", *map(_with_interval, known), f"{score.right:,}"]


def lines(programs: Programs) -> Iterable[tuple[str, list[str]]]:
    """Give its lines: every source, and all."""
    return ((name, cells(programs, score)) for name, score in [*programs.by_source.items(), ("all", programs)])


def _with_interval(measured: Measurement | None) -> str:
    if measured is None:
        return ""
    ends = f" ({measured.interval[0]:.3f} to {measured.interval[1]:.3f})" if measured.interval else ""
    return f"{measured.value:.3f}{ends}"
