"""Write what guests say of hotels, all invented, as five tasks want it: numbers, several labels, pairs, questions with
answers, tagged words. Each comes from two sources, letters and a forum, in the forms that such files have.

    python make_sources.py [FOLDER]
"""

import csv
import json
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROWS = {"letters": 500, "forum": 500}
"""Reviews of each source."""
GUESTS = ("Ana", "Boris", "Chloe", "Dinesh", "Emeka", "Fatima", "Goro", "Hana", "Ivo", "Jana", "Kofi", "Lena")
SURNAMES = ("Abara", "Berg", "Costa", "Venna", "Tolmar", "Farah", "Kessim", "Horvat", "Ashwick", "Jansen")
"""Some are towns, too: a word alone does not tell."""
CITIES = ("Larnby", "Port Osk", "Venna", "Tolmar", "San Brico", "Dunhollow", "Kessim", "Ashwick")
HOTELS = ("the Grand Heron", "the Blue Lantern", "the Old Mill", "the Cedar House", "the Harbour Rest")
SAYS = {
    "room": {2: "the room was bright and quiet", 1: "the room was fine", -1: "the room was small", -2: "it was filthy"},
    "food": {2: "breakfast was superb", 1: "the food was good", -1: "the food was bland", -2: "dinner was awful"},
    "staff": {
        2: "the staff were kind",
        1: "the staff were polite",
        -1: "the staff were slow",
        -2: "the staff were rude",
    },
    "price": {2: "it was a real bargain", 1: "the price was fair", -1: "it was rather dear", -2: "they robbed us"},
}
ASKED = {"who": "Who stayed at {hotel}?", "where": "In which town is {hotel}?", "days": "How long did {guest} stay?"}


class Review(NamedTuple):
    """A guest's stay."""

    guest: str
    city: str
    hotel: str
    days: str
    room: int
    said: dict[str, int]

    @property
    def opinions(self) -> str:
        """What is said of the hotel."""
        return ", ".join(SAYS[topic][mood] for topic, mood in self.said.items()) + "."

    @property
    def letter(self) -> str:
        """What the guest writes."""
        return f"Room {self.room}, {self.days}: {self.opinions}"

    @property
    def facts(self) -> str:
        """Who stayed where."""
        return f"{self.guest} stayed {self.days} at {self.hotel} in {self.city}."


def make_sources(folder: Path, seed: int = 0) -> None:
    """Write all sources into `folder`; it is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in ROWS.items():
        draw = random.Random(f"{seed} {name}")  # noqa: S311 (nothing secret)
        reviews = [_review(draw) for _ in range(rows)]
        _lines(folder / f"{name}-answers.jsonl", [_question(review, draw) for review in reviews])
        _lines(folder / f"{name}-tags.jsonl", [_tagged(review) for review in reviews])
        _lines(folder / f"{name}-topics.jsonl", [{"text": one.letter, "topics": [*one.said]} for one in reviews])
        stars = [(one.letter, 3 + sum(one.said.values()) / len(one.said)) for one in reviews]
        _table(folder / f"{name}-stars.csv", ("review", "stars"), stars)
        _table(folder / f"{name}-pairs.csv", ("one", "other", "pleased"), [_pair(draw) for _ in range(rows)])


def _review(draw: random.Random) -> Review:
    said = {topic: draw.choice([*SAYS[topic]]) for topic in draw.sample([*SAYS], draw.randint(1, 3))}
    guest = f"{draw.choice(GUESTS)} {draw.choice(SURNAMES)}"
    days = f"{draw.choice(('two', 'three', 'four', 'five'))} {draw.choice(('nights', 'days', 'weeks'))}"
    return Review(guest, draw.choice(CITIES), draw.choice(HOTELS), days, draw.randint(1, 999), said)


def _question(review: Review, draw: random.Random) -> dict[str, object]:
    kind = draw.choice([*ASKED])
    answer = {"who": review.guest, "where": review.city, "days": review.days}[kind]
    context = f"{review.opinions} {review.facts}" if draw.random() < 0.5 else f"{review.facts} {review.opinions}"
    held = {"text": [answer], "answer_start": [context.rindex(answer)]}
    return {"question": ASKED[kind].format_map(review._asdict()), "context": context, "answers": held}


def _tagged(review: Review) -> dict[str, list[str]]:
    kinds = {"GUEST": review.guest.split(), "HOTEL": review.hotel.split(), "TOWN": review.city.split()}
    words = [*review.facts.removesuffix(".").split(), "."]
    tags, at = ["O"] * len(words), 0
    for kind, name in kinds.items():
        at = next(place for place in range(at, len(words)) if words[place : place + len(name)] == name)
        tags[at : at + len(name)] = [f"B-{kind}", *[f"I-{kind}"] * (len(name) - 1)]
    return {"words": words, "tags": tags}


def _pair(draw: random.Random) -> tuple[str, ...]:
    topic = draw.choice([*SAYS])
    one, other = draw.choice([*SAYS[topic]]), draw.choice([*SAYS[topic]])
    rooms = draw.sample(range(100, 10_000), 2)  # pairs that share a text would all stay on one side of the hold-out
    texts = (f"Room {room}: {SAYS[topic][mood]}." for room, mood in zip(rooms, (one, other), strict=True))
    return *texts, ("none", "one", "both")[(one > 0) + (other > 0)]


def _lines(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def _table(path: Path, header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)


if __name__ == "__main__":
    make_sources(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "data")
