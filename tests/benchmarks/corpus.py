"""Makes the benchmark corpus: four sources in JSONL, CSV and Parquet, of any size, with planted flaws and the truth
about them.

    python tests/benchmarks/corpus.py OUT --rows 1000000 [--data DIR] [--seed 0]

A document is one to six sentences; each sentence is a crossover of two real ones of its source's domain: the first runs
up to a word that the second also has, the second goes on from there. So texts are as varied as the corpus is large,
with real words in real order. 1 M rows are about 300 MB of text.

Of all rows 5 % are verbatim copies, 5 % copies that are equal once Unicode and white space are normalised, 5 % near
copies (a tail added or cut, one to four words replaced; Jaccard of the 5-word shingles in [.7, 1)), 5 % junk, 80 %
originals. A copy may stand in another source than its original, before it or after it. OUT/truth.parquet says which row
is what; the same seed gives the same bytes.
"""

import argparse
import csv
import functools
import gzip
import html
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl

SHARES = {"news": 0.4, "social": 0.3, "reviews": 0.2, "papers": 0.1}
FILES = {"news": "news.jsonl", "social": "social.csv", "reviews": "reviews.parquet", "papers": "papers.jsonl"}
PLANTED = {"copy": 0.05, "spaced_copy": 0.05, "near": 0.05, "junk": 0.05}
SENTENCES = (0.27, 0.25, 0.22, 0.14, 0.07, 0.05)
"""Probability of 1 .. 6 sentences."""
MIN_WORDS = 8
NEAR_WORDS = 30
"""Fewest words of a text that gets a near copy; shorter ones leave the wanted range with one word replaced."""
CHUNK = 50_000
WORD = re.compile(r"\w+")


def shared_data() -> Path:
    """The folder of public data beside the checkout, or the one CUVEE_SHARED_DATA names."""
    return Path(os.environ.get("CUVEE_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


# --- real sentences


def _lines(path: Path) -> Iterator[str]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
            yield from file
    else:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from file


def _news(data: Path) -> Iterator[str]:
    for path in sorted((data / "text/news_reuters").glob("*.sgm.gz")):
        for body in re.findall(r"<BODY>(.*?)</BODY>", "".join(_lines(path)), re.DOTALL):
            yield html.unescape(body)
    with (data / "text/news_ag/test.csv").open(encoding="utf-8", newline="") as file:
        yield from (f"{title}. {body}".replace("\\", " ") for _, title, body in csv.reader(file))


def _social(data: Path) -> Iterator[str]:
    yield from _lines(data / "text/social_tweets/train_text.txt.gz")
    yield from pl.read_parquet(data / "sentiment/reddit_goemotions/train.parquet").get_column("text")
    yield from (line.split("\t", 1)[1] for line in _lines(data / "messy/SMSSpamCollection"))


def _reviews(data: Path) -> Iterator[str]:
    for path in sorted((data / "sentiment").glob("amazon_*/*.txt.gz")):
        yield from (html.unescape(line) for line in _lines(path))
    yield from (line.split("\t")[0] for line in _lines(data / "sentiment/movies_sst2/train.tsv"))


def _papers(data: Path) -> Iterator[str]:
    for path in sorted((data / "text").glob("papers_*/*.jsonl.gz")):
        for line in _lines(path):
            record = json.loads(line)
            yield from record.get("source") or record["sentences"]
    yield from _lines(data / "text/wiki/wiki_demo.txt")


BANKS: dict[str, Callable[[Path], Iterator[str]]] = {
    "news": _news,
    "social": _social,
    "reviews": _reviews,
    "papers": _papers,
}


class Bank:
    """The sentences of one domain as word numbers, one after another.

    Attributes:
        words: the distinct words.
        flat: word numbers of all sentences, shape (words in all,).
        ends: where the sentence of each position ends, shape (words in all,).
        starts, sizes: first position and words of each sentence.
    """

    def __init__(self, texts: Iterator[str]) -> None:
        sentences = (
            part.split() for text in texts for part in re.split(r"(?<=[.!?])\s+", unicodedata.normalize("NFC", text))
        )
        kept = [words for words in sentences if 4 <= len(words) <= 60]
        flat = pl.Series([word for words in kept for word in words])
        self.words = flat.unique(maintain_order=True)
        numbers = pl.DataFrame({"word": self.words}).with_row_index("number")
        self.flat = (
            flat.to_frame("word").join(numbers, on="word", how="left", maintain_order="left")["number"].to_numpy()
        )
        self.sizes = np.array([len(words) for words in kept])
        self.starts = np.cumsum(self.sizes) - self.sizes
        self.ends = np.repeat(self.starts + self.sizes, self.sizes)
        self.order = np.argsort(self.flat, kind="stable")
        self.counts = np.bincount(self.flat)
        self.firsts = np.cumsum(self.counts) - self.counts

    def compose(self, rows: int, rng: np.random.Generator) -> pl.Series:
        """Make `rows` texts of at least MIN_WORDS words."""
        wanted = int(rows * 1.15) + 20
        sentences = rng.choice(np.arange(1, 7), size=wanted, p=SENTENCES)
        total = int(sentences.sum())
        first = rng.integers(len(self.sizes), size=total)
        cut = 1 + (rng.random(total) * (self.sizes[first] - 1)).astype(np.int64)
        joint = self.flat[self.starts[first] + cut - 1]
        second = self.order[self.firsts[joint] + (rng.random(total) * self.counts[joint]).astype(np.int64)] + 1
        starts = np.stack([self.starts[first], second], axis=1).ravel()
        sizes = np.stack([cut, self.ends[second - 1] - second], axis=1).ravel()
        documents = np.repeat(np.repeat(np.arange(wanted), sentences), 2)
        flat = self.flat[ragged(starts, sizes)]
        words = pl.DataFrame({"document": np.repeat(documents, sizes), "word": self.words.gather(flat)})
        texts = words.group_by("document", maintain_order=True).agg(
            pl.col("word").str.join(" "), pl.len().alias("size")
        )
        return texts.filter(pl.col("size") >= MIN_WORDS)["word"].head(rows)


@functools.cache
def bank_of(source: str, data: Path) -> Bank:
    """Read the sentences of a source's domain."""
    return Bank(BANKS[source](data))


def ragged(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Give the positions starts[i] .. starts[i] + sizes[i] - 1 of every i, one after another."""
    before = np.cumsum(sizes) - sizes
    return np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)


# --- flaws


def shingles(text: str, size: int = 5) -> set[tuple[str, ...]]:
    """The distinct word n-grams of a text; of a shorter one the whole. Words are runs of `\\w`, lower-cased."""
    words = WORD.findall(text.lower())
    return {tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1))} if words else set()


def jaccard(first: str, second: str, size: int = 5) -> float:
    """Shared shingles / all shingles of two texts; 0 when one has none."""
    a, b = shingles(first, size), shingles(second, size)
    return len(a & b) / len(a | b) if a and b else 0.0


def _near_copy(text: str, other: list[str], rng: np.random.Generator) -> str:
    words = text.split()
    share = rng.uniform(0.02, 0.28)
    match rng.integers(3):
        case 0:
            return " ".join(words + other[: max(1, int(share * len(words)))])
        case 1:
            return " ".join(words[: len(words) - max(1, int(share * len(words)))])
        case _:
            for place in rng.integers(len(words), size=rng.integers(1, 5)):
                words[place] = other[place % len(other)]
            return " ".join(words)


def near_copy(text: str, other: str, rng: np.random.Generator) -> tuple[str, float]:
    """Change a text a little, with words of another one; gives the copy and its Jaccard, in [.7, 1)."""
    for _ in range(20):
        copy = _near_copy(text, other.split(), rng)
        if 0.7 <= (similar := jaccard(text, copy)) < 1:
            return copy, similar
    copy = f"{text} {other.split(maxsplit=1)[0]} {len(text)}"
    return copy, jaccard(text, copy)


def spaced_copy(text: str, rng: np.random.Generator) -> str:
    """Change a text in white space and Unicode form only."""
    words = text.split(" ")
    places = rng.integers(len(words), size=3)
    for place, odd in zip(places, (" ", "\t", "\u00a0"), strict=True):
        words[place] += odd
    return unicodedata.normalize("NFD", " ".join([*words, ""]))


def junk(rng: np.random.Generator) -> str:
    """Make a text that any filter should drop: nothing, a word or two, symbols, digits, one word again and again."""
    size = int(rng.integers(10, 60))
    match rng.integers(5):
        case 0:
            return " " * int(rng.integers(0, 4))
        case 1:
            return f"ok{rng.integers(10**6)}"
        case 2:
            return " ".join("".join(rng.choice(list("!?#$%&*=+~|<>"), size=4)) for _ in range(size))
        case 3:
            return " ".join(str(number) for number in rng.integers(10**9, size=size))
        case _:
            return f"buy{rng.integers(10**6)} now " * size


# --- the whole


def documents(rows: int, data: Path, seed: int = 0) -> pl.DataFrame:
    """Make the corpus in memory, in the order of its sources and of the rows inside them.

    Returns:
        id (unique), source, text (as it is written to the source's file), label, kind (`original` or a key of PLANTED),
        origin (id of the text it was made from, null for originals and junk), jaccard (to the origin; null for
        originals and junk).
    """
    counts = {kind: int(rows * share) for kind, share in PLANTED.items()}
    rng = np.random.default_rng(seed)
    originals = _originals(rows - sum(counts.values()), data, rng)
    planted = pl.concat([_planted(kind, count, originals, rng) for kind, count in counts.items()])
    frame = pl.concat([originals, planted]).with_columns(place=pl.Series(rng.permutation(rows)))
    frame = frame.with_columns(pl.col("source").cast(pl.Enum(list(SHARES)))).sort("source", "place").drop("place")
    label = pl.when(pl.Series(rng.random(rows)) < 0.5).then(pl.lit("negative")).otherwise(pl.lit("positive"))
    return frame.with_columns(pl.col("source").cast(pl.String), label=label).select(
        "id", "source", "text", "label", "kind", "origin", "jaccard"
    )


def _originals(rows: int, data: Path, rng: np.random.Generator) -> pl.DataFrame:
    parts = []
    for source, share in SHARES.items():
        wanted, bank = int(rows * share), bank_of(source, data)
        texts = pl.concat([bank.compose(min(CHUNK, wanted), rng) for _ in range(0, int(wanted * 1.02) + 1, CHUNK)])
        while len(texts := texts.unique(maintain_order=True)) < wanted:
            texts = pl.concat([texts, bank.compose(wanted - len(texts) + 100, rng)])
        parts.append(pl.DataFrame({"source": source, "text": texts.head(wanted)}))
    short = rows - sum(len(part) for part in parts)
    frame = pl.concat(
        [*parts, parts[0].head(short).with_columns(pl.concat_str("text", pl.lit(" And so on.")).alias("text"))]
    )
    return frame.with_columns(
        pl.Series("id", [f"o{n}" for n in range(rows)]),
        kind=pl.lit("original"),
        origin=pl.lit(None, pl.String),
        jaccard=pl.lit(None, pl.Float64),
    ).select("id", "source", "text", "kind", "origin", "jaccard")


def _planted(kind: str, rows: int, originals: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    sources = rng.choice(list(SHARES), size=rows, p=list(SHARES.values()))
    long = originals.filter(pl.col("text").str.count_matches(" ") >= NEAR_WORDS) if kind == "near" else originals
    origin = long.sample(rows, with_replacement=True, seed=int(rng.integers(2**31)))
    texts, others = origin["text"].to_list(), rng.choice(len(originals), size=rows)
    similar: list[float | None] = [None if kind == "junk" else 1.0] * rows
    if kind == "near":
        pairs = [near_copy(text, originals["text"][int(other)], rng) for text, other in zip(texts, others, strict=True)]
        texts, similar = [text for text, _ in pairs], [value for _, value in pairs]
    elif kind == "spaced_copy":
        texts = [spaced_copy(text, rng) for text in texts]
    elif kind == "junk":
        texts = [junk(rng) for _ in range(rows)]
    ids = [f"{kind[0]}{n}" for n in range(rows)]
    whose = [None] * rows if kind == "junk" else origin["id"]
    columns = {"id": ids, "source": sources, "text": texts, "kind": [kind] * rows, "origin": whose, "jaccard": similar}
    return pl.DataFrame(columns, schema_overrides={"origin": pl.String, "jaccard": pl.Float64})


def write(frame: pl.DataFrame, folder: Path) -> None:
    """Write the four sources and truth.parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        rows = frame.filter(pl.col("source") == source).select("id", "text", "label")
        suffix = Path(name).suffix
        writer = {".jsonl": rows.write_ndjson, ".csv": rows.write_csv, ".parquet": rows.write_parquet}[suffix]
        writer(folder / name)
    frame.drop("text", "label").write_parquet(folder / "truth.parquet")


def main() -> None:
    """Read the arguments, make the corpus, say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=shared_data())
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    frame = documents(arguments.rows, arguments.data, arguments.seed)
    write(frame, arguments.out)
    bytes_of_text = int(frame["text"].str.len_bytes().sum())
    print(f"{len(frame):,} rows, {bytes_of_text / 1e6:.0f} MB of text in {arguments.out}")
    print(frame.group_by("kind").len().sort("kind").rows())


if __name__ == "__main__":
    main()
