"""The rows of a timeline that an export may be limited to: those the filter shows, and the selected ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from inspector.record.extent import Rows, rows_of
from inspector.record.query import Query
from inspector.ui.views.timeline_pane import TimelinePane
from inspector.ui.views.timeline_view import TimelineView


@dataclass(frozen=True, slots=True)
class RowsInSight:
    """A timeline as it stands when somebody wants to export it; `query` is None while no filter hides anything.

    `shown` is how many rows pass the filter, None while they are still being counted. `stream` is that of the current
    row.
    """

    query: Query | None = None
    marked: Collection[int] = frozenset()
    evidence: Mapping[int, Collection[str]] = field(default_factory=dict)
    shown: int | None = 0
    selected: Rows | None = None
    stream: int | None = None


def rows_in_sight(pane: TimelinePane) -> RowsInSight:
    """What a timeline shows now."""
    model, row = pane.model, pane.view.current_row()
    query = model.query if model.query is not None and not model.query.is_empty else None
    return RowsInSight(
        query=query,
        marked=frozenset(model.marks),
        evidence=model.evidence.rules,
        shown=None if model.filtering else model.rowCount(),
        selected=_selected(pane.view),
        stream=(model.timeline.streams[row] or None) if row is not None else None,
    )


def _selected(view: TimelineView) -> Rows | None:
    model = view.timeline_model
    positions: set[int] = set()
    for part in view.selectionModel().selection().toList():
        positions.update(range(part.top(), part.bottom() + 1))
    rows = map(model.row_at, positions)
    return rows_of(model.timeline, rows, "which were selected") if positions else None
