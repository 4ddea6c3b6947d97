"""Names and places as presidio-analyzer finds them with a spaCy model. Nothing is downloaded: both must be
installed.
"""

# presidio is an extra
# pyright: reportMissingImports=false

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, ClassVar

from tasks.core.imports import importing
from tasks.personal.settings import DetectorSettings

INSTALL = "pip install 'cuvee[presidio]', and the model, such as with python -m spacy download en_core_web_sm"
HINT = r"\p{L}{2}"
ENTITIES = ("PERSON", "LOCATION")
PIECE = 50_000
"""Most characters that the model sees at once."""
TAG = re.compile(r"\[[A-Z]+(?:-[A-Z]+)?\]")
"""What redaction leaves; it is no name."""


class EntitySettings(DetectorSettings):
    """What detectors that ask presidio say."""

    entity: ClassVar[str]
    """What the model calls that which is looked for."""
    model: str = "en_core_web_sm"
    """Package of a spaCy model, which must be installed."""
    language: str = "en"
    """Language of the model, ISO 639."""


def packages(params: EntitySettings) -> tuple[str, ...]:
    """Name the packages that are asked."""
    return ("presidio-analyzer", "spacy", params.model)


def spans_of(texts: Sequence[str], params: EntitySettings) -> Iterator[list[tuple[int, int]]]:
    """Give start and end of each entity of one kind, text by text."""
    for text, names in zip(texts, _analysed(tuple(texts), params.model, params.language), strict=True):
        yield [span for start, end, kind in names if kind == params.entity for span in _untagged(text, start, end)]


def _untagged(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Leave the tags out of a span, and what holds no letter."""
    edges = [start, *(edge for tag in TAG.finditer(text) for edge in tag.span() if start < edge < end), end]
    inside = [tag.span() for tag in TAG.finditer(text)]
    for first, last in itertools.pairwise(edges):
        piece = text[first:last]
        if any(sign.isalpha() for sign in piece) and not any(left <= first and last <= right for left, right in inside):
            yield first + len(piece) - len(piece.lstrip()), last - len(piece) + len(piece.rstrip())


@lru_cache(maxsize=1)
def _analysed(texts: tuple[str, ...], model: str, language: str) -> list[list[tuple[int, int, str]]]:
    """Analyse texts once for all kinds of entities."""
    pieces = [(number, start, piece) for number, text in enumerate(texts) for start, piece in _pieces(text)]
    names_by_text: list[list[tuple[int, int, str]]] = [[] for _ in texts]
    results = _engine(model, language).analyze_iterator(
        [piece for _, _, piece in pieces], language=language, entities=list(ENTITIES), batch_size=64
    )
    for (number, first, _), results_of_piece in zip(pieces, results, strict=True):
        names_by_text[number] += [
            (first + result.start, first + result.end, result.entity_type) for result in results_of_piece
        ]
    return names_by_text


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cut a long text at white space."""
    start = 0
    while len(text) - start > PIECE:
        end = max(text.rfind(" ", start, start + PIECE), text.rfind("\n", start, start + PIECE)) + 1 or start + PIECE
        yield start, text[start:end]
        start = end
    yield start, text[start:]


@cache
def _engine(model: str, language: str) -> Any:
    with importing:
        from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NlpEngineProvider
        from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    models = {"nlp_engine_name": "spacy", "models": [{"lang_code": language, "model_name": model}]}
    registry = RecognizerRegistry(
        recognizers=[SpacyRecognizer(supported_language=language)], supported_languages=[language]
    )
    nlp = NlpEngineProvider(nlp_configuration=models).create_engine()
    return BatchAnalyzerEngine(AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=[language]))
