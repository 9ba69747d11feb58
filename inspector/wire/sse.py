"""Bytes to event-stream blocks, after the WHATWG HTML standard, section 9.2.6, to the letter.

`SseParser` does no IO and reads no clock. It gives the same items for any chunking of the bytes, keeps every byte it
interpreted, says where it stood in the stream, and raises on nothing that a peer can send.

Two routes lead to a `Frame`: blocks of the everyday shapes are cut out of a chunk a hundred at a time; all else goes
line by line. The second route alone is complete, and the tests hold the first one against it.
"""

from __future__ import annotations

import re
from sys import intern

from inspector.wire.block import BOM, CR, CRLF, LF, Block, Comment, Frame, is_utf8

__all__ = ["Comment", "Frame", "SseParser", "decode_frame"]

MAX_HEADS = 64
MAX_HEAD_BYTES = 256
_NEWLINE, _RETURN, _COLON = b"\n\r:"
_HEAD = re.compile(rb"(?:id: ?([^\0\r\n]*)\r?\n|event: ?([^\r\n]*)\r?\n)*+")
_ID_LINE = re.compile(rb"id: [\x20-\x7e]*\r?\n").fullmatch
_LONE_CR = re.compile(rb"\r(?!\n)")
_LONE_LF = re.compile(rb"\n(?<!\r\n)")
# A pattern finds two bytes more than twice as fast as `bytes.split` does.
_BLANK = {line_end: re.compile(line_end * 2) for line_end in (b"\n", b"\r\n")}


class SseParser:
    """Reads one stream: `feed` it bytes in any portions, then `finish`.

    A block longer than `limit_bytes` is cut there and the rest of it thrown away, so memory stays bounded. `offset` is
    where in the stream the first byte stands.
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
        self._known_heads: dict[bytes, tuple[str, str | None]] = {b"": ("message", None)}

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
            blocks = _BLANK[line_end].split(chunk)
            chunk = blocks.pop()
            self._feed_blocks(blocks, line_end, items)
        self._feed_lines(chunk, items)
        return items

    def finish(self) -> Frame | None:
        """The stream has ended: what it left unfinished (`pending`), which an EventSource drops, or None."""
        block = self._block
        if block is None or not self.pending_bytes:
            return None
        if self._after_cr and not block.is_truncated:
            block.line_ends |= CR
        block.forget_told()
        if not block.is_truncated and block.line_start < len(block.raw):
            block.read_cut_line()
        return block.frame(self.last_event_id, complete=False)

    def _line_end_of(self, chunk: bytes) -> bytes:
        """The one line end of a chunk; nothing if it has none, has several, or the limit or a BOM need care."""
        if (
            len(chunk) > self._limit_bytes
            or (self._position == 0 and chunk.startswith(BOM[:1]))
            or _NEWLINE not in chunk
        ):
            return b""
        if _RETURN not in chunk:
            return b"\n"
        return b"" if _LONE_CR.search(chunk) or _LONE_LF.search(chunk) else b"\r\n"

    def _feed_blocks(self, blocks: list[bytes], line_end: bytes, items: list[Frame | Comment]) -> None:
        """Take blocks, cut off before their blank line; those of an odd shape go by line."""
        blank = line_end * 2
        line_ends = (line_end.decode(),)
        id_end = -len(line_end)
        known = self._known_heads.get
        for block in blocks:
            head, found, value = block.partition(b"data:")
            fields: tuple[str, str | None] | None = None
            if found and _NEWLINE not in value:
                if _ID_LINE(head):  # most heads differ in the id alone
                    fields = "message", head[4:id_end].decode()
                else:
                    fields = known(head) or self._read_head(head, id_end)
            if fields:
                try:
                    data = value.decode().removeprefix(" ")
                except UnicodeDecodeError:
                    self._feed_lines(block + blank, items)
                    continue
                event, event_id = fields
                if event_id is not None:
                    self.last_event_id = event_id
                raw = block + blank
                items.append(Frame(raw, self._position, event, data, event_id, self.last_event_id, line_ends))
                self._position += len(raw)
            elif block.startswith(b":") and _NEWLINE not in block:
                items.append(Comment(block[1:].decode("utf-8", "replace"), self._position, block + line_end))
                self._position += len(block) + len(blank)
            else:
                self._feed_lines(block + blank, items)

    def _read_head(self, head: bytes, id_end: int) -> tuple[str, str | None] | None:
        """Event type and id, if there are no other lines than these two before the data."""
        if not (head.isascii() or is_utf8(head)):
            return None
        rest = b""
        if head[:4] == b"id: ":  # the ids all differ, but what follows them is soon known
            cut = head.find(_NEWLINE) + 1
            rest = head[cut:]
            known = self._known_heads.get(rest)
            if known and 0 not in head:
                return known[0], head[4 : cut + id_end].decode()
        match = _HEAD.fullmatch(head)
        if match is None:
            return None
        event_id, event = match.groups()
        fields = (intern((event or b"message").decode()), None if event_id is None else event_id.decode())
        if event_id is None:
            self._learn(head, fields[0])
        elif rest and b"id" not in rest:
            self._learn(rest, fields[0])
        return fields

    def _learn(self, head: bytes, event: str) -> None:
        """Many blocks share a head without an id."""
        if len(head) <= MAX_HEAD_BYTES and len(self._known_heads) < MAX_HEADS:
            self._known_heads[head] = event, None

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
                is_whole = block.line_start == len(block.raw)
                block.raw += line
                if line[-1] in b"\r\n":
                    end = -2 if line.endswith(b"\r\n") else -1
                    text = line[:end] if is_whole else bytes(memoryview(block.raw)[block.line_start : end])
                    self._end_line(block, text, items)
            else:
                self._feed_lines(line[:room], items)
                rest = self._settle_cr(line[room:])
                if rest:
                    block.truncate()
                    self._feed_lines(rest, items)

    def _end_line(self, block: Block, line: bytes, items: list[Frame | Comment]) -> None:
        """The line is all here; `block.raw` holds it with its end."""
        raw = block.raw
        line = block.strip_bom(line)
        start, block.line_start = block.line_start, len(raw)
        self._after_cr = raw[-1] == _RETURN
        if not line:
            self._end_block(block, items)
            return
        if not self._after_cr:
            block.line_ends |= CRLF if raw[-2] == _RETURN else LF
        if line[0] == _COLON:
            block.comments += 1
            items.append(Comment(line[1:].decode("utf-8", "replace"), block.offset + start, bytes(raw[start:])))
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
        has_lf = chunk.startswith(b"\n")
        self._position += has_lf
        block = self._block
        if block and not block.is_truncated:
            block.line_ends |= CRLF if has_lf else CR
            if has_lf and len(block.raw) == self._limit_bytes:
                block.truncate()
            elif has_lf:
                block.raw += b"\n"
                block.line_start += 1
        return chunk[has_lf:]


def decode_frame(raw: bytes, offset: int = 0) -> Frame | None:
    """Read the bytes of one block again; None if they hold nothing but comments and blank lines."""
    parser = SseParser(limit_bytes=len(raw), offset=offset)
    for item in parser.feed(raw):
        if isinstance(item, Frame):
            return item
    return parser.finish()
