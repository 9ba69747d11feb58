"""Addresses in OAuth: which of them may be used, and the well-known ones made of them."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlencode, urlsplit

LOOPBACK_HOSTS = frozenset(("localhost", "127.0.0.1", "::1"))
_DEFAULT_PORTS = {"http": 80, "https": 443}
_URI = re.compile(r"[!-~]+")


def split(url: str) -> SplitResult | None:
    """The parts of an absolute http(s) URL with a host; None for everything else, which cannot be fetched."""
    if not _URI.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def is_loopback(url: str) -> bool:
    parts = split(url)
    return parts is not None and parts.hostname in LOOPBACK_HOSTS


def is_secure(url: str) -> bool:
    """What an endpoint of an authorization server must be: https, or http to this very machine (R70).

    User information and fragments have no place in it (RFC 6749 sections 3.1 and 3.2).
    """
    parts = split(url)
    if parts is None or "@" in parts.netloc or parts.fragment:
        return False
    return parts.scheme == "https" or parts.hostname in LOOPBACK_HOSTS


def origin(url: str) -> str:
    """`scheme://host[:port]` in lower case, without the default port; empty where there is none."""
    parts = split(url)
    if parts is None or parts.hostname is None:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def canonical(url: str) -> str:
    """The canonical URI of an MCP server: no fragment, no slash behind a bare host (MCP authorization, RFC 8707)."""
    parts = split(url)
    if parts is None:
        return url
    path = "" if parts.path == "/" and not parts.query else parts.path
    return origin(url) + path + (f"?{parts.query}" if parts.query else "")


def without_query(url: str) -> str:
    """What stands before `?` and `#`: the `htu` of a DPoP proof (RFC 9449 section 4.2)."""
    return url.partition("#")[0].partition("?")[0]


def covers(resource: str, url: str) -> bool:
    """Whether `resource` is `url` itself or a parent of it: same origin, and its path a prefix by whole segments."""
    ours, theirs = split(url), split(resource)
    if ours is None or theirs is None or theirs.fragment or "@" in theirs.netloc:
        return False
    if origin(resource) != origin(url) or (theirs.query and theirs.query != ours.query):
        return False
    return _as_folder(ours.path).startswith(_as_folder(theirs.path))


def well_known(url: str, name: str, *, path: str | None = None) -> str:
    """`/.well-known/NAME` put between the host and the path (RFC 8414 section 3.1, RFC 9728 section 3.1)."""
    parts = split(url)
    tail = (parts.path if parts else "") if path is None else path
    return f"{origin(url)}/.well-known/{name}{'' if tail == '/' else tail}"


def with_query(url: str, parameters: dict[str, str]) -> str:
    """The URL with parameters behind those it has already (RFC 6749 section 3.1)."""
    return url + ("&" if "?" in url else "?") + urlencode(parameters)


def _as_folder(path: str) -> str:
    return path if path.endswith("/") else path + "/"
