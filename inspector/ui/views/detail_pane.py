"""Everything about one event: message, event-stream fields, bytes, HTTP exchange, times; and what it is linked to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QStackedLayout, QTabWidget, QVBoxLayout, QWidget

from inspector.record.text import calendar, plain
from inspector.record.timeline import Timeline
from inspector.trace.events import AnyEvent
from inspector.trace.river import River
from inspector.ui import theme
from inspector.ui.models.timeline_cells import SEVERITY_SIGNS, SEVERITY_WORDS
from inspector.ui.payload.bytes_view import BytesView
from inspector.ui.payload.facts import http_events, http_sections, sse_sections
from inspector.ui.payload.facts_view import FactsView, escaped
from inspector.ui.payload.links import links
from inspector.ui.payload.message_view import MessageView
from inspector.ui.payload.timing import phases, timing_sections
from inspector.ui.payload.waterfall import Waterfall

_EMPTY = "Select a row of the timeline to see all about it."
_DIRECTIONS = ("", "← in", "→ out")
_HTTP_TAB, _TIMING_TAB = 3, 4
_REFRESH_MS = 300
_SEVERITY_ROLES = ("", "muted", "note", "warn", "bad")


class DetailPane(QWidget):
    """Shows one event; only the tab in front is filled. `jump` asks for another event by its number."""

    jump = Signal(int)

    def __init__(self, river: River, timeline: Timeline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("detailPane")
        self.setAccessibleName("Detail")
        self._river, self._timeline = river, timeline
        self._n: int | None = None
        self._filled: set[int] = set()
        self._lay_out(river)
        self.tabs.currentChanged.connect(self._fill)
        self._linked: tuple[int, str, int] = (0, "", 0)
        self._timer = QTimer(self, interval=_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()

    def show_event(self, n: int) -> None:
        """Show event number `n`."""
        self._n = n
        self._filled.clear()
        self._head()
        self._fill()
        self._stack.setCurrentIndex(1)

    def refresh(self) -> None:
        """Take up what has come since for the event shown: its answer, the end of its exchange."""
        if self._n is None or not self.isVisible() or len(self._timeline) == self._linked[0]:
            return
        before = self._linked[1:]
        self._head()
        if self._linked[1:] != before:
            self._filled -= {_HTTP_TAB, _TIMING_TAB}
            self._fill()

    def changeEvent(self, event: QEvent) -> None:
        """Colours stand in the markup of the head, so a new theme needs it anew."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and hasattr(self, "_stack"):
            self._filled.clear()
            self._head()
            self._fill()

    def _lay_out(self, river: River) -> None:
        self.title = _label("detailTitle")
        self.links = _label("detailLinks")
        self.links.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.links.linkActivated.connect(lambda target: self.jump.emit(int(target)))
        self.message = MessageView(river)
        self.sse = FactsView("detailSse", "Fields of the event stream block")
        self.bytes = BytesView(river)
        self.http = FactsView("detailHttp", "HTTP exchange")
        self.timing = FactsView("detailTiming", "Times")
        self.waterfall = Waterfall()
        self.tabs = QTabWidget(documentMode=True)
        self.tabs.setObjectName("detailTabs")
        self.tabs.setAccessibleName("Parts of the event")
        pages = (self.message, self.sse, self.bytes, self.http, _column(self.waterfall, self.timing))
        for name, page in zip(("Message", "SSE", "Bytes", "HTTP", "Timing"), pages, strict=True):
            self.tabs.addTab(page, name)
        self._fillers: tuple[Callable[[AnyEvent], None], ...] = (
            self.message.show_event,
            lambda event: self.sse.show_sections(sse_sections(event)),
            self.bytes.show_event,
            lambda event: self.http.show_sections(http_sections(self._http(event))),
            self._show_timing,
        )
        empty = QLabel(_EMPTY, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        empty.setObjectName("detailEmpty")
        empty.setProperty("muted", True)
        empty.setMargin(20)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(_column(self.title, self.links, self.tabs))

    def _head(self) -> None:
        if self._n is None:
            return
        row = self._timeline.row_of(self._n)
        self.title.setText(self._title(row) if row is not None else "")
        linked = links(self._timeline, row) if row is not None else ""
        if linked != self.links.text():
            self.links.setText(linked)
        self.links.setVisible(bool(linked))
        stream = self._river[self._n].stream
        self._linked = (len(self._timeline), linked, len(self._timeline.http_rows(stream or 0)))

    def _title(self, row: int) -> str:
        timeline, colors = self._timeline, theme.colors()
        severity = timeline.severities[row]
        name = timeline.name(row)
        what = plain(f"{timeline.label(row)} {name}" if name else timeline.label(row))
        facts = [_DIRECTIONS[timeline.directions[row]], timeline.lane_name(timeline.streams[row])]
        facts.append(calendar(timeline.at[row]))
        sign = ""
        if SEVERITY_SIGNS[severity]:
            color = getattr(colors, _SEVERITY_ROLES[severity])
            sign = f' <span style="color:{color}">{SEVERITY_SIGNS[severity]} {SEVERITY_WORDS[severity]}</span>'
        said = escaped("  ·  ".join(fact for fact in facts if fact))
        return (
            f"<b>#{timeline.numbers[row]:,} {escaped(timeline.kind_word(row))}</b> {escaped(what)}{sign}"
            f'<br><span style="color:{colors.muted}">{said}</span>'
        )

    def _fill(self) -> None:
        """Fill the tab in front, once for each event."""
        tab = self.tabs.currentIndex()
        if self._n is None or tab in self._filled:
            return
        self._filled.add(tab)
        self._fillers[tab](self._river[self._n])

    def _http(self, event: AnyEvent) -> dict[type, Any]:
        return http_events(self._river, self._timeline, event.stream)

    def _show_timing(self, event: AnyEvent) -> None:
        row = self._timeline.row_of(event.n)
        if row is None:
            return
        http = self._http(event)
        self.waterfall.show_phases(phases(self._river, self._timeline, row, http))
        self.timing.show_sections(timing_sections(self._river, self._timeline, row, http))


def _label(name: str) -> QLabel:
    label = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText)
    label.setObjectName(name)
    label.setContentsMargins(10, 6, 10, 2)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _column(*widgets: QWidget) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for widget in widgets:
        column.addWidget(widget, int(widget is widgets[-1]))
    return page
