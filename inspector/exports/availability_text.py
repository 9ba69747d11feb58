"""The availability of a session in words and for programs: for bug reports, and for the report of a soak."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.record.text import calendar, counted, duration, plain
from inspector.stats.availability import AvailabilityReport
from inspector.stats.storms import Storm

MAX_NAMED = 20
NOTHING = "–"


def as_json(report: AvailabilityReport) -> dict[str, Any]:
    """The report as a JSON object; what was not measured is null."""
    return {
        "uptime_share": report.uptime_share,
        "up_ms": report.up_ms,
        "down_ms": report.down_ms,
        "drops": report.drops,
        "drops_by_us": report.drops_by_us,
        "drops_by_sleep": report.drops_by_sleep,
        "polls": report.polls,
        "drops_by_cause": {str(cause): count for cause, count in report.drops_by_cause},
        "mean_time_between_drops_ms": report.mean_time_between_drops_ms,
        "mean_downtime_ms": report.mean_downtime_ms,
        "longest_downtime_ms": report.longest_downtime_ms,
        "worst_silence_ms": report.worst_silence_ms,
        "storms": len(report.storms),
        "storm_now": report.storm_now is not None,
        "calls_lost": report.calls_lost_count,
        "calls_lost_last": [{"n": call.n, "method": call.method, "name": call.name} for call in report.calls_lost],
    }


def as_text(report: AvailabilityReport) -> str:
    """The report as lines for a terminal or a message."""
    facts = list(facts_of(report))
    width = max(len(name) for name, _ in facts)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in facts)


def facts_of(report: AvailabilityReport) -> Iterator[tuple[str, str]]:
    """What there is to say, each with its name; what blames nobody is only named where it happened."""
    yield "Availability", share(report.uptime_share)
    yield "Up", duration(report.up_ms)
    yield "Down", duration(report.down_ms)
    yield "Drops", f"{report.drops:,}"
    for cause, count in report.drops_by_cause:
        yield f"  {cause}", f"{count:,}"
    if report.drops_by_us:
        yield "Dropped by us", f"{report.drops_by_us:,}, down {duration(report.down_by_us_ms)}"
    if report.drops_by_sleep:
        yield "While this machine slept", f"{report.drops_by_sleep:,}, down {duration(report.down_by_sleep_ms)}"
    if report.polls:
        yield "Ends as the server asked for", f"{report.polls:,}"
    yield "Up between drops", _mean(report.mean_time_between_drops_ms)
    yield "Downtime of a drop", _mean(report.mean_downtime_ms, report.longest_downtime_ms)
    yield "Worst silence", NOTHING if report.worst_silence_ms is None else duration(report.worst_silence_ms)
    yield "Storms", storm_words(report.storms[-1], is_going=report.storm_now is not None) if report.storms else "none"
    yield "Calls lost", f"{report.calls_lost_count:,}"
    for call in report.calls_lost[-MAX_NAMED:]:
        yield f"  {calendar(call.at)[11:23]}", f"#{call.request_n:,} {plain(called(call.method, call.name), 120)}"


def share(uptime_share: float | None) -> str:
    """`99.98 %`; never rounded up to 100, for that would hide a drop."""
    if uptime_share is None:
        return NOTHING
    if uptime_share < 1:
        return f"{min(uptime_share * 100, 99.999):.3f}".rstrip("0").rstrip(".") + " %"
    return "100 %"


def called(method: str, name: str | None) -> str:
    """A call by its method and what it was about."""
    return f"{method} {name}" if name else method


def storm_words(storm: Storm, *, is_going: bool) -> str:
    """A storm in a few words."""
    streams, most = counted(storm.opens, "stream"), f"at most {storm.most:,} in 10 s"
    if is_going:
        return f"{streams} opened since {calendar(storm.at)[11:19]}, {most}, and still going on"
    return f"{streams} opened within {duration((storm.until_ns - storm.since_ns) / 1e6)}, {most}"


def _mean(mean_ms: float | None, longest_ms: float | None = None) -> str:
    if mean_ms is None:
        return NOTHING
    return duration(mean_ms) if longest_ms is None else f"{duration(mean_ms)}, longest {duration(longest_ms)}"
