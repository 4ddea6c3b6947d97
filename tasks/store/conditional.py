"""Writes to a bucket that hold only if nobody else was quicker."""

from typing import Any

from tasks.core.access import answer, reaching
from tasks.core.errors import Unreachable

LOST_RACE = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
"""Answers of S3 to a conditional write that came too late."""


def put_if(fs: Any, path: str, data: bytes, tag: str | None, where: str) -> bool:
    """Write an object; gives whether it held.

    Args:
        path: bucket and name.
        tag: of the object that it replaces; None where there is none yet.
        where: its URI.
    """
    bucket, _, name = path.partition("/")
    condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
    try:
        with reaching(where):
            fs.call_s3("put_object", Bucket=bucket, Key=name, Body=data, **condition)
    except Unreachable as error:
        if answer(error).get("Error", {}).get("Code") in LOST_RACE:
            return False
        raise
    return True
