"""One block of an event stream: what it is when finished, and what it is while it comes in (WHATWG HTML 9.2.6)."""

from __future__ import annotations

import codecs
from sys import intern
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import httpx_sse

BOM = codecs.BOM_UTF8
FIELDS = (b"data", b"event", b"id", b"retry")
MAX_RETRY_MS = 10**12
"""A longer `retry:` is read as this one; Python would refuse to read a number of over 4300 digits at all."""
MAX_UNKNOWN_LINES = 32
MAX_UNKNOWN_LINE_BYTES = 256
LF, CRLF, CR = 1, 2, 4
"""The kinds of line end, as bits."""
_KINDS = tuple(
    tuple(text for kind, text in ((LF, "\n"), (CRLF, "\r\n"), (CR, "\r")) if kinds & kind) for kinds in range(8)
)


class Comment(msgspec.Struct, frozen=True, gc=False):
    """A comment line: `text` is all behind the colon, `offset` where `raw` (with its line end) began in the stream."""

    text: str
    offset: int
    raw: bytes


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One block of the stream: all since the previous blank line, up to and with its own.

    `raw` holds these bytes as received and `offset` their place in the stream; only the LF of a CRLF that was torn
    between two chunks behind a finished block belongs to no block. `data` is the joined data lines, `id` the id field
    of this very block, `last_event_id` what is in force after it. `dispatched` says whether an EventSource would see an
    event. `complete` is False for what the end of the stream cut off; `truncated` blocks exceeded the parser's limit.
    `unknown_lines` are the first 32 lines that are no field, each cut at 256 bytes. `line_ends` are the kinds seen
    before the blank line, whose own CR may yet be half of a CRLF when the block is handed out.
    """

    raw: bytes
    offset: int
    event: str = "message"
    data: str = ""
    id: str | None = None
    last_event_id: str = ""
    line_ends: tuple[str, ...] = ("\n",)
    retry_ms: int | None = None
    dispatched: bool = True
    complete: bool = True
    truncated: bool = False
    data_lines: int = 1
    unknown_lines: tuple[bytes, ...] = ()
    bom: bool = False
    comments: int = 0
    invalid_utf8: bool = False

    @property
    def sse(self) -> httpx_sse.ServerSentEvent:
        """The event in the type that clients built on httpx-sse handle."""
        import httpx_sse  # noqa: PLC0415 - it brings httpx along, which the window does not wait for

        return httpx_sse.ServerSentEvent(self.event, self.data, self.last_event_id, self.retry_ms)


class Block:
    """What is known of a block that is still coming in."""

    event = b""
    data: bytes | bytearray = b""
    id: str | None = None
    retry_ms: int | None = None
    data_lines = 0
    comments = 0
    line_ends = 0
    line_start = 0
    has_fields = False
    has_bom = False
    is_truncated = False
    in_discarded_line = False

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.raw = bytearray()
        self.unknown_lines: list[bytes] = []

    @property
    def unread(self) -> int:
        """Where in `raw` begins what no item has told of yet: comments are told of at once, fields by the frame."""
        return 0 if self.has_fields or self.is_truncated else self.line_start

    def forget_told(self) -> None:
        """Let the block begin with what no item has told of."""
        unread = self.unread
        if unread:
            del self.raw[:unread]
            self.offset += unread
            self.line_start -= unread
            self.comments = self.line_ends = 0

    def strip_bom(self, line: bytes) -> bytes:
        """The newest line without the one byte order mark that a stream may begin with."""
        if self.offset + self.line_start == 0 and line.startswith(BOM):
            self.has_bom = True
            return line[len(BOM) :]
        return line

    def read_field(self, line: bytes) -> None:
        """Take one line that is neither blank nor a comment."""
        self.has_fields = True
        colon = line.find(b":")
        if colon < 0:
            name, value = line, b""
        else:  # lines can be long: no more than one copy
            name, value = line[:colon], line[colon + (2 if line[colon + 1 : colon + 2] == b" " else 1) :]
        if name == b"data":
            self._add_data(value)
        elif name == b"event":
            self.event = value
        elif name == b"id":
            if 0 not in value:
                self.id = value.decode("utf-8", "replace")
        elif name == b"retry":
            if value.isdigit():
                self.retry_ms = min(int(value.lstrip(b"0")[:13] or b"0"), MAX_RETRY_MS)
        elif len(self.unknown_lines) < MAX_UNKNOWN_LINES:
            self.unknown_lines.append(line[:MAX_UNKNOWN_LINE_BYTES])

    def _add_data(self, value: bytes) -> None:
        self.data_lines += 1
        if self.data_lines == 1:
            self.data = value
            return
        if self.data_lines == 2:
            self.data = bytearray(self.data)
        self.data += b"\n"
        self.data += value

    def read_cut_line(self) -> None:
        """Take what there is of a line that will not come whole: data is worth showing, half an id is a wrong id."""
        line = self.strip_bom(bytes(self.raw[self.line_start :]))
        name, colon, _ = line.partition(b":")
        if (colon and name == b"data") or not any(field.startswith(name) for field in FIELDS):
            self.read_field(line)

    def truncate(self) -> None:
        """Let go of all that follows."""
        if self.line_start < len(self.raw):
            self.in_discarded_line = True
            self.read_cut_line()
        self.is_truncated = True

    def frame(self, last_event_id: str, *, complete: bool = True) -> Frame:
        """The block as it stands now."""
        whole = complete and not self.is_truncated
        return Frame(
            raw=bytes(self.raw),
            offset=self.offset,
            event=intern(self.event.decode("utf-8", "replace") or "message"),  # msgspec knows defaults by identity
            data=_decode(self.data, whole=whole),
            id=self.id,
            last_event_id=last_event_id,
            line_ends=_KINDS[self.line_ends],
            retry_ms=self.retry_ms,
            dispatched=complete and self.data_lines > 0,
            complete=complete,
            truncated=self.is_truncated,
            data_lines=self.data_lines,
            unknown_lines=tuple(self.unknown_lines),
            bom=self.has_bom,
            comments=self.comments,
            invalid_utf8=not is_utf8(self.raw, whole=whole),
        )


def _decode(text: bytes | bytearray, *, whole: bool) -> str:
    """Text as a browser reads it: always UTF-8; a character that was cut in two at the end is left out."""
    if whole:
        return text.decode("utf-8", "replace")
    return codecs.getincrementaldecoder("utf-8")("replace").decode(text)


def is_utf8(text: bytes | bytearray, *, whole: bool = True) -> bool:
    """Whether it can be read as it stands; if it is not `whole`, its last character may be cut."""
    if text.isascii():
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(text, whole)
    except UnicodeDecodeError:
        return False
    return True
