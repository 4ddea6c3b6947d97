"""How `cuvee init` knows texts and what is to be written from them, and what it writes of them."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from tasks.objectives.ways import Way

PRETRAINED = "google/t5-efficient-tiny"
WHY = (
    "Every record has a text and what can be written from it, so a model learns to write it; swap "
    "`text` and `target` for the other direction."
)
ASKED_FOR = False
TINY = {"d_model": 128, "d_kv": 32, "d_ff": 512, "num_layers": 2, "num_decoder_layers": 2, "num_heads": 4}
PAIRS = (
    (
        "source src original 原文 源文 源语言 원문 источник исходный",
        "target tgt trg translation translated reference 译文 譯文 目标 翻译 訳文 번역 перевод",
    ),
    (
        "document article dialogue dialog text body content 文章 正文 全文 文本 本文 기사 본문 статья текст artículo",
        (
            "summary highlights tldr abstract headline 摘要 概要 总结 要約 요약 резюме краткоесодержание "
            "resumen resumo résumé zusammenfassung"
        ),
    ),
    ("buggy before wrong incorrect 错误", "fixed after right correct corrected correction 正确"),
    ("intent nl description docstring comment text problem 描述 注释", "code snippet program 代码 コード 코드 код"),
    (
        "input inputs 输入 輸入 入力 입력 ввод entrada entrée eingabe",
        "output outputs 输出 輸出 出力 출력 вывод salida saída sortie ausgabe",
    ),
)
"""Names of what is read, and of what is written from it."""
LANGUAGE_CODES = (
    "af ar be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja "
    "ka kk km ko ky la lo lt lv mk ml mn mr ms mt my ne nl no pa pl ps pt ro ru si sk sl sq sr sv sw "
    "ta te tg th tl tr uk ur uz vi yo zh"
)
LANGUAGES = (
    "arabic chinese czech danish dutch english finnish french german greek hebrew hindi hungarian "
    "indonesian italian japanese korean latvian norwegian persian polish portuguese romanian russian "
    "spanish swedish thai turkish ukrainian vietnamese deutsch englisch französisch français anglais "
    "español inglés italiano português 中文 汉语 英文 英语 日文 日语 法文 法语 德文 德语 俄文 俄语 "
    "韩文 韩语 西班牙语 葡萄牙语 意大利语 泰语 越南语 阿拉伯语 日本語 英語 한국어 영어 русский "
    "английский"
)
"""What columns are called that hold the same text in several languages."""


def ways(columns: Sequence[str]) -> Sequence[Way]:
    """Know both texts by their names; two columns that are called like languages hold one text in both."""
    spoken = [name for name in columns if is_language(name.rpartition(".")[2])]
    translated = [Way({"text": spoken[0], "target": spoken[1]})] if len(spoken) == 2 else []
    return [*translated, *(Way({"text": read, "target": written}) for read, written in PAIRS)]


def is_language(name: str) -> bool:
    """Say whether a name is that of a language: its code, with a country or not, or a word for it."""
    plain = unicodedata.normalize("NFKC", name).casefold().strip()
    code = re.fullmatch(r"([a-z]{2})(?:[-_][a-z]{2,4})?", plain)
    return plain in LANGUAGES.split() or bool(code and code[1] in LANGUAGE_CODES.split())


def model(_longest: int) -> dict[str, Any]:
    """Give a small model."""
    return {"architecture": "t5", "config": TINY}
