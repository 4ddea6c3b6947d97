"""How `cuvee init` knows questions on texts that hold the answers, and what it writes of them."""

from collections.abc import Sequence

from tasks.objectives.text_classification.guess import PRETRAINED, model
from tasks.objectives.ways import Way

__all__ = ["ASKED_FOR", "PRETRAINED", "WHY", "model", "ways"]

WHY = "Every record has a question and a text that holds the answer, so a reader learns to find it."
ASKED_FOR = False
NAMES = Way(
    {
        "question": (
            "question query questions 问题 提问 問題 質問 질문 вопрос питання سؤال سوال שאלה ερώτηση คำถาม "
            "प्रश्न প্রশ্ন pregunta pergunta frage domanda pytanie soru pertanyaan câuhỏi"
        ),
        "context": (
            "context passage paragraph document article text body 上下文 段落 原文 文章 正文 文脈 本文 문맥 "
            "지문 본문 контекст абзац текст سياق نص فقرة הקשר บริบท ข้อความ संदर्भ contexto contexte kontext "
            "contesto bağlam konteks ngữcảnh"
        ),
        "answers": (
            "answers answer answer_text 答案 回答 答え 解答 정답 답변 ответ ответы إجابة الإجابة جواب תשובה "
            "คำตอบ उत्तर respuesta respuestas resposta réponse réponses antwort antworten risposta odpowiedź "
            "cevap jawaban câutrảlời"
        ),
    }
)


def ways(_columns: Sequence[str]) -> Sequence[Way]:
    """Know the columns by their names; an answer must stand in its text."""
    return [NAMES]
