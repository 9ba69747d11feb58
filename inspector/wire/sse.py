"""Bytes to event-stream blocks, after the WHATWG HTML standard, section 9.2.6, to the letter.

`SseParser` does no IO and reads no clock. It gives the same items for any chunking of the bytes, keeps every byte it
interpreted, says where it stood in the stream, and raises on nothing that a peer can send.

Two routes lead to a `Frame`: blocks of the everyday shapes are cut out of a chunk a hundred at a time; all else goes
line by line. The second route alone is complete, and the tests hold the first one against it.
"""

from __future__ import annotations

import re

from inspector.wire.block import BOM, CR, CRLF, LF, Block, Comment, Frame, is_utf8

__all__ = ["Comment", "Frame", "SseParser", "decode_frame"]

_EVENT_LINE = re.compile(rb"event: ?([^\r\n]{0,256})\r?\n")
_MAX_HEADS = 64


class SseParser:
    """Reads one stream: `feed` it bytes in any portions, then `finish`.

    A block longer than `limit_bytes` is cut there and the rest of it thrown away, so memory stays bounded.
    `offset` is where in the stream the first byte stands.
    `last_event_id` and `reconnection_time_ms` (None: the stream never set it) are what a reconnect has to use.
    """

    def __init__(self, limit_bytes: int = 64 * 1024 * 1024, *, offset: int = 0) -> None:
        self.last_event_id = ""
        self.reconnection_time_ms: int | None = None
        self.bytes_fed = 0
        self._limit_bytes = max(limit_bytes, 1)
        self._position = offset
        self._block: Block | None = None
        self._after_cr = False
        self._events_by_head = {b"": "message"}

    @property
    def pending(self) -> bytes:
        """What came behind the last complete item, up to the limit; a copy, `pending_bytes` costs nothing."""
        block = self._block
        return bytes(block.raw[block.unread :]) if block else b""

    @property
    def pending_bytes(self) -> int:
        """The length of `pending`."""
        block = self._block
        return len(block.raw) - block.unread if block else 0

    def feed(self, chunk: bytes) -> list[Frame | Comment]:
        """All items that these bytes complete, in the order of the stream."""
        items: list[Frame | Comment] = []
        self.bytes_fed += len(chunk)
        if self._after_cr and chunk:
            chunk = self._settle_cr(chunk)
        line_end = self._line_end_of(chunk)
        if line_end:
            blank = line_end * 2
            if self._block:
                head, found, chunk = chunk.partition(blank)
                self._feed_lines(head + found, items)
            blocks = chunk.split(blank)
            chunk = blocks.pop()
            self._feed_blocks(blocks, line_end, items)
        self._feed_lines(chunk, items)
        return items

    def finish(self) -> Frame | None:
        """The stream has ended: what it left unfinished, which an EventSource drops, or None."""
        block, self._block = self._block, None
        if block is None:
            return None
        if self._after_cr:
            block.line_ends |= CR
        if not block.is_truncated and block.line_start < len(block.raw):
            unread = block.unread
            block.read_cut_line()
            del block.raw[:unread]
            block.offset += unread
        elif not (block.has_fields or block.is_truncated):
            return None
        return block.frame(self.last_event_id, complete=False)

    def _line_end_of(self, chunk: bytes) -> bytes:
        """The one line end of a chunk; nothing if it has none, has several, or the limit or a BOM need care."""
        if len(chunk) > self._limit_bytes or (self._position == 0 and chunk.startswith(BOM[:1])):
            return b""
        if b"\r" not in chunk:
            return b"\n" if b"\n" in chunk else b""
        crlf = chunk.count(b"\r\n")
        return b"\r\n" if crlf == chunk.count(b"\n") == chunk.count(b"\r") else b""

    def _feed_blocks(self, blocks: list[bytes], line_end: bytes, items: list[Frame | Comment]) -> None:
        """Take blocks, cut off before their blank line: one data line behind an event line or none, or others."""
        blank = line_end * 2
        line_ends = (line_end.decode(),)
        event_of = self._events_by_head.get
        for block in blocks:
            head, found, value = block.partition(b"data:")
            event = event_of(head) or self._learn(head, line_end)
            if event and found and line_end not in value:
                try:
                    data = str(value, "utf-8")
                except UnicodeDecodeError:
                    self._feed_lines(block + blank, items)
                    continue
                raw = block + blank
                data = data.removeprefix(" ")
                items.append(Frame(raw, self._position, event, data, None, self.last_event_id, line_ends))
                self._position += len(raw)
            else:
                self._feed_lines(block + blank, items)

    def _learn(self, head: bytes, line_end: bytes) -> str | None:
        """The event type if this is one event line and no more; the next blocks will likely begin with it too."""
        match = _EVENT_LINE.fullmatch(head)
        if match is None or not head.endswith(line_end) or not is_utf8(head, whole=True):
            return None
        event = match[1].decode() or "message"
        if len(self._events_by_head) < _MAX_HEADS:
            self._events_by_head[head] = event
        return event

    def _feed_lines(self, data: bytes, items: list[Frame | Comment]) -> None:
        """Take any bytes, line by line (`bytes.splitlines` knows CR, LF and CRLF only)."""
        for line in data.splitlines(keepends=True):
            if self._after_cr:
                self._settle_cr(line)
            block = self._block
            if block is None:
                block = self._block = Block(self._position)
            room = self._limit_bytes - len(block.raw)
            if block.is_truncated:
                self._position += len(line)
                self._discard(block, line, items)
            elif len(line) <= room:
                self._position += len(line)
                block.raw += line
                if line.endswith((b"\n", b"\r")):
                    self._end_line(block, items)
            else:
                self._feed_lines(line[:room], items)
                rest = self._settle_cr(line[room:])
                if rest:
                    block.truncate()
                    self._feed_lines(rest, items)

    def _end_line(self, block: Block, items: list[Frame | Comment]) -> None:
        line = block.line()
        start, block.line_start = block.line_start, len(block.raw)
        self._after_cr = block.raw.endswith(b"\r")
        if not line:
            self._end_block(block, items)
            return
        if not self._after_cr:
            block.line_ends |= CRLF if block.raw.endswith(b"\r\n") else LF
        if line.startswith(b":"):
            block.comments += 1
            items.append(Comment(line[1:].decode("utf-8", "replace"), block.offset + start, bytes(block.raw[start:])))
            return
        block.read_field(line)
        if block.retry_ms is not None:
            self.reconnection_time_ms = block.retry_ms

    def _end_block(self, block: Block, items: list[Frame | Comment]) -> None:
        """A blank line: the id counts from here on, whether or not there is an event to dispatch."""
        self._block = None
        if block.id is not None:
            self.last_event_id = block.id
        if block.has_fields or block.is_truncated:
            items.append(block.frame(self.last_event_id))

    def _discard(self, block: Block, line: bytes, items: list[Frame | Comment]) -> None:
        """Behind the limit only a blank line counts."""
        self._after_cr = line.endswith(b"\r")
        if line.strip(b"\r\n"):
            block.in_discarded_line = not line.endswith((b"\n", b"\r"))
        elif block.in_discarded_line:
            block.in_discarded_line = False
        else:
            self._end_block(block, items)

    def _settle_cr(self, chunk: bytes) -> bytes:
        """A CR has ended a line at once; an LF right behind it is the rest of that line end, not a blank line."""
        if not self._after_cr:
            return chunk
        self._after_cr = False
        block = self._block
        if not chunk.startswith(b"\n"):
            if block:
                block.line_ends |= CR
            return chunk
        self._position += 1
        if block:
            block.line_ends |= CRLF
            if len(block.raw) < self._limit_bytes:
                block.raw += b"\n"
                block.line_start += 1
            else:
                block.truncate()
        return chunk[1:]


def decode_frame(raw: bytes, offset: int = 0) -> Frame | None:
    """Read the bytes of one block again; None if they hold nothing but comments and blank lines."""
    parser = SseParser(limit_bytes=len(raw), offset=offset)
    for item in parser.feed(raw):
        if isinstance(item, Frame):
            return item
    return parser.finish()
