"""The cheap learner of a trial: the linear classifier of texts, on both texts as one."""

from tasks.models.linear_trial import learn_mix, try_mix

__all__ = ["learn_mix", "try_mix"]
