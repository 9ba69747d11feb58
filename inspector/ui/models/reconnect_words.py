"""What the reconnects pane says in words. No Qt."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from inspector.exports.availability_text import share, storm_words
from inspector.record.text import duration, plain
from inspector.stats.availability import AvailabilityReport
from inspector.stats.drops import Blame
from inspector.stats.reconnects import ReconnectSummary
from inspector.trace.events import ConnectionState
from inspector.ui.models.table_model import NOTHING

FACTS = (
    "State",
    "Up",
    "Last event id",
    "Server asks for",
    "Availability",
    "Drops",
    "Up between drops",
    "Worst silence",
    "Downtime",
    "Downtime of a drop",
    "Reconnects",
    "Attempts",
)
HINTS = {
    "Availability": "The time up by the time up and down; down is from losing the connection until it is open again",
    "Drops": "What the session had to recover from; never what you did",
    "Up between drops": "The mean: the time up by the number of drops",
    "Worst silence": "The longest time without a byte on a stream that listens",
    "Reconnects": "How often the connection came back",
    "Attempts": "To get the connection back; the table has those for one of its streams, too",
    "Downtime of a drop": "The mean, from the loss until what was lost was back: the connection, or one of its streams",
}
STATES = {
    ConnectionState.IDLE: ("○", "muted"),
    ConnectionState.CONNECTING: ("◌", "note"),
    ConnectionState.WAITING_FOR_HEADERS: ("◌", "note"),
    ConnectionState.OPEN: ("●", "good"),
    ConnectionState.RECONNECTING: ("↻", "warn"),
    ConnectionState.CLOSED: ("■", "muted"),
}
BLAMES = {Blame.PEER: "server or network", Blame.US: "laboratory", Blame.SLEEP: "this machine slept"}
BY_US, BY_SLEEP = "dropped by us (laboratory)", "this machine slept"
_STORM_FIX = "Look into the server's log why its streams end so soon."


def facts(now: ReconnectSummary, report: AvailabilityReport) -> tuple[str, ...]:
    """The texts of `FACTS`."""
    return (
        f"{STATES[now.state][0]} {now.state}",
        _up(now),
        NOTHING if now.last_event_id is None else plain(now.last_event_id, 24) or "(empty)",
        NOTHING if now.asked_ms is None else duration(now.asked_ms),
        share(report.uptime_share),
        _drops(report),
        _span_or_nothing(report.mean_time_between_drops_ms),
        _span_or_nothing(report.worst_silence_ms),
        _down(now),
        _mean_and_longest(report),
        f"{now.reconnects:,}",
        f"{now.attempts:,}",
    )


def causes(report: AvailabilityReport) -> list[tuple[str, int, str]]:
    """Each cause with how many drops it made and the deepest words on them; what blames nobody comes last."""
    words = {cause: Counter[str]() for cause, _ in report.drops_by_cause}
    for drop in report.drops_listed:
        if drop.words and drop.blame is Blame.PEER and drop.cause in words:
            words[drop.cause][drop.words] += 1
    found = [(cause, count, _listed(words[cause])) for cause, count in report.drops_by_cause]
    own = ((BY_US, report.drops_by_us), (BY_SLEEP, report.drops_by_sleep))
    return [*found, *((cause, count, "") for cause, count in own if count)]


def alarm(report: AvailabilityReport) -> tuple[str, bool]:
    """What there is to say of storms, and whether one is going on; empty if there was none."""
    if report.storm_now is not None:
        return f"▲ Reconnect storm: {storm_words(report.storm_now, is_going=True)}. {_STORM_FIX}", True
    if report.storms:
        return f"△ A reconnect storm is over: {storm_words(report.storms[-1], is_going=False)}.", False
    return "", False


def clock(at: float) -> str:
    """A time of day to the microsecond, or the number itself where no calendar has it (a damaged recording)."""
    try:
        return datetime.fromtimestamp(at, tz=UTC).astimezone().strftime("%H:%M:%S.%f")
    except (OverflowError, OSError, ValueError):
        return str(at)


def span(ms: float) -> str:
    """A duration that is read while it runs: tenths of a second are enough."""
    return f"{ms / 1e3:.1f} s" if ms < 60_000 else duration(ms)


def _listed(words: Counter[str]) -> str:
    return ", ".join(f"{count:,} × {word}" for word, count in words.most_common(5))


def _drops(report: AvailabilityReport) -> str:
    apart = report.drops_by_us + report.drops_by_sleep
    return f"{report.drops:,}, {apart:,} not counted" if apart else f"{report.drops:,}"


def _up(now: ReconnectSummary) -> str:
    if now.open_ms is None or now.open_ms == now.uptime_ms:
        return span(now.uptime_ms)
    return f"{span(now.open_ms)}, {span(now.uptime_ms)} in all"


def _down(now: ReconnectSummary) -> str:
    if now.down_ms is not None:
        return f"{span(now.down_ms)} now, {span(now.downtime_ms)} in all"
    if now.last_downtime_ms is not None and now.last_downtime_ms != now.downtime_ms:
        return f"{span(now.downtime_ms)}, last {span(now.last_downtime_ms)}"
    return span(now.downtime_ms)


def _span_or_nothing(ms: float | None) -> str:
    return NOTHING if ms is None else span(ms)


def _mean_and_longest(report: AvailabilityReport) -> str:
    mean_ms, longest_ms = report.mean_downtime_ms, report.longest_downtime_ms
    if mean_ms is None or longest_ms is None:
        return NOTHING
    return span(mean_ms) if mean_ms == longest_ms else f"{span(mean_ms)}, longest {span(longest_ms)}"
