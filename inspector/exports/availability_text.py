"""The availability of a session for programs and for people; the report of a soak is made of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from inspector.stats.availability import AvailabilityReport


def as_json(report: AvailabilityReport) -> dict[str, Any]:
    """The report as a JSON object; what was not measured is null."""
    return asdict(report)


def as_text(report: AvailabilityReport) -> str:
    """The report as lines for a terminal."""
    return "\n".join(f"{name}: {value}" for name, value in as_json(report).items())
