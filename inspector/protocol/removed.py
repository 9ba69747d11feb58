"""Which methods a revision does not have, and what it has marked for removal (A0, R53)."""

from __future__ import annotations

from inspector.protocol import era

_STATELESS = era.STATELESS
_SENDING = f"In {_STATELESS} a client sends only requests"

_SINCE = {
    "elicitation/create": "2025-06-18",
    "tasks/get": "2025-11-25",
    "tasks/list": "2025-11-25",
    "tasks/result": "2025-11-25",
    "tasks/cancel": "2025-11-25",
    "notifications/tasks/status": "2025-11-25",
    "notifications/elicitation/complete": "2025-11-25",
    "tasks/update": _STATELESS,
    "notifications/tasks": _STATELESS,
    "server/discover": _STATELESS,
    "subscriptions/listen": _STATELESS,
    "notifications/subscriptions/acknowledged": _STATELESS,
}
"""The methods that came later than 2024-11-05."""

_INSTEAD = {
    "initialize": "There is no handshake: every request names its revision, and server/discover says what there is",
    "notifications/initialized": "There is no handshake, so there is nothing to confirm",
    "ping": "There is no session to keep alive: any request, such as server/discover, shows that the server is there",
    "logging/setLevel": "The log level stands in the _meta of each request",
    "resources/subscribe": "Updates are asked for by the resourceSubscriptions of subscriptions/listen",
    "resources/unsubscribe": "Closing the stream of subscriptions/listen ends its updates",
    "notifications/roots/list_changed": "The server asks for the roots by an input_required result when it needs them",
    "notifications/elicitation/complete": "The server answers input_required until the visit is done",
    "tasks/list": "The tasks extension has no list: keep the ids that came",
    "tasks/result": "The tasks extension puts the result into tasks/get",
    "notifications/tasks/status": "The tasks extension sends notifications/tasks on a subscription that names the task",
}
"""What took the place of the methods that 2026-07-28 has not."""

_ONLY_IN_RESULTS = ("elicitation/create", "sampling/createMessage", "roots/list")

_DEPRECATED = {
    "roots": "Roots",
    "roots/list": "Roots",
    "sampling": "Sampling",
    "sampling/createMessage": "Sampling",
    "logging": "Logging",
    "notifications/message": "Logging",
    "dcr": "Dynamic client registration",
    "includeContext": "includeContext with thisServer or allServers",
    "http+sse": "HTTP+SSE",
}
DEPRECATED_UNTIL = "2027-07-28"


def why_not(method: str, revision: str, *, from_server: bool = False) -> str:
    """Why this revision does not have a method, in one sentence or two; empty if it has, or if nobody knows it.

    It is asked about what a client sends, or with `from_server` about what a server sends.
    """
    since = _SINCE.get(method)
    if since is not None and revision < since:
        return f"{method} came with {since}; this session speaks {revision}."
    if not era.is_stateless(revision):
        return ""
    instead = _INSTEAD.get(method)
    if instead is not None:
        return f"{method} does not exist in {_STATELESS}. {instead}."
    if from_server and method in _ONLY_IN_RESULTS:
        return f"In {_STATELESS} a server sends no requests. {method} stands in an input_required result."
    if not from_server and method == "notifications/cancelled":
        return f"{_SENDING}. To cancel one, close its response stream."
    if not from_server and method.startswith("notifications/"):
        return f"{_SENDING}, no notifications."
    return ""


def deprecated(feature: str) -> str:
    """The words for the badge of a feature that 2026-07-28 has marked for removal; empty for all others.

    A feature is a capability, a method, `dcr`, `includeContext` or the name of a transport.
    """
    name = _DEPRECATED.get(feature)
    return f"{name} is deprecated since {_STATELESS}; it works until {DEPRECATED_UNTIL} at least." if name else ""
