"""What the names of columns say about their role."""

import re

TEXT = {
    "text": 4,
    "content": 4,
    "contents": 4,
    "body": 4,
    "sentence": 4,
    "sentences": 3,
    "review": 4,
    "tweet": 4,
    "comment": 3,
    "message": 4,
    "post": 3,
    "document": 3,
    "utterance": 4,
    "instruction": 4,
    "prompt": 4,
    "question": 4,
    "query": 3,
    "intent": 3,
    "abstract": 4,
    "summary": 2,
    "description": 2,
    "headline": 3,
    "title": 1,
    "source": 1,
    "input": 1,
    "doc": 2,
    "snippet": 1,
    "code": 1,
}
LABEL = {
    "label": 6,
    "labels": 6,
    "class": 5,
    "sentiment": 5,
    "polarity": 5,
    "stance": 5,
    "category": 5,
    "target": 3,
    "topic": 4,
    "emotion": 5,
    "mood": 4,
    "tone": 4,
    "spam": 4,
    "rating": 3,
    "stars": 3,
    "verdict": 4,
    "finding": 2,
    "type": 2,
    "tag": 2,
    "score": 1,
    "y": 3,
}
NEITHER = {
    "id",
    "ids",
    "idx",
    "index",
    "uuid",
    "key",
    "hash",
    "url",
    "uri",
    "link",
    "date",
    "time",
    "timestamp",
    "created",
    "added",
    "author",
    "user",
    "name",
    "lang",
    "language",
    "version",
    "meta",
    "metadata",
    "count",
    "confidence",
    "gold",
    "timezone",
    "location",
    "masked",
    "split",
    "fold",
    "coord",
    "number",
    "path",
    "file",
    "tokens",
}


def words(name: str) -> list[str]:
    """Cut a column's name into words, at signs and at capitals: `airlineSentiment_gold` is airline, sentiment, gold."""
    return re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower())


def weight(name: str, known: dict[str, int]) -> float:
    """Say how much a name speaks for a role; less where the word is one of several."""
    parts = words(name)
    found = max((known.get(part, 0) for part in parts), default=0)
    return found if len(parts) == 1 else 0.7 * found


def is_known(name: str) -> bool:
    """Say whether a name is one that columns have."""
    return bool(set(words(name)) & ({*TEXT, *LABEL} | NEITHER))
