"""Watches over redirects: what each changes of the address and of the request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from inspector.diagnose.context import Context
from inspector.diagnose.rule import Watch
from inspector.diagnose.topics import Topic
from inspector.trace.events import Redirected, Severity, StreamEnded

MAX_OPEN = 256
MAX_SHOWN = 120
_KEEPING = frozenset({307, 308})
"""Statuses that keep method and body (RFC 9110 section 15.4)."""
_MAY_FAIL = frozenset({"server/discover", "stream", "resume", "close"})
"""What servers may refuse that are right otherwise."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Redirects(Watch):
    """Judges each redirect by where it leads, and a trailing slash also by what became of it."""

    rules = ("redirect-trailing-slash", "redirect-turns-post-into-get", "redirect-leaks-or-drops-auth")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._hops: OrderedDict[int, int] = OrderedDict()
        """How many redirects the open exchanges went through, those with one for a slash."""

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.REDIRECT: self._on_redirect, Topic.END: self._on_end}

    def _on_redirect(self, event: Redirected) -> None:
        exchange = self.context.exchanges.get(event.stream)
        request = exchange.request if exchange is not None else None
        here, there = _split(request.url if request else ""), _split(event.location)
        if exchange is None or request is None or here is None or there is None or not there.netloc:
            return
        evidence = (*exchange.evidence, event.n)
        if exchange.stream in self._hops:
            self._hops[exchange.stream] += 1
        if _leaves(here, there):
            self._on_other_place(event, here, there, evidence)
        elif event.status not in _KEEPING and request.method == "POST":
            self._on_lost_body(event, there, evidence)
        elif event.status in _KEEPING and _differs_by_slash(here, there):
            self._hops.setdefault(exchange.stream, 1)
            if len(self._hops) > MAX_OPEN:
                self._hops.popitem(last=False)
            text = f"{here.path} is redirected ({event.status}) to {there.path}: each request makes its way twice."
            fix = f"Connect to {_shown(there)} instead."
            self.found(text, evidence, rule="redirect-trailing-slash", fix=fix)

    def _on_other_place(
        self, event: Redirected, here: SplitResult, there: SplitResult, evidence: tuple[int, ...]
    ) -> None:
        is_downgrade = (here.scheme, there.scheme) == ("https", "http")
        what = "from https to http" if is_downgrade else "to another origin"
        text = f"The server redirects ({event.status}) {what}: from {_origin(here)} to {_shown(there)}."
        fix = f"If you trust {_origin(there)}, connect to it directly." if not is_downgrade else ""
        self.found(text, evidence, rule="redirect-leaks-or-drops-auth", fix=fix)

    def _on_lost_body(self, event: Redirected, there: SplitResult, evidence: tuple[int, ...]) -> None:
        text = f"A POST was redirected with {event.status} to {_shown(there)}: clients then send a GET without body."
        fix = f"Connect to {_shown(there)} directly, unless that is a login page."
        self.found(text, evidence, rule="redirect-turns-post-into-get", fix=fix)

    def _on_end(self, event: StreamEnded) -> None:
        hops = self._hops.pop(event.stream or 0, 0)
        exchange = self.context.exchanges.get(event.stream)
        if not hops or exchange is None:
            return
        status = exchange.status or 0
        if hops > 1:
            text = f"A request went through {hops} redirects before it was answered with {status}."
        elif (status == 404 or status >= 500) and exchange.purpose not in _MAY_FAIL:
            text = f"The address that a redirect for a slash led to answers {status}."
        else:
            return
        self.found(text, exchange.evidence, rule="redirect-trailing-slash", severity=Severity.ERROR)


def _split(url: str) -> SplitResult | None:
    """The parts of an address, None for what is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _place(parts: SplitResult) -> tuple[str, int | None]:
    return (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _leaves(here: SplitResult, there: SplitResult) -> bool:
    """Whether credentials would go to another origin, or unencrypted; the way from http to https of a host is good."""
    if (here.scheme, there.scheme) == ("http", "https"):
        return _place(here)[0] != _place(there)[0]
    return (here.scheme, _place(here)) != (there.scheme, _place(there))


def _differs_by_slash(here: SplitResult, there: SplitResult) -> bool:
    return here.path != there.path and here.path.rstrip("/") == there.path.rstrip("/")


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"[:MAX_SHOWN]


def _shown(parts: SplitResult) -> str:
    return f"{_origin(parts)}{parts.path}"[:MAX_SHOWN]
