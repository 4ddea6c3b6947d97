"""What a search is worth to a target with 200 labelled rows: every sentiment domain in turn, judged on rows that
nothing looked at.

    python tests/benchmarks/small_targets.py DATA [DOMAIN …] [--cuts 2]

DATA is the folder of the shared public data (see tests/conftest.py). Of the target 100 rows are trained on and 100 kept
aside, which the search chooses and judges by; all its other rows, up to 2,000, are the truth. The other domains give up
to 1,000 rows each. Every mix has 2,000 rows; hashed words, a linear classifier. Prints a line of JSON a target and cut,
and in the end the table for RESULTS.md.
"""

import argparse
import gzip
import json
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import vstack
from scipy.stats import t as student

sys.path.insert(0, str(Path(__file__).parents[2]))
from flows.engine.home import settle_prefect

settle_prefect()

from flows.search import confirm, explore  # noqa: E402 (Prefect reads its settings when it is imported)
from flows.steps.trial_runner import Trial, TrialResult  # noqa: E402
from tasks.core.errors import TrainingFailed  # noqa: E402
from tasks.experiments.mixes import as_mix  # noqa: E402
from tasks.experiments.search.settings import SearchSettings  # noqa: E402
from tasks.experiments.search.space import Constraints, search_space  # noqa: E402
from tasks.experiments.search.state import begin  # noqa: E402
from tasks.experiments.search_record import SearchFindings  # noqa: E402
from tasks.experiments.trial.settings import LinearSettings  # noqa: E402
from tasks.manifests.manifest import Account, Facts, FileFact, Manifest  # noqa: E402
from tasks.manifests.rows import CleanedFacts  # noqa: E402
from tasks.mix.counts import whole  # noqa: E402
from tasks.models.features import hashed_texts  # noqa: E402
from tasks.models.linear import log_softmax  # noqa: E402
from tasks.models.linear_training import train_linear  # noqa: E402

SIZE, ROWS, LABELLED, TRUTH, TRIALS, SEEDS = 2_000, 1_000, 200, 2_000, 48, 5
WORDS = ("negative", "positive")


def lines(path: Path, encoding: str = "utf-8") -> list[str]:
    """Read the lines of a file, zipped or not."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return raw.decode(encoding, "replace").split("\n")


def two_files(folder: Path) -> Iterator[tuple[str, int]]:
    """Read Amazon's reviews, one a line."""
    for label, word in enumerate(WORDS):
        yield from ((text, label) for text in lines(folder / f"review_{word}.txt.gz"))


def columns(
    rows: Iterable[str], split: str, text: int, label: int, known: Mapping[str, int]
) -> Iterator[tuple[str, int]]:
    """Read rows of two fields or more; those with other labels are left out."""
    for row in rows:
        parts = row.split(split) if text < label else row.split(split, max(text, label))
        if len(parts) > max(text, label) and parts[label].strip() in known:
            yield parts[text], known[parts[label].strip()]


def by_valence(folder: Path) -> Iterator[tuple[str, int]]:
    """Read VADER's texts whose mean valence is at least 1 to either side."""
    for name in ("tweets_GroundTruth.txt", "amazonReviewSnippets_GroundTruth.txt"):
        for row in lines(folder / name):
            parts = row.split("\t", 2)
            if len(parts) == 3 and abs(float(parts[1])) >= 1:
                yield parts[2], int(float(parts[1]) > 0)


def airline(folder: Path) -> Iterator[tuple[str, int]]:
    """Read tweets to airlines."""
    table = pl.read_csv(gzip.decompress((folder / "Tweets.csv.gz").read_bytes()), infer_schema=False)
    for text, label in table.select("text", "airline_sentiment").iter_rows():
        if label in WORDS:
            yield text, WORDS.index(label)


def semeval(folder: Path) -> Iterator[tuple[str, int]]:
    """Read tweets, their labels in a file beside."""
    for text, label in zip(lines(folder / "val_text.txt"), lines(folder / "val_labels.txt"), strict=False):
        if label in {"0", "2"}:
            yield text, int(label == "2")


def uci(folder: Path) -> list[str]:
    """Read sentences on phones and films."""
    return [row for name in ("amazon_cells", "imdb") for row in lines(folder / f"{name}_labelled.txt")]


def reddit(folder: Path) -> Iterator[tuple[str, int]]:
    """Read comments with one label."""
    for text, labels in pl.read_parquet(folder / "train.parquet").select("text", "labels").iter_rows():
        if list(labels) in ([1], [3]):
            yield text, int(list(labels) == [3])


def zipped(
    path: Path, label: Callable[[str, str], tuple[str, int] | None], *, whole: bool
) -> Iterator[tuple[str, int]]:
    """Read texts of a zip file: the files themselves, or their lines."""
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            text = archive.read(name).decode("latin-1")
            for part in [text] if whole else text.split("\n"):
                if found := label(name, part):
                    yield found


def of_film(name: str, text: str) -> tuple[str, int] | None:
    """Label a review by its folder."""
    return (text, int("/pos/" in name)) if name.endswith(".txt") and ("/pos/" in name or "/neg/" in name) else None


def of_pros(_name: str, line: str) -> tuple[str, int] | None:
    """Label a phrase by its tag."""
    for label, tag in enumerate(("Cons", "Pros")):
        if line.startswith(f"<{tag}>"):
            return line.removeprefix(f"<{tag}>").replace(f"</{tag}>", ""), label
    return None


def of_product(_name: str, line: str) -> tuple[str, int] | None:
    """Label a sentence by its aspects, where they agree."""
    aspects, there, text = line.partition("##")
    signs = {sign for sign in "+-" if f"[{sign}" in aspects}
    return (text, int("+" in signs)) if there and len(signs) == 1 else None


def domains(data: Path) -> dict[str, Callable[[], Iterable[tuple[str, int]]]]:
    """Name the domains, each with what reads its texts and labels."""
    root = data / "sentiment"
    binary, words = {"0": 0, "1": 1}, dict(zip(WORDS, (0, 1), strict=True))
    shops = ("amazon_books", "amazon_electronics", "amazon_kitchen")
    return {
        **{name: (lambda name=name: two_files(root / name)) for name in shops},
        "finance_phrasebank": lambda: columns(
            lines(root / "finance_phrasebank/Sentences_50Agree.txt", "latin-1"), "@", 0, 1, words
        ),
        "movies_long": lambda: zipped(root / "movies_long/movie_reviews.zip", of_film, whole=True),
        "movies_sst2": lambda: columns(lines(root / "movies_sst2/train.tsv"), "\t", 0, 1, binary),
        "product_reviews": lambda: zipped(root / "product_reviews/product_reviews_1.zip", of_product, whole=False),
        "pros_cons": lambda: zipped(root / "pros_cons/pros_cons.zip", of_pros, whole=False),
        "reddit_goemotions": lambda: reddit(root / "reddit_goemotions"),
        "stackoverflow_senti4sd": lambda: columns(
            lines(root / "stackoverflow_senti4sd/train3098itemPOLARITY.csv"), ";", 2, 1, words
        ),
        "tweets_airline": lambda: airline(root / "tweets_airline"),
        "tweets_semeval": lambda: semeval(root / "tweets_semeval"),
        "uci_sentences": lambda: columns(uci(root / "uci_sentences"), "\t", 0, 1, binary),
        "vader": lambda: by_valence(root / "vader"),
    }


@dataclass(frozen=True)
class Domain:
    """A domain's texts as features, shuffled, each text once."""

    features: Any
    labels: np.ndarray


def read(data: Path) -> dict[str, Domain]:
    """Read all domains."""
    read_domains: dict[str, Domain] = {}
    for name, rows in domains(data).items():
        table = pl.DataFrame(list(rows()), schema=["text", "label"], orient="row")
        table = table.filter(pl.col("text").str.strip_chars() != "").unique("text", keep="first", maintain_order=True)
        table = table.sample(min(table.height, LABELLED + TRUTH + ROWS), seed=1, shuffle=True)
        read_domains[name] = Domain(hashed_texts(table["text"]), table["label"].to_numpy())
    return read_domains


class Trials:
    """In place of a runner of trials: a linear classifier on hashed words learns from a mix in this process.

    Attributes:
        train: of every domain the numbers of the rows that may be trained on.
        aside, truth: rows of the target that the search sees, and those that it does not.
    """

    def __init__(self, folder: Path, known: Mapping[str, Domain], target: str, cut: int) -> None:
        self.known, self.target, self.folder = known, target, folder
        rng = np.random.default_rng([cut, *target.encode()])
        order = {name: rng.permutation(len(domain.labels)) for name, domain in known.items()}
        half = LABELLED // 2
        self.aside, self.truth = order[target][half:LABELLED], order[target][LABELLED : LABELLED + TRUTH]
        self.train = {name: rows[: half if name == target else ROWS] for name, rows in order.items()}
        self.setup = SimpleNamespace(
            call=SimpleNamespace(store=str(folder)),
            loaded=SimpleNamespace(recipe=SimpleNamespace(name="small")),
            factors=dict[str, float](),
        )
        self.results: dict[Trial, TrialResult] = {}
        self.failed: dict[Trial, TrainingFailed] = {}
        self.truths: dict[Trial, np.ndarray] = {}

    def waves(
        self, wanted: Iterable[Trial], title: str, out_of_time: Callable[[], bool] = lambda: False
    ) -> Iterator[Sequence[Trial]]:
        """Carry out trials."""
        for trial in dict.fromkeys(wanted):
            self.carry_out(trial)
        yield [*dict.fromkeys(wanted)]

    def missed(self, _wanted: Iterable[Trial]) -> int:
        """None is."""
        return 0

    def carry_out(self, trial: Trial) -> np.ndarray:
        """Learn from a mix; gives loss and rightness on the truth, shape (2, rows)."""
        if trial in self.truths:
            return self.truths[trial]
        mix, seed = trial
        rng, rows, labels = np.random.default_rng(seed), [], []
        for name, count in whole({name: SIZE * share for name, share in mix}, SIZE).items():
            there = self.train[name]
            passes = -(-count // len(there))
            drawn = np.concatenate([rng.permutation(there) for _ in range(passes)])[:count] if count else there[:0]
            rows.append(self.known[name].features[drawn])
            labels.append(self.known[name].labels[drawn])
        learned = train_linear(vstack(rows, "csr"), np.concatenate(labels), 2, LinearSettings(), rng)
        domain = self.known[self.target]

        def asked(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            logits = learned.logits(domain.features[at])
            return -log_softmax(logits)[np.arange(len(at)), domain.labels[at]], logits.argmax(1)

        loss, given = asked(self.aside)
        name = f"{len(self.truths)}"
        (self.folder / name).mkdir()
        pl.DataFrame(
            {
                "row_id": [str(row) for row in self.aside],
                "source": [self.target] * len(loss),
                "label": [WORDS[label] for label in domain.labels[self.aside]],
                "predicted": [WORDS[label] for label in given],
                "loss": loss,
            }
        ).write_parquet(self.folder / name / "predictions.parquet")
        file = FileFact(name="predictions.parquet", bytes=1, sha256="")
        made = Manifest[Facts](stage="trial", subject=name, key=name, path=name, files=(file,), facts=Facts())
        self.results[trial] = TrialResult(made, 0.1)
        loss, given = asked(self.truth)
        self.truths[trial] = np.stack([loss, (given == domain.labels[self.truth]).astype(float)])
        return self.truths[trial]

    def judged(self, mix: Mapping[str, float]) -> np.ndarray:
        """Give loss and rightness on the truth of a mix, means over seeds that nothing else used; shape (2, rows)."""
        return np.mean([self.carry_out((as_mix(mix), 5_000 + seed)) for seed in range(SEEDS)], axis=0)


def searched(trials: Trials) -> SearchFindings:
    """Search with the rows that are kept aside."""
    sizes = {name: len(rows) for name, rows in trials.train.items()}
    held = {name: len(trials.aside) if name == trials.target else 0 for name in sizes}
    accounts = [
        Account(source=name, read=rows + held[name], rows=rows, tokens=20 * rows, holdout=held[name])
        for name, rows in sizes.items()
    ]
    asked = Constraints(
        unit="rows",
        budget=SIZE,
        copies=4.0,
        floors={},
        ceilings={},
        out=frozenset(),
        trial_rows=SIZE,
        search=SearchSettings(target=trials.target, trials=TRIALS, seeds=SEEDS),
        task="text-classification",
        setting="small",
        seed=0,
    )
    cleaned = [
        Manifest[CleanedFacts](stage="clean", subject=name, key="k", path="p", files=(), facts=CleanedFacts())
        for name in sizes
    ]
    state = begin(search_space(accounts, asked), asked, cleaned, (), None)
    explore(state, trials, None)  # type: ignore[arg-type]
    return confirm(state, trials, SEEDS)  # type: ignore[arg-type]


def outcome(known: Mapping[str, Domain], target: str, cut: int) -> dict[str, Any]:
    """Search for a target, and measure what was kept and what might have been on the truth."""
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(Path(folder), known, target, cut)
        found = searched(trials)
        sizes = {name: float(len(rows)) for name, rows in trials.train.items()}
        mixes = {
            "kept": found.weights,
            "recommended": found.recommended.weights if found.recommended else found.weights,
            "uniform": dict.fromkeys(sizes, 1.0),
            "proportional": sizes,
            "own only": {target: 1.0},
        }
        truth = {name: trials.judged(mix) for name, mix in mixes.items()}
        truth |= {arm.name: trials.judged(arm.weights) for arm in found.confirmed.arms if arm.name not in truth}
    return {
        "target": target,
        "cut": cut,
        "outcome": found.outcome,
        "kept": found.weights_are,
        "own share": found.weights[target],
        "sentence": found.sentence,
        "loss": {name: float(rows[0].mean()) for name, rows in truth.items()},
        "right": {name: float(rows[1].mean()) for name, rows in truth.items()},
        "said": {one.baseline: [one.gain, *one.interval] for one in found.confirmed.against},
        "trials": len(trials.results),
    }


def table(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Write how far what was kept lies below other weights: means over the targets, whose intervals are over them."""
    targets = dict.fromkeys(one["target"] for one in found)

    def means(measure: str, name: str) -> np.ndarray:
        return np.array([np.mean([one[measure][name] for one in found if one["target"] == t]) for t in targets])

    for name in ("kept", "recommended", "uniform", "proportional", "own only"):
        below = means("loss", name) - means("loss", "kept")
        half = float(student.ppf(0.975, len(below) - 1) * below.std(ddof=1) / np.sqrt(len(below)))
        gain = f"{below.mean():+.4f} ({below.mean() - half:+.4f} to {below.mean() + half:+.4f})"
        loss, right = means("loss", name).mean(), means("right", name).mean()
        yield f"| {name} | {loss:.4f} | {100 * right:.1f} % | {'' if name == 'kept' else gain} |"


def main() -> None:
    """Search for every target and cut, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--cuts", type=int, default=1)
    asked = parser.parse_args()
    known = read(asked.data)
    found: list[dict[str, Any]] = []
    for cut in range(asked.cuts):
        for target in asked.targets or known:
            found.append(outcome(known, target, cut))
            print(json.dumps(found[-1]), flush=True)
    print(*table(found), sep="\n")


if __name__ == "__main__":
    main()
