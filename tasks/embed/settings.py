"""Which encoder makes vectors of texts."""

from pydantic import Field

from tasks.core.records import Section


class EncoderSettings(Section):
    """A sentence encoder; the vector of a text is the mean of its tokens' last hidden states, scaled to length 1."""

    model: str
    """Sentence encoder: a folder or Hub name that transformers loads."""
    revision: str | None = None
    """Commit of an encoder of the Hub."""
    max_tokens: int = Field(default=256, ge=2, le=10_000_000)
    """Longest text in tokens; of longer ones the beginning counts."""
