"""What the sizes in a model's configuration say before it is built: whether they go together, and the least memory that
training it takes. Arithmetic alone: building a model takes seconds, and one that is too large cannot be built.
"""

from collections.abc import Mapping
from dataclasses import dataclass

BYTES_OF_TRAINING = 16
"""Bytes that a weight takes while it is trained: itself, its gradient and AdamW's two moments, of four bytes each."""


@dataclass(frozen=True)
class Names:
    """What an architecture's configuration calls its sizes."""

    width: str = "hidden_size"
    heads: str = "num_attention_heads"
    layers: str = "num_hidden_layers"
    inner: str = "intermediate_size"
    own_heads: str = "head_dim"
    """Setting that frees the width from being a multiple of the heads."""


SIZES = dict.fromkeys(
    ("bert", "camembert", "deberta-v2", "gpt_neox", "llama", "mpnet", "roberta", "xlm-roberta"), Names()
) | {
    "bart": Names("d_model", "encoder_attention_heads", "encoder_layers", "encoder_ffn_dim"),
    "distilbert": Names("dim", "n_heads", "n_layers", "hidden_dim"),
    "gpt2": Names("n_embd", "n_head", "n_layer", "n_inner"),
    "opt": Names(inner="ffn_dim"),
    "xlnet": Names("d_model", "n_head", "n_layer", "d_inner"),
}
"""The architectures whose attention heads share the width equally, and whose layers have weights of their own."""


def uneven(architecture: str, config: Mapping[str, object]) -> str | None:
    """Say why no model has these sizes; None where it may, or where the architecture is none of `SIZES`."""
    names = SIZES.get(architecture)
    if names is None or names.own_heads in config:
        return None
    width, heads = _size(config, names.width), _size(config, names.heads)
    if not width or not heads or width % heads == 0:
        return None
    near = [size for size in (width // heads * heads, -(-width // heads) * heads) if size]
    return (
        f"{names.width} {width:,} cannot be shared equally by {names.heads} {heads:,}; "
        f"take {' or '.join(f'{size:,}' for size in near)}"
    )


def least_weights(architecture: str, config: Mapping[str, object], vocabulary: int) -> int:
    """Count weights that the model has in any case: its tokens' vectors, and the two matrices of every layer between
    its width and its inner width. Sizes that are not said count as none, as do those of architectures that are none
    of `SIZES`.
    """
    names = SIZES.get(architecture)
    if names is None:
        return 0
    width = _size(config, names.width)
    return vocabulary * width + 2 * _size(config, names.layers) * width * _size(config, names.inner)


def _size(config: Mapping[str, object], name: str) -> int:
    size = config.get(name)
    return size if isinstance(size, int) and size > 0 else 0
