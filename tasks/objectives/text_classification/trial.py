"""The cheap learner of a trial: a linear classifier on hashed words and pairs of words, or on an encoder's vectors."""

from tasks.models.linear_trial import learn_mix, try_mix

__all__ = ["learn_mix", "try_mix"]
