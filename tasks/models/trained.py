"""A trained model as it is used: its weights and its tokenizer, loaded once for whatever is asked of them."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from tasks.core.imports import importing
from tasks.models.building import building

AS_SET: Mapping[str, Any] = MappingProxyType({})
"""How a model writes that is told nothing: as its folder says."""


class Ready(NamedTuple):
    """A trained model that may be asked.

    Attributes:
        device: where the model lies, and its input has to.
    """

    model: Any
    tokenizer: Any
    device: str


def load_trained(folder: Path, kind: str) -> Ready:
    """Load what training wrote: safetensors weights, configuration, tokenizer; no code.

    Args:
        kind: the auto class of transformers that loads the model, such as `AutoModelForCausalLM`.
    """
    with importing:
        import torch
        import transformers

    transformers.utils.logging.disable_progress_bar()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    with building:
        loaded: Any = getattr(transformers, kind).from_pretrained(folder, use_safetensors=True, trust_remote_code=False)
    return Ready(loaded.to(device).eval(), tokenizer, device)
