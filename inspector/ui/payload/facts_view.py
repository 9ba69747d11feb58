"""Shows sections of facts as a table that can be selected and copied."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QTextBrowser, QWidget

from inspector.record.text import visible
from inspector.ui import theme
from inspector.ui.payload.facts import Section

_VALUE_CHARS = 4_000
_MONO_PERCENT = 95
_RESTYLING = {QEvent.Type.PaletteChange, QEvent.Type.StyleChange}


class FactsView(QTextBrowser):
    """Sections under each other; what the peer sent is escaped, bounded, and never read as markup."""

    def __init__(self, name: str, accessible: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setOpenLinks(False)
        self.setStyleSheet("QTextBrowser { border: 0; border-radius: 0; }")
        self.document().setDocumentMargin(10)
        self._sections: Sequence[Section] = ()

    def show_sections(self, sections: Sequence[Section]) -> None:
        """Replace what is shown."""
        self._sections = sections
        rows = "".join(map(_section, sections))
        self.setHtml(f'<table cellspacing="0" cellpadding="0" width="100%">{rows}</table>')

    def changeEvent(self, event: QEvent) -> None:
        """Colours stand in the markup, so a new theme needs new markup."""
        super().changeEvent(event)
        if event.type() in _RESTYLING and hasattr(self, "_sections"):
            self.show_sections(self._sections)


def escaped(text: str, limit: int = _VALUE_CHARS) -> str:
    """Text of the peer for a place that reads markup: one line, bounded, harmless."""
    shown = html.escape(visible(text[:limit]).replace("\n", "⏎ "))
    return f"{shown} … ({len(text):,} characters)" if len(text) > limit else shown


def _section(section: Section) -> str:
    """One table for all sections, so that their values stand in one column."""
    colors, mono = theme.colors(), _mono_style()
    title = f"<b>{escaped(section.title)}</b>" if section.title else ""
    sentence = f'<span style="color:{colors.muted}">{escaped(section.sentence)}</span>' if section.sentence else ""
    rows = "".join(
        f'<tr><td style="color:{colors.muted}; padding:2px 16px 2px 0; white-space:nowrap">{escaped(name)}</td>'
        f'<td width="100%" style="padding:2px 0; {mono}">{escaped(value)}</td></tr>'
        for name, value in section.facts
    )
    head = "<br>".join(part for part in (title, sentence) if part)
    return f'<tr><td colspan="2" style="padding:10px 0 4px 0">{head}</td></tr>{rows}'


def _mono_style() -> str:
    return f"font-family:'{html.escape(theme.mono_font().family(), quote=True)}'; font-size:{_MONO_PERCENT}%"
