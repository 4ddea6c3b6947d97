"""What a training takes of the machine: time, memory, and the energy of its GPUs where their driver tells it."""

import importlib
import importlib.util
import resource
import sys
import time
from typing import Any

import torch

from tasks.manifests.model import Usage


class Measuring:
    """Measures from now on."""

    def __init__(self) -> None:
        self.began, self.joules = time.monotonic(), joules()

    def so_far(self) -> Usage:
        """Say what has been taken."""
        gpus, now = torch.cuda.device_count(), joules()
        peaks = [torch.cuda.max_memory_reserved(number) for number in range(gpus)]
        kilo = 1 if sys.platform == "darwin" else 1_024
        return Usage(
            seconds=round(time.monotonic() - self.began, 3),
            memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kilo,
            gpus=gpus,
            gpu_memory=max(peaks, default=None),
            joules=None if now is None or self.joules is None else now - self.joules,
        )


def joules() -> float | None:
    """Give what the GPUs have taken since their driver was loaded, as it counts in millijoules; None where it does not
    tell, or is not asked for want of `pynvml`.
    """
    if not torch.cuda.is_available() or importlib.util.find_spec("pynvml") is None:
        return None
    nvml: Any = importlib.import_module("pynvml")
    try:
        nvml.nvmlInit()
        handles = [nvml.nvmlDeviceGetHandleByUUID(_uuid(number)) for number in range(torch.cuda.device_count())]
        return sum(nvml.nvmlDeviceGetTotalEnergyConsumption(handle) for handle in handles) / 1_000
    except nvml.NVMLError:  # older GPUs count none
        return None


def _uuid(number: int) -> str:
    return f"GPU-{torch.cuda.get_device_properties(number).uuid}"
