"""Models that several tasks build at once are as those that one task builds."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel, PreTrainedTokenizerFast

from tasks.models.building import building
from tasks.models.trained import load_trained


@pytest.fixture
def tied(tmp_path: Path) -> Path:
    """A folder with a model whose output layer is its table of embeddings."""
    GPT2LMHeadModel(GPT2Config(vocab_size=2, n_embd=8, n_layer=1, n_head=1, n_positions=8)).save_pretrained(tmp_path)
    words = Tokenizer(WordLevel({"a": 0, "?": 1}, unk_token="?"))
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="?").save_pretrained(tmp_path)
    return tmp_path


def test_models_loaded_at_once_are_tied_and_so_is_the_next(tied: Path) -> None:
    before = PreTrainedModel.tie_weights

    def shares(_: int) -> bool:
        model = load_trained(tied, "AutoModelForCausalLM").model
        return model.lm_head.weight is model.transformer.wte.weight

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(shares, range(16)))
    assert PreTrainedModel.tie_weights is before


def test_nobody_loads_while_another_builds(tied: Path) -> None:
    with ThreadPoolExecutor(1) as threads:
        with building:
            loading = threads.submit(load_trained, tied, "AutoModelForCausalLM")
            with pytest.raises(TimeoutError):
                loading.result(0.2)
        assert loading.result().model.lm_head.weight.shape == (2, 8)
