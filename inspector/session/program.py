"""Which version of this program speaks to a server."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from inspector.protocol.lifecycle import CLIENT_NAME


@cache
def client_version() -> str:
    try:
        return version(CLIENT_NAME)
    except PackageNotFoundError:
        return "0"
