"""What a session offered and answered: the server, its tools, resources and prompts, and every call with its result.

A fold over the river in bounded memory, for comparing two sessions; of what is too large only a digest is kept.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from inspector.protocol.discover import read_discover_result
from inspector.protocol.envelope import SERVER_INFO
from inspector.protocol.manifest import read_manifest
from inspector.protocol.peer import NAME_PARAMS
from inspector.record.message_text import payload
from inspector.record.recording import BLOCK_EVENTS, Recording
from inspector.trace.events import (
    AnyEvent,
    BodyReceived,
    Direction,
    ExchangeFailed,
    Message,
    MessageType,
    RequestSent,
    SessionReady,
    ToolStep,
)
from inspector.trace.fold import Fold
from inspector.wire import jsontext

MAX_READ_BYTES = 8 * 1024 * 1024
"""A larger answer is not read, only its digest is taken."""
MAX_KEPT_BYTES = 16 * 1024
"""So large may a result be to be kept as a whole ..."""
MAX_TOTAL_BYTES = 32 * 1024 * 1024
"""... and all together."""
MAX_DEFINITION_BYTES = 256 * 1024
MAX_ITEMS = 10_000
MAX_CALLS = 20_000
MAX_PENDING = 10_000
MAX_METHODS = 1_000
MAX_SAMPLES = 4_096

LISTS = {"tools": "name", "resources": "uri", "resourceTemplates": "uriTemplate", "prompts": "name"}
"""The lists a server offers, and by what the items of each are known."""
_LIST_METHODS = {
    "tools/list": "tools",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
    "prompts/list": "prompts",
}
_HELLO = "initialize"
_DISCOVER = "server/discover"
_MANIFEST = "manifest"
_NO_CALLS = frozenset({_HELLO, _DISCOVER, "ping", "logging/setLevel", *_LIST_METHODS})
"""What is asked to keep a session going; its answers are no results to compare."""
_NO_CALL_PREFIXES = ("tasks/", "subscriptions/")
_WANTED = """
SELECT n FROM event WHERE kind IN ('tool.step', 'session.ready', 'exchange.failed', 'body')
  OR (kind = 'message' AND type != 'notification') OR (kind = 'http.request' AND name = 'manifest') ORDER BY n
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A JSON value: its `text` in one fixed spelling, or empty text if it was too large; equal if their digests are."""

    text: bytes = field(compare=False)
    digest: bytes
    size_bytes: int = field(compare=False)

    @property
    def is_whole(self) -> bool:
        """Whether it was small enough."""
        return bool(self.text)

    @property
    def value(self) -> Any:
        """The value; None if it was too large."""
        return jsontext.parse(self.text).value if self.text else None


NOTHING = Kept(b"", b"", 0)
"""What stands for an answer that never came."""


@dataclass(slots=True)
class Call:
    """One request of ours and what became of it; `outcome` is `result`, `error`, `tool error`, `lost` ..."""

    method: str
    name: str
    arguments: Kept
    request_n: int
    outcome: str = "unanswered"
    answer: Kept = NOTHING
    answer_n: int | None = None
    rtt_ms: float | None = None

    @property
    def key(self) -> tuple[str, str, Kept]:
        """Calls of the same key were meant to do the same."""
        return self.method, self.name, self.arguments


@dataclass(slots=True)
class Samples:
    """Round trips of one method or tool: `count` is exact; of very many, every second, fourth ... one is kept."""

    count: int = 0
    values_ms: array[float] = field(default_factory=lambda: array("f"))
    _step: int = 1

    def add(self, value_ms: float) -> None:
        if self.count % self._step == 0:
            self.values_ms.append(value_ms)
            if len(self.values_ms) >= MAX_SAMPLES:
                self.values_ms = self.values_ms[::2]
                self._step *= 2
        self.count += 1

    def percentile(self, p: float) -> float | None:
        """The kept value of that rank, None without any."""
        ordered = sorted(self.values_ms)
        return ordered[max(0, -int(-p * len(ordered) // 100) - 1)] if ordered else None


class Offered(Fold):
    """`server` says who answered and how, `items` the definitions of each of `LISTS` by name, as they were last.

    `calls` are the first `MAX_CALLS` in their order, `calls_left_out` counts those behind; `latencies` is by method,
    and by tool (`tools/call echo`).
    """

    def __init__(self) -> None:
        super().__init__(
            {
                Message: self._on_message,
                ToolStep: self._on_step,
                ExchangeFailed: self._on_failed,
                SessionReady: self._on_ready,
                RequestSent: self._on_request_sent,
                BodyReceived: self._on_body,
            }
        )
        self.server: dict[str, Any] = {}
        self.items: dict[str, dict[str, Kept]] = {kind: {} for kind in LISTS}
        self.calls: list[Call] = []
        self.calls_left_out = 0
        self.latencies: dict[str, Samples] = {}
        self._connection = 0
        self._pending: dict[int, tuple[Call, bool]] = {}
        self._ids: dict[tuple[int, Any], tuple[Call, bool]] = {}
        self._manifests: dict[int | None, str] = {}
        self._room_bytes = MAX_TOTAL_BYTES

    def _on_message(self, message: Message) -> None:
        if message.direction is Direction.OUTBOUND:
            if message.message_type is MessageType.REQUEST and message.method:
                self._on_request(message, message.method)
        elif message.message_type in (MessageType.RESPONSE, MessageType.ERROR) and message.request_n is not None:
            self._on_answer(message, message.request_n)

    def _on_request(self, message: Message, method: str) -> None:
        key = message.connection, message.id
        waiting = self._ids.get(key)
        if waiting is not None:  # sent again after a sign-in, or in a new session
            self._pending[message.n] = waiting
            return
        params = _member(_read(message), "params")
        is_first_page = not _member(params, "cursor")
        arguments = self._keep(_arguments(method, params), MAX_KEPT_BYTES)
        call = Call(method, message.name or "", arguments, message.n)
        self._wait_for(call, is_first_page=is_first_page)
        self._ids[key] = call, is_first_page

    def _wait_for(self, call: Call, *, is_first_page: bool = True) -> None:
        """An answer may come; the oldest of many that never did is given up."""
        if len(self._pending) >= MAX_PENDING:
            del self._pending[next(iter(self._pending))]
        if len(self._ids) >= MAX_PENDING:
            del self._ids[next(iter(self._ids))]
        self._pending[call.request_n] = call, is_first_page
        if call.method in _NO_CALLS or call.method.startswith(_NO_CALL_PREFIXES):
            return
        if len(self.calls) < MAX_CALLS:
            self.calls.append(call)
        else:
            self.calls_left_out += 1

    def _on_answer(self, message: Message, request_n: int) -> None:
        call, is_first_page = self._pending.pop(request_n, (None, True))
        if call is None:
            return
        self._ids.pop((message.connection, message.id), None)
        self._sample(call, message.rtt_ms)
        is_error = message.message_type is MessageType.ERROR
        if call.method in _NO_CALLS:
            if not is_error:
                self._take_offer(call.method, _member(_read(message), "result"), message.connection, is_first_page)
            return
        call.outcome = "error" if is_error else "tool error" if message.is_tool_error else "result"
        call.answer = self._answer(message, "error" if is_error else "result")
        call.answer_n, call.rtt_ms = message.n, message.rtt_ms

    def _on_step(self, step: ToolStep) -> None:
        if step.direction is Direction.OUTBOUND:
            if step.request_n is None:
                arguments = self._keep(_member(_read(step), "params") or {}, MAX_KEPT_BYTES)
                self._wait_for(Call("tools/call", step.tool, arguments, step.n))
        elif step.request_n is not None and step.rtt_ms is not None:
            call, _ = self._pending.pop(step.request_n, (None, True))
            if call is not None:
                self._sample(call, step.rtt_ms)
                call.outcome = "error" if step.step == "error" else "result"
                call.answer, call.answer_n, call.rtt_ms = self._answer(step), step.n, step.rtt_ms

    def _on_failed(self, failed: ExchangeFailed) -> None:
        call, _ = self._pending.pop(failed.request_n, (None, True))
        self._ids.pop((failed.connection, failed.id), None)
        if call is not None:
            call.outcome, call.answer_n = str(failed.outcome), failed.n

    def _on_ready(self, ready: SessionReady) -> None:
        self._turn_to(ready.connection)
        told: dict[str, Any] = {
            "transport": ready.transport,
            "protocolVersion": ready.protocol_version,
            "serverInfo": {"name": ready.server_name, "version": ready.server_version},
            "capabilities": {name: {} for name in ready.capabilities},
            "instructions": ready.instructions,
        }
        told = {name: value for name, value in told.items() if value}
        self.server = told | self.server | {key: told[key] for key in ("transport", "protocolVersion") if key in told}

    def _on_request_sent(self, request: RequestSent) -> None:
        if request.purpose == _MANIFEST and len(self._manifests) < MAX_ITEMS:
            self._manifests[request.stream] = request.url

    def _on_body(self, body: BodyReceived) -> None:
        url = self._manifests.pop(body.stream, None)
        value = jsontext.parse(body.raw).value if url and len(body.raw) <= MAX_READ_BYTES else None
        manifest = read_manifest(value, url or "")
        if not (manifest.tools or manifest.endpoint):
            return
        self._turn_to(body.connection)
        self._describe(serverInfo={"name": manifest.name, "version": manifest.version})
        self._list("tools", manifest.tools_as_mcp())

    def _take_offer(self, method: str, result: Any, connection: int, is_first_page: bool) -> None:
        self._turn_to(connection)
        if method == _HELLO:
            known = ("protocolVersion", "serverInfo", "capabilities", "instructions")
            self._describe(**{name: _member(result, name) for name in known})
        elif method == _DISCOVER:
            discovered = read_discover_result(result)[0]
            if discovered is not None:
                info = {"name": discovered.server_name, "version": discovered.server_version}
                capabilities, versions = discovered.capabilities, list(discovered.supported_versions)
                words = discovered.instructions
                self._describe(
                    serverInfo=info, capabilities=capabilities, supportedVersions=versions, instructions=words
                )
        elif method in _LIST_METHODS:
            kind = _LIST_METHODS[method]
            if is_first_page:  # what a list does not hold any more is not offered any more
                self.items[kind].clear()
            self._list(kind, _member(result, kind))

    def _describe(self, **said: Any) -> None:
        kept = self._keep({name: value for name, value in said.items() if value}, MAX_DEFINITION_BYTES)
        self.server |= kept.value or {}

    def _list(self, kind: str, items: Any) -> None:
        known = self.items[kind]
        for item in items if isinstance(items, list) else ():
            name = _member(item, LISTS[kind])
            if isinstance(name, str) and (name in known or len(known) < MAX_ITEMS):
                known[name] = self._keep(item, MAX_DEFINITION_BYTES)

    def _turn_to(self, connection: int) -> None:
        """The user connected anew: what an earlier server offered is not what this one offers."""
        if connection != self._connection:
            self._connection = connection
            self.server = {}
            for items in self.items.values():
                items.clear()

    def _answer(self, event: Message | ToolStep, member: str = "") -> Kept:
        if len(event.raw) > MAX_READ_BYTES:
            return Kept(b"", _digest(payload(event)), len(event.raw))
        value = _read(event)
        return self._keep(_without_server(_member(value, member)) if member else value, MAX_KEPT_BYTES)

    def _keep(self, value: Any, limit_bytes: int) -> Kept:
        text = jsontext.dumps(_ordered(value))
        is_kept = len(text) <= min(limit_bytes, self._room_bytes)
        self._room_bytes -= len(text) if is_kept else 0
        return Kept(text if is_kept else b"", _digest(text), len(text))

    def _sample(self, call: Call, rtt_ms: float | None) -> None:
        key = f"{call.method} {call.name}" if call.method == "tools/call" and call.name else call.method
        if rtt_ms is not None and (key in self.latencies or len(self.latencies) < MAX_METHODS):
            self.latencies.setdefault(key, Samples()).add(rtt_ms)


def read_offered(recording: Recording, after_block: Callable[[], object] = lambda: None) -> Offered:
    """What a recording holds of it; only the blocks with something in them are read."""
    offered = Offered()
    for events in _blocks(recording):
        offered.fold(events)
        after_block()
    return offered


def _blocks(recording: Recording) -> Iterator[list[AnyEvent]]:
    end = 0
    for n in recording.numbers(_WANTED, {}):
        if n >= end:
            events = recording.since(n, BLOCK_EVENTS)
            end = n + len(events)
            yield events


def _read(event: Message | ToolStep) -> Any:
    return jsontext.parse(payload(event)).value if len(event.raw) <= MAX_READ_BYTES else None


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _arguments(method: str, params: Any) -> Any:
    """The parameters that make one call differ from another: neither the name, which stands apart, nor `_meta`."""
    if not isinstance(params, dict):
        return params
    rest = {key: value for key, value in params.items() if key not in ("_meta", NAME_PARAMS.get(method))}
    return rest.get("arguments") or {} if rest.keys() <= {"arguments"} else rest


def _without_server(result: Any) -> Any:
    """The result without the words about the server that stateless results all repeat."""
    meta = _member(result, "_meta")
    if not isinstance(meta, dict) or SERVER_INFO not in meta:
        return result
    rest = {key: value for key, value in meta.items() if key != SERVER_INFO}
    return {key: value for key, value in result.items() if key != "_meta"} | ({"_meta": rest} if rest else {})


def _ordered(value: Any) -> Any:
    """The value in one fixed spelling: members by name, whole numbers as integers."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _digest(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=16).digest()
