"""What rows that hold chats are compared by."""

import polars as pl

from tasks.objectives.instruction_tuning.columns import layout
from tasks.rows.keys import match_digests, row_keys
from tasks.rows.layout import MESSAGES, Message, chats_of, contents, text_of

LAYOUT = layout(())


def chats(*given: str) -> pl.DataFrame:
    """A chat a string: messages by turns, `|` between them, the first of the system where it begins with `!`."""
    made = list[list[Message]]()
    for said in given:
        roles = ["system", "user", "assistant"] if said.startswith("!") else ["user", "assistant"]
        turns = [*roles, *roles[-2:] * 3]
        made.append(
            [Message(role=role, content=text) for role, text in zip(turns, said.lstrip("!").split("|"), strict=False)]
        )
    return pl.DataFrame({"messages": pl.Series(made, dtype=MESSAGES)})


def test_chats_match_by_what_stands_before_their_first_answer_and_repeat_by_all() -> None:
    rows = chats("why?|so", "Why|because", "why?|so|and then?|end", "!brief|why?|so", "other|so", "why?|so")
    keys, matches = row_keys(rows, LAYOUT)
    same = [at for at, match in enumerate(matches.to_list()) if match == matches[0]]
    assert same == [0, 1, 2, 5]
    assert matches[3] == match_digests(pl.Series(["brief\nwhy?"]))[0]
    assert [at for at, key in enumerate(keys.to_list()) if key == keys[0]] == [0, 5]
    assert rows.select(text_of(LAYOUT, "messages")).to_series().to_list()[2] == "why?\nso\nand then?\nend"


def test_messages_come_apart_and_together_again() -> None:
    rows = chats("why?|so", "!brief|why?|so|and?|no")
    assert contents(rows["messages"])["row"].to_list() == [0, 0, 1, 1, 1, 1, 1]
    assert chats_of(contents(rows["messages"]), "messages").to_list() == rows["messages"].to_list()
