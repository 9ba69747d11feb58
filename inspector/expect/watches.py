"""Which watch judges which expectation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.diagnose.finding import Finding
from inspector.expect import expectation as forms
from inspector.expect.expectation import Expectation
from inspector.expect.watch import Watch
from inspector.expect.watch_calls import ErrorsWatch, GapWatch, InTimeWatch, ProgressWatch
from inspector.expect.watch_events import (
    AtLeastInCallWatch,
    AtLeastWatch,
    EventWithinWatch,
    GapBetweenWatch,
    NeverWatch,
)
from inspector.expect.watch_session import DropsWatch, FigureWatch, FindingWatch, HeartbeatWatch, UptimeWatch
from inspector.stats.availability import AvailabilityReport


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else is known of the session: `report` of its availability, `findings` of the diagnosis.

    `ns_of` turns Unix time into that of the river, `began_ns` is since when is judged, None before all events.
    """

    report: Callable[[], AvailabilityReport]
    findings: Callable[[], Sequence[Finding]]
    ns_of: Callable[[float], int]
    began_ns: Callable[[], int | None]


def watch_of(expectation: Expectation, around: Surroundings) -> Watch:
    """The watch of an expectation."""
    if isinstance(expectation, forms.NoGap):
        return GapBetweenWatch(expectation) if expectation.filter else GapWatch(expectation)
    if isinstance(expectation, forms.AtLeast):
        return AtLeastInCallWatch(expectation) if expectation.of else AtLeastWatch(expectation)
    if isinstance(expectation, forms.NoDrops):
        return DropsWatch(around.report)
    if isinstance(expectation, forms.Uptime):
        return UptimeWatch(expectation, around.report)
    if isinstance(expectation, forms.NoFinding):
        return FindingWatch(expectation, around.findings, around.ns_of, around.began_ns)
    return _PLAIN[type(expectation)](expectation)


_PLAIN: dict[type[Expectation], Callable[[Any], Watch]] = {
    forms.InTime: InTimeWatch,
    forms.Figure: FigureWatch,
    forms.ProgressEvery: ProgressWatch,
    forms.HeartbeatEvery: HeartbeatWatch,
    forms.NoErrors: ErrorsWatch,
    forms.EventWithin: EventWithinWatch,
    forms.Never: NeverWatch,
}
