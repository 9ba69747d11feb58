"""Streamable HTTP of 2025-03-26, 2025-06-18 and 2025-11-25, sans-IO (requirements R20 to R29)."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.protocol import era
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import shown
from inspector.protocol.transports import answer
from inspector.protocol.transports.answer import EVENT_STREAM, JSON, Head, HttpRequest, Meaning, Verdict
from inspector.wire import http, jsontext
from inspector.wire.http import HeaderList

SECTION = "Streamable HTTP transport"
SENDING = f"{SECTION}: sending messages"


@dataclass(slots=True)
class StreamableHttp:
    """Knows which headers each request needs and what each answer means; holds the session id and the version."""

    url: str
    headers: HeaderList = ()
    session_id: str | None = None
    protocol_version: str | None = None

    def post(self, body: bytes, purpose: str) -> HttpRequest:
        """Any message of ours: its own POST, both Accept types (R20).

        `purpose` is the method; initialize goes without session and version, whatever an earlier answer named (R28).
        """
        accept = (("Accept", f"{JSON}, {EVENT_STREAM}"), ("Content-Type", JSON))
        headers = accept + self.headers if purpose == "initialize" else self._with_session(accept)
        return HttpRequest("POST", self.url, headers, purpose, body)

    def listen(self, last_event_id: str | None = None) -> HttpRequest:
        """The stand-alone stream (R25), or the resumption of any stream (R27)."""
        accept: HeaderList = (("Accept", EVENT_STREAM), ("Cache-Control", "no-cache"))
        if last_event_id:
            accept += (("Last-Event-ID", last_event_id),)
        return HttpRequest("GET", self.url, self._with_session(accept), "resume" if last_event_id else "stream")

    def end(self) -> HttpRequest | None:
        """The DELETE that ends a session, None where there is no session to end (R29)."""
        if self.session_id is None:
            return None
        return HttpRequest("DELETE", self.url, self._with_session(()), "close")

    def start_over(self) -> None:
        """Forget the session: the next initialize goes without its id (R28)."""
        self.session_id = None
        self.protocol_version = None

    def on_initialize(self, head: Head) -> tuple[Breach, ...]:
        """Take the session id from the answer to initialize (R21)."""
        session_id = head.get("mcp-session-id")
        self.session_id = session_id or None
        if session_id is None or (session_id and all(0x21 <= ord(char) <= 0x7E for char in session_id)):
            return ()
        text = f"The session id {shown(session_id)} has characters outside visible ASCII."
        if not session_id:
            text = "The header Mcp-Session-Id is empty; we go on without a session."
        fix = "Use visible ASCII only, such as a UUID; leave the header out where there are no sessions."
        return (Breach("session-id-weak", Severity.WARN, text, fix, f"{SECTION}: session management"),)

    def judge_post(self, head: Head, *, expects_answer: bool, now: float) -> Verdict:
        """What the answer to a POST means (R22)."""
        if not head.is_success:
            return self._judge_failure(head, "POST", now)
        return answer.judge_success(head, expects_answer=expects_answer, section=SENDING)

    def judge_listen(self, head: Head, now: float) -> Verdict:
        """What the answer to a GET means (R25): 405 says that the server offers no such stream, which is legal."""
        if head.status == 405:
            return Verdict(Meaning.NOT_OFFERED, "The server offers no notification stream (405), which it may.")
        if not head.is_success:
            return self._judge_failure(head, "GET", now)
        if http.is_event_stream(head.get("content-type")):
            return Verdict(Meaning.EVENT_STREAM)
        return answer.broken(
            "get-200-not-a-stream",
            answer.wrong_content_type(head, EVENT_STREAM),
            "Answer GET with text/event-stream, or with 405 where no stream is offered.",
            SENDING,
        )

    def _judge_failure(self, head: Head, method: str, now: float) -> Verdict:
        if head.status == 404 and self.session_id is not None:
            return Verdict(Meaning.SESSION_GONE, "The server no longer knows this session (404).")
        return answer.explain(head, method, now)

    def judge_refusal(self, head: Head, body: bytes) -> Verdict | None:
        """What the body of a 400 adds: servers after the TypeScript examples say so of a session that is gone (R28)."""
        if head.status != 400 or self.session_id is None:
            return None
        parsed = jsontext.parse(body)
        error = parsed.value.get("error") if isinstance(parsed.value, dict) else None
        text = error.get("message") if isinstance(error, dict) else None
        if not isinstance(text, str) or "session" not in text.lower():
            return None
        words = shown(text[: answer.MAX_DETAIL_CHARACTERS])
        return Verdict(Meaning.SESSION_GONE, f"The server does not take this session any more (400: {words}).")

    def _with_session(self, headers: HeaderList) -> HeaderList:
        if self.session_id is not None:
            headers += (("Mcp-Session-Id", self.session_id),)
        if self.protocol_version is not None and era.sends_version_header(self.protocol_version):
            headers += (("MCP-Protocol-Version", self.protocol_version),)
        return headers + self.headers
