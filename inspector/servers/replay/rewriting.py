"""Puts the live request's ids where the recorded ones stood, and our own address where the server's stood. Pure.

Nothing else is touched: an edit replaces exactly the bytes of one id, one progress token or one origin.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from inspector.protocol.envelope import SUBSCRIPTION_ID
from inspector.protocol.jsonrpc import RequestId
from inspector.wire import jsontext
from inspector.wire.sse import Frame, SseParser

FEED_BYTES = 64 * 1024
MAX_KEY_BYTES = 256

Path = tuple[str, ...]
Span = tuple[int, int]

ID: Path = ("id",)
METHOD: Path = ("method",)
TOKEN: Path = ("params", "progressToken")
CANCELLED: Path = ("params", "requestId")
SUBSCRIPTIONS: frozenset[Path] = frozenset({("params", "_meta", SUBSCRIPTION_ID), ("result", "_meta", SUBSCRIPTION_ID)})
ANSWERS: frozenset[Path] = frozenset({("result",), ("error",)})
_WANTED = frozenset({ID, METHOD, TOKEN, CANCELLED, *ANSWERS, *SUBSCRIPTIONS})
_DEPTH = max(map(len, _WANTED))

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},:]|[^\s"\[\]{},:]+', re.DOTALL)
_HINT = re.compile(rb'"(?:id|progressToken|requestId|%s)"|\\u' % re.escape(SUBSCRIPTION_ID.encode()))
"""What no message is without that has something to rewrite; most of a flood of notifications has it not."""
_BEHIND_ORIGIN = rb"(?=[/?#\"'<>\\,;\s]|$)"
_DATA = re.compile(b"(?:\xef\xbb\xbf)?data: ?")


@dataclass(frozen=True, slots=True)
class Edit:
    """The bytes from `start` to `stop` become `new`."""

    start: int
    stop: int
    new: bytes


@dataclass(slots=True)
class Rules:
    """What is to be replaced: recorded ids and progress tokens by live ones, recorded `origins` by our `own`.

    `server_ids` are the ids of the server's own requests: a cancellation of these stays as it is.
    """

    ids: Mapping[RequestId, RequestId] = field(default_factory=dict)
    tokens: Mapping[RequestId, RequestId] = field(default_factory=dict)
    server_ids: Collection[RequestId] = ()
    origins: tuple[str, ...] = ()
    own: str = ""


def edits_in_json(data: bytes, rules: Rules) -> list[Edit]:
    """The edits of a JSON body: one message or a batch."""
    if _HINT.search(data) is None:
        return []
    return [edit for message in _messages(data) for edit in _edits_of(message, data, rules)]


def edits_of_origins(data: bytes, rules: Rules) -> list[Edit]:
    """Every place where an origin of the recording stands."""
    if not rules.origins:
        return []
    pattern = b"|".join(re.escape(origin.encode()) for origin in rules.origins)
    found = re.finditer(b"(?:" + pattern + b")" + _BEHIND_ORIGIN, data)
    return [Edit(match.start(), match.end(), rules.own.encode()) for match in found]


def applied(data: bytes, edits: Iterable[Edit], start: int = 0, stop: int | None = None) -> bytes:
    """The bytes from `start` to `stop` with the `edits`, which are in order; one that lies across an edge is made
    where it begins."""
    stop = len(data) if stop is None else stop
    parts: list[bytes] = []
    at = start
    for edit in edits:
        if edit.stop <= start or edit.start >= stop:
            continue
        parts.append(data[at : max(edit.start, at)])
        if edit.start >= start:
            parts.append(edit.new)
        at = max(at, edit.stop)
    parts.append(data[at:stop])
    return b"".join(parts)


class StreamEdits:
    """The edits of an event stream, found no further than asked for: a stream may be very long."""

    def __init__(self, data: bytes, rules: Rules) -> None:
        self._data = data
        self._rules = rules
        self._parser = SseParser()
        self._fed = 0
        self._is_over = False
        self._edits: list[Edit] = []

    def up_to(self, stop: int) -> list[Edit]:
        """All edits before `stop` that were not taken yet; those across it are among them."""
        while not self._is_over and self._fed - self._parser.pending_bytes < stop:
            self._feed()
        count = sum(1 for edit in self._edits if edit.start < stop)
        taken, self._edits = self._edits[:count], [edit for edit in self._edits if edit.stop > stop]
        return taken

    def _feed(self) -> None:
        chunk = self._data[self._fed : self._fed + FEED_BYTES]
        self._fed += len(chunk)
        for item in self._parser.feed(chunk):
            if isinstance(item, Frame):
                self._take(item)
        if self._fed == len(self._data):
            self._is_over = True
            rest = self._parser.finish()
            if rest is not None:
                self._take(rest)

    def _take(self, frame: Frame) -> None:
        if self._data[frame.offset : frame.offset + len(frame.raw)] != frame.raw:
            return  # it was longer than anyone keeps
        if frame.event == "endpoint":
            found = edits_of_origins(frame.raw, self._rules)
        else:
            found = edits_in_frame(frame.raw, self._rules)
        shift = frame.offset
        self._edits += [Edit(edit.start + shift, edit.stop + shift, edit.new) for edit in found]


def edits_in_frame(raw: bytes, rules: Rules) -> list[Edit]:
    """The edits in the JSON that the data lines of one event make up."""
    if _HINT.search(raw) is None:
        return []
    text, starts, places = _data_of(raw)
    edits = []
    for edit in edits_in_json(text, rules):
        line = bisect_right(starts, edit.start) - 1
        shift = places[line] - starts[line]
        edits.append(Edit(edit.start + shift, edit.stop + shift, edit.new))
    return edits


def _data_of(raw: bytes) -> tuple[bytes, list[int], list[int]]:
    """The data of an event, and for each of its lines where it starts in the data and in `raw`."""
    values: list[bytes] = []
    starts: list[int] = []
    places: list[int] = []
    at = length = 0
    for line in raw.splitlines(keepends=True):
        start, at = at, at + len(line)
        field = _DATA.match(line)
        if field is None:
            continue
        skipped = field.end()
        value = line[skipped:].rstrip(b"\r\n")
        values.append(value)
        starts.append(length)
        places.append(start + skipped)
        length += len(value) + 1
    return b"\n".join(values), starts, places


def _messages(text: bytes) -> Iterator[dict[Path, Span]]:
    """For each object at the top, or in an array at the top, where its wanted members have their values."""
    walk = _Walk()
    for match in _TOKEN.finditer(text):
        found = walk.step(match[0], match.span())
        if found is not None:
            yield found
    if walk.found:
        yield walk.found  # the text is cut off


class _Walk:
    """Steps through the tokens of JSON text, however broken, and notes where the wanted members of a message are."""

    def __init__(self) -> None:
        self.found: dict[Path, Span] = {}
        # For each open bracket of the message: the member it is at, None in an array.
        self._keys: list[str | None] = []
        self._expects_key = False

    def step(self, token: bytes, span: Span) -> dict[Path, Span] | None:
        """Take a token; what was found in a message if it ends with this one."""
        match token:
            case b":":
                self._expects_key = False
            case b",":
                self._expects_key = bool(self._keys) and self._keys[-1] is not None
            case b"{" | b"[":
                self._open(token, span)
            case b"}" | b"]":
                return self._close()
            case _:
                self._value(token, span)
        return None

    def _open(self, token: bytes, span: Span) -> None:
        self._note(span)
        if self._keys or token == b"{":
            self._keys.append("" if token == b"{" else None)
        self._expects_key = token == b"{"

    def _close(self) -> dict[Path, Span] | None:
        self._expects_key = False
        if not self._keys:
            return None
        self._keys.pop()
        if self._keys:
            return None
        found, self.found = self.found, {}
        return found

    def _value(self, token: bytes, span: Span) -> None:
        if self._expects_key:
            self._keys[-1] = _key_of(token)
            self._expects_key = False
        else:
            self._note(span)

    def _note(self, span: Span) -> None:
        if 0 < len(self._keys) <= _DEPTH:
            path = tuple(key or "" for key in self._keys)
            if path in _WANTED:
                self.found[path] = span


def _key_of(token: bytes) -> str:
    value = jsontext.parse(token).value if len(token) <= MAX_KEY_BYTES else None
    return value if isinstance(value, str) else ""


def _edits_of(message: dict[Path, Span], text: bytes, rules: Rules) -> list[Edit]:
    wanted: list[tuple[Span, Mapping[RequestId, RequestId]]] = []
    is_answer = METHOD not in message or not ANSWERS.isdisjoint(message)
    if is_answer and ID in message:
        wanted.append((message[ID], rules.ids))
    if TOKEN in message:
        wanted.append((message[TOKEN], rules.tokens))
    if CANCELLED in message and METHOD in message and _value(text, message[CANCELLED]) not in rules.server_ids:
        method = _value(text, message[METHOD])
        wanted += [(message[CANCELLED], rules.ids)] if method == "notifications/cancelled" else []
    wanted += [(message[path], rules.ids) for path in SUBSCRIPTIONS & message.keys()]
    edits = []
    for (start, stop), pairs in sorted(wanted, key=lambda item: item[0]):
        new = _live(_value(text, (start, stop)), pairs)
        if new is not None:
            edits.append(Edit(start, stop, new))
    return edits


def _value(text: bytes, span: Span) -> Any:
    value = jsontext.parse(text[span[0] : span[1]]).value
    return value if isinstance(value, int | float | str) and not isinstance(value, bool) else None


def _live(recorded: Any, pairs: Mapping[RequestId, RequestId]) -> bytes | None:
    """The live id as it is to be written; a server that changed the type of an id does so again."""
    if recorded is None or not pairs:
        return None
    if isinstance(recorded, int | str) and recorded in pairs:
        same = pairs[recorded] == recorded  # then it stays as the server wrote it, escapes and all
        return None if same else jsontext.dumps(pairs[recorded])
    loosely = {str(key): live for key, live in pairs.items()}
    is_whole = isinstance(recorded, float) and recorded.is_integer()
    text = str(int(recorded)) if is_whole else str(recorded)
    if text not in loosely:
        return None
    live = loosely[text]
    if isinstance(recorded, str):
        return jsontext.dumps(str(live))
    return b"%d.0" % live if is_whole and isinstance(live, int) else jsontext.dumps(live)
