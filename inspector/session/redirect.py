"""What a 3xx answer asks for, and what we do about it (requirement R10). Nothing the server names can raise."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

from inspector.protocol.transports.answer import HttpRequest
from inspector.protocol.transports.http_sse import origin


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the answer points; `follow` is the request to send next, None if we stay, and `reason` says why."""

    location: str
    follow: HttpRequest | None
    reason: str


def redirect_of(request: HttpRequest, status: int, location: str | None) -> Redirect | None:
    """None if the answer is no redirect.

    A POST follows 307 and 308 only (RFC 9110 section 15.4: the others turn it into a GET), and only to the same
    origin or from http to https of the same host: credentials and session ids go nowhere else.
    """
    if status not in (301, 302, 303, 307, 308):
        return None
    if not location:
        return Redirect("", None, f"The answer {status} has no Location.")
    try:
        target = urljoin(request.url, location)
        is_same_site = _same_site(origin(request.url), origin(target))
    except ValueError:
        return Redirect(location, None, "That is no address.")
    if request.method not in ("GET", "HEAD") and status not in (307, 308):
        return Redirect(target, None, f"{status} would turn the {request.method} into a GET; use 307 or 308.")
    if not is_same_site:
        return Redirect(target, None, "It leads to another origin; connect to that address directly if you trust it.")
    followed = HttpRequest(request.method, target, request.headers, request.purpose, request.body)
    return Redirect(target, followed, "Same origin.")


def _same_site(here: tuple[str, str, int | None], there: tuple[str, str, int | None]) -> bool:
    return here == there or (here[1] == there[1] and (here[0], there[0]) == ("http", "https"))
