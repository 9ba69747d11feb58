"""Response headers that come only with the first event."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from inspector.diagnose.rule import Watch
from inspector.diagnose.rules.delivery_tunnel import blame_tunnel, is_tunnel
from inspector.diagnose.topics import Topic
from inspector.trace.events import ChunkReceived, HeadersReceived, RequestSent, Severity, StreamEnded
from inspector.trace.stamps import date_of

if TYPE_CHECKING:
    from inspector.diagnose.context import Context
    from inspector.diagnose.exchange import Exchange
    from inspector.diagnose.finding import Grade

MAX_HOSTS = 64
MAX_LATE = 256
GATEWAY_STATUSES = frozenset({502, 504, 524})


class Withheld(Watch):
    """Measures the wait for headers, against other requests to the same host and against their own Date."""

    rules = ("headers-withheld-until-first-byte", "quick-tunnel-no-sse")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._prompt: OrderedDict[str, HeadersReceived] = OrderedDict()
        """By host, the latest answer that came soon."""
        self._lag_s: OrderedDict[str, float] = OrderedDict()
        """By host, how far our clock is ahead of its Date, by the answers that came soon."""
        self._late: OrderedDict[int, HeadersReceived] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.HTTP_REQUEST: self._on_request,
            Topic.HTTP_RESPONSE: self._on_response,
            Topic.END: self._on_end,
        }

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        return {Topic.CHUNK: self._on_chunks}

    def _on_request(self, event: RequestSent) -> None:
        if event.method == "GET" and event.stream is not None and _asks_for_events(event):
            look = partial(self._look_at_open, event)
            self.context.timers.after(event, self.thresholds.withheld_error_s, look)

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.request is None:
            return
        host = _host(exchange.request)
        if event.ttfb_ms / 1e3 < self.thresholds.prompt_s:
            self._note_prompt(event, host)
            if exchange.is_event_stream and exchange.method == "GET":
                self.over()
        elif event.ttfb_ms / 1e3 < self.thresholds.withheld_s or self._slept(exchange):
            return
        elif exchange.is_event_stream:
            self._late[exchange.stream] = event
            if len(self._late) > MAX_LATE:
                self._late.popitem(last=False)
        elif event.status in GATEWAY_STATUSES and exchange.method == "GET" and _asks_for_events(exchange.request):
            self._on_given_up(event, exchange)

    def _on_given_up(self, event: HeadersReceived, exchange: Exchange) -> None:
        if self._prompt_since(exchange) is not None:
            text = f"A stream was asked for; after {event.ttfb_ms / 1e3:.1f} s without headers a gateway gave up"
            self._tell(exchange, f"{text} ({event.status})", "proven", Severity.ERROR)

    def _note_prompt(self, event: HeadersReceived, host: str) -> None:
        self._prompt[host] = event
        self._prompt.move_to_end(host)
        date_s = date_of(event)
        if date_s is not None:
            self._lag_s[host] = min(event.at - date_s, self._lag_s.get(host, event.at - date_s))
        for known in (self._prompt, self._lag_s):
            if len(known) > MAX_HOSTS:
                known.popitem(last=False)

    def _on_chunks(self, events: list[ChunkReceived]) -> None:
        if not self._late:
            return
        for event in events:
            head = self._late.pop(event.stream or 0, None)
            if head is None:
                continue
            self.context.timers.move_to(event)
            if (event.monotonic_ns - head.monotonic_ns) / 1e6 < self.thresholds.withheld_width_ms:
                self._judge(head)

    def _on_end(self, event: StreamEnded) -> None:
        self._late.pop(event.stream or 0, None)

    def _judge(self, head: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(head.stream)
        if exchange is None or exchange.request is None:
            return
        waited_s = head.ttfb_ms / 1e3
        was_ready = self._was_ready(head, _host(exchange.request))
        if was_ready is False or (was_ready is None and self._prompt_since(exchange) is None):
            return  # the server itself took so long to answer
        text = f"The headers of a stream took {waited_s:.1f} s and came together with its first byte"
        if was_ready:
            text += "; by their Date they had been ready long before"
        # The one stream of a call says nothing before its first event; only what times out then suffers.
        is_long = waited_s >= self.thresholds.withheld_error_s
        severity = Severity.NOTE if exchange.method != "GET" else Severity.ERROR if is_long else Severity.WARN
        self._tell(exchange, text, "proven" if was_ready else "likely", severity)

    def _look_at_open(self, request: RequestSent) -> None:
        """No headers yet: what answers other requests meanwhile is no slow server."""
        exchange = self.context.exchanges.get(request.stream)
        if exchange is None or exchange.request is not request or exchange.response or not exchange.is_open:
            return
        if self._slept(exchange) or (self._prompt_since(exchange) is None and not is_tunnel(exchange)):
            return
        text = f"A stream was asked for {self.thresholds.withheld_error_s:.1f} s ago, and still there are no headers"
        self._tell(exchange, text, "likely", Severity.ERROR)

    def _tell(self, exchange: Exchange, text: str, grade: Grade, severity: Severity) -> None:
        prompt = self._prompt_since(exchange)
        evidence = exchange.evidence
        if prompt is not None:
            text += f", while another request was answered in {prompt.ttfb_ms:.0f} ms"
            evidence = (*evidence, prompt.n)
        self.found(f"{text}.", evidence, grade=grade, severity=severity)
        blame_tunnel(self, exchange, evidence)

    def _was_ready(self, head: HeadersReceived, host: str) -> bool | None:
        """Whether the headers were written long before they came, by their own Date; None if that cannot be told."""
        date_s, waited_s, step_s = date_of(head), head.ttfb_ms / 1e3, self.thresholds.date_step_s
        if date_s is None or waited_s < 2 * step_s:
            return None
        old_s = head.at - date_s - self._lag_s.get(host, 0.0)
        if self.thresholds.withheld_s + step_s <= old_s <= waited_s + 2 * step_s:
            return True
        # A proxy may put a Date of its own in the place of the server's.
        return False if old_s < waited_s / 2 and not self.context.stack.proxies else None

    def _prompt_since(self, exchange: Exchange) -> HeadersReceived | None:
        """Another answer of the same host that came soon, while we waited."""
        prompt = self._prompt.get(_host(exchange.request)) if exchange.request else None
        if prompt is None or prompt.stream == exchange.stream or prompt.monotonic_ns < exchange.sent_ns:
            return None
        return prompt

    def _slept(self, exchange: Exchange) -> bool:
        return self.context.timers.mistimed_since(exchange.sent_ns)


def _asks_for_events(request: RequestSent) -> bool:
    accept = next((value for name, value in request.headers if name.lower() == "accept"), "")
    return "text/event-stream" in accept.lower()


def _host(request: RequestSent) -> str:
    try:
        return urlsplit(request.url).netloc.lower()
    except ValueError:
        return ""
