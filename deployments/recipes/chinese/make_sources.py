"""Write the three Chinese sources: headlines, comments and abstracts, all invented.

    python make_sources.py [FOLDER]

The sentences are made as the demo's are, and come as such files do: a GB18030 table with Chinese column names, JSON
Lines, and one JSON document.
"""

import csv
import json
import runpy
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent
ROWS = {"news": 600, "social": 500, "papers": 400}
"""Rows of each source, repeats included."""
TONES = {"good": "正面", "bad": "负面", "neutral": "中性"}


def make_sources(folder: Path, seed: int = 0) -> None:
    """Write all sources into `folder`; it is made if it is not there."""
    demo = runpy.run_path(str(HERE.parent / "demo" / "make_sources.py"))
    phrases = yaml.safe_load((HERE / "phrases.yaml").read_text("utf-8"))
    rows = {name: demo["sentences"](name, demo["banks_of"](name, phrases), count, seed) for name, count in ROWS.items()}
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "新闻.csv").open("w", encoding="gb18030", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["标题", "标签"])
        table.writerows([text, TONES[side]] for text, side in rows["news"])
    comments = ({"内容": text, "情感": int(side == "good")} for text, side in rows["social"])
    lines = [json.dumps(comment, ensure_ascii=False) for comment in comments]
    (folder / "评论.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    papers = [
        dict(zip(("题目", "摘要"), text.split("\t"), strict=True)) | {"结论": TONES[side]}
        for text, side in rows["papers"]
    ]
    (folder / "论文.json").write_text(json.dumps({"论文": papers}, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    make_sources(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "data")
