"""Streamable HTTP of 2026-07-28, sans-IO: every message its own POST, no session, no GET (R40, R42 to R44)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from inspector.protocol import era
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import shown
from inspector.protocol.param_headers import encode_value
from inspector.protocol.transports import answer
from inspector.protocol.transports.answer import EVENT_STREAM, JSON, Head, HttpRequest, Meaning, Verdict
from inspector.wire import http
from inspector.wire.http import HeaderList

SECTION = "Streamable HTTP transport (2026-07-28)"


@dataclass(slots=True)
class StatelessHttp:
    """Knows which headers each POST needs and what each answer means; remembers nothing but what it told already."""

    url: str
    headers: HeaderList = ()
    revision: str = era.STATELESS
    _told_of_session: bool = field(default=False, init=False)

    def post(self, body: bytes, method: str, name: str | None = None, param_headers: HeaderList = ()) -> HttpRequest:
        """A message with the headers that repeat what the body says; a field of the user's replaces ours (R40)."""
        ours: HeaderList = (
            ("Accept", f"{JSON}, {EVENT_STREAM}"),
            ("Content-Type", JSON),
            ("MCP-Protocol-Version", self.revision),
            ("Mcp-Method", encode_value(method)),
        )
        if name is not None:
            ours += (("Mcp-Name", encode_value(name)),)
        theirs = {field_name.lower() for field_name, _ in self.headers}
        kept = tuple((key, value) for key, value in ours + param_headers if key.lower() not in theirs)
        return HttpRequest("POST", self.url, kept + self.headers, method, body)

    def judge_post(self, head: Head, *, expects_answer: bool, now: float) -> Verdict:
        """What the answer to a POST means (R42, R44): an error status may carry a JSON-RPC error, so read its body."""
        if head.is_success:
            verdict = answer.judge_success(head, expects_answer=expects_answer, section=SECTION)
        else:
            verdict = _judge_failure(head, now)
        breach = self._session_breach(head)
        return verdict if breach is None else replace(verdict, breaches=(*verdict.breaches, breach))

    def _session_breach(self, head: Head) -> Breach | None:
        """There are no sessions: the id is ignored (A0), and told of once."""
        session_id = head.get("mcp-session-id")
        if session_id is None or self._told_of_session:
            return None
        self._told_of_session = True
        text = f"The server sent the session id {shown(session_id)}; {self.revision} has no sessions, so it is ignored."
        fix = "Leave Mcp-Session-Id out for this revision; keep what has to last in requestState or in handles."
        return Breach("stateless-session-id", Severity.NOTE, text, fix, SECTION)


def _judge_failure(head: Head, now: float) -> Verdict:
    if head.status == 404 and http.is_json(head.get("content-type")):
        sentence = (
            "The server does not know this method, or there is nothing at this address (404); its answer says which."
        )
        return Verdict(Meaning.FAILED, sentence)
    return answer.explain(head, "POST", now)
