"""What stands between the commands and a terminal: its encoding, and Ctrl-C."""

import contextlib
import io
import json
import os
import signal
import socket
import sys
import threading
import time
import unicodedata

import psutil
from pydantic import BaseModel

PATIENCE = 20.0
"""Seconds that a command has to end by itself; what ends runs in order needs fewer."""
INTERRUPTED = 130
OBEYED = {"Cc", "Cs", "Zl", "Zp"}
"""Kinds of characters that a terminal obeys, or cannot write."""
TURNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks of direction: a text with them shows what it does not say."""


def speak_plainly() -> None:
    """Write what a terminal's encoding lacks by its number, rather than end."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def harmless(text: str) -> str:
    """Write what a terminal would obey by its number, but for ends of lines."""
    return "".join(
        ascii(char)[1:-1] if char != "\n" and (unicodedata.category(char) in OBEYED or char in TURNS) else char
        for char in text
    )


def written(value: object) -> str:
    """Write a value as one line of JSON, in ASCII where the terminal knows no more."""
    plain = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("_", "-") not in ("utf-8", "utf8")
    return json.dumps(value, ensure_ascii=plain, default=_as_json)


def _as_json(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else vars(value)


def end_at_interrupts() -> None:
    """End a command that is interrupted while a library is at work that does not look at signals, such as a condition
    over many rows: Python itself would wait for it.
    """
    if threading.current_thread() is threading.main_thread():
        seen, told = socket.socketpair()
        told.settimeout(0)
        signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=_end_after, args=(seen, told), daemon=True).start()


def _end_after(seen: socket.socket, _told: socket.socket) -> None:
    """Wait for an interrupt, then for the command to end by itself, then end it.

    Args:
        _told: held, so that it stays open.
    """
    while number := seen.recv(1):
        if number[0] == signal.SIGINT:
            time.sleep(PATIENCE)
            with contextlib.suppress(psutil.Error):
                for child in psutil.Process().children(recursive=True):
                    child.terminate()
            os.write(2, b"cuvee: interrupted\n")
            os._exit(INTERRUPTED)
