"""What a model writes by chance, the same again for the same seed, whatever else draws random numbers meanwhile."""

from typing import Any

from tasks.core.imports import importing


class Gumbel:
    """Adds to the log probability of every token what makes the likeliest one a draw from all of them: −log(−log u), u
    uniform (Gumbel 1954).

    Args:
        temperature: logits are divided by it first.
        generator: of torch, on the device of the logits.
    """

    def __init__(self, temperature: float, generator: Any) -> None:
        self.temperature, self.generator = temperature, generator

    def __call__(self, input_ids: Any, scores: Any) -> Any:  # noqa: ARG002 (transformers gives both, by name)
        """Give logits, shape (texts, vocabulary), whose largest is the token that is drawn."""
        with importing:
            import torch

        waits = torch.empty_like(scores).exponential_(generator=self.generator)
        return scores / self.temperature - waits.log()


def sampled(temperature: float, seed: int, device: str) -> dict[str, Any]:
    """Say to `generate` that tokens are drawn; at a temperature of 0 the likeliest one is taken."""
    with importing:
        import torch
        from transformers import LogitsProcessorList

    plain: dict[str, Any] = {"do_sample": False, "num_beams": 1}
    if not temperature:
        return plain
    chance = torch.Generator(device).manual_seed(seed)
    drawing: Any = Gumbel(temperature, chance)  # a processor to generate(), which asks for no more than the call
    return plain | {"logits_processor": LogitsProcessorList([drawing])}
