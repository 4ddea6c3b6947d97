"""How `cuvee init` knows chats, and what it writes of them."""

from collections.abc import Sequence

from tasks.objectives.language_modelling.guess import model
from tasks.objectives.ways import Way

__all__ = ["ASKED_FOR", "PRETRAINED", "WHY", "model", "ways"]

PRETRAINED = "HuggingFaceTB/SmolLM2-135M-Instruct"
WHY = "Every record holds a chat, or what is asked and what is answered, so a language model learns to answer."
ASKED_FOR = False
IN_PARTS = Way(
    {
        "prompt": (
            "instruction prompt question query ask problem user_input 指令 提示 提示词 问题 提问 指示 質問 "
            "問題 プロンプト 질문 지시 프롬프트 вопрос запрос инструкция سؤال تعليمات คำถาม คำสั่ง प्रश्न निर्देश "
            "pregunta instrucción pergunta instrução instruction consigne frage anweisung domanda istruzione "
            "pytanie polecenie soru câuhỏi pertanyaan"
        ),
        "response": (
            "output response answer completion reply solution 输出 回答 答案 回复 回應 答え 応答 出力 답변 "
            "응답 출력 ответ вывод جواب إجابة คำตอบ उत्तर respuesta salida resposta saída réponse sortie "
            "antwort ausgabe risposta odpowiedź cevap trảlời câutrảlời jawaban"
        ),
    },
    perhaps={"system": "system system_prompt systemprompt 系统 系统提示 システム 시스템 система"},
    behind={"prompt": "input context inputs 输入 輸入 入力 입력 ввод entrada entrée eingabe"},
)


def ways(_columns: Sequence[str]) -> Sequence[Way]:
    """Know messages by what they hold, and the parts of a chat by their names."""
    return [Way(), IN_PARTS]
