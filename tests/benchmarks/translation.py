"""How a published model translates texts that no run has read, by plain `generate` and sacrebleu's own bootstrap,
beside copying them.

    cuvee run tests/recipes/translation.yaml --store STORE
    python tests/benchmarks/translation.py STORE/models/multi30k/ID [--split val] [--read en] [--written de]

Needs the public data (CUVEE_SHARED_DATA, see tests/conftest.py).
"""

import argparse
import gzip
import os
from pathlib import Path

import torch
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

ROWS = 64


def lines(folder: Path, split: str, language: str) -> list[str]:
    """Give the texts of a split in a language."""
    return gzip.decompress((folder / f"{split}.{language}.gz").read_bytes()).decode().splitlines()


def translated(model_folder: str, texts: list[str]) -> list[str]:
    """Translate texts as the model's card says."""
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(model_folder).eval()
    written: list[str] = []
    with torch.inference_mode():
        for start in range(0, len(texts), ROWS):
            read = tokenizer(texts[start : start + ROWS], truncation=True, padding=True, return_tensors="pt")
            written += tokenizer.batch_decode(model.generate(**read), skip_special_tokens=True)
    return written


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--split", default="val")
    parser.add_argument("--read", default="en")
    parser.add_argument("--written", default="de")
    chosen = parser.parse_args()
    data = Path(os.environ.get("CUVEE_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")) / "mt" / "multi30k"
    texts, targets = (lines(data, chosen.split, language) for language in (chosen.read, chosen.written))
    for name, written in (("model", translated(chosen.model, texts)), ("copying", texts)):
        for scorer in (BLEU(), CHRF()):
            print(f"{name}: {scorer.corpus_score(written, [targets], n_bootstrap=1000)}")
    print(f"{len(texts):,} texts of {chosen.split}")


if __name__ == "__main__":
    main()
