"""An address as the user must see it before it is opened: all of it, its host apart, and what is odd about it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QVBoxLayout, QWidget

from inspector.protocol.url_facts import UrlFacts, url_facts
from inspector.ui.dialogs.dialog_parts import ColoredLabel
from inspector.ui.theme import color, mono_font

_LINES = 4
_DISAGREEMENT = "The desktop reads this address differently, so it is not opened."


def seen_facts(url: object) -> UrlFacts:
    """The facts of an address; it is only to be opened if Qt, which hands it to the browser, finds the same host."""
    facts = url_facts(url)
    if not facts.is_openable:
        return facts
    host = QUrl(str(url)).host(QUrl.ComponentFormattingOption.EncodeUnicode)
    if host.lower() == facts.punycode.lower():
        return facts
    return replace(facts, is_openable=False, warnings=(*facts.warnings, _DISAGREEMENT))


class UrlView(QWidget):
    """The whole address can be selected and copied; it is never a link."""

    def __init__(self, facts: UrlFacts, name: str = "questionUrl") -> None:
        super().__init__()
        self._facts = facts
        self._edit = QTextEdit(readOnly=True, acceptRichText=False)
        self._edit.setObjectName(name)
        self._edit.setAccessibleName("The whole address")
        self._edit.setTabChangesFocus(True)
        self._edit.setFont(mono_font())
        self._edit.setPlainText(facts.shown)
        self._edit.setFixedHeight(self._edit.fontMetrics().lineSpacing() * _LINES + 18)
        self._host = ColoredLabel("accent", f"It leads to {facts.punycode}." if facts.punycode else "")
        self._host.setObjectName("urlHost")
        self._host.setAccessibleName("Where it leads")
        self._host.setProperty("heading", True)
        self._warnings = ColoredLabel("warn", "\n".join(f"⚠ {warning}" for warning in facts.warnings))
        self._warnings.setObjectName("urlWarnings")
        self._warnings.setAccessibleName("What is odd about the address")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self._host, self._edit, self._warnings):
            layout.addWidget(widget)
        self._host.setVisible(bool(facts.punycode))
        self._warnings.setVisible(bool(facts.warnings))
        self._highlight()

    def _highlight(self) -> None:
        start, end = self._facts.host_span
        cursor = self._edit.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.setCharFormat(_format(color("muted"), QFont.Weight.Normal))
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.setCharFormat(_format(color("text"), QFont.Weight.Bold))


def _format(shade: QColor, weight: QFont.Weight) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(shade)
    made.setFontWeight(weight)
    return made
