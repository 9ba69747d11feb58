"""subscriptions/listen: one stream of change notifications, from its acknowledgement to its end (R47). Sans-IO."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.envelope import SUBSCRIPTION_ID
from inspector.protocol.jsonrpc import JsonRpc, MessageType, RequestId, json_type, shown

METHOD = "subscriptions/listen"
ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
SECTION = "Subscriptions (2026-07-28)"

WANTED_BY = {
    "notifications/tools/list_changed": "toolsListChanged",
    "notifications/prompts/list_changed": "promptsListChanged",
    "notifications/resources/list_changed": "resourcesListChanged",
    "notifications/resources/updated": "resourceSubscriptions",
    "notifications/tasks": "taskIds",
}
"""The notifications that a subscription may bring, each with the key of the filter that asks for it."""
_FIX = "Acknowledge first, send only what was acknowledged, and end with a result."
_LISTS = ("resourceSubscriptions", "taskIds")


class SubscriptionState(enum.StrEnum):
    """Where a subscription stands. After `lost` the client may listen anew and has to fetch anew what it depends on."""

    OPENING = "opening"
    OPEN = "open"
    ENDED = "ended"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(slots=True)
class Subscription:
    """Follows the messages on the stream of one request; `acknowledged` is the filter that the server honours."""

    request_id: RequestId
    wanted: dict[str, Any]
    acknowledged: dict[str, Any] | None = None
    state: SubscriptionState = SubscriptionState.OPENING
    _told: set[str] = field(default_factory=set, init=False)

    @property
    def is_over(self) -> bool:
        return self.state not in (SubscriptionState.OPENING, SubscriptionState.OPEN)

    def feed(self, message: JsonRpc) -> tuple[Breach, ...]:
        """Take the next message of the stream; what breaks the rules comes back, the same thing once only."""
        if message.type is MessageType.INVALID:
            return ()  # told by whoever read it
        if self.is_over:
            return self._tell("after the end", f"{_what(message)} came after the subscription had ended.")
        if message.type is MessageType.NOTIFICATION:
            return self._notification(message)
        if message.type is MessageType.REQUEST:
            fix = "Ask the client by an input_required result; on a stream there are no requests of the server's."
            return self._tell("request", f"{_what(message)} came as a request on a subscription.", fix)
        return self._answer(message)

    def lost(self) -> bool:
        """The stream ended; whether that came without a word of the server's."""
        if self.is_over:
            return False
        self.state = SubscriptionState.LOST
        return True

    def missing(self) -> dict[str, Any]:
        """What was asked for and is not honoured, in the shape of a filter; everything before the acknowledgement."""
        honoured = self.acknowledged or {}
        left: dict[str, Any] = {}
        for key, asked in self.wanted.items():
            if key in _LISTS and isinstance(asked, list):
                given = honoured.get(key)
                rest = [item for item in asked if not (isinstance(given, list) and item in given)]
                if rest:
                    left[key] = rest
            elif asked and honoured.get(key) is not True:
                left[key] = asked
        return left

    def _notification(self, message: JsonRpc) -> tuple[Breach, ...]:
        params = message.params if isinstance(message.params, dict) else {}
        if message.method == "notifications/cancelled":
            return self._cancelled(params)
        told = self._check_id(message, params)
        if message.method == ACKNOWLEDGED:
            return told + self._acknowledge(params)
        key = WANTED_BY.get(message.method or "")
        if key is None:
            fix = "Send it on the stream of the request that it belongs to."
            return told + self._tell(
                f"method {message.method}", f"{_what(message)} has no place on a subscription.", fix
            )
        if self.acknowledged is None:
            return told + self._tell(
                "early", f"{_what(message)} came before {ACKNOWLEDGED}.", "Acknowledge first of all."
            )
        return told + self._check_honoured(message, key, params)

    def _check_honoured(self, message: JsonRpc, key: str, params: dict[str, Any]) -> tuple[Breach, ...]:
        if not (self.acknowledged or {}).get(key):
            text = f"{_what(message)} came, although {key} was not acknowledged."
            return self._tell(f"unwanted {key}", text, "Send only what the client asked for and you acknowledged.")
        subject = {"resourceSubscriptions": "uri", "taskIds": "taskId"}.get(key)
        if subject is not None and not isinstance(params.get(subject), str):
            return self._tell(f"subject {key}", f"{_what(message)} does not say which {subject} it is about.")
        return ()

    def _acknowledge(self, params: dict[str, Any]) -> tuple[Breach, ...]:
        if self.acknowledged is not None:
            return self._tell("twice", "The subscription was acknowledged a second time; the first one counts.")
        given = params.get("notifications")
        self.state = SubscriptionState.OPEN
        self.acknowledged = given if isinstance(given, dict) else {}
        if not isinstance(given, dict):
            text = f"The acknowledgement's `notifications` must be an object, not {json_type(given)}."
            return self._tell("filter", text, "Send the part of the filter that you honour.")
        extra = list(_beyond(given, self.wanted))
        if extra:
            return self._tell("more", f"The server acknowledged what was not asked for: {', '.join(extra[:5])}.")
        return ()

    def _check_id(self, message: JsonRpc, params: dict[str, Any]) -> tuple[Breach, ...]:
        return self._check_meta_id(_what(message), params.get("_meta"))

    def _check_meta_id(self, what: str, meta: Any) -> tuple[Breach, ...]:
        given = meta.get(SUBSCRIPTION_ID) if isinstance(meta, dict) else None
        if _same(given, self.request_id):
            return ()
        text = f"{what} has {shown(given)} as its subscriptionId, where the request's id is {shown(self.request_id)}."
        return self._tell(
            "id", text, f"Put the request's id into _meta, under {SUBSCRIPTION_ID}, without changing its type."
        )

    def _cancelled(self, params: dict[str, Any]) -> tuple[Breach, ...]:
        given = params.get("requestId")
        if str(given) != str(self.request_id):
            return self._tell("cancelled", f"The server cancelled the request {shown(given)} on another's stream.")
        self.state = SubscriptionState.CANCELLED
        if _same(given, self.request_id):
            return ()
        text = f"The server cancelled {shown(given)}, where the request's id is {shown(self.request_id)}."
        return self._tell("id", text, "Send the id back as it came, without changing its type.")

    def _answer(self, message: JsonRpc) -> tuple[Breach, ...]:
        is_error = message.type is MessageType.ERROR
        if str(message.id) != str(self.request_id) and not (is_error and message.id is None):
            return ()  # an answer to something else: told where answers are paired
        if is_error:
            self.state = SubscriptionState.REFUSED
            return ()
        was_open = self.state is SubscriptionState.OPEN
        self.state = SubscriptionState.ENDED
        meta = message.result.get("_meta") if isinstance(message.result, dict) else None
        told = self._check_meta_id("The result of the subscription", meta)
        if not was_open:
            text = "The subscription ended with a result and was never acknowledged."
            told += self._tell("early", text, "Acknowledge first of all, or answer with an error.")
        return told

    def _tell(self, topic: str, text: str, fix: str = "") -> tuple[Breach, ...]:
        if topic in self._told:
            return ()
        self._told.add(topic)
        return (Breach("subscription-not-acknowledged", Severity.ERROR, text, fix or _FIX, SECTION),)


def filter_for(capabilities: dict[str, Any], uris: Iterable[str] = (), task_ids: Iterable[str] = ()) -> dict[str, Any]:
    """What to ask for: the list changes that the server declares, and what the user himself named.

    The latter also where the server declares no `resources.subscribe`: its acknowledgement says what it honours.
    """
    wanted: dict[str, Any] = {}
    for name in ("tools", "prompts", "resources"):
        declared = capabilities.get(name)
        if isinstance(declared, dict) and declared.get("listChanged") is True:
            wanted[f"{name}ListChanged"] = True
    for key, named in zip(_LISTS, (uris, task_ids), strict=True):
        if items := list(dict.fromkeys(named)):
            wanted[key] = items
    return wanted


def _beyond(given: dict[str, Any], wanted: dict[str, Any]) -> Iterable[str]:
    """The keys under which more is honoured than was asked for."""
    for key, value in given.items():
        asked = wanted.get(key)
        if isinstance(value, list) and isinstance(asked, list):
            if any(item not in asked for item in value):
                yield shown(key)
        elif value and not asked:
            yield shown(key)


def _same(given: Any, wanted: Any) -> bool:
    """`1` and `"1"`, and `1` and `true`, are different ids."""
    return type(given) is type(wanted) and bool(given == wanted)


def _what(message: JsonRpc) -> str:
    return shown(message.method) if message.method is not None else "An answer"
