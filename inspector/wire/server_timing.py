"""What a server says in `Server-Timing` of where its time went (W3C Server Timing, section 3)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

MAX_METRICS = 64
MAX_NAME_CHARS = 100
_LOOKED_AT_CHARS = 8_192
_MAX_MS = 1e9
_METRIC = re.compile(r"\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)((?:\s*;(?:\"(?:[^\"\\]|\\.)*\"|[^,;\"])*)*)[^,]*(?:,|$)")
_PARAMETER = re.compile(r";\s*([A-Za-z]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]*))")


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry: `duration_ms` is None where the entry only says that something happened."""

    name: str
    duration_ms: float | None = None
    description: str = ""


def metrics(headers: Iterable[tuple[str, str]]) -> tuple[Metric, ...]:
    """The entries of all `Server-Timing` fields in their order, at most 64; what is malformed is left out."""
    found: list[Metric] = []
    for name, value in headers:
        if name.lower() == "server-timing":
            found += (_metric(match) for match in _METRIC.finditer(value[:_LOOKED_AT_CHARS]))
    return tuple(found[:MAX_METRICS])


def server_ms(given: Iterable[Metric]) -> float | None:
    """The server's own time: what `total` says, else the sum of the parts; None if no entry has a duration."""
    durations = [(metric.name.lower(), metric.duration_ms) for metric in given if metric.duration_ms is not None]
    total = next((duration for name, duration in durations if name == "total"), None)
    if total is not None or not durations:
        return total
    return sum(duration for _, duration in durations)


def _metric(match: re.Match[str]) -> Metric:
    """Of a parameter that stands there twice the first counts, as the standard wants it."""
    parameters: dict[str, str] = {}
    for name, quoted, token in _PARAMETER.findall(match[2]):
        parameters.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or token)
    description = parameters.get("desc", "")[:MAX_NAME_CHARS]
    return Metric(match[1][:MAX_NAME_CHARS], _duration(parameters.get("dur")), description)


def _duration(value: str | None) -> float | None:
    try:
        duration = float(value) if value else math.nan
    except ValueError:
        return None
    return min(duration, _MAX_MS) if duration >= 0 else None
