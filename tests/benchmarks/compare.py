"""What a comparison costs: six mixes of six real sentiment sources, three seeds, a frozen encoder; the first time and
again.

    python tests/benchmarks/compare.py --data SHARED_DATA --encoder FOLDER

Whole processes on a new store; wall seconds. The encoder is any sentence encoder that transformers loads.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
ARMS = "only-films,only-books,only-kitchen,uniform,proportional"


def main() -> None:
    """Compare twice and print both times and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of public data")
    parser.add_argument("--encoder", required=True, help="folder of a sentence encoder")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "flows.cli.main",
            "compare",
            "tests/recipes/real_sentiment.yaml",
            "--store",
            f"{folder}/store",
            "--json",
        ]
        command += [
            "--arms",
            ARMS,
            "--seeds",
            "3",
            "--set",
            f"trials.encoder={{model: {asked.encoder}, max_tokens: 64}}",
            "--set",
            "compare.values=[]",
        ]
        environment = os.environ | {
            "CUVEE_SHARED_DATA": asked.data,
            "PREFECT_HOME": f"{folder}/prefect",
            "HF_HUB_OFFLINE": "1",
        }
        for time_of in ("first", "second"):
            started = time.monotonic()
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout)
            print(
                f"{time_of}: {time.monotonic() - started:.1f} s, trials {found['trials']}\n{found['sentence']}",
                flush=True,
            )


if __name__ == "__main__":
    main()
