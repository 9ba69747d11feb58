"""Any event stream, read by the rules of an EventSource (WHATWG HTML section 9.2, requirement R80). Sans-IO."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.protocol.transports import answer
from inspector.protocol.transports.answer import EVENT_STREAM, JSON, Head, HttpRequest, Meaning, Verdict
from inspector.wire import http
from inspector.wire.http import HeaderList


@dataclass(slots=True)
class RawSse:
    """A request without meaning of its own: a GET, or whatever opens the stream."""

    url: str
    headers: HeaderList = ()
    method: str = "GET"
    body: bytes = b""

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again by itself: any other method may do something each time (RFC 9110 9.2.1)."""
        return self.method == "GET"

    def listen(self, last_event_id: str | None = None) -> HttpRequest:
        headers: HeaderList = (("Accept", EVENT_STREAM), ("Cache-Control", "no-cache"))
        if last_event_id:
            headers += (("Last-Event-ID", last_event_id),)
        if self.body[:1] in (b"{", b"["):  # only a guess, so that the user's own header counts
            headers += (("Content-Type", JSON),)
        purpose = "resume" if last_event_id else "stream"
        return HttpRequest(self.method, self.url, headers + self.headers, purpose, self.body)

    def judge_listen(self, head: Head, now: float) -> Verdict:
        """Only 200 with the right type is a stream; 204 asks the client not to come back."""
        if head.status == 204:
            return Verdict(Meaning.NOT_OFFERED, "The server asks not to be contacted again (204).")
        if head.status != 200:
            return answer.explain(head, self.method, now)
        if http.is_event_stream(head.get("content-type")):
            return Verdict(Meaning.EVENT_STREAM)
        return Verdict(Meaning.FAILED, answer.wrong_content_type(head, EVENT_STREAM))
