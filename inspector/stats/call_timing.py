"""Where the time of one call went: what is measured while it runs, and how that is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.stats.percentiles import NOTHING, Distribution
from inspector.stats.samples import Samples
from inspector.trace.events import Connected, FrameReceived, HeadersReceived, Message, RequestId, ToolStep
from inspector.trace.stamps import written_at
from inspector.wire.server_timing import metrics, server_ms

IN_FLIGHT, ANSWERED, ERROR = "in flight", "answered", "error"
"""What `CallTiming.outcome` is, beside the values of `Outcome`; a failed tool is an error too."""
MAX_CALL_GAPS = 2_048
"""So many of the newest gaps of one call are kept one by one."""
MAX_STAMP_TRIES = 4
"""In how many events of a call a first stamp is looked for, so that a flood without stamps costs nothing."""
_MAX_MS = 1e12
_NO_ANSWERS = frozenset({202, 301, 302, 303, 307, 308})
"""What is behind such a status is not the answer."""

Block = Message | ToolStep | FrameReceived


@dataclass(frozen=True, slots=True)
class CallTiming:
    """One call, taken apart; what was not measured, or did not happen, is None.

    `resolve_ms`, `connect_ms` (TCP alone) and `tls_ms` are how long these took, None on a socket that was there
    already. What follows is counted from the moment the call was made: the request was written in full (`sent_ms`),
    the headers came, the first byte behind them, the first event or comment, the first progress, the answer
    (`total_ms`).

    `resumed` counts the requests that asked to go on with a stream of the call that was cut. `socket` numbers the
    sockets of a connection: calls with the same number shared it. `server_ms` is what the server says of its own time,
    in `Server-Timing` or by two stamps, as `server_source` tells; `network_ms` is the rest: of the time until the
    headers for `Server-Timing`, of the whole time for stamps. `one_way_ms` is raw: when the first event with a stamp
    came by our clock, minus that stamp by the server's (`clock_offset` knows how far these are apart).
    """

    request_n: int
    at: float
    sent_ns: int
    key: str
    connection: int
    stream: int | None
    socket: int | None
    http_version: str | None
    is_reused: bool | None
    outcome: str
    resumed: int
    resolve_ms: float | None
    connect_ms: float | None
    tls_ms: float | None
    sent_ms: float | None
    headers_ms: float | None
    first_byte_ms: float | None
    first_event_ms: float | None
    first_progress_ms: float | None
    gaps: Distribution
    last_event_to_end_ms: float | None
    total_ms: float | None
    server_ms: float | None
    server_source: str
    network_ms: float | None
    one_way_ms: float | None
    settled_ns: int | None


@dataclass(slots=True, eq=False)
class Call:
    """A request of ours on its way, and what is known of it so far."""

    request_n: int
    at: float
    sent_ns: int
    key: str
    connection: int
    stream: int | None
    id: tuple[int, RequestId] | None = None
    status: int | None = None
    socket: int | None = None
    http_version: str | None = None
    is_reused: bool | None = None
    outcome: str = IN_FLIGHT
    resumed: int = 0
    open_streams: int = 0
    resolve_ms: float | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    sent_ms: float | None = None
    headers_ms: float | None = None
    first_byte_ms: float | None = None
    first_event_ms: float | None = None
    first_progress_ms: float | None = None
    last_event_ns: int | None = None
    last_event_stream: int | None = None
    last_event_id: str | None = None
    cut_id: str | None = None
    last_event_to_end_ms: float | None = None
    total_ms: float | None = None
    server_ms: float | None = None
    server_source: str = ""
    network_ms: float | None = None
    one_way_ms: float | None = None
    settled_ns: int | None = None
    is_closed: bool = False
    _gaps: Samples | None = None
    _gaps_told: Distribution = NOTHING
    _tries: int = 0
    _first_stamp: float | None = None
    _last_block: Block | None = None
    _block_before: Block | None = None

    def since_sent_ms(self, monotonic_ns: int) -> float:
        """How long after the call was made something happened."""
        return max(0, monotonic_ns - self.sent_ns) / 1e6

    def sent_again(self, stream: int) -> None:
        """After a sign-in, or in a new session: what the first exchange was like says nothing of the second."""
        self.stream = stream
        self.status = self.socket = self.http_version = self.is_reused = None
        self.resolve_ms = self.connect_ms = self.tls_ms = self.sent_ms = self.headers_ms = self.first_byte_ms = None
        self.server_ms, self.server_source = None, ""

    def carried_by(self, connected: Connected) -> None:
        """A socket was opened for it."""
        self.socket = connected.socket or None
        self.resolve_ms = None if connected.resolve_ms is None else sane_ms(connected.resolve_ms)
        self.connect_ms = max(0.0, sane_ms(connected.connect_ms) - (self.resolve_ms or 0.0))
        self.tls_ms = None if connected.tls_ms is None else sane_ms(connected.tls_ms)

    def answered_by(self, headers: HeadersReceived) -> None:
        """The headers of the exchange that carries the call came."""
        self.status = headers.status
        self.http_version = headers.http_version
        self.is_reused = self.connect_ms is None
        self.socket = headers.socket or self.socket
        self.headers_ms = self.since_sent_ms(headers.monotonic_ns)
        # of the library's own clock: from the begin of the exchange, which is a little after the call was made
        begun_ms = max(0.0, self.headers_ms - sane_ms(headers.ttfb_ms))
        if headers.sent_ms is not None:
            self.sent_ms = begun_ms + sane_ms(headers.sent_ms)
        said = server_ms(metrics(headers.headers))
        if said is not None:
            self.server_ms, self.server_source = said, "Server-Timing"
            self.network_ms = self.headers_ms - said if said <= self.headers_ms else None

    @property
    def awaits_bytes(self) -> bool:
        """Whether the next bytes of its exchange are the first of the answer, and not of an acceptance or redirect."""
        return self.first_byte_ms is None and self.status is not None and self.status not in _NO_ANSWERS

    def add_gap(self, at_ns: int, gap_ms: float, count: int = 1, n: int = 0) -> None:
        if self._gaps is None:
            self._gaps = Samples(MAX_CALL_GAPS)
        self._gaps.add(at_ns, gap_ms, count, n)

    def look_for_stamp(self, blocks: Sequence[Block]) -> None:
        """The first and the last time that the server names in events of this call are on its own clock."""
        self._block_before = blocks[-2] if len(blocks) > 1 else self._last_block
        self._last_block = blocks[-1]
        if self._first_stamp is not None:
            return
        for block in blocks[: MAX_STAMP_TRIES - self._tries]:
            self._tries += 1
            self._first_stamp = written_at(block)
            if self._first_stamp is not None:
                self.one_way_ms = (block.at - self._first_stamp) * 1e3
                return

    def settle(self, monotonic_ns: int, outcome: str, total_ms: float, answer: Message | ToolStep | None) -> None:
        """The call is over, by `answer` if there is one."""
        self.settled_ns, self.outcome, self.total_ms = monotonic_ns, outcome, sane_ms(total_ms)
        if answer is not None and answer is not self._last_block:  # it need not have come as an event
            self.look_for_stamp((answer,))
        blocks = self._last_block, self._block_before
        self._last_block = self._block_before = None
        if self.server_ms is None and self._first_stamp is not None:
            stamps = (written_at(block) for block in blocks if block is not None)
            last_stamp = next((stamp for stamp in stamps if stamp is not None), self._first_stamp)
            self._share_by_stamps((last_stamp - self._first_stamp) * 1e3)

    def _share_by_stamps(self, worked_ms: float) -> None:
        """Two stamps of one clock tell how long the server worked at least."""
        if 0 < worked_ms <= (self.total_ms or 0.0):
            self.server_ms, self.server_source = worked_ms, "stamps"
            self.network_ms = (self.total_ms or 0.0) - worked_ms

    def close(self) -> None:
        """Nothing will come any more: what the gaps were like is enough."""
        self.is_closed = True
        if self._gaps is not None:
            self._gaps_told, self._gaps = self._gaps.distribution(), None

    def timing(self) -> CallTiming:
        """What is known so far."""
        return CallTiming(
            request_n=self.request_n,
            at=self.at,
            sent_ns=self.sent_ns,
            key=self.key,
            connection=self.connection,
            stream=self.stream,
            socket=self.socket,
            http_version=self.http_version,
            is_reused=self.is_reused,
            outcome=self.outcome,
            resumed=self.resumed,
            resolve_ms=self.resolve_ms,
            connect_ms=self.connect_ms,
            tls_ms=self.tls_ms,
            sent_ms=self.sent_ms,
            headers_ms=self.headers_ms,
            first_byte_ms=self.first_byte_ms,
            first_event_ms=self.first_event_ms,
            first_progress_ms=self.first_progress_ms,
            gaps=self._gaps_told if self._gaps is None else self._gaps.distribution(),
            last_event_to_end_ms=self.last_event_to_end_ms,
            total_ms=self.total_ms,
            server_ms=self.server_ms,
            server_source=self.server_source,
            network_ms=self.network_ms,
            one_way_ms=self.one_way_ms,
            settled_ns=self.settled_ns,
        )


def sane_ms(value_ms: float) -> float:
    """A duration out of a recording, which may hold anything."""
    return min(value_ms, _MAX_MS) if value_ms > 0 else 0.0
