"""What runs show, in the Prefect UI: log lines, tables, pictures, links and progress."""

import base64
from collections.abc import Callable
from typing import cast
from uuid import UUID

from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.context import FlowRunContext, TaskRunContext
from prefect.logging import get_run_logger

from flows.engine.reports import link_to


class PrefectUI:
    """The flow or task run of Prefect that is under way; see `tasks.core.ui.Port`."""

    def in_run(self) -> bool:
        """Say whether a flow or task run is under way here."""
        return TaskRunContext.get() is not None or FlowRunContext.get() is not None

    def log(self, message: str, *, warn: bool) -> None:
        """Write one line to the run's log."""
        logger = get_run_logger()
        (logger.warning if warn else logger.info)(message)

    def table(self, key: str, rows: list[dict[str, object]], headline: str) -> None:
        """Show a table artifact."""
        create_table_artifact(key=key, table=rows, description=headline)

    def markdown(self, key: str, text: str, headline: str) -> None:
        """Show a Markdown artifact."""
        create_markdown_artifact(key=key, markdown=text, description=headline)

    def image(self, key: str, png: bytes, headline: str) -> None:
        """Show an image artifact that holds its picture."""
        uri = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        create_image_artifact(key=key, image_url=uri, description=headline)

    def report(self, key: str, where: str, headline: str) -> None:
        """Show a link to a report, or its place, to be opened by hand, where a browser could not follow the link."""
        if link := link_to(where):
            create_link_artifact(key=key, link=link, link_text="Open the report", description=headline)
        else:
            self.markdown(key, f"Open it in a browser:\n\n    {where}", headline)

    def progress(self, key: str, title: str) -> Callable[[float, str], None]:
        """Show a progress artifact; what comes back moves it."""
        artifact = cast("UUID", create_progress_artifact(progress=0.0, key=key, description=title))

        def update(done: float, text: str) -> None:
            update_progress_artifact(artifact, progress=100 * done, description=text)

        return update
