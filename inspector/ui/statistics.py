"""The statistics panes by the title of their tab; each is imported and built when its tab is first shown."""

from __future__ import annotations

from collections.abc import Callable

from inspector.trace.river import River
from inspector.ui.folds import Folds
from inspector.ui.views.lazy_tab import Pane


def panes(folds: Folds, river: River, selected: Callable[[], int | None]) -> tuple[tuple[str, Callable[[], Pane]], ...]:
    """Title and builder of each pane, in the order of the tabs; `selected` is the event that the user is on."""
    clock = river.clock

    def findings() -> Pane:
        from inspector.ui.views.findings_pane import FindingsPane  # noqa: PLC0415 - built when first shown

        return FindingsPane(folds.diagnosis)

    def latency() -> Pane:
        from inspector.ui.views.latency_pane import LatencyPane  # noqa: PLC0415

        return LatencyPane(folds.latency, folds.clock_offsets, river, lambda: folds.diagnosis.server, selected)

    def streams() -> Pane:
        from inspector.ui.views.streams_pane import StreamsPane  # noqa: PLC0415

        return StreamsPane(folds.streams, clock)

    def reconnects() -> Pane:
        from inspector.ui.views.reconnect_pane import ReconnectPane  # noqa: PLC0415

        return ReconnectPane(folds.reconnects, folds.availability, folds.resumptions, clock)

    def expectations() -> Pane:
        from inspector.ui.views.expectations_pane import ExpectationsPane  # noqa: PLC0415

        return ExpectationsPane(folds.expecting)

    def charts() -> Pane:
        from inspector.ui.charts.pane import ChartsPane  # noqa: PLC0415
        from inspector.ui.charts.source import Source  # noqa: PLC0415

        drops, diagnosis = folds.availability.drops, folds.diagnosis
        return ChartsPane(Source(folds.series, folds.reconnects, clock, drops, lambda: diagnosis.findings))

    return (
        ("Findings", findings),
        ("Latency", latency),
        ("Streams", streams),
        ("Reconnects", reconnects),
        ("Charts", charts),
        ("Expectations", expectations),
    )
