"""The `publish` section of a recipe."""

from tasks.core.records import Section


class PublishSettings(Section):
    """What the cards say beside what is measured."""

    description: str = ""
    """First paragraph of the cards."""
    licence: str | None = None
    """SPDX name of the mix's licence."""
    language: tuple[str, ...] = ()
    """ISO 639 codes."""
