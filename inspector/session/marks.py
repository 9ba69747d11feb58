"""When one HTTP exchange came how far, and on which socket, as the HTTP library tells it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any

from inspector.session.tcp_socket import Socket


def _tell_nobody() -> None:
    """Nobody listens."""


@dataclass(slots=True)
class Marks:
    """Times of one exchange from httpx's trace extension; nanoseconds of the monotonic clock, 0 where not reached.

    `socket` is the one that the request is written to; `network_stream` the one that was opened for it, if any.
    """

    is_aside: bool = False
    is_delayed: bool = False
    socket: Socket | None = None
    sent_ns: int = 0
    written_ns: int = 0
    tcp_started_ns: int = 0
    tcp_done_ns: int = 0
    tls_started_ns: int = 0
    tls_done_ns: int = 0
    network_stream: Any = None
    response: Any = None
    on_connected: Callable[[], None] = field(default=_tell_nobody)
    on_sending: Callable[[], None] = field(default=_tell_nobody)
    on_waiting: Callable[[], None] = field(default=_tell_nobody)

    def let_go(self) -> None:
        """Forget all but the times.

        Qt's loop keeps a timer that was cancelled until it would have been due, with the context in which it was set:
        for half a minute after a request was written, that would be all that its exchange ever held.
        """
        self.network_stream = self.response = None
        self.on_connected = self.on_sending = self.on_waiting = _tell_nobody

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        match name:
            case "connection.connect_tcp.started":
                self.tcp_started_ns = perf_counter_ns()
            case "connection.connect_tcp.complete":
                self.tcp_done_ns = perf_counter_ns()
                self.network_stream = info.get("return_value")
            case "connection.start_tls.started":
                self.tls_started_ns = perf_counter_ns()
            case "connection.start_tls.complete":
                self.tls_done_ns = perf_counter_ns()
                self.network_stream = info.get("return_value")
            case "http11.send_request_headers.started" | "http2.send_request_headers.started":
                if self.tcp_done_ns:
                    self.on_connected()
                self.on_sending()
            case "http11.send_request_body.complete" | "http2.send_request_body.complete":
                self.written_ns = perf_counter_ns()
            case "http11.receive_response_headers.started" | "http2.receive_response_headers.started":
                self.on_waiting()

    @property
    def connect_ms(self) -> float:
        return (self.tcp_done_ns - self.tcp_started_ns) / 1e6

    @property
    def resolve_ms(self) -> float | None:
        return self.network_stream.resolve_ms if isinstance(self.network_stream, Socket) else None

    @property
    def socket_number(self) -> int:
        return self.network_stream.number if isinstance(self.network_stream, Socket) else 0

    @property
    def written_ms(self) -> float | None:
        """How long after the beginning the request had been written in full."""
        return (self.written_ns - self.sent_ns) / 1e6 if self.written_ns else None

    @property
    def tls_ms(self) -> float | None:
        return (self.tls_done_ns - self.tls_started_ns) / 1e6 if self.tls_done_ns else None

    @property
    def is_in_tls(self) -> bool:
        """TLS was begun and did not come to its end."""
        return bool(self.tls_started_ns and not self.tls_done_ns)

    def peer(self) -> str:
        address = self.network_stream and self.network_stream.get_extra_info("server_addr")
        if not address:
            return ""
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        return f"{host}:{address[1]}"

    def tls_version(self) -> str | None:
        tls = self.network_stream and self.network_stream.get_extra_info("ssl_object")
        return tls.version() if tls else None

    def tls_expires_at(self) -> float | None:
        """When the certificate of the server expires; unknown where nobody checks it, or the system does."""
        tls = self.network_stream and self.network_stream.get_extra_info("ssl_object")
        certificate = tls.getpeercert() if tls else None
        try:
            return float(ssl.cert_time_to_seconds(certificate["notAfter"])) if certificate else None
        except (KeyError, ValueError):
            return None
