"""The bytes of an event as they came, with the places where chunks met."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from inspector.record import text
from inspector.record.message_text import payload
from inspector.trace.events import AnyEvent, BodyReceived, CommentReceived, SseEvent
from inspector.trace.river import River
from inspector.ui.payload.hex_view import HexView
from inspector.ui.payload.timing import arrivals


class BytesView(QWidget):
    """A line of facts above a hex view."""

    def __init__(self, river: River, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._river = river
        self.facts = QLabel(wordWrap=True)
        self.facts.setObjectName("bytesFacts")
        self.facts.setProperty("muted", True)
        self.facts.setContentsMargins(10, 8, 10, 6)
        self.hex = HexView()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.facts)
        column.addWidget(self.hex, 1)

    def show_event(self, event: AnyEvent) -> None:
        """Show the bytes of the wire, or of the body."""
        raw = event.raw if isinstance(event, SseEvent | CommentReceived | BodyReceived) else payload(event)
        chunks = arrivals(self._river, event)
        said = [text.size(len(raw))]
        if isinstance(event, SseEvent | CommentReceived) and event.stream is not None:
            said.append(f"at offset {event.offset:,} of stream {event.stream}")
        if chunks:
            took = f" over {text.duration((chunks[-1][1] - chunks[0][1]) / 1e6)}" if len(chunks) > 1 else ""
            said.append(f"came in {text.counted(len(chunks), 'chunk')}{took}")
        self.facts.setText(" · ".join(said) if raw else "This event has no bytes of its own.")
        self.hex.show_bytes(raw, frozenset(offset for offset, _ in chunks if offset))
