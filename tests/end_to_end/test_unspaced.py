"""Chinese, Japanese and Thai go the whole way: counts, filters, near duplicates, DSIR, diversity, a tokenizer."""

import json
from itertools import permutations, product
from pathlib import Path

import polars as pl
import pytest
import yaml

from flows.pipeline import pipeline

pytestmark = pytest.mark.slow

SUBJECTS = {
    "zh": ["这家酒店", "那部电影", "新的手机", "楼下的面馆", "网上的课程", "城市图书馆", "昨天的音乐会", "这本小说"],
    "ja": [
        "このホテル",
        "あの映画",
        "新しい電話",
        "近くのラーメン屋",
        "オンライン講座",
        "市立図書館",
        "昨日のライブ",
        "この小説",
    ],
    "th": ["โรงแรมนี้", "หนังเรื่องนั้น", "โทรศัพท์ใหม่", "ร้านอาหาร", "คอร์สนี้", "ห้องสมุด", "คอนเสิร์ต", "นิยายนี้"],
}
GOOD = {
    "zh": ["非常好，值得推荐", "令人满意，下次还来", "特别棒，大家都喜欢", "质量很高，服务也好", "超出预期，非常开心"],
    "ja": [
        "とても良いのでお勧めします",
        "満足です、また来ます",
        "素晴らしくて皆が好きです",
        "品質が高く親切です",
        "期待以上で嬉しいです",
    ],
    "th": ["ดีมากและน่าแนะนำ", "น่าพอใจจะกลับมาอีก", "ยอดเยี่ยมทุกคนชอบ", "คุณภาพสูงบริการดี", "เกินคาดและมีความสุข"],
}
BAD = {
    "zh": ["非常差，不推荐", "令人失望，再也不来", "特别糟，没人喜欢", "质量很低，服务也差", "不如预期，非常生气"],
    "ja": [
        "とても悪いのでお勧めしません",
        "残念です、もう来ません",
        "ひどくて誰も好きではない",
        "品質が低く不親切です",
        "期待外れで悲しいです",
    ],
    "th": ["แย่มากไม่แนะนำ", "น่าผิดหวังจะไม่กลับมา", "เลวร้ายไม่มีใครชอบ", "คุณภาพต่ำบริการแย่", "ต่ำกว่าคาดและโกรธ"],
}


def write_source(file: Path, language: str, subjects: list[str]) -> None:
    """Write of every subject every two verdicts that agree, and a near duplicate of each tenth text."""
    rows = [
        {"text": f"{subject}{verdict}。{subject}{other}。", "label": label}
        for label, verdicts in (("good", GOOD), ("bad", BAD))
        for subject, (verdict, other) in product(subjects, permutations(verdicts[language], 2))
    ]
    rows += [row | {"text": row["text"] + subjects[0][:1]} for row in rows[::10]]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")


@pytest.mark.parametrize("language", SUBJECTS)
def test_a_language_without_spaces_goes_the_whole_way(language: str, tmp_path: Path, prefect_server: str) -> None:
    write_source(tmp_path / "first.jsonl", language, SUBJECTS[language][:4])
    write_source(tmp_path / "second.jsonl", language, SUBJECTS[language][4:])
    recipe = {
        "name": "unspaced",
        "labels": ["bad", "good"],
        "sources": {"first": {"path": "first.jsonl"}, "second": {"path": "second.jsonl"}},
        "clean": {"filters": [{"kind": "words", "least": 5, "most": 200}, {"kind": "repetition", "words": 3}]},
        "near_duplicates": {"threshold": 0.8, "words": 3},
        "mix": {"weights": {"kind": "dsir", "target": "second"}, "max_epochs": 20, "size": 80},
        "train": {
            "model": {
                "architecture": "bert",
                "vocabulary": 400,
                "config": {
                    "hidden_size": 32,
                    "num_hidden_layers": 1,
                    "num_attention_heads": 2,
                    "intermediate_size": 64,
                    "max_position_embeddings": 64,
                },
            },
            "epochs": 1,
            "max_tokens": 64,
        },
    }
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe, allow_unicode=True))
    done = pipeline(recipe=str(tmp_path / "recipe.yaml"), store=str(tmp_path / "store"))
    record = json.loads(next((tmp_path / "store/runs/unspaced").glob("*/run.json")).read_text())
    rows = pl.concat(map(pl.read_parquet, (tmp_path / "store/mixes/unspaced").glob("*/data/train-*.parquet")))

    assert done["metrics"]["accuracy"] > 0
    assert rows["tokens"].min() > 10  # a clause is no single word
    assert "near_duplicate" in json.dumps(record["accounts"])
    tokenizer = json.loads(next((tmp_path / "store/models/unspaced").glob("*/tokenizer.json")).read_text())
    letters = [piece for piece in tokenizer["model"]["vocab"] if len(piece.removeprefix("##")) <= 2]
    assert len(letters) > 40
