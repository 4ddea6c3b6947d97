"""How `cuvee init` knows words with a tag each, and what it writes of them."""

from collections.abc import Sequence

from tasks.objectives.text_classification.guess import PRETRAINED, model
from tasks.objectives.ways import Way

__all__ = ["ASKED_FOR", "PRETRAINED", "WHY", "model", "ways"]

WHY = "Every record has words with a tag for each, so a tagger learns them."
ASKED_FOR = False
NAMES = Way(
    {
        "words": (
            "tokens words token word sentence text 词 词语 单词 分词 詞 単語 トークン 단어 토큰 слова токены "
            "كلمات คำ शब्द palabras palavras mots wörter parole słowa kelimeler kata từ"
        ),
        "tags": (
            "ner_tags tags ner labels tag pos_tags pos upos xpos chunk_tags entities bio iob 标签 词性 实体 "
            "標籤 タグ ラベル 品詞 태그 라벨 개체명 품사 теги метки وسوم ป้าย टैग etiquetas étiquettes "
            "etichette"
        ),
    }
)


def ways(_columns: Sequence[str]) -> Sequence[Way]:
    """Know the columns by their names; where both hold lists of equal length, by that."""
    return [NAMES, Way()]
