"""The server's log: its lines, a filter for what is shown, and the level that the server is asked to log from."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from inspector.record.log_lines import LEVELS, LogLines
from inspector.record.text import counted, visible
from inspector.ui import theme
from inspector.ui.badge import deprecated_badge
from inspector.ui.forms.parts import muted_label
from inspector.ui.models.log_model import SIGNS, LogModel, line_text
from inspector.ui.theme import mono_font
from inspector.ui.views.follow_tail import FollowTail
from inspector.ui.views.lazy_tab import Pane
from inspector.ui.views.wrapping_row import WrappingRow

_EMPTY = "The server has logged nothing yet. It may need to be asked for a level first: choose one above."
_NONE_FITS = "No line fits the filter."
_COPIED_MS = 1_500
_WIDTHS = ("00:00:00.000000", "✖ emergency", "a.logger.name")


class LogPane(Pane):
    """`level_wanted` carries the level that the server shall log from, "" for not set; `jump` a line's event."""

    level_wanted = Signal(str)

    def __init__(self, log: LogLines, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._log = log
        self._model = LogModel(self)
        self._table = LogTable(self._model)
        self._tail = FollowTail(self._table, "logFollow")
        self._least = _level_box("All levels", "From {} up")
        self._search = QLineEdit(placeholderText="Find in the lines", clearButtonEnabled=True)
        self._badge = deprecated_badge("Logging is")
        self._wanted = _level_box("not set", "{}")
        self._summary = muted_label(wrap=False)
        self._copy = QPushButton("Copy")
        self._detail = QPlainTextEdit(readOnly=True)
        self._copied = QTimer(self, singleShot=True, interval=_COPIED_MS)
        self._name_all()
        self._lay_out()
        self._connect()
        self.refresh()

    def refresh(self) -> None:
        """Show what was logged since, and of which era the session is."""
        self._tail.hold()
        came = self._model.take(self._log)
        self._tail.rows_added(came) if came else self._tail.settle()
        self._badge.setVisible(self._log.is_stateless)
        count = counted(self._model.total, "line")
        lost = f", {self._log.first:,} older ones gone" if self._log.first else ""
        self._summary.setText(f"{self._model.rowCount():,} of {count}{lost}" if self._model.total else "")
        self._copy.setEnabled(self._model.rowCount() > 0)
        self._table.set_empty_words(_NONE_FITS if self._model.total else _EMPTY)

    def show_level(self, level: str) -> None:
        """Show the level that is in force, "" for not set, without asking for it."""
        with QSignalBlocker(self._wanted):
            self._wanted.setCurrentIndex(max(0, self._wanted.findData(level)))

    def allow_level(self, why_not: str = "") -> None:
        """Let the user choose the server's level, or say why there is nothing to choose."""
        self._wanted.setEnabled(not why_not)
        self._wanted.setToolTip(why_not or "The least grave level that the server shall log")

    def _name_all(self) -> None:
        named: tuple[tuple[QWidget, str, str], ...] = (
            (self._table, "logTable", "Lines that the server logged"),
            (self._least, "logLevelShown", "Levels that are shown"),
            (self._search, "logSearch", "Find in the lines"),
            (self._wanted, "serverLogLevel", "Level that the server logs from"),
            (self._summary, "logSummary", "Number of lines"),
            (self._copy, "copyLog", "Copy the selected lines, or all that are shown"),
            (self._detail, "logDetail", "The whole line"),
        )
        for widget, name, label in named:
            widget.setObjectName(name)
            widget.setAccessibleName(label)
        self._copy.setToolTip("Copy the selected lines, or all that are shown")
        self._table.setToolTip("Double click a line to go to it in the timeline")
        self.allow_level()

    def _lay_out(self) -> None:
        level = QLabel("Server logs from")
        level.setBuddy(self._wanted)
        level.setContentsMargins(8, 0, 0, 0)  # it is no part of the count before it
        finding = (self._least, self._search, self._summary)
        self._detail.setFont(mono_font())
        self._detail.setPlaceholderText("Choose a line to read it whole.")
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self._table)
        halves.addWidget(self._detail)
        halves.setSizes([650, 250])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(WrappingRow(finding, (self._badge, level, self._wanted, self._copy)))
        halves.setContentsMargins(8, 0, 8, 8)
        layout.addWidget(halves, 1)

    def _connect(self) -> None:
        self._least.currentIndexChanged.connect(self._filter)
        self._search.textChanged.connect(self._filter)
        self._wanted.activated.connect(lambda: self.level_wanted.emit(self._wanted.currentData()))
        self._copy.clicked.connect(self._copy_lines)
        self._copied.timeout.connect(lambda: self._copy.setText("Copy"))
        self._table.jump.connect(self.jump)
        self._table.copy_requested.connect(self._copy_lines)
        self._table.selectionModel().currentRowChanged.connect(self._show_detail)
        self._model.modelReset.connect(self._show_detail)

    def _filter(self) -> None:
        self._tail.hold()
        self._model.set_filter(max(0, self._least.currentIndex() - 1), self._search.text())
        self._tail.settle()
        self.refresh()

    def _show_detail(self) -> None:
        index = self._table.currentIndex()
        line = self._model.line(index.row()) if index.isValid() else None
        notes = f"⚠ {line.note}\n\n" if line is not None and line.note else ""
        self._detail.setPlainText("" if line is None else notes + visible(line_text(line)))

    def _copy_lines(self) -> None:
        rows = sorted(index.row() for index in self._table.selectionModel().selectedRows())
        QGuiApplication.clipboard().setText(self._model.text(rows or range(self._model.rowCount())))
        self._copy.setText("Copied")
        self._copied.start()


class LogTable(QTableView):
    """Rows of one height; `jump` carries the event of a line, `copy_requested` is Ctrl+C."""

    jump = Signal(int)
    copy_requested = Signal()

    def __init__(self, model: LogModel) -> None:
        super().__init__()
        self._log_model = model
        self._empty = _EMPTY
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setStretchLastSection(True)
        for place, sample in enumerate(_WIDTHS):
            self.setColumnWidth(place, self.fontMetrics().horizontalAdvance(sample) + 24)
        self.doubleClicked.connect(self._jump_from)

    def set_empty_words(self, words: str) -> None:
        """What stands there while there are no rows."""
        if words != self._empty:
            self._empty = words
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._jump_from(self.currentIndex())
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._log_model.rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(theme.color("muted"))
            room = self.viewport().rect().adjusted(24, 12, -24, -12)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty)
            painter.end()

    def _jump_from(self, index: QModelIndex) -> None:
        if index.isValid():
            self.jump.emit(self._log_model.line(index.row()).n)


def _level_box(nothing: str, words: str) -> QComboBox:
    """Nothing chosen, or one of the eight levels with its sign."""
    box = QComboBox()
    box.addItem(nothing, "")
    for level in LEVELS:
        box.addItem(f"{SIGNS[level][0]} {words.format(level)}", level)
    box.setMaxVisibleItems(len(LEVELS) + 1)
    return box
