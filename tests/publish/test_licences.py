"""Licences: what the mix must obey, and what cannot be obeyed together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.publish.licences import conflicts, obligations, terms

KNOWN = [
    "MIT",
    "Apache-2.0",
    "CC-BY-4.0",
    "CC0-1.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0",
    "GPL-3.0-only",
    "ODbL-1.0",
    None,
]


def test_permissive_sources_ask_nothing_and_agree() -> None:
    licences = {"a": "MIT", "b": "CC-BY-4.0", "c": "CC0-1.0"}
    assert obligations(licences) == []
    assert conflicts(licences, "Apache-2.0") == []


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("CC-BY-SA-4.0", "GPL-3.0-only", False),
        ("GPL-3.0-only", "LGPL-2.1-only", True),
        ("CC-BY-SA-4.0", "CC-BY-NC-4.0", False),
        ("CC-BY-NC-SA-4.0", "CC-BY-NC-4.0", True),
        ("CC-BY-NC-SA-4.0", "CC-BY-SA-4.0", False),
        ("ODbL-1.0", "MIT", True),
        ("CC-BY-ND-4.0", "MIT", False),
    ],
)
def test_pairs_agree_or_their_conflict_is_named(one: str, other: str, agree: bool) -> None:
    found = conflicts({"a": one, "b": other}, None)
    assert bool(found) != agree
    assert all(one in sentence or other in sentence for sentence in found)


def test_licence_of_the_mix_may_not_give_more_than_a_source_does() -> None:
    assert "does not" in conflicts({"a": "CC-BY-NC-4.0"}, "MIT")[0]
    assert "under CC BY-SA" in conflicts({"a": "CC-BY-SA-4.0"}, "MIT")[0]
    assert conflicts({"a": "CC-BY-SA-4.0"}, "CC-BY-SA-4.0") == []


def test_unknown_terms_are_said_to_be_unknown() -> None:
    assert not terms("Acme-Internal").known
    assert obligations({"a": None, "b": "Acme-Internal", "c": "MIT"}) == [
        "Nothing is known of the terms of a and b; ask before you pass the mix on.",
    ]


@given(st.lists(st.sampled_from(KNOWN), min_size=1, max_size=5), st.data())
def test_order_of_the_sources_does_not_decide_whether_they_agree(
    licences: list[str | None], data: st.DataObject
) -> None:
    named = {f"s{number}": licence for number, licence in enumerate(licences)}
    shuffled = dict(data.draw(st.permutations(list(named.items()))))
    assert bool(conflicts(named, None)) == bool(conflicts(shuffled, None))
    assert len(obligations(named)) == len(obligations(shuffled))
