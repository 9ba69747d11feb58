"""Buttons for the filters one wants most: each is a term in the text of the filter, put in or taken out."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QToolButton

from inspector.record.rows import RowKind
from inspector.record.timeline import Timeline
from inspector.ui.models import filter_terms

_HIDING = (
    ("Heartbeats", "-is:heartbeat", "Show comments and pings"),
    ("HTTP", "-is:http", "Show HTTP requests, connects, responses and ends"),
    ("Connection", "-is:connection", "Show states, attempts and handshakes of the connection"),
)
_NARROWING = (
    ("Errors", "is:error", "Show only errors"),
    ("Marked", "is:marked", "Show only rows with a mark"),
)
_STREAM, _METHOD, _EVENT = "stream:", "method=", "event="
_WITH_METHOD = frozenset(
    {
        RowKind.REQUEST,
        RowKind.NOTIFICATION,
        RowKind.RESPONSE,
        RowKind.ERROR,
        RowKind.FAILED,
        RowKind.TOOL_STEP,
    }
)


class QuickFilters(QObject):
    """`wanted` says the filter with a button's term, or without it; `refresh` has the buttons tell the filter."""

    wanted = Signal(str)

    def __init__(self, timeline: Timeline, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timeline = timeline
        self._text: str | None = None
        self._row: int | None = None
        self._hiding = {_button(label, tip, checked=True): term for label, term, tip in _HIDING}
        self._narrowing = {_button(label, tip): term for label, term, tip in _NARROWING}
        self.stream = _button("Stream", "Show only the stream of the row (Ctrl+Shift+S)")
        self.method = _button("Method", "Show only the method of the row, or its event")
        for button, term in (*self._hiding.items(), *self._narrowing.items()):
            button.toggled.connect(lambda on, button=button, term=term: self._toggle(button, term, on=on))
        self.stream.toggled.connect(lambda on: self.want_stream(self._stream_of_row() if on else None))
        self.method.toggled.connect(self._want_method)

    @property
    def kinds(self) -> tuple[QToolButton, ...]:
        """The buttons that need no row."""
        return (*self._hiding, *self._narrowing)

    def refresh(self, text: str, row: int | None) -> None:
        """Tell the filter `text`, and what the current row offers; called with every tick, mostly for nothing."""
        if (text, row) == (self._text, self._row):
            return
        self._text, self._row = text, row
        for button, term in self._hiding.items():
            _check(button, not filter_terms.has(text, term))
        for button, term in self._narrowing.items():
            _check(button, filter_terms.has(text, term))
        for button, prefixes, offer in (
            (self.stream, (_STREAM,), self._stream_of_row() is not None),
            (self.method, (_METHOD, _EVENT), bool(self._method_of_row())),
        ):
            is_on = any(filter_terms.starting(text, prefix) for prefix in prefixes)
            _check(button, is_on)
            button.setEnabled(is_on or offer)

    def want_stream(self, stream: int | None) -> None:
        """Want the rows of one stream only; None wants all."""
        term = "" if stream is None else f"{_STREAM}{stream}"
        self.wanted.emit(filter_terms.replaced(self._text or "", _STREAM, term))

    def _toggle(self, button: QToolButton, term: str, *, on: bool) -> None:
        change = filter_terms.added if on is (button in self._narrowing) else filter_terms.removed
        self.wanted.emit(change(self._text or "", term))

    def _want_method(self, on: bool) -> None:
        text = filter_terms.replaced(filter_terms.replaced(self._text or "", _METHOD, ""), _EVENT, "")
        self.wanted.emit(filter_terms.added(text, self._method_of_row()) if on else text)

    def _stream_of_row(self) -> int | None:
        return None if self._row is None else self._timeline.streams[self._row] or None

    def _method_of_row(self) -> str:
        """The term for the method of the row, or for its event; empty where it has none."""
        if self._row is None:
            return ""
        kind, label = self._timeline.kinds[self._row], self._timeline.label(self._row)
        prefix = _METHOD if kind in _WITH_METHOD else _EVENT if kind == RowKind.FRAME else ""
        return f"{prefix}{filter_terms.quoted(label)}" if prefix and label else ""


def _check(button: QToolButton, checked: bool) -> None:
    button.blockSignals(True)
    button.setChecked(checked)
    button.blockSignals(False)


def _button(label: str, tip: str, *, checked: bool = False) -> QToolButton:
    button = QToolButton()
    button.setText(label)
    button.setToolTip(tip)
    button.setObjectName(f"timeline{label}")
    button.setAccessibleName(tip)
    button.setCheckable(True)
    button.setChecked(checked)
    return button
