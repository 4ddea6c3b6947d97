"""The cheap learner: a linear classifier on both texts as one."""

from tasks.models.linear_trial import learn_mix, try_mix

__all__ = ["learn_mix", "try_mix"]
