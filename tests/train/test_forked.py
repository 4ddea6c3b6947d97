"""Most tests train in a fork of a process that has the libraries already: it makes what a user's training makes."""

from collections.abc import Callable

import pytest

from tests.train.conftest import TinyMix


@pytest.mark.slow
def test_a_forked_training_is_as_one_that_starts_by_itself(
    tiny_mix: Callable[..., TinyMix], monkeypatch: pytest.MonkeyPatch
) -> None:
    forked = tiny_mix({"a": 48}).trained()
    monkeypatch.delenv("CUVEE_TESTS_WARM")
    assert tiny_mix({"a": 48}).trained() == forked
