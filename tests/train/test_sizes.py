"""Sizes that do not go together, and models that no memory holds, are told before anything is mixed."""

import pytest
import torch
from transformers import AutoConfig, AutoModel

from tasks.core.errors import RecipeError
from tasks.models.sizes import SIZES, least_weights, uneven
from tasks.train.model import refuse_too_large
from tasks.train.settings import BuiltModel

VOCABULARY = 1_000


def sizes(architecture: str, width: int, heads: int) -> dict[str, int]:
    names = SIZES[architecture]
    return {names.width: width, names.heads: heads, names.layers: 3, names.inner: 200}


@pytest.mark.parametrize("architecture", sorted(SIZES))
def test_transformers_refuses_the_same_sizes_and_counts_no_fewer_weights(architecture: str) -> None:
    def weights(width: int, heads: int) -> int:
        said: dict[str, int] = sizes(architecture, width, heads)
        if architecture == "bart":
            said |= {"decoder_attention_heads": heads}
        with torch.device("meta"):
            model = AutoModel.from_config(AutoConfig.for_model(architecture, vocab_size=VOCABULARY, **said))
        return sum(parameter.numel() for parameter in model.parameters())

    assert uneven(architecture, sizes(architecture, 96, 3)) is None
    built, least = weights(96, 3), least_weights(architecture, sizes(architecture, 96, 3), VOCABULARY)
    assert VOCABULARY * 96 < least <= built
    why = uneven(architecture, sizes(architecture, 100, 3))
    assert why
    assert why.endswith("take 99 or 102")
    with pytest.raises(Exception, match=r"divisible|multiple|evenly|d_model % n_head"):
        weights(100, 3)


def test_what_is_not_said_or_not_known_is_not_refused() -> None:
    assert uneven("llama", {"hidden_size": 100, "num_attention_heads": 3, "head_dim": 32}) is None
    assert uneven("t5", {"d_model": 100, "num_heads": 3}) is None
    assert uneven("bert", {"hidden_size": 100}) is None
    assert uneven("bert", {"hidden_size": "wide", "num_attention_heads": 0}) is None
    assert uneven("bert", {"hidden_size": 2, "num_attention_heads": 3}) == (
        "hidden_size 2 cannot be shared equally by num_attention_heads 3; take 3"
    )
    assert least_weights("t5", {"d_model": 10**9}, 10**6) == 0


def test_a_model_larger_than_memory_is_refused_with_the_numbers() -> None:
    large = BuiltModel(
        architecture="bert",
        vocabulary=1_000_000,
        config={"hidden_size": 1_000, "num_hidden_layers": 0, "intermediate_size": 4_000},
    )
    refuse_too_large(large, 16 * 10**9)
    with pytest.raises(RecipeError, match=r"at least 1\.0 billion weights; training them takes 16 GB.* has 15 GB"):
        refuse_too_large(large, 15 * 10**9)
