"""What ends a training before its last step: its time limit, or SIGTERM, on which a checkpoint is saved first."""

import math
import signal
import time
from types import FrameType
from typing import Any

import torch
from transformers import TrainerCallback

SPENT = "seconds spent"
"""Key of the trainer's state, which every checkpoint holds."""


class EarlyEnd(TrainerCallback):
    """Ends a training after the step in which its time is up, or in which SIGTERM came. From now on SIGTERM no longer
    ends the process.

    Attributes:
        cut: its time was up, and steps were left.
        stopped: SIGTERM came; a checkpoint of the last step is saved.
    """

    def __init__(self, minutes: float | None) -> None:
        self.seconds = 60 * minutes if minutes else math.inf
        self.began, self.asked, self.cut, self.stopped = 0.0, False, False, False
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Begin to count where the attempt before left off."""
        self.began = time.monotonic() - state.stateful_callbacks.get(SPENT, 0.0)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """End after this step if it is time; what is lost otherwise is logged, measured or saved first."""
        spent = time.monotonic() - self.began
        if self.seconds < math.inf:
            state.stateful_callbacks[SPENT] = spent
        if state.global_step >= state.max_steps:
            return
        self.stopped, self.cut = _agreed([self.asked, spent >= self.seconds], args.device)
        if self.stopped or self.cut:
            control.should_training_stop = control.should_log = True
            control.should_save = control.should_save or self.stopped
            control.should_evaluate = control.should_evaluate or not self.stopped


def _agreed(wanted: list[bool], device: Any) -> list[bool]:
    """Give what any of the training's processes wants, so that all of them end after the same step."""
    if not torch.distributed.is_initialized():
        return wanted
    found = torch.tensor(wanted, dtype=torch.int32, device=device)
    torch.distributed.all_reduce(found, torch.distributed.ReduceOp.MAX)
    return [bool(value) for value in found.tolist()]
