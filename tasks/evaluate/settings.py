"""The `evaluate` section of a recipe, but for the sets."""

from typing import Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from tasks.core.records import Section


class RunCodeSettings(Section):
    """Run programs that the model writes: several are drawn for every row that has tests, and each is run with these
    tests in a sandbox.
    """

    samples: int = Field(default=10, ge=1, le=1_000)
    """Programs drawn for each row."""
    k: tuple[int, ...] = Field(default=(1, 10), min_length=1)
    """pass@k for these: how likely one of k drawn programs passes all tests of its row."""
    temperature: float = Field(default=0.8, ge=0, le=10)
    """How bold the draws are; 0 = the likeliest program, with one sample."""
    seconds: int = Field(default=5, ge=1, le=3_600)
    """Most seconds of computing for a program and its tests."""
    memory_mb: int = Field(default=512, ge=128, le=1_048_576)
    """Most memory for a program and its tests."""

    @model_validator(mode="after")
    def _are_drawn(self) -> Self:
        if few := [k for k in self.k if not 1 <= k <= self.samples]:
            raise ValueError(
                f"pass@{few[0]} needs at least {max(1, few[0])} samples of each row, and there are {self.samples}; say "
                f"samples: {max(few)}, or k: [{', '.join(map(str, sorted({*self.k} - {*few}) or [1]))}]"
            )
        if not self.temperature and self.samples > 1:
            raise ValueError(
                f"temperature 0 draws the likeliest program {self.samples} times; say samples: 1 and k: [1], or a "
                "temperature above 0"
            )
        return self


class EvaluateSettings(Section):
    """How scores get their intervals."""

    resamples: int = Field(default=1_000, ge=100, le=1_000_000)
    """Bootstrap replicates behind an interval."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """Share of intervals that hold the true score."""
    run_code: RunCodeSettings | None = None
    """Run programs that the model writes, against tests that rows have in a column `tests`; `{}` = ten for each row,
    pass@1 and pass@10. By default none is run."""

    @model_serializer(mode="wrap")
    def _said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Content keys of scores without programs are older than the field.
        fields = dump(self)
        return fields if self.run_code else {name: value for name, value in fields.items() if name != "run_code"}
