"""All charts in a window of their own, where they can be large."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from inspector.ui.charts.pane import ChartsPane
from inspector.ui.charts.source import Source


class ChartsWindow(QDialog):
    """Stands beside the window it was opened from, and goes with it."""

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chartsWindow")
        self.setWindowTitle("Charts — SSE MCP Inspector")
        self.setWindowFlags(Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(1200, 760)
        self.pane = ChartsPane(source, in_window=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pane)
