"""Filters that go together. Thresholds that are not a filter's own are said here, with their source."""

from typing import Any

PRESETS: dict[str, list[dict[str, Any]]] = {
    "web": [
        {"kind": "words", "least": 50, "most": 100_000},
        {"kind": "characters"},
        {"kind": "stop-words"},
        {"kind": "repetition"},
        {"kind": "c4-lines"},
        {"kind": "fineweb-lines"},
        {"kind": "language"},
    ],
    "reviews": [{"kind": "words", "least": 3}, {"kind": "characters", "most_signs": 0.4}, {"kind": "repetition"}],
    "short-text": [
        {"kind": "words", "least": 2},
        {"kind": "characters", "least_letters": 0.3, "most_capitals": 1.0, "most_signs": 0.5},
    ],
    "code": [{"kind": "code"}],
}
"""Gopher's 50 … 100,000 words (Rae et al. 2021, arXiv 2112.11446, appendix A1.1) are for web pages; the other two are
our choice: reviews and messages say something in a few words."""
