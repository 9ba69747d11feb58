"""Metadata documents: asking for one, and reading JSON objects without trusting them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspector.protocol.auth.steps import AuthError, Fetched
from inspector.protocol.auth.words import quote
from inspector.protocol.breach import Breach
from inspector.protocol.transports.answer import JSON, HttpRequest
from inspector.wire import http, jsontext

Report = Callable[[Breach], None]
"""Takes what is wrong and does not stop us."""


class Reporter:
    """Collects breaches, each once: metadata are read again with every 401."""

    def __init__(self) -> None:
        self.breaches: list[Breach] = []
        self._seen: set[Breach] = set()

    def __call__(self, breach: Breach) -> None:
        if breach not in self._seen:
            self._seen.add(breach)
            self.breaches.append(breach)


def get_request(url: str, revision: str, purpose: str) -> HttpRequest:
    """A GET for metadata, which says the revision that we speak (2025-03-26, authorization 2.3.1; R62)."""
    return HttpRequest("GET", url, (("Accept", JSON), ("MCP-Protocol-Version", revision)), purpose)


def read_object(answer: Fetched) -> dict[str, Any] | str:
    """The JSON object in a success, whatever its Content-Type claims, or a sentence on why there is none."""
    parsed = jsontext.parse(answer.body)
    if isinstance(parsed.value, dict):
        return parsed.value
    kind = quote(http.media_type(answer.head.get("content-type")))
    if parsed.error is not None and not http.is_json(kind):
        what = "a web page (HTML)" if kind in ("text/html", "application/xhtml+xml") else kind or "no Content-Type"
        return f"The server answered {answer.status} with {what} in place of JSON."
    reason = f"not JSON: {parsed.error.text}" if parsed.error else "JSON, but no object"
    return f"The answer is {reason}."


def stop_where_it_fails(answer: Fetched, url: str, what: str) -> None:
    """Raise where an answer says nothing about what the server offers: none at all, a failure, a limit (R61, R62)."""
    if answer.status == 0:
        sentence = answer.sentence or "There was no answer."
        raise AuthError(f"{what} at {url} cannot be read. {sentence}", "auth-unreachable")
    if answer.status >= 500 or answer.status == 429:
        raise AuthError(
            f"{what} at {url} cannot be read: the server answered with status {answer.status}. "
            "Look into its log, or try again later.",
            "auth-server-failed",
        )


def text_of(document: dict[str, Any], key: str) -> str:
    """A member that is text, else the empty string."""
    value = document.get(key)
    return value if isinstance(value, str) else ""


def texts_of(document: dict[str, Any], key: str) -> tuple[str, ...] | None:
    """A member that is a list, with the texts in it; None if there is no list."""
    value = document.get(key)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else None


def shown(value: object) -> str:
    """A value of the server's as it may stand in a sentence, in quotes."""
    if isinstance(value, str):
        return f'"{quote(value)}"'
    return quote(jsontext.dumps(value).decode("utf-8", "replace"))
