"""IP addresses, version 4 (four numbers up to 255) and version 6 (RFC 4291, 2.2). Loopback and `0.0.0.0` belong to no
one and stay.

Of the short forms of version 6 only those with three colons or more are taken: `a::b` is more often code than an
    address.

Recipe:
    kind: ip
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import Literal

from tasks.personal.settings import DetectorSettings

HINT = r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f]*:"
V4 = r"(?<![\w.])(?<!version )(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w-]|\.\w)"
V6 = r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){3,7}(?:[0-9A-Fa-f]{1,4}|(?:[0-9]{1,3}\.){3}[0-9]{1,3})?(?![\w:])"
ADDRESS = re.compile(f"{V6}|{V4}")


class Params(DetectorSettings):
    """Settings of the detector of IP addresses."""

    kind: Literal["ip"] = "ip"


def spans(text: str, _params: Params) -> Iterator[tuple[int, int]]:
    """Give start and end of each address."""
    return (match.span() for match in ADDRESS.finditer(text) if _is_someone(match[0]))


def _is_someone(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)
