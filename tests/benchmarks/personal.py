"""Personal data: precision, recall and F1 on texts whose personal data is marked, and rows per second of the whole
stage.

    python tests/benchmarks/personal.py [--data SHARED_DATA] [--rows 1000000] [--model en_core_web_sm]

SHARED_DATA (default: the folder of public data beside the checkout, or the one CUVEE_SHARED_DATA names) holds
`messy/pii_synth_dataset_v2.json` (presidio-research, 1,500 made-up texts with gold spans) and `sentiment/movies_sst2`.
With --model, a spaCy model's package, names and addresses are looked for too; else only what is known by its form.

Strict: start and end are the gold span's. Overlap: they share a character. Precision is over what was found, recall
over what is marked. Each kind is judged after overlaps of all kinds were settled, as in a run. The file's kinds without
a detector (dates, ages, titles, organisations, driver's licences, web addresses, ...) count neither way.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
import corpus  # noqa: E402

from tasks.manifests.manifest import Account  # noqa: E402
from tasks.personal.redact import protect_file  # noqa: E402
from tasks.personal.scan import find  # noqa: E402
from tasks.personal.settings import PATTERNED, PersonalSettings  # noqa: E402
from tasks.rows.keys import digests, match_digests  # noqa: E402
from tasks.rows.layout import FIRST  # noqa: E402

GOLD = {
    "card": {"CREDIT_CARD"},
    "email": {"EMAIL_ADDRESS"},
    "iban": {"IBAN_CODE"},
    "ip": {"IP_ADDRESS"},
    "national-id": {"US_SSN"},
    "phone": {"PHONE_NUMBER"},
    "name": {"PERSON"},
    "address": {"STREET_ADDRESS", "GPE"},
}
Piece = tuple[int, int, int]
"""Row, start, end."""


def shared(pieces: Sequence[Piece], others: Sequence[Piece]) -> int:
    """Count the pieces that share a character with one of the others."""
    by_row: dict[int, list[Piece]] = {}
    for other in others:
        by_row.setdefault(other[0], []).append(other)
    return sum(
        any(start < end_ and start_ < end for _, start_, end_ in by_row.get(row, ())) for row, start, end in pieces
    )


def scores(right: int, met: int, found: int, marked: int) -> tuple[float, float, float]:
    """Give precision (right / found), recall (met / marked) and F1, their harmonic mean; 0 where there is nothing to
    divide by."""
    precision, recall = right / max(1, found), met / max(1, marked)
    return precision, recall, 2 * precision * recall / (precision + recall) if right and met else 0.0


def quality(data: Path, settings: PersonalSettings) -> None:
    """Print precision, recall and F1 of every kind."""
    rows = json.loads((data / "messy/pii_synth_dataset_v2.json").read_text("utf-8"))
    found = find(pl.Series([row["full_text"] for row in rows]), settings.kinds)
    print(
        "| kind | marked | found | precision, strict | recall, strict | F1, strict | precision, overlap | recall, "
        "overlap | F1, overlap |"
    )
    print("| --- |" + " ---: |" * 8)
    for one in settings.kinds:
        marked = [
            (number, span["start_position"], span["end_position"])
            for number, row in enumerate(rows)
            for span in row["spans"]
            if span["entity_type"] in GOLD[one.kind]
        ]
        got = [
            (number, span.start, span.end) for number, spans in found.items() for span in spans if span.kind == one.kind
        ]
        right = len(set(marked) & set(got))
        shares = (
            *scores(right, right, len(got), len(marked)),
            *scores(shared(got, marked), shared(marked, got), len(got), len(marked)),
        )
        print(f"| {one.kind} | {len(marked):,} | {len(got):,} | {' | '.join(f'{share:.3f}' for share in shares)} |")


def speed(name: str, texts: pl.Series, rows: int, settings: PersonalSettings) -> None:
    """Print the rows per second of the stage: read, look, replace, keys, write."""
    repeated = pl.concat([texts] * (rows // len(texts) + 1)).head(rows)
    repeated = repeated + pl.int_range(rows, eager=True).cast(pl.String).str.replace("^", " row number ")
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{one}.parquet") for one in ("rows", "keys", "out", "out-keys")]
        table = {"row_id": repeated, "source": name, "text": repeated, "label": "y"}
        pl.DataFrame(table).with_columns(tokens=pl.lit(1, pl.UInt32)).write_parquet(files[0])
        pl.DataFrame([digests(repeated), match_digests(repeated)]).write_parquet(files[1])
        started = time.perf_counter()
        done = protect_file(
            Account(source=name, read=rows, rows=rows),
            (files[0], files[1]),
            (files[2], files[3]),
            settings.of(name),
            FIRST,
        )
        seconds = time.perf_counter() - started
    megabytes = repeated.str.len_bytes().sum() / 1e6
    share = done.rows / rows
    print(f"| {name} | {rows:,} | {share:.1%} | {seconds:.1f} | {rows / seconds:,.0f} | {megabytes / seconds:.0f} |")


def main() -> None:
    """Measure and print both tables."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--data", type=Path, default=corpus.shared_data())
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--model", help="package of a spaCy model")
    given = asked.parse_args()
    learned = [{"kind": kind, "model": given.model} for kind in ("name", "address")] if given.model else []
    settings = PersonalSettings.model_validate({"kinds": [*PATTERNED, *learned]})
    quality(given.data, settings)
    print(
        "\n| texts | rows | hold something | seconds | rows / s | MB / s |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    )
    marked = pl.Series(
        [row["full_text"] for row in json.loads((given.data / "messy/pii_synth_dataset_v2.json").read_text("utf-8"))]
    )
    films = pl.read_csv(
        given.data / "sentiment/movies_sst2/train.tsv", separator="\t", has_header=False, quote_char=None
    )["column_1"]
    for name, texts in (("films", films), ("marked", marked)):
        speed(name, texts.cast(pl.String), given.rows, settings)


if __name__ == "__main__":
    main()
