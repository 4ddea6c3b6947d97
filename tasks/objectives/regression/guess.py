"""How `cuvee init` knows texts with a number each, and what it writes of them."""

from collections.abc import Sequence

from tasks.objectives.text_classification.guess import PRETRAINED, model
from tasks.objectives.ways import Way

__all__ = ["ASKED_FOR", "PRETRAINED", "WHY", "model", "ways"]

WHY = "Every record has a number, so a model learns to tell it."
ASKED_FOR = False
NAMES = (
    "score value rating target label y mean stars grade similarity sentiment polarity valence "
    "intensity readability 分数 得分 评分 分值 分數 評分 得点 点数 評価 スコア 점수 평점 оценка балл "
    "рейтинг درجة تقييم ציון คะแนน अंक puntuación calificación puntaje nota pontuação note punteggio "
    "bewertung punktzahl wert ocena puan skor điểm"
)


def ways(_columns: Sequence[str]) -> Sequence[Way]:
    """Know the number by its name; in a table without names, as the only column of fractions."""
    return [Way({"value": NAMES}), Way()]
