"""The stream that answers one request of the stateless revision: what belongs to it, then its answer (R42). Sans-IO."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.envelope import LOG_LEVEL
from inspector.protocol.jsonrpc import JsonRpc, MessageType, RequestId, shown

SECTION = "Streamable HTTP: receiving messages (2026-07-28)"
MAX_TOLD = 20
"""How many different things are told of on one stream."""
PROGRESS, LOG = "notifications/progress", "notifications/message"


@dataclass(slots=True)
class RequestStream:
    """Follows the messages on the stream of the request `request_id`; `wants_log` if it names a log level (R41)."""

    request_id: RequestId
    wants_log: bool = False
    _is_over: bool = field(default=False, init=False)
    _told: set[str] = field(default_factory=set, init=False)

    def feed(self, message: JsonRpc, *, is_foreign: bool = False) -> tuple[Breach, ...]:
        """Take the next message; what breaks the rules comes back, the same thing once only.

        `is_foreign` says that its progress token is that of another request. Requests of the server's and answers to
        something else are told by those who read them.
        """
        if message.type in (MessageType.RESPONSE, MessageType.ERROR):
            self._is_over = self._is_over or message.id == self.request_id
            return ()
        if message.type is not MessageType.NOTIFICATION:
            return ()
        method = message.method or ""
        if method == PROGRESS:
            return self._misplaced("progress", "Progress of another request came") if is_foreign else ()
        if self._is_over:
            text = f"{shown(method)} came after the answer to the request of its stream."
            fix = "Send the answer last, and close the stream after it."
            return self._tell("after", "message-after-final", Severity.WARN, text, fix)
        if method != LOG:
            return self._misplaced(method, f"{shown(method)} came")
        if self.wants_log:
            return ()
        text = f"A log message came for a request without {LOG_LEVEL} in its _meta."
        fix = "Send log messages only for requests that name a level, and from that level on."
        return self._tell("log", "log-not-asked-for", Severity.WARN, text, fix)

    def _misplaced(self, topic: str, what: str) -> tuple[Breach, ...]:
        text = f"{what} on the stream of request {shown(self.request_id)}, to which it does not belong."
        fix = "Send changes on the stream of subscriptions/listen, and progress on that of its own request."
        return self._tell(topic, "notification-misplaced", Severity.WARN, text, fix)

    def _tell(self, topic: str, rule: str, severity: Severity, text: str, fix: str) -> tuple[Breach, ...]:
        if topic in self._told or len(self._told) >= MAX_TOLD:
            return ()
        self._told.add(topic)
        return (Breach(rule, severity, text, fix, SECTION),)


def wants_log(params: Any) -> bool:
    """Whether a request opts in to log messages."""
    meta = params.get("_meta") if isinstance(params, dict) else None
    return isinstance(meta, dict) and LOG_LEVEL in meta
