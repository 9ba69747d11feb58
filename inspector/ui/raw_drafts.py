"""Raw requests as drafts: what is sent, what is to be said about it, what was sent before. No Qt, no network.

Everything a draft holds is sent as it stands; what is said about it (`remarks`) never stops it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from inspector.protocol.schema_words import brief
from inspector.trace.events import RequestSent
from inspector.trace.river import River
from inspector.ui.dialogs.header_text import problem
from inspector.ui.settings import Header
from inspector.wire import jsontext
from inspector.wire.http import HeaderList

METHODS = ("POST", "GET", "DELETE", "PUT")
BODILESS = ("GET", "DELETE", "HEAD", "OPTIONS")
KEPT_SENDS = 20
MAX_CHECKED_CHARS = 1_048_576
MAX_INSPECTED_CHARS = 65_536
"""Up to here also names that occur twice are looked for."""
MAX_SEARCHED_EVENTS = 100_000
MASK = "••••"
"""What stands for a secret in a recorded request."""
_NOT_COPIED = frozenset({"host", "content-length", "connection", "transfer-encoding"})
"""What belongs to one transmission and is added to each anew."""


@dataclass(frozen=True, slots=True)
class RawDraft:
    """One request as the user wrote it; headers that are off are kept for the next time."""

    method: str = "POST"
    url: str = ""
    headers: tuple[Header, ...] = ()
    body: str = ""

    @property
    def sent_headers(self) -> HeaderList:
        """Those that are on, in their order, the same name perhaps several times."""
        return tuple((header.name, header.value) for header in self.headers if header.on and header.name)

    @property
    def body_bytes(self) -> bytes:
        """The body in UTF-8; half a surrogate pair, which only a paste can bring, as it is in memory."""
        return self.body.encode("utf-8", "surrogatepass")

    @property
    def title(self) -> str:
        """The draft in a few words for a list: the message's method, or that of HTTP."""
        named = [str(said) for said in messages(self.body, "method", "tool")]
        more = f" and {len(named) - 1} more" if len(named) > 1 else ""
        return f"{self.method} {named[0]}{more}" if named else self.method


@dataclass(frozen=True, slots=True)
class Send:
    """A draft that was sent, and what came of it in a few words."""

    draft: RawDraft
    outcome: str = ""


class History:
    """The last sends, newest first."""

    def __init__(self) -> None:
        self._sends: deque[Send] = deque(maxlen=KEPT_SENDS)

    def __len__(self) -> int:
        return len(self._sends)

    def __getitem__(self, place: int) -> Send:
        return self._sends[place]

    def add(self, draft: RawDraft) -> None:
        """Remember a draft that is being sent."""
        self._sends.appendleft(Send(draft))

    def settle(self, outcome: str) -> None:
        """What came of the newest."""
        if self._sends:
            self._sends[0] = replace(self._sends[0], outcome=outcome)


def from_request(event: RequestSent) -> tuple[RawDraft, str]:
    """A recorded request as a draft; and a sentence about what the record does not hold: masked secrets."""
    headers = tuple(
        Header(name, value, on=MASK not in value) for name, value in event.headers if name.lower() not in _NOT_COPIED
    )
    masked = [header.name for header in headers if not header.on]
    body = event.body.decode("utf-8", "replace")
    if MASK in event.url:
        masked.append("a part of the URL")
    words = f"Masked in the record, so to be typed anew: {', '.join(masked)}." if masked else ""
    return RawDraft(event.method, event.url, headers, body), words


def last_request(river: River) -> RequestSent | None:
    """The newest HTTP request of the record, None if there is none among the last events."""
    for n in range(len(river) - 1, max(-1, len(river) - 1 - MAX_SEARCHED_EVENTS), -1):
        event = river[n]
        if isinstance(event, RequestSent):
            return event
    return None


def with_header(headers: Iterable[Header], name: str, value: str | None) -> tuple[Header, ...]:
    """The headers with one value changed or added; None switches it off."""
    rows = list(headers)
    places = [place for place, header in enumerate(rows) if header.name.lower() == name.lower()]
    for place in places:
        kept = rows[place].value if value is None else value
        rows[place] = Header(rows[place].name, kept, on=value is not None)
    if not places and value is not None:
        rows.append(Header(name, value))
    return tuple(rows)


def remarks(draft: RawDraft) -> list[str]:
    """What a server may stumble over, for information only: one sentence each."""
    headers = [sentence for header in draft.headers if header.on and (sentence := problem(header))]
    return [sentence for sentence in (_body_remark(draft), _method_remark(draft), *headers) if sentence]


def _method_remark(draft: RawDraft) -> str:
    """R40: the header says again what the body says."""
    sent = next((value for name, value in draft.sent_headers if name.lower() == "mcp-method"), None)
    meant = next(messages(draft.body, "method"), None)
    return "" if None in (sent, meant) or sent == meant else f"Mcp-Method says {sent}, the body {brief(meant)}."


def _body_remark(draft: RawDraft) -> str:
    if not draft.body:
        return "" if draft.method.upper() in BODILESS else "The body is empty."
    if len(draft.body) > MAX_CHECKED_CHARS:
        return "The body is too long to be checked while you type."
    parsed = jsontext.parse(draft.body)
    if parsed.error is not None:
        return f"No valid JSON at line {parsed.error.line}, column {parsed.error.column}: {parsed.error.text}."
    notes = jsontext.inspect(draft.body) if len(draft.body) <= MAX_INSPECTED_CHARS else parsed.notes
    return notes[0] if notes else ""


def messages(body: str, *keys: str) -> Iterator[Any]:
    """The first of `keys` that each message of the body has."""
    if not body or len(body) > MAX_CHECKED_CHARS:
        return
    value = jsontext.parse(body).value
    for message in value if isinstance(value, list) else [value]:
        if isinstance(message, dict):
            found = next((message[key] for key in keys if key in message), None)
            if found is not None:
                yield found
