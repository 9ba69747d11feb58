"""What a request wants, as far as the choice of its answer depends on it; the same for recorded and live ones."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from inspector.protocol import jsonrpc
from inspector.protocol.jsonrpc import JsonRpc, MessageType, RequestId
from inspector.protocol.peer import name_of
from inspector.wire import jsontext

DIGEST_BYTES = 12

_encode_sorted = msgspec.json.Encoder(order="sorted", decimal_format="number").encode


class Kind(enum.Enum):
    """How the body of a request is to be read."""

    CALL = "JSON-RPC request or notification"
    ANSWER = "JSON-RPC answer"
    TOOL = "tool stream"
    OTHER = "any other request"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request's `method` and `name` (JSON-RPC or tool stream), and a `digest` of its parameters.

    `ids` and `tokens` are the ids and progress tokens of its JSON-RPC requests, several only in a batch; a request
    without a token has None in its place.
    """

    kind: Kind
    method: str = ""
    name: str | None = None
    digest: bytes = b""
    ids: tuple[RequestId, ...] = ()
    tokens: tuple[RequestId, ...] = ()

    @property
    def label(self) -> str:
        """As a person would name it; empty for what has no name."""
        return " ".join(filter(None, (self.method, self.name)))


def read(http_method: str, body: bytes, last_event_id: str | None = None) -> Asked:
    """What a request wants. Never raises."""
    if http_method != "POST":
        resumes = "after an event" if last_event_id is not None else None
        return Asked(Kind.OTHER, name=resumes, digest=_digest((last_event_id or "").encode()))
    value = jsontext.parse(body).value
    messages = [jsonrpc.read(item) for item in (value if isinstance(value, list) else [value])]
    calls = [message for message in messages if message.method is not None]
    if calls:
        return _call(calls)
    if isinstance(value, dict) and isinstance(tool := value.get("tool"), str) and "jsonrpc" not in value:
        return Asked(Kind.TOOL, "tool", tool, _digest_of(value.get("params")))
    answers = [message for message in messages if message.type in (MessageType.RESPONSE, MessageType.ERROR)]
    if answers:
        return Asked(Kind.ANSWER, digest=_digest_of(answers[0].id))
    return Asked(Kind.OTHER, digest=_digest(body))


def _call(calls: list[JsonRpc]) -> Asked:
    requests = [call for call in calls if call.type is MessageType.REQUEST]
    first = (requests or calls)[0]
    return Asked(
        Kind.CALL,
        first.method or "",
        name_of(first.method, first.params),
        _digest_of([_without_meta(call.params) for call in calls]),
        tuple(request.id for request in requests),
        tuple(_token_of(request.params) for request in requests),
    )


def _without_meta(params: Any) -> Any:
    """`_meta` names the client and its progress token, which do not change what is asked for."""
    if isinstance(params, dict):
        return {key: value for key, value in params.items() if key != "_meta"} or None
    return params


def _token_of(params: Any) -> RequestId:
    meta = params.get("_meta") if isinstance(params, dict) else None
    token = meta.get("progressToken") if isinstance(meta, dict) else None
    return token if isinstance(token, int | str) and not isinstance(token, bool) else None


def _digest_of(value: Any) -> bytes:
    try:
        return _digest(_encode_sorted(value))
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8
        return _digest(jsontext.dumps(value))


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()
