"""The Prefect settings that Cuvée runs under, set before Prefect is imported; what the user has set stays."""

import contextlib
import http.client
import json
import os
import re
import tomllib
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SETTINGS = {
    "DO_NOT_TRACK": "1",  # what Prefect's client reads; the next is the server's
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_PLUGINS_ENABLED": "false",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # the terminal has its own lines; the UI keeps the log
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}


def settle_prefect() -> None:
    """Set what a command-line run needs; runs go to the local server when one is up, so that its UI shows them."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if "PREFECT_API_URL" not in os.environ and (url := local_server()):
        os.environ["PREFECT_API_URL"] = url


def refused_settings(error: Exception) -> str | None:
    """Say what Prefect does not take of its own settings, which it finds as it is imported; None for other errors."""
    from pydantic import ValidationError

    places = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__))
    if not isinstance(error, ValidationError) or not any(place.startswith("prefect.settings") for place in places):
        return None
    wrong = [one for one in error.errors() if one["type"] != "default_factory_not_called"]
    told = "; ".join(": ".join(filter(None, (".".join(map(str, one["loc"])), one["msg"]))) for one in wrong)
    return (
        f"Prefect does not take its settings ({error.title}: {told}); they stand in variables such as PREFECT_API_URL, "
        "or in a profile that `prefect config view` shows"
    )


def port() -> str:
    """Give the port that `prefect server start` takes."""
    return os.environ.get("PREFECT_SERVER_API_PORT", "4200")


def page_of(flow_run: str) -> str:
    """Say where the UI shows a flow run: at the server that runs already, else at the one to start, which knows a
    temporary server's runs.
    """
    from prefect.settings import PREFECT_UI_URL

    running = PREFECT_UI_URL.value()
    return f"{running or f'prefect server start, then http://127.0.0.1:{port()}'}/v2/runs/flow-run/{flow_run}"


def named_server() -> str | None:
    """Give the URL of the API that the settings of Prefect name, which are read here without Prefect: the variable,
    `prefect.toml` in this folder, or the profile that is active.
    """
    if url := os.environ.get("PREFECT_API_URL"):
        return url
    home = Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    profiles = _toml(Path(os.environ.get("PREFECT_PROFILES_PATH") or home / "profiles.toml"))
    active = os.environ.get("PREFECT_PROFILE") or profiles.get("active")
    try:
        here = _toml(Path("prefect.toml")).get("api", {}).get("url")
        return here or profiles.get("profiles", {}).get(active, {}).get("PREFECT_API_URL")
    except AttributeError:  # what stands there is no table; Prefect tells it better
        return None


def without_password(url: str) -> str:
    """Write a URL as it may be shown: without what stands before an `@`."""
    return re.sub(r"//[^/@]*@", "//", url)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def local_server() -> str | None:
    """Give the API's URL of the Prefect server on this machine, if one answers at its usual port."""
    url = f"http://127.0.0.1:{port()}/api"
    return url if healthy(url, 1.0) else None


def healthy(api: str, seconds: float) -> bool:
    """Say whether a server of this machine answers that it is up; asked again and again, so no client is made for it.

    Args:
        seconds: that it may take.
    """
    try:
        place = urlsplit(api)
        with contextlib.closing(http.client.HTTPConnection(str(place.hostname), place.port, timeout=seconds)) as asking:
            asking.request("GET", f"{place.path}/health")
            return json.load(asking.getresponse()) is True
    except (http.client.HTTPException, OSError, ValueError):
        return False


def store_uri(store: str | None) -> str:
    """Give the store to use: the one named, else the one that CUVEE_STORE names, else a folder here."""
    return store or os.environ.get("CUVEE_STORE") or "cuvee-store"
