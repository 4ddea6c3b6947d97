"""Instructions, maths problems and programs, as they are published, teach one small model."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.shared_data
def test_four_real_sources_become_chats_and_a_model_that_knows_more_than_frequencies(
    shared_data: Path, cuvee: Callable[..., str], tmp_path: Path
) -> None:
    # The model and the mix are small: the answers are no good, but likelier than by a unigram model of the mix.
    recipe = (ROOT / "tests/recipes/instructions.yaml").read_text().replace("${CUVEE_SHARED_DATA}", str(shared_data))
    (tmp_path / "instructions.yaml").write_text(recipe)
    summary = json.loads(
        cuvee("run", str(tmp_path / "instructions.yaml"), "--store", str(tmp_path / "store"), "--json")
    )
    assert {row["source"]: row["rows"] for row in summary["receipt"]} == {
        "alpaca": 180,
        "gsm8k": 180,
        "conala": 120,
        "mbpp": 120,
    }
    record = json.loads(cuvee("show", "latest", "--store", str(tmp_path / "store"), "--json"))
    accounts = {account["source"]: account for account in record["accounts"]}
    assert {name: (one["read"], one["quarantined"]) for name, one in accounts.items()} == {
        "alpaca": (999, 0),
        "gsm8k": (7473, 0),
        "conala": (2063, 0),
        "mbpp": (974, 0),
    }
    assert accounts["conala"]["dropped"]["where"] == 79
    metrics = summary["metrics"]
    assert metrics["rows"] == 108
    assert metrics["answer_perplexity"] < metrics["baseline"]["answer_perplexity"]
    assert {name: set(score["baselines"]) for name, score in metrics["by_source"].items()} == {
        name: {"mix", "own"} for name in accounts
    }
