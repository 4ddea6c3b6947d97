"""Tokens are drawn by their probabilities, the same again for the same seed whatever else draws."""

import torch

from tasks.models.sampling import sampled


def drawn(seed: int, temperature: float, logits: torch.Tensor) -> torch.Tensor:
    (draw,) = sampled(temperature, seed, "cpu")["logits_processor"]
    return draw(torch.zeros(len(logits), 1, dtype=torch.long), logits).argmax(1)


def test_tokens_are_drawn_by_their_probabilities_at_every_temperature() -> None:
    logits = torch.tensor([2.0, 1.0, 0.0, -torch.inf]).repeat(40_000, 1)
    for temperature in (0.5, 1.0, 2.0):
        shares = torch.bincount(drawn(0, temperature, logits), minlength=4) / len(logits)
        assert torch.allclose(shares, (logits[0] / temperature).softmax(0), atol=0.01)
        assert shares[3] == 0, "what cannot be written is not drawn"


def test_the_same_seed_draws_the_same_and_moves_no_other_chance() -> None:
    logits = torch.zeros(50, 100)
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    first = drawn(1, 0.8, logits)
    assert torch.equal(torch.rand(3), wanted)
    torch.rand(100)
    assert torch.equal(drawn(1, 0.8, logits), first)
    assert not torch.equal(drawn(2, 0.8, logits), first)


def test_without_temperature_the_likeliest_is_taken() -> None:
    assert sampled(0, 1, "cpu") == {"do_sample": False, "num_beams": 1}
