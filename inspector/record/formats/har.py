"""HTTP Archive 1.2: one entry for each HTTP exchange, with the events of its stream under `_eventStream`.

Names that begin with `_` are what the format leaves to applications. Entries are written to disk as they end and
sorted by their start in the end, so that a recording of any length takes little memory.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any, BinaryIO

from inspector.record.extent import EVERYTHING, Extent
from inspector.record.formats.har_entry import Entry
from inspector.record.formats.jsonl import iso
from inspector.record.formats.parts import Parts
from inspector.record.redaction import Redactor
from inspector.trace.events import (
    AnyEvent,
    AttemptMade,
    ChunkReceived,
    RequestSent,
    SessionReady,
    StreamEnded,
)
from inspector.trace.river import River
from inspector.wire import jsontext

NAME = "sse-mcp-inspector"
MAX_SESSIONS = 1_000


def write_har(river: River, out: BinaryIO, redactor: Redactor | None = None, extent: Extent = EVERYTHING) -> int:
    """Write an archive of the exchanges of which `extent` holds anything, whole; returns how many entries it has."""
    with Parts() as parts:
        writer = _Writer(parts, redactor)
        try:
            for block in river.blocks():
                for event in block:
                    if event.stream is None or extent.holds_exchange(event.stream):
                        writer.take(event)
                    else:
                        writer.learn(event)
            writer.finish()
        finally:
            writer.close()
        out.write(b'{"log":{"version":"1.2","creator":%s,"entries":[\n' % jsontext.dumps(_creator()))
        parts.write(out, b",\n")
        out.write(b'\n],"pages":%s,"_mcp":%s}}\n' % (jsontext.dumps(writer.pages()), jsontext.dumps(writer.sessions)))
        return len(parts)


def _creator() -> dict[str, str]:
    try:
        return {"name": NAME, "version": version(NAME)}
    except PackageNotFoundError:  # run from its source
        return {"name": NAME, "version": "0"}


class _Writer:
    """Hands each event to the entry of its exchange."""

    def __init__(self, parts: Parts, redactor: Redactor | None) -> None:
        self.sessions: list[dict[str, Any]] = []
        self._parts = parts
        self._redactor = redactor
        self._open: dict[int, Entry] = {}
        self._pages: dict[int, dict[str, Any]] = {}
        self._now_ns = 0

    def take(self, event: AnyEvent) -> None:
        self._now_ns = event.monotonic_ns
        # Chunks are masked behind their content coding, by the entry itself.
        shown = event if self._redactor is None or isinstance(event, ChunkReceived) else self._redactor.event(event)
        if isinstance(shown, RequestSent) and shown.stream is not None:
            self._close(shown.stream)  # a redirect goes on under the same number
            mask = self._redactor.stream() if self._redactor else None
            self._open[shown.stream] = Entry(shown, mask)
            self._note_page(shown)
        elif isinstance(shown, SessionReady):
            self._note_session(shown)
        elif isinstance(shown, AttemptMade):
            self._note_attempt(shown)
        elif shown.stream in self._open:
            self._open[shown.stream].take(shown)
            if isinstance(shown, StreamEnded):
                self._close(shown.stream)

    def learn(self, event: AnyEvent) -> None:
        """An event that is left out: it may tell of secrets."""
        if self._redactor is not None and not isinstance(event, ChunkReceived):
            self._redactor.event(event)

    def finish(self) -> None:
        """What is still open is written as far as it came."""
        for stream in list(self._open):
            self._close(stream)

    def close(self) -> None:
        """Let go of what is still open."""
        for entry in self._open.values():
            entry.close()

    def pages(self) -> list[dict[str, Any]]:
        return list(self._pages.values())

    def _close(self, stream: int) -> None:
        entry = self._open.pop(stream, None)
        if entry is not None:
            self._parts.add(entry.n, entry.finish(self._now_ns))

    def _note_page(self, event: RequestSent) -> None:
        if event.connection not in self._pages and len(self._pages) < MAX_SESSIONS:
            self._pages[event.connection] = {
                "startedDateTime": iso(event.at),
                "id": f"connection_{event.connection}",
                "title": event.url,
                "pageTimings": {"onContentLoad": -1, "onLoad": -1},
            }

    def _note_session(self, event: SessionReady) -> None:
        facts = {
            "connection": event.connection,
            "transport": event.transport,
            "protocolVersion": event.protocol_version,
            "server": {"name": event.server_name, "version": event.server_version},
            "sessionId": event.session_id,
            "capabilities": list(event.capabilities),
            "handshake_ms": event.handshake_ms,
        }
        if len(self.sessions) < MAX_SESSIONS:
            self.sessions.append(facts)

    def _note_attempt(self, event: AttemptMade) -> None:
        page = self._pages.get(event.connection)
        if page is not None and event.succeeded:
            page["_transport"] = event.transport
