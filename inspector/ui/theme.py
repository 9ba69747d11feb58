"""Colours and fonts: two palettes, dark and light, chosen after the system's scheme.

Painting code asks `colors()` each time instead of keeping a copy, so a change of scheme reaches everything.
Colour is never the only signal: each coloured thing also carries a word or a sign.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from inspector.ui.resources import resource


@dataclass(frozen=True, slots=True)
class Colors:
    """Names by role, values as `#rrggbb`; text roles have at least 4.5:1 contrast on `base`, and on `selection`."""

    window: str
    base: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    selection: str
    good: str
    note: str
    warn: str
    bad: str
    inbound: str
    outbound: str
    heartbeat: str
    http: str
    lifecycle: str


DARK = Colors(
    window="#16191f",
    base="#1b1f27",
    raised="#242a34",
    border="#343c49",
    text="#e4e8ef",
    muted="#97a3b6",
    accent="#4c8dff",
    on_accent="#0b1220",
    selection="#213658",
    good="#4cc38a",
    note="#6cb6ff",
    warn="#e5b454",
    bad="#ff7b72",
    inbound="#7ee0b5",
    outbound="#8ab8ff",
    heartbeat="#d58ab0",
    http="#b7a6f5",
    lifecycle="#97a3b6",
)

LIGHT = Colors(
    window="#f3f5f8",
    base="#ffffff",
    raised="#f8f9fb",
    border="#d3d9e2",
    text="#1a212c",
    muted="#59657a",
    accent="#1f62d6",
    on_accent="#ffffff",
    selection="#dde9fe",
    good="#0c7045",
    note="#1a62b8",
    warn="#8f5a00",
    bad="#b8261c",
    inbound="#0b7350",
    outbound="#1c56b4",
    heartbeat="#9c3a6c",
    http="#5f45b5",
    lifecycle="#59657a",
)

_current = DARK


def colors() -> Colors:
    """The palette in force."""
    return _current


def color(role: str) -> QColor:
    """The colour of a role as Qt takes it; an unknown role is our own misuse and raises `AttributeError`."""
    return QColor(getattr(_current, role))


def system_scheme() -> Colors:
    """DARK or LIGHT, as the desktop asks; light where it says nothing."""
    return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def mono_font(relative_size: float = 1.0) -> QFont:
    """The system's fixed-width font at the application's size."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QApplication.font().pointSizeF() * relative_size)
    return font


def apply(app: QApplication, scheme: Colors | None = None) -> None:
    """Dress the whole application; without `scheme` it follows the system."""
    global _current  # noqa: PLW0603 - one application has one scheme
    _current = scheme or system_scheme()
    app.setStyle("Fusion")
    app.setPalette(_palette(_current))
    app.setStyleSheet(_stylesheet(_current))


def _palette(c: Colors) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    pairs = {
        role.Window: c.window,
        role.WindowText: c.text,
        role.Base: c.base,
        role.AlternateBase: c.raised,
        role.Text: c.text,
        role.Button: c.raised,
        role.ButtonText: c.text,
        role.ToolTipBase: c.raised,
        role.ToolTipText: c.text,
        role.PlaceholderText: c.muted,
        role.Highlight: c.selection,
        role.HighlightedText: c.text,
        role.Link: c.accent,
        role.Light: c.raised,
        role.Midlight: c.border,
        role.Mid: c.border,
        role.Dark: c.border,
        role.Shadow: c.window,
    }
    for key, value in pairs.items():
        palette.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(c.muted))
    return palette


def _stylesheet(c: Colors) -> str:
    sheet = resource("style.qss").read_text(encoding="utf-8")
    shade = "dark" if c is DARK else "light"
    for name in ("check", "arrow", "left", "right"):
        sheet = sheet.replace(f"@{name}", Path(str(resource(f"{name}-{shade}.svg"))).as_posix())
    for field in sorted(fields(c), key=lambda item: -len(item.name)):
        sheet = sheet.replace(f"@{field.name}", getattr(c, field.name))
    return sheet
