"""The profile in the report: every figure before and after cleaning, matrices and histograms that a person can see."""

from pathlib import Path

import polars as pl

from tasks.manifests.profile import ProfileFacts
from tasks.profile.figures import profile
from tasks.report.diversity import figures, shaded
from tasks.report.page import build_page
from tasks.rows.layout import FIRST
from tasks.store.runs import RunRecord


def profiled(folder: Path) -> ProfileFacts:
    for name, texts in {
        "a": ["the cat sat on a mat"] * 200,
        "b": ["der Hund liegt unter dem Tisch"] * 200,
        "<i>": ["", "x" * 300],
    }.items():
        pl.DataFrame({"text": texts, "label": ["y"] * len(texts), "tokens": [6] * len(texts)}).write_parquet(
            folder / f"{len(name)}{name[0]}"
        )
    paths = {name: folder / f"{len(name)}{name[0]}" for name in ("a", "b", "<i>")}
    return profile(paths, paths, list(paths.values()), [], 0, FIRST)


def test_every_source_stands_there_before_and_after(tmp_path: Path) -> None:
    lines = figures(profiled(tmp_path))
    assert [(name, state) for name, state, _ in lines] == [
        ("a", "as read"),
        ("a", "cleaned"),
        ("b", "as read"),
        ("b", "cleaned"),
        ("<i>", "as read"),
        ("<i>", "cleaned"),
        ("the mix", ""),
    ]


def test_cells_are_as_dark_as_what_they_say(tmp_path: Path) -> None:
    apart, overlap, lengths, languages = shaded(profiled(tmp_path))
    assert apart[2][0][1][:2] == [("0.00", 0.0), ("1.00", 1.0)]
    assert overlap[2][0][1][:2] == [("1.00", 1.0), ("0.00", 0.0)]
    assert (lengths[1][0], lengths[1][-1]) == ("0", "256")
    assert all(abs(sum(dark for _, dark in cells) - 1) < 1e-9 for _, cells in lengths[2])
    assert {"en", "de"} <= set(languages[1])


def test_rare_lengths_share_a_column_at_either_end(tmp_path: Path) -> None:
    """One empty text and one book among 400 do not spread the table over bins that nothing is in."""
    facts = profiled(tmp_path)
    counts = facts.mix.characters.counts
    common, rare = [0] * 5 + [400], [1, 0, 0, 0, 0, 397, 0, 0, 2, 1]
    assert len(counts) > len(common)
    figures = {
        name: measures.model_copy(
            update={"characters": measures.characters.model_copy(update={"counts": rare if name == "a" else common})}
        )
        for name, measures in facts.sources.items()
    }
    mix = facts.mix.model_copy(update={"characters": facts.mix.characters.model_copy(update={"counts": common})})
    _, columns, lines = shaded(facts.model_copy(update={"raw": {}, "sources": figures, "mix": mix}))[2]
    assert columns == ["under 16", "16", "32 or more"]
    assert [said for said, _ in dict(lines)["a, cleaned"]] == ["< 1 %", "99 %", "< 1 %"]
    assert [said for said, _ in dict(lines)["the mix"]] == ["–", "100 %", "–"]


def test_names_of_sources_are_escaped(tmp_path: Path) -> None:
    told = {
        "run": "r",
        "name": "n",
        "started": "2026-01-01T00:00:00+00:00",
        "finished": "2026-01-01T00:00:00+00:00",
        "seconds": 1.0,
    }
    facts = profiled(tmp_path)
    record = RunRecord(**told, recipe={"mix": {"unit": "rows"}}, status="completed", profile=facts)
    page = build_page(record, [], {})
    assert "&lt;i&gt;, as read" in page
    assert "<i>" not in page
