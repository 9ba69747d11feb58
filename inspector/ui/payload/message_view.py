"""The message inside an event: what it says in a sentence, what is wrong with it, its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from inspector.record import text
from inspector.record.message_text import payload
from inspector.trace.events import (
    AnyEvent,
    BodyReceived,
    FrameReceived,
    Message,
    RequestSent,
    Severity,
    SseEvent,
    StreamEnded,
    Violation,
)
from inspector.trace.river import River
from inspector.ui import row_words, theme
from inspector.ui.payload.facts_view import escaped
from inspector.ui.payload.payload_text import PayloadText
from inspector.wire import jsontext

_FORMATTED_BYTES = 1024 * 1024
"""Longer JSON is shown as it came: reading it would take longer than a frame or two."""
_SIGNS = {Severity.ERROR: ("✕", "bad"), Severity.WARN: ("!", "warn"), Severity.NOTE: ("i", "note")}


@dataclass(frozen=True, slots=True)
class Readable:
    """A payload made readable, and what is to be said about it."""

    text: str
    is_json: bool = False
    remarks: tuple[tuple[Severity, str], ...] = ()


def readable(event: AnyEvent) -> Readable:
    """JSON indented, anything else as it is; why it is no JSON where it should be."""
    raw = payload(event)
    shown = raw.decode("utf-8", "backslashreplace")
    remarks = list(_own_remarks(event))
    is_message = isinstance(event, Message)
    if not raw or not (is_message or raw.lstrip()[:1] in (b"{", b"[")):
        return Readable(shown, remarks=tuple(remarks))
    if len(raw) > _FORMATTED_BYTES:
        remarks.append((Severity.NOTE, f"{text.size(len(raw))} of JSON are shown as they came."))
        return Readable(shown, is_json=True, remarks=tuple(remarks))
    parsed = jsontext.parse(raw)
    if parsed.error is None:
        remarks += [(Severity.NOTE, note) for note in jsontext.inspect(raw)]
        return Readable(jsontext.pretty(parsed.value), is_json=True, remarks=tuple(remarks))
    if is_message:
        error = parsed.error
        where = f"line {error.line}, column {error.column} (byte {error.offset:,})"
        remarks.append((Severity.ERROR, f"Not JSON: {error.text} at {where}."))
    return Readable(shown, remarks=tuple(remarks))


def _own_remarks(event: AnyEvent) -> Iterator[tuple[Severity, str]]:
    if isinstance(event, RequestSent | StreamEnded) and payload(event):
        yield Severity.CHAT, text.summary(event)
    if isinstance(event, BodyReceived):
        yield Severity.CHAT, f"{event.content_type or 'no content type'} · {text.size(len(event.raw))}"
    if isinstance(event, FrameReceived) and event.note:
        yield Severity.CHAT, event.note
    if isinstance(event, Violation):
        yield event.severity, event.text
        if event.fix:
            yield Severity.CHAT, f"Fix: {event.fix}"
        if event.requirement:
            yield Severity.CHAT, f"Requirement: {event.requirement}"
    if isinstance(event, Message):
        yield from ((Severity.WARN, problem) for problem in event.problems)
    if isinstance(event, SseEvent) and event.truncated:
        yield Severity.WARN, "The event was longer than the limit; only its beginning was kept."


class MessageView(QWidget):
    """Sentence and remarks above, payload below."""

    def __init__(self, river: River, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._river = river
        self.sentence = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText)
        self.sentence.setObjectName("detailSentence")
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setContentsMargins(10, 8, 10, 8)
        self.text = PayloadText()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.sentence)
        column.addWidget(self.text, 1)
        self._filler = QWidget()
        column.addWidget(self._filler, 1)

    def show_event(self, event: AnyEvent) -> None:
        """Show the payload of an event, or its sentence alone where it has none."""
        shown = readable(event)
        lines = [_remark(severity, said) for severity, said in shown.remarks]
        if said := row_words.about(event, self._river):
            lines.insert(0, escaped(said))
        if not shown.text and not lines:
            lines.append(escaped(text.summary(event)))
        self.sentence.setText("<br>".join(lines))
        self.sentence.setVisible(bool(lines))
        self.text.setVisible(bool(shown.text))
        self._filler.setVisible(not shown.text)
        self.text.show_text(shown.text, is_json=shown.is_json)


def _remark(severity: Severity, said: str) -> str:
    if severity not in _SIGNS:
        return escaped(said)
    sign, role = _SIGNS[severity]
    return f'<span style="color:{getattr(theme.colors(), role)}">{sign} {escaped(said)}</span>'
