"""Write the sources of the golden recipes: small invented texts with every flaw that rows are dropped for.

    python make_sources.py FOLDER

Chance comes from `random.Random` with fixed seeds, so the files are the same, byte for byte, on every machine.
"""

import gzip
import json
import random
import sqlite3
import struct
import sys
import zlib
from pathlib import Path

THINGS = ("film", "book", "phone", "hotel", "camera", "kettle", "lamp", "train", "album", "garden", "bakery", "novel")
GOOD = ("excellent", "charming", "reliable", "delightful", "brilliant", "generous", "comfortable", "superb")
BAD = ("dreadful", "boring", "broken", "disappointing", "clumsy", "noisy", "expensive", "shoddy")
FILLERS = (
    "in the morning",
    "after a week",
    "for the price",
    "with my family",
    "on a rainy day",
    "at the second try",
    "without a doubt",
)
CLOSINGS = (
    "I would buy it again.",
    "The people there were kind.",
    "It was not what I had in mind.",
    "We told our friends about it.",
    "Nobody answered my letters.",
    "The colours look like those in the picture.",
    "It came in a plain box.",
    "That is all I can say.",
)
SYLLABLES = (
    "ba",
    "cor",
    "del",
    "fen",
    "gar",
    "hol",
    "is",
    "jun",
    "kel",
    "lom",
    "mar",
    "nor",
    "ost",
    "pel",
    "ros",
    "sun",
    "tam",
    "und",
    "vel",
    "win",
)
VERBS = ("described", "sold", "repaired", "painted", "remembered", "lost", "praised", "carried", "opened", "refused")
CLAUSES = (
    "nobody in the town had seen before",
    "had been standing by the river for years",
    "was worth more than the whole street",
    "made the neighbours laugh",
    "could be heard from the other side of the valley",
    "is now kept in the museum",
    "will not be forgotten soon",
    "her brother had built with his own hands",
    "the council wanted to close",
    "was too small for all of them",
)
PERSONAL = (
    "Write to jane.doe@example.org for the rest of the story.",
    "Call me at +1 202-555-0143 if you want to know more.",
    "They charged my card 4111 1111 1111 1111 twice in a week.",
    "The refund went to DE89 3704 0044 0532 0130 00 in the end.",
    "The server at 203.0.113.77 was down for the whole day.",
    "My social security number is 536-90-4399 and they printed it.",
)
LABELS = ("bad", "good")
Row = tuple[str, str]


def sentence(rng: random.Random, side: int) -> str:
    """Write one sentence that says how good a thing is."""
    words = (BAD, GOOD)[side]
    return f"The {rng.choice(THINGS)} was {rng.choice(words)} and {rng.choice(words)} {rng.choice(FILLERS)}."


def review(rng: random.Random) -> Row:
    """Write a review of some sentences; one label in twenty is wrong."""
    side = rng.randrange(2)
    text = " ".join([sentence(rng, side) for _ in range(rng.randint(1, 3))] + [rng.choice(CLOSINGS)])
    return text, LABELS[side if rng.random() > 0.05 else 1 - side]


def reviews(rng: random.Random, count: int) -> list[Row]:
    """Write reviews, with personal data, repeats, near repeats, and texts that filters drop."""
    rows = [review(rng) for _ in range(count)]
    rows += [(f"{text} {PERSONAL[number % len(PERSONAL)]}", label) for number, (text, label) in enumerate(rows[:18])]
    rows += [
        (text.replace("  ", " ").upper() if number % 2 else text, label)
        for number, (text, label) in enumerate(rows[20:28])
    ]
    rows += [(f"{text} Really.", label) for text, label in rows[30:38]]
    rows += [
        ("", "good"),
        ("  ", "bad"),
        ("Yes", "good"),
        ("!!! *** !!! ### !!! *** ??? ===", "bad"),
        ("0123 4567 8901 2345 6789", "good"),
    ]
    rows += [
        ("bad bad bad bad bad bad bad bad bad bad bad bad bad bad bad bad", "bad"),
        ("It was so-so in all.", "mixed"),
        ("A slip.", "godo"),
    ]
    return rows


def comment(rng: random.Random) -> Row:
    """Write a short comment."""
    side = rng.randrange(2)
    word, thing, filler = rng.choice((BAD, GOOD)[side]), rng.choice(THINGS), rng.choice(FILLERS)
    return rng.choice(
        (f"{word} {thing} {filler}", f"so {word}, this {thing}! {filler}", f"my {thing} is {word} {filler}")
    ), LABELS[side]


def name(rng: random.Random) -> str:
    """Invent a name of two or three syllables."""
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3))).capitalize()


def page(rng: random.Random) -> str:
    """Write a web page of some paragraphs, with names of its own, so that it repeats itself little."""
    forms = (
        "{0} of {1} {2} a {3} that {4}",
        "when {0} came to {1}, the {3} there {2} what {4}",
        "the {3} of {1} {2} {0}, and {4}",
    )

    def said() -> str:
        parts = (name(rng), name(rng), rng.choice(VERBS), rng.choice(THINGS), rng.choice(CLAUSES))
        return capital(rng.choice(forms).format(*parts)) + "."

    return "\n".join(f"{said()} {said()}" for _ in range(rng.randint(4, 7)))


def capital(text: str) -> str:
    """Give the text a capital at its start."""
    return text[:1].upper() + text[1:]


def pages(rng: random.Random, count: int) -> list[str]:
    """Write web pages, some of them of the kinds that the filters for the web drop."""
    found = [page(rng) for _ in range(count)]
    flawed = [page(rng) for _ in range(9)]
    flawed[0] += "\nLorem ipsum dolor sit amet, and so on and on."
    flawed[1] += "\nfunction go() { return the + be; }"
    flawed[2] = "\n".join(["The same line stands here once more, as it did before."] * 14)
    flawed[3] = "\n".join(["home", "about the shop", "contact us", "the news", "a to z", "and more"] * 12)
    flawed[4] = " ".join(
        ["Der Zug war pünktlich und die Fahrt durch das Tal hat uns allen sehr gut gefallen."] * 1 + DEUTSCH
    )
    flawed[5] = flawed[5].upper()
    flawed[6] = "The page is short."
    flawed[7] = " ".join(f"word{number} x{number}" for number in range(60))
    flawed[8] = (
        "We use cookies. Please enable javascript to read the page of the shop, "
        "and see our privacy policy and terms of use."
    )
    return found + flawed


DEUTSCH = [
    "Am Abend gab es im Gasthof eine Suppe, die noch lange in Erinnerung bleiben wird.",
    "Das Zimmer war sauber, aber die Heizung wollte in der Nacht nicht anspringen.",
    "Wir kommen im nächsten Jahr gern wieder und bringen unsere Nachbarn mit.",
    "Nur der Weg vom Bahnhof war weit, und niemand konnte uns sagen, wo es langgeht.",
]


def write_table(path: Path, header: Row, rows: list[Row], encoding: str = "utf-8") -> None:
    """Write comma-separated values, every field in quotes."""
    lines = [",".join(f'"{field}"' for field in row) for row in [header, *rows]]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))


def write_lines(path: Path, records: list[dict[str, str]]) -> None:
    """Write JSON Lines."""
    path.write_bytes("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode())


def write_code(folder: Path) -> None:
    """Write a folder of source code, with files that the filter for code drops."""
    rng = random.Random("code")
    for number in range(24):
        name, other = rng.choice(THINGS), rng.choice(THINGS)
        steps = range(rng.randint(2, 6))
        body = "".join(f"    {other}_{step} = {name} + {rng.randint(1, 99)}  # step {step}\n" for step in steps)
        head = f'"""How a {name} becomes a {other}, number {number}."""\n\n\ndef {other}_of({name}: int) -> int:\n'
        text = f"{head}{body}    return {other}_0\n"
        (folder / f"{name}_{number}.py").write_text(text, "utf-8")
    (folder / "long.py").write_text("x = [" + ", ".join(map(str, range(400))) + "]\n", "utf-8")
    (folder / "broken.py").write_text("def unfinished(:\n    return\n", "utf-8")
    (folder / "made.py").write_text("# Generated by a tool. DO NOT EDIT.\nvalue = 1\n", "utf-8")


def png(colour: tuple[int, int, int]) -> bytes:
    """Draw a picture of one colour; nothing is packed, so its bytes are the same for every version of zlib."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = (b"\0" + bytes(colour) * 4) * 4
    head = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels, 0)) + chunk(b"IEND", b"")


def write_images(folder: Path) -> None:
    """Write pictures into a folder for each label, one of them broken and one twice."""
    for label, base in (("warm", 200), ("cold", 20)):
        (folder / label).mkdir(parents=True)
        for number in range(30):
            (folder / label / f"{label}-{number:02}.png").write_bytes(png((base, number * 5, 255 - base)))
    (folder / "warm" / "again.png").write_bytes(png((200, 0, 55)))


def write_formats(folder: Path) -> None:
    """Write one small source in each of several formats."""
    rng = random.Random("formats")
    rows = [comment(rng) for _ in range(280)]
    parts = [rows[start : start + 40] for start in range(0, 280, 40)]
    (folder / "at.txt").write_bytes("".join(f"{text} @ home@{label}\n" for text, label in parts[0]).encode("latin-1"))
    (folder / "deep.json").write_text(
        json.dumps({"all": {"rows": [{"t": text, "u": "So", "l": label} for text, label in parts[1]]}}), "utf-8"
    )
    for label in LABELS:
        lines = "".join(f"{text}\n" for text, own in parts[2] if own == label)
        (folder / f"said_{label}.txt.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    (folder / "side.text").write_text("".join(f"{text}\n" for text, _ in parts[3]), "utf-8")
    (folder / "side.label").write_text("".join(f"{label}\n" for _, label in parts[3]), "utf-8")
    records = "".join(f"<item><body>{text} &amp; more</body><mood>{label}</mood></item>\n" for text, label in parts[4])
    (folder / "items.xml").write_text(f"<all>\n{records}</all>\n", "utf-8")
    base = sqlite3.connect(folder / "notes.db")
    base.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, said TEXT, mood TEXT, sure REAL)")
    base.executemany(
        "INSERT INTO notes (said, mood, sure) VALUES (?, ?, ?)",
        [(text, label, len(text) / 40) for text, label in parts[5]],
    )
    base.commit()
    base.close()
    write_lines(
        folder / "lines.jsonl",
        [{"a": text, "b": label, "sure": number % 10} for number, (text, label) in enumerate(parts[6])],
    )
    with (folder / "lines.jsonl").open("a") as file:
        file.write('{"a": "cut off\n')


CHINESE = (
    ("很好", "喜欢", "满意", "漂亮", "便宜"),
    ("太差", "失望", "难看", "太贵", "坏了"),
    ("酒店", "手机", "电影", "书", "早餐", "服务"),
)
JAPANESE = (
    ("素晴らしい", "楽しい", "便利", "美味しい"),
    ("ひどい", "退屈", "不便", "残念"),
    ("映画", "カメラ", "ホテル", "本", "料理"),
)
THAI = (("ดีมาก", "สวย", "อร่อย", "คุ้มค่า"), ("แย่มาก", "น่าเบื่อ", "แพง", "เสีย"), ("โรงแรม", "หนังสือ", "อาหาร", "กล้อง"))


def write_unspaced(folder: Path) -> None:
    """Write reviews in Chinese (GB18030), Japanese and Thai, whose words have no spaces between."""
    rng = random.Random("unspaced")

    def rows(words: tuple[tuple[str, ...], ...], form: str, good: str, bad: str) -> list[Row]:
        pairs = list[Row]()
        for _ in range(90):
            sides = [rng.randrange(2)] * rng.randint(1, 3)
            text = "".join(
                form.format(
                    thing=rng.choice(words[2]), word=rng.choice(words[1 - side]), more=rng.choice(words[1 - side])
                )
                for side in sides
            )
            pairs.append((text, (bad, good)[sides[0]]))
        return pairs

    chinese = rows(CHINESE, "这个{thing}{word}，真的{more}。", "正面", "负面")
    chinese.append(("", "正面"))
    write_table(folder / "chinese.csv", ("评论", "标签"), chinese, "gb18030")
    japanese = rows(JAPANESE, "この{thing}は{word}です。とても{more}と思います。", "1", "0")
    write_lines(folder / "japanese.jsonl", [{"本文": text, "感情": label} for text, label in japanese])
    thai = rows(THAI, "{thing}นี้{word}และ{more}", "ดี", "ไม่ดี")
    write_lines(folder / "thai.jsonl", [{"text": text, "label": label} for text, label in thai])


def make_sources(folder: Path) -> None:
    """Write all sources."""
    folder.mkdir(parents=True)
    rng = random.Random("golden")
    write_table(folder / "reviews.csv", ("text", "label"), reviews(rng, 220))
    comments = [comment(rng) for _ in range(200)]
    comments += [("OK", "good"), (":-) :-) :-) :-)", "good"), reviews(random.Random("golden"), 220)[5], comments[3]]
    write_lines(folder / "comments.jsonl", [{"body": text, "mood": label} for text, label in comments])
    web = pages(rng, 60)
    write_lines(
        folder / "pages.jsonl", [{"text": text, "label": LABELS[number % 2]} for number, text in enumerate(web)]
    )
    write_lines(
        folder / "benchmark.jsonl", [{"question": text} for text in (web[4], comments[7][0], web[11].split("\n")[1])]
    )
    (folder / "prose.txt").write_text("".join(text.replace("\n", " ") + "\n" for text in web), "utf-8")
    (folder / "code").mkdir()
    write_code(folder / "code")
    write_images(folder / "images")
    (folder / "formats").mkdir()
    write_formats(folder / "formats")
    write_unspaced(folder)
    (folder / "empty.csv").touch()
    (folder / "no_rows.csv").write_text("text,label\n", "utf-8")


if __name__ == "__main__":
    make_sources(Path(sys.argv[1]))
