"""Where the exchanges of MCP over HTTP deliver what they bring."""

from __future__ import annotations

from collections.abc import Callable

from inspector.protocol.transports.answer import Head, Meaning, Verdict
from inspector.session.calls import Call
from inspector.session.inbox import Inbox
from inspector.session.reader import Arrival
from inspector.wire.sse import Comment, Frame


class MessageSink:
    """Feeds what a stream brings to the inbox; `call` is the request that the stream belongs to, if any.

    `judge_refusal` looks into the body of what `judge` found to have failed; what it finds is `revised`.
    """

    def __init__(
        self,
        inbox: Inbox,
        judge: Callable[[Head], Verdict],
        call: Call | None,
        judge_refusal: Callable[[Head, bytes], Verdict | None] | None = None,
    ) -> None:
        self.revised: Verdict | None = None
        self._inbox = inbox
        self._judge = judge
        self._judge_refusal = judge_refusal
        self._carrier = call.pending if call else None
        self._meaning = Meaning.FAILED

    def on_head(self, head: Head, url: str, stream: int) -> Verdict:
        verdict = self._judge(head)
        self._meaning = verdict.meaning
        return verdict

    def on_items(self, items: list[Frame | Comment], arrival: Arrival) -> None:
        self._inbox.message_items(items, arrival, self._carrier)

    def on_body(self, body: bytes, head: Head, arrival: Arrival) -> bool:
        if self._meaning is Meaning.FAILED and self._judge_refusal is not None:
            self.revised = self._judge_refusal(head, body)
        if self._meaning is Meaning.SESSION_GONE or self.revised is not None:
            return False  # it answers no request: the session begins anew and the request is sent again (R28)
        promised = self._meaning is Meaning.MESSAGE
        return self._inbox.body(body, arrival, self._carrier, must_be_message=promised)
