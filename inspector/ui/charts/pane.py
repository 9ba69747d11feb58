"""The tab of the charts: what to show of which time, what is under the pointer, saving. pyqtgraph comes later.

The charts are built when the tab is first shown, behind a library that takes a second to load: in a thread, so that
what arrives meanwhile is stamped in time.
"""

from __future__ import annotations

import gc
import importlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from inspector.ui.background import Background
from inspector.ui.charts.source import Source
from inspector.ui.charts.tools import ChartTools
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import muted_label
from inspector.ui.views.lazy_tab import Pane

if TYPE_CHECKING:
    from inspector.ui.charts.board import ChartBoard
    from inspector.ui.charts.window import ChartsWindow

LIBRARY = "inspector.ui.charts.board"
HINT = "Point at a chart for its values, click to go to the event. Drag or ←→ moves, wheel or +− zooms, 0 shows all."
_LOADING = "The charts are being loaded."


def _load_numbers() -> None:
    """Load what takes longest and knows nothing of Qt; why no thread may load the rest says `ui/qt_types.py`."""
    importlib.import_module("numpy")


def _load_library() -> None:
    """Load what the charts are drawn with, once."""
    if LIBRARY not in sys.modules:
        importlib.import_module(LIBRARY)
        gc.freeze()  # its hundred thousand objects stay: no collection has to look at them again


class ChartsPane(Pane):
    """`ready` is emitted once the charts are there. In a small place it shows one chart, else all."""

    ready = Signal()

    def __init__(self, source: Source, parent: QWidget | None = None, *, in_window: bool = False) -> None:
        super().__init__(parent)
        self.setObjectName("chartsPane")
        self.setAccessibleName("Charts")
        self._source = source
        self.board: ChartBoard | None = None
        self._window: ChartsWindow | None = None
        self._loading = muted_label(_LOADING)
        self._loading.setMargin(12)
        self._words = ElidedLabel(HINT)
        self._words.setObjectName("chartWords")
        self._words.setAccessibleName("What is under the pointer")
        self._words.setProperty("muted", True)
        self.tools = ChartTools(is_live=source.is_live, in_window=in_window)
        self.tools.save_wanted.connect(self.ask_to_save)
        self.tools.window_wanted.connect(self.open_window)
        self._lay_out()
        self._load()

    def show_chart(self, title: str) -> None:
        """Show one chart by what the chooser calls it, or all."""
        self.tools.chooser.setCurrentText(title)

    def save(self, path: Path) -> None:
        """Write what is shown to a file, and say so."""
        if self.board is None:
            return
        from inspector.ui.charts import saving  # noqa: PLC0415 - it draws with the library

        self.board.redraw()
        try:
            saving.save(self.board.shown, self._source, path)
        except saving.SavingError as error:
            self._words.setText(str(error))
            return
        self._words.setText(f"Saved as {path.name}.")

    def ask_to_save(self) -> None:
        """Let the user choose the kind of file and its place."""
        from inspector.ui.charts import saving  # noqa: PLC0415 - it draws with the library

        dialog = QFileDialog(self, "Save the charts", "", saving.FILTERS)
        dialog.setObjectName("chartsFileDialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(kind.split("*.")[-1].rstrip(")")))
        name = self.tools.chosen or "charts"
        dialog.selectFile(f"inspector-{name}-{datetime.now(UTC).strftime('%Y-%m-%dT%H-%M-%SZ')}")
        dialog.fileSelected.connect(lambda chosen: self.save(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open_window(self) -> None:
        """Show all charts in a window of their own, or bring it to the front."""
        from inspector.ui.charts.window import ChartsWindow  # noqa: PLC0415 - built when asked for

        if self._window is None:
            self._window = ChartsWindow(self._source, self.window())
            self._window.pane.jump.connect(self.jump)
            self._window.destroyed.connect(self._forget_window)
        self._window.show()
        self._window.activateWindow()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._words.setText(HINT)

    def _forget_window(self) -> None:
        self._window = None

    def _load(self) -> None:
        task = Background(_load_numbers, (ImportError,), self)
        task.done.connect(self._build)
        task.failed.connect(self._fail)
        task.start()

    def _fail(self, why: str) -> None:
        self._loading.setText(
            f"The charts cannot be drawn: {why}. Install the libraries that belong to them: pip install pyqtgraph."
        )

    def _build(self) -> None:
        try:
            _load_library()
        except ImportError as error:
            self._fail(str(error))
            return
        from inspector.ui.charts.board import ChartBoard  # noqa: PLC0415 - loaded by now

        board = self.board = ChartBoard(self._source)
        self._loading.hide()
        cast("QVBoxLayout", self.layout()).insertWidget(1, board, 1)
        board.jump.connect(self.jump)
        board.words_changed.connect(lambda words: self._words.setText(words or HINT))
        self.tools.work_on(board)
        self.ready.emit()

    def _lay_out(self) -> None:
        self._words.setContentsMargins(8, 2, 8, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tools)
        column.addWidget(self._loading, 1)
        column.addWidget(self._words)
