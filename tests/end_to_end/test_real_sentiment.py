"""Six public sources in six formats, by the command line, on a small budget."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.shared_data
def test_six_real_sources_become_one_mix_and_a_model_that_beats_the_baseline(
    shared_data: Path, prefect_env: dict[str, str], tmp_path: Path
) -> None:
    command = [
        sys.executable,
        "-m",
        "flows.cli.main",
        "run",
        "tests/recipes/real_sentiment.yaml",
        "--store",
        str(tmp_path / "store"),
        "--json",
    ]
    small = ["--set", "mix.size=3000", "--set", "train.max_tokens=48"]
    environment = prefect_env | {"CUVEE_SHARED_DATA": str(shared_data), "OMP_NUM_THREADS": str(os.cpu_count())}
    done = subprocess.run(
        [*command, *small], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    summary = json.loads(done.stdout)
    rows = {row["source"]: row["rows"] for row in summary["receipt"]}
    assert rows == {"films": 750, "books": 450, "kitchen": 450, "tweets": 600, "company": 300, "posts": 450}
    dropped = {row["source"]: row["dropped"] for row in summary["receipt"]}
    assert dropped["tweets"]["label_left_out"] == 1289
    assert dropped["company"] == {"label_left_out": 2280}
    assert all(check["passed"] for check in summary["checks"])
    metrics = summary["metrics"]
    assert set(metrics["by_source"]) == set(rows)
    assert metrics["baseline"]["gain_interval"][0] > 0.05
