"""The `personal` section of a recipe."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tasks.core import registry
from tasks.core.layout import Layout
from tasks.core.records import Section
from tasks.core.references import SourceName
from tasks.personal import detectors

PATTERNED = ("iban", "card", "email", "ip", "national-id", "phone")
"""What is known by its form, the surest first."""
Action = Literal["redact", "drop", "keep"]


class DetectorSettings(Section):
    """What every detector says."""

    kind: str


Detectors = tuple[Annotated[DetectorSettings, registry.OneOf(detectors)], ...]
"""`[email, phone, {kind: name, model: en_core_web_md}]`."""


class Protection(Section):
    """What is looked for, and what becomes of it."""

    action: Action = "redact"
    """`redact` puts a tag such as [EMAIL] in its place, `drop` drops the row, `keep` only counts."""
    kinds: Detectors = Field(default=PATTERNED, min_length=1, validate_default=True)
    """What is looked for (`card`, `email`, `iban`, `ip`, `national-id`, `phone`; `name` and `address` with the extra
    `presidio`), each by its name or as `{kind: NAME, …}`; where two overlap the earlier one names the tag."""


class SourceProtection(Protection):
    """What holds for one source."""

    versions: dict[str, str] = Field(default_factory=dict)
    """Packages that the detectors ask, on whose versions the result depends."""


class PersonalSettings(Protection):
    """Personal data in the texts: what is looked for, and what becomes of it, for all sources and for some."""

    policies: dict[SourceName, Action] = Field(default_factory=dict)
    """Source -> action, where it differs from `action`."""

    @model_validator(mode="after")
    def _all_is_installed(self) -> Self:
        versions(self.kinds)
        return self

    def of(self, source: str) -> SourceProtection:
        """Give what holds for one source."""
        return SourceProtection(
            action=self.policies.get(source, self.action), kinds=self.kinds, versions=versions(self.kinds)
        )

    def of_benchmark(self, layout: Layout) -> SourceProtection:
        """Give what holds for rows that are only compared with, or that a model is asked about: they lose no row, or
        less would be measured, and stay as they are where something has its place in their texts.
        """
        fixed = any(role.of for role in layout.roles)
        action: Action = "keep" if fixed or self.action == "keep" else "redact"
        return SourceProtection(action=action, kinds=self.kinds, versions=versions(self.kinds))


def versions(chosen: Iterable[DetectorSettings]) -> dict[str, str]:
    """Give the versions of the packages that detectors ask.

    Raises:
        ValueError: one is not installed; the text says how to install it.
    """
    known: dict[str, str] = {}
    for settings in chosen:
        kind = settings.kind
        detector = registry.load(detectors, kind)
        for package in detector.packages(settings) if hasattr(detector, "packages") else ():
            try:
                known[package] = version(package)
            except PackageNotFoundError:
                raise ValueError(
                    f"{kind!r} needs {package}, which is not installed: {detector.INSTALL}; or leave the kind out"
                ) from None
    return known
