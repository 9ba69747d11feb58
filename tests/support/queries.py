"""A river in a database, asked with a query in both of its forms; and random queries with an independent oracle."""

from __future__ import annotations

import fnmatch
import json
import sqlite3
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from inspector.record import query
from inspector.record.schema import COLUMNS, CREATE, chunk_columns, event_columns
from inspector.record.text import searchable
from inspector.record.timeline import Timeline
from inspector.trace.events import (
    BodyReceived,
    ChunkReceived,
    CommentReceived,
    ConnectionState,
    EndCause,
    FrameReceived,
    Framing,
    Message,
    MessageType,
    Outcome,
    Severity,
    ToolStep,
    Violation,
)
from inspector.trace.river import River
from tests.support.rivers import Talk

Row = dict[str, Any]
Oracle = Callable[[Row], bool]


class Stored:
    """A river as the window has it: its timeline, and its events in a database."""

    def __init__(
        self, river: River, marked: Collection[int] = (), evidence: Mapping[int, Collection[str]] | None = None
    ) -> None:
        self.river = river
        self.timeline = Timeline()
        self.timeline.fold(river.since(0))
        self.context = query.Context(self.timeline, river.__getitem__, marked, evidence or {})
        self.database = sqlite3.connect(":memory:")
        self.database.executescript(CREATE)
        query.prepare(self.database)
        places = ", ".join("?" * len(COLUMNS))
        told = [event for event in river.since(0) if not isinstance(event, ChunkReceived)]
        rows = event_columns(told, self.timeline, 0)
        rows += [chunk_columns(event, event.data, None) for event in river.since(0) if isinstance(event, ChunkReceived)]
        self.database.executemany(f"INSERT INTO event VALUES ({places})", rows)  # noqa: S608 - question marks only

    def tested(self, text: str) -> list[int]:
        """The rows that the test lets through."""
        return list(filter(query.parse(text).test(self.context), range(len(self.timeline))))

    def selected(self, text: str) -> list[int]:
        """The rows that the SQL finds, and with them the law that it is never NULL."""
        where, parameters = query.parse(text).where(self.context)
        asked = f"SELECT row, ({where}) FROM event WHERE row BETWEEN 0 AND 1000000 ORDER BY row"  # noqa: S608
        answers = self.database.execute(asked, parameters).fetchall()
        assert None not in {answer for _, answer in answers}
        return [row for row, answer in answers if answer]

    def found(self, text: str) -> list[int]:
        """The rows that both forms agree on."""
        tested, selected = self.tested(text), self.selected(text)
        assert tested == selected, text
        return tested

    def rows(self) -> list[Row]:
        """The rows as plain dictionaries, as a person would read them off the window."""
        return [self._row(row) for row in range(len(self.timeline))]

    def _row(self, row: int) -> Row:
        timeline = self.timeline
        event = self.river[timeline.numbers[row]]
        lane = timeline.lane_name(event.stream or 0).split(" ")[0].lower()
        latency = timeline.latencies_ms[row]
        framed = isinstance(event, FrameReceived) or (
            isinstance(event, Message | ToolStep) and event.framing is Framing.SSE
        )
        has_bytes = isinstance(event, Message | ToolStep | FrameReceived | CommentReceived | BodyReceived)
        said = searchable(event)
        return {
            "n": event.n,
            "label": timeline.label(row).encode("utf-8", "backslashreplace").decode(),
            "name": timeline.name(row).encode("utf-8", "backslashreplace").decode(),
            "kind": timeline.kind_word(row).lower(),
            "severity": timeline.severities[row],
            "has_tool_failed": isinstance(event, Message) and event.is_tool_error,
            "dur": None if latency != latency else latency,  # noqa: PLR0124
            "stream": event.stream,
            "lane": lane,
            "conn": event.connection,
            "dir": None if event.direction is None else str(event.direction),
            "size": None if timeline.sizes_bytes[row] < 0 else timeline.sizes_bytes[row],
            "id": _shown(event),
            "event": getattr(event, "event", None) if framed else None,
            "at": event.at,
            "since_ns": event.monotonic_ns - self.river[timeline.numbers[0]].monotonic_ns,
            "marked": event.n in self.context.marked,
            "rules": self._rules(event.n, timeline.numbers[row - 1] if row else -1),
            "said": said if has_bytes else said.decode("utf-8", "backslashreplace").encode(),
        }

    def _rules(self, n: int, before: int) -> list[str]:
        """Those of the event, and of what came before it without a row."""
        evidence = self.context.evidence
        return [rule for m in evidence if before < m <= n and n - m <= query.NEAR_EVENTS for rule in evidence[m]]


def _shown(event: object) -> str | None:
    if isinstance(event, FrameReceived | ToolStep):
        return event.event_id
    found = getattr(event, "id", None)
    return None if found is None else json.dumps(found, ensure_ascii=False)


@dataclass
class Asked:
    """A random query and what it means."""

    text: str
    fits: Oracle
    is_single: bool = field(default=True)


WORDS = (
    "tools/call",
    "tools/list",
    "ping",
    "notifications/tools/x",
    "Ünïcode",
    "K",
    "a\0b",
    "50%_\\",
    "message",
    "GET",
)
BYTES = (
    b"",
    b"timeout",
    b"TIMEOUT 50%",
    "zweiß Ü".encode(),
    b'{"a":"\\u00DC \\"q\\""}',
    b"\xff\xfe\x00timeout",
    b"a\0b",
)
NEEDLES = ("timeout", "ü", "Ü", "50%", "k", "ss", "ß", '"q"', "b", "_", "\\", "\ufffd", "K", "zz", "\n", "post")


def _ascii_lower(text: str) -> str:
    return "".join(chr(ord(char) + 32) if "A" <= char <= "Z" else char for char in text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _reads(word: str, sign: str, text: str) -> bool:
    word, text = _ascii_lower(word), _ascii_lower(text)
    if "*" in text:
        pattern = "".join(char if char == "*" else f"[{char}]" for char in text.split("\0", maxsplit=1)[0])
        return fnmatch.fnmatchcase(word.split("\0")[0], pattern)
    if sign == "=":
        return word == text
    return word.startswith(text) or f"/{text}" in word


def _holds(row: Row, text: str) -> bool:
    folded = text.casefold()
    if folded in row["label"].casefold() or folded in row["name"].casefold():
        return True
    said: bytes = row["said"]
    forms = {folded.encode(), json.dumps(folded)[1:-1].encode()}
    if folded.isascii() or said.isascii():
        return any(form in said.lower() for form in forms)
    return any(form in said.decode("utf-8", "replace").casefold().encode() for form in forms)


_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


@st.composite
def numbers(draw: st.DrawFn, name: str, key: str, unit: str, scale: float) -> Asked:
    """A comparison or a range of whole units; nothing compares with what is absent."""
    low, high = sorted((draw(st.integers(0, 12)), draw(st.integers(0, 12))))
    sign = draw(st.sampled_from(["..", *_SIGNS]))
    if sign == "..":
        text = f"{name}:{low}{unit}..{high}{unit}"
        return Asked(text, lambda row: row[key] is not None and low * scale <= row[key] <= high * scale)
    return Asked(f"{name}{sign}{low}{unit}", lambda row: row[key] is not None and _SIGNS[sign](row[key], low * scale))


@st.composite
def words(draw: st.DrawFn, name: str, key: str, kinds: tuple[str, ...] = ()) -> Asked:
    sign = draw(st.sampled_from((":", "=")))
    texts = draw(
        st.lists(st.sampled_from((*WORDS, "tools", "call", "*", "*s/*l", "t*", "*%*")), min_size=1, max_size=3)
    )
    listed = ",".join(map(_quoted, texts))
    return Asked(
        f"{name}{sign}{listed}",
        lambda row: (
            (not kinds or row["kind"] in kinds)
            and row[key] is not None
            and any(_reads(row[key], sign, text) for text in texts)
        ),
    )


def choices(name: str, table: dict[str, Oracle]) -> st.SearchStrategy[Asked]:
    return st.sampled_from([Asked(f"{name}:{word}", fits) for word, fits in table.items()])


MESSAGES = ("request", "notification", "response", "error", "invalid", "tool step")
HTTP = ("http request", "connect", "http response", "redirect", "http end")
BEATS = ("ping", "heartbeat", "keepalive", "keep-alive")


def _code(row: Row) -> int:
    return int(row["label"].split(" ")[0]) if row["kind"] in ("http response", "redirect") else -1


def _clock(row: Row) -> str:
    return datetime.fromtimestamp(row["at"]).strftime("%H:%M")  # noqa: DTZ006 - as the user reads it


def _at(minutes: int) -> Asked:
    clock = datetime.fromtimestamp(1_700_000_000 + 60 * minutes).strftime("%H:%M")  # noqa: DTZ006
    return Asked(f"at:{clock}", lambda row: _clock(row) == clock)


LEAVES: dict[str, st.SearchStrategy[Asked]] = {
    "method": words("method", "label", (*MESSAGES, "failed", "http request")),
    "name": words("name", "name"),
    "event": words("event", "event"),
    "rule": words("rule", "label", ("violation",)),
    "dur": numbers("dur", "dur", "ms", 1),
    "size": numbers("size", "size", "b", 1),
    "stream": numbers("stream", "stream", "", 1),
    "conn": numbers("conn", "conn", "", 1),
    "n": numbers("n", "n", "", 1),
    "t": numbers("t", "since_ns", "ms", 1_000_000),
    "lane": choices(
        "stream",
        {
            "get": lambda row: row["lane"] == "get",
            "post": lambda row: row["lane"] == "post",
            "none": lambda row: row["stream"] is None,
        },
    ),
    "dir": choices("dir", {"in": lambda row: row["dir"] == "in", "none": lambda row: row["dir"] is None}),
    "kind": choices(
        "kind",
        {
            "http": lambda row: row["kind"] in HTTP,
            "sse-event": lambda row: row["kind"] == "sse event",
            "message": lambda row: row["kind"] in MESSAGES,
            "(answer,comment)": lambda row: row["kind"] in ("response", "error", "failed", "comment"),
        },
    ),
    "status": choices(
        "status",
        {
            "error": lambda row: row["severity"] == 4 or row["has_tool_failed"],
            "ok": lambda row: row["severity"] < 2,
            "4xx": lambda row: 400 <= _code(row) < 500,
            "404": lambda row: _code(row) == 404,
            "failed": lambda row: row["kind"] == "failed",
        },
    ),
    "severity": choices(
        "severity", {">=note": lambda row: row["severity"] >= 2, "warn": lambda row: row["severity"] == 3}
    ),
    "is": choices(
        "is",
        {
            "marked": lambda row: row["marked"],
            "heartbeat": lambda row: row["kind"] == "comment" or row["label"] in BEATS,
        },
    ),
    "finding": choices(
        "finding",
        {
            "any": lambda row: bool(row["rules"]),
            "none": lambda row: not row["rules"],
            "sse": lambda row: "sse-bom" in row["rules"],
            "*-b*": lambda row: "sse-bom" in row["rules"],
            "tcp-reset": lambda row: "tcp-reset" in row["rules"],
        },
    ),
    "at": st.integers(-1, 1).map(_at),
    "id": st.sampled_from((0, 1, "e1", "x")).map(
        lambda number: Asked(f"id:{number}", lambda row: row["id"] in (str(number), f'"{number}"'))
    ),
    "text": st.sampled_from(NEEDLES).map(lambda text: Asked(_quoted(text), lambda row: _holds(row, text))),
    "word": st.sampled_from(("timeout", "ü", "http://h")).map(lambda text: Asked(text, lambda row: _holds(row, text))),
}


def _combined(parts: st.SearchStrategy[Asked]) -> st.SearchStrategy[Asked]:
    return st.one_of(
        st.builds(_and, parts, parts, st.sampled_from((" ", " and ", "  AND\t"))),
        st.builds(_or, parts, parts),
        st.builds(_not, parts, st.sampled_from(("-", "not ", "!"))),
    )


def _enclosed(part: Asked) -> str:
    return part.text if part.is_single else f"({part.text})"


def _and(left: Asked, right: Asked, word: str) -> Asked:
    text = f"{_enclosed(left)}{word}{_enclosed(right)}"
    return Asked(text, lambda row: left.fits(row) and right.fits(row), False)


def _or(left: Asked, right: Asked) -> Asked:
    return Asked(f"{left.text} or {right.text}", lambda row: left.fits(row) or right.fits(row), False)


def _not(part: Asked, word: str) -> Asked:
    return Asked(f"{word}{_enclosed(part)}", lambda row: not part.fits(row))


asked = st.recursive(st.one_of(*LEAVES.values()), _combined, max_leaves=6)
"""Queries of all fields, joined in all ways."""

_short = st.sampled_from(BYTES)
_word = st.sampled_from(WORDS)
_number = st.integers(0, 12)


@st.composite
def rivers(draw: st.DrawFn) -> Talk:
    """A short talk in which every kind of row may come, with what is hard to compare in it."""
    talk = Talk()
    asked = [talk.ask(None, draw(_word), id=draw(st.sampled_from((0, 1, "1", "x"))), raw=draw(_short))]
    for _ in range(draw(st.integers(0, 12))):
        talk.wait(draw(st.sampled_from((0.0, 1.0, 2.5, 60_000.0))))
        _step(draw, talk, asked, draw(st.integers(0, 12)))
    return talk


def _step(draw: st.DrawFn, talk: Talk, asked: list[Message], kind: int) -> None:
    stream, word, raw, number = draw(st.integers(1, 3)), draw(_word), draw(_short), draw(_number)
    event = {"event": draw(_word), "framing": draw(st.sampled_from(Framing)), "raw": raw}
    told = '"is_tool_error":true'  # looks like what is stored of a result with isError
    answer = {"is_tool_error": draw(st.booleans()), "problems": draw(st.sampled_from(((), (told,)))), "name": told}
    steps: tuple[Callable[[], object], ...] = (
        lambda: asked.append(talk.ask(stream, word, id=number, raw=raw, name=draw(_word))),
        lambda: talk.answer(stream, asked[-1], rtt_ms=float(number), id=asked[-1].id, **answer, **event),
        lambda: talk.message(stream, MessageType.ERROR, asked[0], rtt_ms=number / 2, **event),
        lambda: talk.message(None, MessageType.NOTIFICATION, method=word, connection=number, **event),
        lambda: talk.hear(
            FrameReceived, stream, event=word, event_id=draw(st.sampled_from((None, "e1", "1"))), raw=raw
        ),
        lambda: talk.comment(stream, word),
        lambda: talk.send(stream, draw(st.sampled_from(("GET", "POST"))), word, body=raw),
        lambda: talk.headers(stream, draw(st.sampled_from((200, 404, 503))), float(number)),
        lambda: talk.end(stream, draw(st.sampled_from(EndCause)), word, bytes_received=number, age_ms=float(number)),
        lambda: talk.fail(asked[-1], draw(st.sampled_from(Outcome)), float(number)),
        lambda: talk.tell(Violation, rule=word, severity=draw(st.sampled_from(Severity)), text=word, about_n=0),
        lambda: talk.step(stream, word, talk.call_stream(stream, word), raw, framing=event["framing"]),
        lambda: (talk.state(draw(st.sampled_from(ConnectionState)), reason=word), talk.chunk(stream, raw)),
    )
    steps[kind]()
