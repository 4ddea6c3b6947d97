"""What paired tests say: records of it, which are read without the libraries that make the tests."""

from tasks.core.records import Section


class PairedT(Section):
    """Paired t: mean and standard deviation of the differences, t, two-sided p, interval of the mean."""

    mean: float
    sd: float
    t: float | None
    p: float
    low: float
    high: float


class McNemar(Section):
    """Exact test of two models on the same rows: only the first is right on `b` of them, only the second on `c`."""

    b: int
    c: int
    p: float
