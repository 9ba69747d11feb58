"""Small widgets that forms and panes share."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QToolButton


def muted_label(text: str = "", *, wrap: bool = True, tip: str = "") -> QLabel:
    """Secondary text, never read as markup; `tip` is the whole text where `text` was cut."""
    label = plain_label(text, wrap=wrap)
    label.setProperty("muted", True)
    label.setToolTip(tool_tip(tip) if len(tip) > len(text) else "")
    return label


def plain_label(text: str = "", *, wrap: bool = True) -> QLabel:
    """A label that shows what a peer wrote as it is; Qt would guess rich text, and fetch its images."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    return label


def tool_tip(text: str) -> str:
    """A peer's text as a tool tip that wraps and is never read as markup, which could name local files."""
    return f"<p>{html.escape(text)}</p>" if text else ""


def tool_button(text: str, name: str, *, checkable: bool = False, checked: bool = False) -> QToolButton:
    """A small button; `name` is its accessible name and tool tip."""
    button = QToolButton()
    button.setText(text)
    button.setCheckable(checkable)
    button.setChecked(checked)
    button.setAccessibleName(name)
    button.setToolTip(name)
    return button


def text_area(lines: int) -> QPlainTextEdit:
    """A text input of a fixed number of lines that leaves Tab to the form."""
    area = QPlainTextEdit()
    area.setTabChangesFocus(True)
    area.setFixedHeight(area.fontMetrics().lineSpacing() * lines + 18)
    return area
