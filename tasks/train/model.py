"""The model and its tokenizer: loaded by name or folder, or built from a configuration."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tasks.errors import RecipeError
from tasks.records import Fingerprint, SeenFile
from tasks.train.settings import BuiltModel, TrainSettings

SPECIAL = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}


def seen_model(settings: TrainSettings, base: str) -> Fingerprint:
    """Identify the start model: by the content of its folder, by its revision on the Hub, or by nothing when it is built."""
    if isinstance(settings.model, BuiltModel):
        return Fingerprint(source="model", files=())
    folder = Path(base) / settings.model
    if not folder.is_dir():
        return Fingerprint(source="model", files=(SeenFile(name=settings.model, bytes=0, tag=str(settings.revision)),))
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in {".json", ".safetensors", ".txt", ".model"})
    seen = [(path, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    return Fingerprint(source="model", files=tuple(SeenFile(name=path.name, bytes=path.stat().st_size, tag=tag) for path, tag in seen))


def load(settings: TrainSettings, base: str, labels: Sequence[str], texts: Iterable[str]) -> tuple[Any, Any]:
    """Give model and tokenizer, ready to be trained.

    Args:
        texts: the mix's texts, for the tokenizer of a built model.

    Raises:
        RecipeError: no such model, no safe weights, or a configuration that its architecture does not take.
    """
    names = {"num_labels": len(labels), "id2label": dict(enumerate(labels)), "label2id": {label: number for number, label in enumerate(labels)}}
    if isinstance(settings.model, BuiltModel):
        model, tokenizer = _build(settings.model, names, texts)
    else:
        model, tokenizer = _load(settings, base, names)
    positions = getattr(model.config, "max_position_embeddings", None)
    longest = min(tokenizer.model_max_length, positions or settings.max_tokens)
    if settings.max_tokens > longest:
        raise RecipeError(f"train.max_tokens is {settings.max_tokens}, but the model takes at most {longest}; set train.max_tokens <= {longest}")
    return model, tokenizer


def _load(settings: TrainSettings, base: str, names: dict[str, Any]) -> tuple[Any, Any]:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = Path(base) / str(settings.model)
    name = str(folder) if folder.is_dir() else str(settings.model)
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, revision=settings.revision or "main")
        model = AutoModelForSequenceClassification.from_pretrained(
            name, revision=settings.revision or "main", use_safetensors=True, ignore_mismatched_sizes=True, dtype="float32", **names
        )
    except (OSError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise RecipeError(f"train.model {settings.model!r} cannot be loaded: {why} (wanted: a folder or Hub name with safetensors weights)") from None
    return model, _with_padding(tokenizer, model)


def _with_padding(tokenizer: Any, model: Any) -> Any:
    """Give a tokenizer without padding (GPT-2 and its like) its end-of-text token for it."""
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    model.config.pad_token_id = tokenizer.pad_token_id
    return tokenizer


def _build(built: BuiltModel, names: dict[str, Any], texts: Iterable[str]) -> tuple[Any, Any]:
    from transformers import AutoConfig, AutoModelForSequenceClassification

    tokenizer = word_pieces(built.vocabulary, texts)
    try:
        config = AutoConfig.for_model(
            built.architecture, **(built.config | names | {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id})
        )
        model = AutoModelForSequenceClassification.from_config(config)
    except (ValueError, TypeError, KeyError) as error:
        raise RecipeError(f"train.model: no {built.architecture!r} classifier can be built so: {str(error).splitlines()[0]}") from None
    return model, tokenizer


def word_pieces(vocabulary: int, texts: Iterable[str]) -> Any:
    """Train a lower-casing WordPiece tokenizer (Schuster & Nakajima 2012; as BERT uses it) on texts.

    The trainer of `tokenizers` numbers continuing letters (`##a`) in the order of a hash table, which differs from run to run and
    then breaks ties differently. Given to it beforehand in alphabetical order, they make the vocabulary the same every time.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    normalizer = normalizers.BertNormalizer(lowercase=True)
    texts = [normalizer.normalize_str(text) for text in texts]
    first = list(SPECIAL.values())
    letters = [f"##{letter}" for letter in sorted(set("".join(texts))) if not letter.isspace()]
    trained = Tokenizer(models.WordPiece(unk_token=SPECIAL["unk_token"]))
    trained.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=max(vocabulary, len(first + letters)), special_tokens=first + letters, show_progress=False)
    trained.train_from_iterator(texts, trainer)

    tokenizer = Tokenizer(models.WordPiece(trained.get_vocab(), unk_token=SPECIAL["unk_token"]))
    tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normalizer, pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    end, start = ((SPECIAL[name], first.index(SPECIAL[name])) for name in ("sep_token", "cls_token"))
    tokenizer.post_processor = processors.BertProcessing(end, start)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL)
