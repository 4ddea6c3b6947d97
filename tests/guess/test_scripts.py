"""What `cuvee init` makes of files in any script: encodings, headers, names of columns, and texts without spaces."""

import csv
import gzip
import io
import json
import random
import runpy
from pathlib import Path

import pytest

from flows.cli.init import init_recipe
from flows.cli.validate import validate_recipe
from tasks.core.errors import RecipeError
from tasks.guess.labels import one_set, suggestion
from tasks.guess.names import is_neither, weight, words
from tasks.guess.roles import roles_of
from tasks.guess.vocabulary import LABEL, TEXT
from tasks.text.encoding import encoding_of

CLAUSES = {
    "simplified": "这家店的服务态度非常好 电影情节拖沓演员演技尴尬 物流很快包装完好 质量太差了用了两天就坏了 "
    "手机屏幕清晰电池耐用 "
    "客服态度恶劣问题没有解决 房间干净整洁位置方便 味道一般价格偏贵",
    "traditional": "這家店的服務態度非常好 電影情節拖沓演員演技尷尬 物流很快包裝完好 質量太差了用了兩天就壞了 "
    "手機螢幕清晰電池耐用 "
    "客服態度惡劣問題沒有解決 房間乾淨整潔位置方便 味道一般價格偏貴",
    "japanese": "この映画はとても面白かったです 接客が悪くて二度と行きたくない 料理が美味しくて値段も手頃でした "
    "商品が壊れていて最悪でした 部屋がきれいで快適でした 音質が悪くて買って後悔した 配送が早くて助かりました",
    "thai": "ร้านนี้บริการดีมากอาหารก็อร่อย หนังน่าเบื่อเสียเวลา ส่งเร็วห่อดี คุณภาพแย่มากใช้สองวันก็พัง ห้องสะอาดใกล้รถไฟ",
    "korean": "이 영화 정말 재미있게 봤어요|배송이 너무 늦고 포장도 엉망이에요|음식이 맛있고 직원도 친절합니다|"
    "품질이 별로라서 실망했습니다|화면이 선명하고 배터리도 오래 갑니다",
    "russian": "Очень хороший фильм, всем советую посмотреть|Ужасное обслуживание, больше не приду|"
    "Доставка быстрая, упаковка целая|Качество плохое, сломался через два дня",
    "arabic": "الخدمة ممتازة والطعام لذيذ جدا|الفيلم ممل ومضيعة للوقت|التوصيل سريع والتغليف جيد|"
    "الجودة سيئة وتعطل بعد يومين",
    "hindi": "यह फिल्म बहुत अच्छी थी सबको देखनी चाहिए|"
    "सेवा बहुत खराब थी दोबारा नहीं आऊंगा|खाना स्वादिष्ट था और कीमत ठीक थी|"
    "दो दिन में ही खराब हो गया",
}
CASES = [
    ("simplified", "gb18030", ("评论", "标签"), ("好评", "差评")),
    ("simplified", "gb18030", ("用户评论", "情感标签"), ("正面", "负面", "中性")),
    ("simplified", "utf-16-le", ("正文", "星级"), ("1", "2", "3", "4", "5")),
    ("simplified", "utf-8-sig", ("甲", "乙"), ("0", "1")),
    ("simplified", "gb18030", None, ("正面", "负面")),
    ("traditional", "big5", ("內容（正文）", "類別"), ("好評", "差評")),
    ("traditional", "big5", None, ("0", "1")),
    ("japanese", "shift_jis", ("レビュー本文", "感情"), ("ポジティブ", "ネガティブ")),
    ("japanese", "euc_jp", ("口コミ", "ラベル"), ("0", "1")),
    ("thai", "cp874", ("ข้อความ", "ป้ายกำกับ"), ("บวก", "ลบ")),
    ("thai", "utf-8", None, ("บวก", "ลบ")),
    ("korean", "euc_kr", ("리뷰내용", "감정"), ("긍정", "부정")),
    ("russian", "cp1251", ("Отзывы", "тональность"), ("0", "1")),
    ("arabic", "cp1256", ("النص", "التصنيف"), ("إيجابي", "سلبي")),
    ("hindi", "utf-16", ("समीक्षा", "भावना"), ("0", "1")),
    ("hindi", "utf-8", ("कख", "गघ"), ("अच्छा", "बुरा")),
]


def sample(script: str, labels: tuple[str, ...], count: int) -> list[tuple[str, str]]:
    """Make texts of two clauses each, and give them labels in turn."""
    clauses = CLAUSES[script].split("|" if "|" in CLAUSES[script] else " ")
    joint = "、" if script in ("simplified", "traditional", "japanese") else " "
    rng = random.Random(count)
    return [(joint.join(rng.sample(clauses, 2)) + str(number), labels[number % len(labels)]) for number in range(count)]


@pytest.mark.parametrize("count", [10, 40])
@pytest.mark.parametrize(("script", "encoding", "names", "labels"), CASES)
def test_a_table_in_any_script_and_encoding_is_understood(
    tmp_path: Path,
    script: str,
    encoding: str,
    names: tuple[str, str] | None,
    labels: tuple[str, ...],
    count: int,
) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([*([names] if names else []), *sample(script, labels, count)])
    packed = count > 10
    data = out.getvalue().encode(encoding)
    file = tmp_path / ("表.csv.gz" if packed else "表.csv")
    file.write_bytes(gzip.compress(data) if packed else data)
    recipe = str(tmp_path / "recipe.yaml")
    (source,) = init_recipe([str(file)], recipe)["sources"].values()
    found = source["settings"]
    text, label = names or (0, 1)
    assert found["columns"] == {"text": text, "label": label}
    assert found.get("header", True) == bool(names)
    assert data.decode(found.get("encoding", "utf-8-sig")).removeprefix("\ufeff") == out.getvalue()
    assert set(source["labels"]) == set(labels)
    assert validate_recipe(recipe, {"checks.min_rows": 1})["valid"]


def test_a_long_wide_file_is_cut_at_whole_characters(tmp_path: Path) -> None:
    rows = sample("simplified", ("正面", "负面"), 30_000)
    lines = [f"{text}ਊ\t{label}" for text, label in [("评论", "标签"), *rows]]  # U+0A0A: line ends by its bytes alone
    lines[0] = "评论\t标签"
    (tmp_path / "表.tsv").write_bytes("\n".join(lines).encode("utf-16"))
    (source,) = init_recipe([str(tmp_path / "表.tsv")], str(tmp_path / "recipe.yaml"))["sources"].values()
    assert source["settings"]["columns"] == {"text": "评论", "label": "标签"}
    assert (source["rows"], source["bad"]) == (30_000, 0)


def test_json_lines_with_a_sentiment_of_0_and_1_have_a_label(tmp_path: Path) -> None:
    rows = [{"内容": text, "情感": int(label)} for text, label in sample("simplified", ("0", "1"), 40)]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    for encoding in ("utf-8", "gb18030", "utf-16"):
        (tmp_path / "rows.jsonl").write_bytes(lines.encode(encoding))
        found = init_recipe([str(tmp_path / "rows.jsonl")], str(tmp_path / f"{encoding}.yaml"))
        assert found["sources"]["rows"]["settings"]["columns"] == {"text": "内容", "label": "情感"}
        assert found["labels"] == ["0", "1"]


def test_broken_lines_do_not_hide_an_encoding() -> None:
    lines = [text.encode("gb18030") for text, _ in sample("simplified", ("0",), 40)]
    lines[7] = lines[7][:-4] + b"\xff"
    assert encoding_of(b"\n".join(lines))[0] == "gb18030"
    long = "这家店的服务态度非常好\n".encode("gb18030") * 20_000
    assert encoding_of(long)[0] == "gb18030"


def test_the_last_word_of_a_compound_says_what_a_column_holds() -> None:
    assert words("用户评论") == ["用户", "评论"]
    assert words("airlineSentiment_gold") == ["airline", "sentiment", "gold"]
    assert weight("用户评论", TEXT) == weight("评论", TEXT) > 0
    assert is_neither("评论时间")
    assert is_neither("投稿日")
    assert is_neither("点赞数")
    assert weight("리뷰라벨", LABEL) == weight("라벨", LABEL) > weight("리뷰라벨", TEXT) == 0


def test_counts_and_dates_are_no_labels_or_texts_in_other_scripts() -> None:
    values = {
        "日期": [f"2023年5月{day % 28 + 1}日 12:30" for day in range(60)],
        "点赞数": [str(number % 2) for number in range(60)],
        "评论": [text for text, _ in sample("simplified", ("0",), 60)],
    }
    roles = roles_of(values)
    assert (roles.text, roles.label) == ("评论", None)
    unknown = {f"列{number}": column for number, column in enumerate(values.values())}
    assert roles_of(unknown).text == "列2"


def test_labels_meet_in_one_spelling_and_numbers_are_suggested_in_the_words_of_the_others() -> None:
    assert one_set([{"正面": "正面", "負面": "負面"}, {"正面": "正面", "负面": "负面"}]) == ["负面", "正面"]
    assert suggestion(["0", "1"], ["负面", "中性", "正面", "0", "1"]) == {"0": "负面", "1": "正面"}
    assert suggestion(["差评", "好评"], ["负面", "正面", "差评", "好评"]) == {"差评": "负面", "好评": "正面"}
    assert suggestion(["差评", "好评"], ["差评", "好评"]) is None
    assert suggestion(["0", "1"], ["0", "1"]) == {"0": "negative", "1": "positive"}


def test_the_chinese_sources_of_the_recipes_are_understood(tmp_path: Path) -> None:
    maker = Path(__file__).parents[2] / "deployments/recipes/chinese/make_sources.py"
    runpy.run_path(str(maker))["make_sources"](tmp_path)
    recipe = str(tmp_path / "recipe.yaml")
    files = [str(tmp_path / name) for name in ("新闻.csv", "评论.jsonl", "论文.json")]
    found = init_recipe(files, recipe)
    with pytest.raises(RecipeError, match=r"500 of 500 records are bad .* unmapped_label 500"):
        validate_recipe(recipe, {})
    assert [source["settings"].get("columns") for source in found["sources"].values()] == [
        {"text": "标题", "label": "标签"},
        {"text": "内容", "label": "情感"},
        {"text": "摘要", "label": "结论"},
    ]
    assert found["labels"] == ["负面", "中性", "正面"]
    written = Path(recipe).read_text("utf-8")
    assert "# labels: {'0': 负面, '1': 正面}" in written
    Path(recipe).write_text(written.replace("# labels: {'0'", "labels: {'0'"), "utf-8")
    assert validate_recipe(recipe, {})["valid"], "what it means is for the user to say"
