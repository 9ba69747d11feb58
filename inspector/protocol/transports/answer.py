"""What the status line and headers of an HTTP answer mean, and how to say it to a person."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from inspector.protocol.breach import Breach, Severity
from inspector.wire import http
from inspector.wire.http import HeaderList

EVENT_STREAM = "text/event-stream"
JSON = "application/json"
MAX_DETAIL_CHARACTERS = 200
"""How much of the server's own words stands in a sentence of ours."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as a transport wants it sent; `purpose` says what for, in a word or a JSON-RPC method.

    One that `is_exact` leaves with these headers and no others, but for a missing Host and Content-Length.
    """

    method: str
    url: str
    headers: HeaderList
    purpose: str
    body: bytes = b""
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers of an answer."""

    status: int
    headers: HeaderList

    def get(self, name: str) -> str | None:
        return http.get(self.headers, name)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class Meaning(enum.StrEnum):
    """How to go on after the headers."""

    EVENT_STREAM = "event stream"
    MESSAGE = "message"
    ACCEPTED = "accepted"
    NOT_OFFERED = "not offered"
    SESSION_GONE = "session gone"
    UNAUTHORISED = "not authorised"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The meaning of an answer; `sentence` names cause and next step where it is a failure."""

    meaning: Meaning
    sentence: str = ""
    breaches: tuple[Breach, ...] = ()


_SENTENCES = {
    400: "The server rejected the request as malformed (400). Its answer says why.",
    403: "The server forbids this (403). Check the credentials, and the Host and Origin rules of the server.",
    404: "There is nothing at this address (404). Check the path; common ones are /mcp and /sse.",
    405: "This address does not take {method} (405). It may speak the other transport.",
    406: "The server does not accept our Accept header (406). A proxy may have rewritten it.",
    407: "A proxy between here and the server asks for credentials (407). Add a Proxy-Authorization header.",
    408: "The server gave up waiting for the request (408).",
    410: "This address is gone for good (410).",
    413: "The request is larger than the server takes (413).",
    415: "The server does not accept application/json (415).",
    421: "The server does not answer to this host name (421). Add it to the allowed hosts of the server.",
    500: "The server failed (500). Look into its log at this second.",
    501: "The server does not know this HTTP method (501).",
    502: "A gateway got no valid answer from the server behind it (502).",
    503: "The server is unavailable (503).",
    504: "A gateway gave up waiting for the server behind it (504).",
}


def explain(head: Head, method: str, now: float) -> Verdict:
    """The verdict on an answer that is no success; `now` is Unix time, for a Retry-After date."""
    if head.status == 401:
        return Verdict(Meaning.UNAUTHORISED, _unauthorised(head))
    if 300 <= head.status < 400:
        return Verdict(Meaning.FAILED, f"The server redirects ({head.status}) and we did not follow.")
    known = _SENTENCES.get(head.status)
    sentence = known.format(method=method) if known else f"The server answered with status {head.status}."
    wait_s = http.retry_after_s(head.get("retry-after"), now)
    if head.status == 429:
        sentence = "The server is limiting how often we may ask (429)."
    if head.status in (429, 503):
        sentence += f" It asks to wait {wait_s:g} s." if wait_s is not None else " It does not say how long to wait."
    meaning = Meaning.UNAUTHORISED if head.status in (403, 407) else Meaning.FAILED
    return Verdict(meaning, sentence)


def judge_success(head: Head, *, expects_answer: bool, section: str) -> Verdict:
    """What a 2xx to a POST means where each message has an exchange of its own (R22, R42)."""
    if not expects_answer:
        return _judge_accepted(head, section)
    if head.status == 202:
        return broken(
            "request-accepted-without-answer",
            "The server answered 202 Accepted to a request; no answer can follow on this stream.",
            "Answer a request with application/json or text/event-stream.",
            section,
        )
    kind = head.get("content-type")
    if http.is_event_stream(kind):
        return Verdict(Meaning.EVENT_STREAM)
    if http.is_json(kind):
        return Verdict(Meaning.MESSAGE)
    return Verdict(Meaning.FAILED, wrong_content_type(head, f"{JSON} or {EVENT_STREAM}"))


def _judge_accepted(head: Head, section: str) -> Verdict:
    if head.status == 202:
        return Verdict(Meaning.ACCEPTED)
    kind = http.media_type(head.get("content-type"))[:MAX_DETAIL_CHARACTERS]
    with_body = f" and {kind}" if kind else ""
    breach = Breach(
        "notification-not-202",
        Severity.WARN,
        f"A notification was answered with {head.status}{with_body} instead of 202 without a body.",
        "Answer notifications and responses with 202 and no body.",
        section,
    )
    return Verdict(Meaning.ACCEPTED, breaches=(breach,))


def broken(rule: str, text: str, fix: str, section: str) -> Verdict:
    """A failure that is a breach of the transport's rules too."""
    return Verdict(Meaning.FAILED, text, (Breach(rule, Severity.ERROR, text, fix, section),))


def _unauthorised(head: Head) -> str:
    fields = [value for name, value in head.headers if name.lower() == "www-authenticate"]
    challenges = http.parse_challenges(", ".join(fields))
    if not challenges:
        return "The server wants credentials (401) and does not say which. Sign in, or add an Authorization header."
    schemes = ", ".join(challenge.scheme for challenge in challenges)
    detail = next((c.params["error_description"] for c in challenges if "error_description" in c.params), "")
    return f"The server wants credentials (401, {schemes}). Sign in, or add an Authorization header." + (
        f" It says: {detail[:MAX_DETAIL_CHARACTERS].rstrip('. ')}." if detail else ""
    )


def wrong_content_type(head: Head, wanted: str) -> str:
    """One sentence for a success that carries the wrong kind of body."""
    kind = http.media_type(head.get("content-type"))[:MAX_DETAIL_CHARACTERS]
    if kind in ("text/html", "application/xhtml+xml"):
        return (
            f"The server answered {head.status} with a web page (HTML), not {wanted}. "
            "This is no MCP endpoint, or a login page stands in front of it."
        )
    return f"The server answered {head.status} with {kind or 'no Content-Type'}, not {wanted}."
