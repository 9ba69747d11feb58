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
    """Names by role, values as `#rrggbb`; text roles have at least 4.5:1 contrast on `base`."""

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
    selection="#2b4470",
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
    selection="#cfe0fd",
    good="#0f7a4d",
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
    sheet = """
    QToolTip { color: @text; background: @raised; border: 1px solid @border; padding: 4px; }
    QLineEdit, QPlainTextEdit, QTextEdit, QTextBrowser, QSpinBox, QDoubleSpinBox, QComboBox {
        background: @base; color: @text; border: 1px solid @border; border-radius: 4px; padding: 3px 6px;
        selection-background-color: @selection; selection-color: @text; }
    QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus,
    QTableView:focus, QListView:focus, QTreeView:focus { border: 1px solid @accent; }
    QPushButton { background: @raised; color: @text; border: 1px solid @border; border-radius: 4px; padding: 4px 12px; }
    QPushButton:hover { border-color: @accent; }
    QPushButton:focus { border-color: @accent; }
    QPushButton:disabled { color: @muted; background: @window; }
    QPushButton[primary="true"] { background: @accent; color: @on_accent; border-color: @accent; font-weight: 600; }
    QPushButton[primary="true"]:disabled { background: @raised; color: @muted; border-color: @border; }
    QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 3px 6px; color: @text; }
    QToolButton:hover, QToolButton:focus { border-color: @border; background: @raised; }
    QToolButton:checked { background: @selection; }
    QTableView, QListView, QTreeView { background: @base; border: 1px solid @border; outline: 0;
        selection-background-color: @selection; selection-color: @text; }
    QHeaderView::section { background: @raised; color: @muted; border: 0; border-right: 1px solid @border;
        border-bottom: 1px solid @border; padding: 4px 6px; }
    QTabWidget::pane { border: 1px solid @border; border-radius: 4px; top: -1px; background: @base; }
    QTabBar::tab { background: transparent; color: @muted; padding: 5px 9px; border: 0;
        border-bottom: 2px solid transparent; }
    QTabBar::tab:selected { color: @text; border-bottom: 2px solid @accent; }
    QTabBar::tab:hover { color: @text; }
    QDockWidget { titlebar-close-icon: none; titlebar-normal-icon: none; color: @text; }
    QDockWidget::title { background: @window; color: @muted; padding: 5px 8px; }
    QSplitter::handle, QMainWindow::separator { background: @window; width: 5px; height: 5px; }
    QSplitter::handle:hover, QMainWindow::separator:hover { background: @accent; }
    QStatusBar { color: @muted; border-top: 1px solid @border; }
    QStatusBar::item { border: 0; }
    QToolBar { background: @window; border: 0; border-bottom: 1px solid @border; spacing: 6px; padding: 6px; }
    QProgressBar { border: 1px solid @border; border-radius: 4px; background: @base; text-align: center; color: @text; }
    QProgressBar::chunk { background: @selection; border-radius: 3px; }
    QCheckBox::indicator, QGroupBox::indicator, QTableView::indicator { width: 13px; height: 13px;
        border: 1px solid @muted; border-radius: 3px; background: @base; }
    QCheckBox::indicator:checked, QGroupBox::indicator:checked, QTableView::indicator:checked {
        background: @accent; border-color: @accent; image: url(@check); }
    QCheckBox::indicator:indeterminate { background: @muted; }
    QCheckBox::indicator:focus { border-color: @accent; }
    QComboBox::drop-down { border: 0; width: 20px; }
    QComboBox::down-arrow { image: url(@arrow); width: 10px; height: 10px; }
    QComboBox QAbstractItemView { background: @raised; border: 1px solid @border; }
    QScrollBar { background: transparent; border: 0; }
    QScrollBar:vertical { width: 11px; margin: 0; }
    QScrollBar:horizontal { height: 11px; margin: 0; }
    QScrollBar::handle { background: @border; border-radius: 4px; margin: 2px; }
    QScrollBar::handle:vertical { min-height: 28px; }
    QScrollBar::handle:horizontal { min-width: 28px; }
    QScrollBar::handle:hover { background: @muted; }
    QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
    QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
    QLabel[muted="true"] { color: @muted; }
    QLabel[heading="true"] { font-weight: 600; }
    """
    shade = "dark" if c is DARK else "light"
    for name in ("check", "arrow"):
        sheet = sheet.replace(f"@{name}", Path(str(resource(f"{name}-{shade}.svg"))).as_posix())
    for field in sorted(fields(c), key=lambda item: -len(item.name)):
        sheet = sheet.replace(f"@{field.name}", getattr(c, field.name))
    return sheet
