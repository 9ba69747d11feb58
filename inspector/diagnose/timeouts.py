"""Whose timer was it? The timeouts of common intermediaries and clients, told apart by their length."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inspector.diagnose.stack import Product
from inspector.diagnose.thresholds import Thresholds

CADENCE = "a comment (`:` and an empty line) every 15 s"
"""What keeps a stream alive everywhere."""
MAX_NAMED = 4


class Timer(enum.Enum):
    """What starts a timer anew."""

    IDLE = enum.auto()
    """Every byte."""
    TOTAL = enum.auto()
    """Nothing: it runs from the request on."""
    FIRST_BYTE = enum.auto()
    """It runs until the answer begins."""


@dataclass(frozen=True, slots=True)
class Timeout:
    """One row of the table: after `seconds` of `timer`, `who` gives up; `setting` says how that is changed.

    `is_client` are the timers of other MCP clients: they predict what users will see, and cut no stream of ours. Of two
    readings of one timer only one is predicted.
    """

    seconds: float
    timer: Timer
    who: str
    setting: str
    product: Product | None = None
    is_client: bool = False
    is_predicted: bool = True


_IDLE, _TOTAL, _FIRST = Timer.IDLE, Timer.TOTAL, Timer.FIRST_BYTE

TABLE: tuple[Timeout, ...] = (
    Timeout(10, _TOTAL, "a Vercel function", "`maxDuration`", Product.VERCEL),
    Timeout(10, _TOTAL, "a Netlify function", "the function's time limit", Product.NETLIFY),
    Timeout(29, _TOTAL, "API Gateway (REST)", "`response_transfer_mode=STREAM`", Product.API_GATEWAY),
    Timeout(30, _TOTAL, "API Gateway (HTTP)", "a REST API in STREAM mode", Product.API_GATEWAY),
    Timeout(30, _IDLE, "CloudFront", "the origin response timeout (1 to 120 s)", Product.CLOUDFRONT),
    Timeout(30, _TOTAL, "a Google load balancer", "`timeoutSec` of the backend service", Product.GOOGLE),
    Timeout(30, _FIRST, "Heroku (H12)", "nothing but a first byte within 30 s", Product.HEROKU),
    Timeout(55, _IDLE, "Heroku", "nothing but a byte within 55 s", Product.HEROKU),
    Timeout(60, _IDLE, "nginx", "`proxy_read_timeout 1h;`", Product.NGINX),
    Timeout(60, _IDLE, "an AWS ALB", "`idle_timeout.timeout_seconds` (1 to 4000)", Product.AWS_ALB),
    Timeout(60, _TOTAL, "a Vercel function", "`maxDuration`", Product.VERCEL),
    Timeout(60, _TOTAL, "a request of a TypeScript client", "`timeout` of the client", is_client=True),
    Timeout(
        100, _IDLE, "Cloudflare (formerly)", "`proxy_read_timeout` (Enterprise)", Product.CLOUDFLARE, is_predicted=False
    ),
    Timeout(120, _IDLE, "Cloudflare", "`proxy_read_timeout` (Enterprise)", Product.CLOUDFLARE),
    Timeout(125.4, _IDLE, "Cloudflare", "`proxy_read_timeout` (Enterprise)", Product.CLOUDFLARE, is_predicted=False),
    Timeout(230, _IDLE, "Azure App Service", "nothing but a byte within 230 s", Product.AZURE),
    Timeout(240, _IDLE, "an Azure load balancer", "its idle timeout (4 to 100 min), with TCP reset on", Product.AZURE),
    Timeout(300, _IDLE, "Envoy", "`stream_idle_timeout`", Product.ENVOY),
    Timeout(300, _TOTAL, "Cloud Run", "`--timeout 3600`", Product.GOOGLE),
    Timeout(300, _TOTAL, "the edge of Railway", "no setting: resume after the end", Product.RAILWAY),
    Timeout(300, _TOTAL, "a Vercel function", "`maxDuration`", Product.VERCEL),
    Timeout(300, _IDLE, "Node clients such as Cursor and VS Code", "`bodyTimeout` of undici", is_client=True),
    Timeout(300, _IDLE, "clients on the Python SDK", "`sse_read_timeout`", is_client=True),
    Timeout(350, _IDLE, "an AWS NLB, without any sign", "`tcp.idle_timeout.seconds` (60 to 6000)"),
    Timeout(800, _TOTAL, "a Vercel function", "`maxDuration`", Product.VERCEL),
    Timeout(900, _IDLE, "Cloudflare, between it and the server", "no setting", Product.CLOUDFLARE, is_predicted=False),
    Timeout(900, _TOTAL, "API Gateway in STREAM mode", "no setting: resume after the end", Product.API_GATEWAY),
)


def tolerance_s(seconds: float, thresholds: Thresholds) -> float:
    """How far a measured time may lie from a timer of so many seconds."""
    most = seconds * thresholds.timer_tolerance_most
    return min(most, max(thresholds.timer_tolerance_s, seconds * thresholds.timer_tolerance_share))


def candidates(
    measured_s: float, timers: Iterable[Timer], products: Iterable[Product], thresholds: Thresholds
) -> list[Timeout]:
    """Whose timer may have run out on our stream: first what was recognised on the way, then the closest."""
    wanted, known = set(timers), set(products)
    close = [
        (row.product not in known, abs(measured_s - row.seconds * thresholds.scale), row)
        for row in TABLE
        if row.timer in wanted and not row.is_client and _is_close(measured_s, row, thresholds)
    ]
    return [row for _, _, row in sorted(close, key=lambda each: each[:2])]


def coming(
    silence_s: float, products: Iterable[Product], thresholds: Thresholds
) -> Iterator[tuple[float, list[Timeout]]]:
    """Who would still cut a stream that has been silent so long, by when; what was recognised comes first."""
    known = set(products)
    idle = [row for row in TABLE if row.timer is Timer.IDLE and row.is_predicted]
    later = [row for row in idle if row.seconds * thresholds.scale > silence_s]
    for seconds in sorted({row.seconds for row in later}):
        rows = [row for row in later if row.seconds == seconds]
        yield seconds * thresholds.scale, sorted(rows, key=lambda row: row.product not in known)


def in_words(rows: Sequence[Timeout]) -> str:
    """Candidates with their settings, in one sentence; empty if there are none."""
    if not rows:
        return ""
    named = [f"{row.who} ({row.setting})" for row in rows[:MAX_NAMED]]
    return f"That is the timer of {' or '.join(named)}."


def _is_close(measured_s: float, row: Timeout, thresholds: Thresholds) -> bool:
    seconds = row.seconds * thresholds.scale
    return abs(measured_s - seconds) <= tolerance_s(seconds, thresholds)
