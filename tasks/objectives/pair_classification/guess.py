"""How `cuvee init` knows pairs of texts with a label, and what it writes of them."""

from collections.abc import Sequence

from tasks.objectives.text_classification.guess import PRETRAINED, model
from tasks.objectives.ways import Way

__all__ = ["ASKED_FOR", "PRETRAINED", "WHY", "model", "ways"]

WHY = "Every record has two texts and a label of both together, so a classifier of pairs learns it."
ASKED_FOR = False
PAIRS = (
    (
        "premise 前提 전제 посылка premisa premissa prémisse prämisse",
        "hypothesis 假设 假設 仮説 가설 гипотеза hipótesis hipótese hypothèse hypothese",
    ),
    ("sentence1 sent1 s1 句子1 文1 문장1", "sentence2 sent2 s2 句子2 文2 문장2"),
    (
        "text1 text_a texta 文本1 文本a テキスト1 텍스트1 текст1 texto1",
        "text2 text_b textb 文本2 文本b テキスト2 텍스트2 текст2 texto2",
    ),
    ("question1 q1 问题1 질문1 вопрос1", "question2 q2 问题2 질문2 вопрос2"),
    ("sentence_a sentencea", "sentence_b sentenceb"),
    ("query doc docstring nl description 查询 描述", "code function snippet 代码"),
    (
        "query question 查询 问题 質問 질문 вопрос",
        "document passage sentence answer response reply title 文档 段落 回答 答案 文書 문서 документ ответ",
    ),
    ("claim 声明 主张", "evidence 证据"),
)
"""Names of first texts, and of second ones that belong to them."""


def ways(_columns: Sequence[str]) -> Sequence[Way]:
    """Know both texts by their names, since a title and a body are two texts as well; the label by what it holds."""
    return [Way({"text": first, "pair": second}) for first, second in PAIRS]
