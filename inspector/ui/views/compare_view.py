"""What two sessions differ in: a list of all differences beside the lines of the chosen one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from inspector.record import comparing_text
from inspector.record.comparing import Comparison
from inspector.record.comparing_text import WORDS, Entry, Section, Sign
from inspector.record.redaction import RedactionError, Redactor
from inspector.ui import theme
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.user_data import UserData

COPIED_MS = 1_500
_ENTRY = Qt.ItemDataRole.UserRole
_CHOOSE = "Choose a difference to see it line by line; a call is also shown in both recordings."
_COPY = "Copy as Markdown"
_STYLE = "QTreeView::item { padding: 2px 4px; }"
_ROLES = {Sign.ADDED: "good", Sign.REMOVED: "bad", Sign.CHANGED: "warn", Sign.SAME: "muted", Sign.FIGURE: "text"}


class CompareView(QWidget):
    """`call_chosen` carries an entry of which there are events to look at; `said` a sentence for the user.

    `opened` says whether the differences are in sight or only the line above them, `linked` whether both recordings
    are to scroll together.
    """

    call_chosen = Signal(object)
    said = Signal(str)
    opened = Signal(bool)
    linked = Signal(bool)

    def __init__(self, left: str, right: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareView")
        self.setAccessibleName(f"What {right} differs in from {left}")
        self._names = left, right
        self.comparison: Comparison | None = None
        self.is_done = False
        self.toggle = _button("compareToggle", "▾ Differences", "Show or hide what the two recordings differ in")
        self.toggle.setChecked(True)
        self.link = _button("compareLink", "Scroll together", "Keep both recordings at the same time since their start")
        self.headline = ElidedLabel()
        self.headline.setObjectName("compareHeadline")
        self.copy = QPushButton(_COPY)
        self.copy.setObjectName("compareCopy")
        self.copy.setAccessibleName("Copy all differences as Markdown")
        self.copy.setToolTip("Copy all differences for a bug report; secrets are masked")
        self.tree = self._make_tree()
        self.text = self._make_text()
        self._halves = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self._lay_out()
        self._copied = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._copied.timeout.connect(lambda: self.copy.setText(_COPY))
        self.copy.clicked.connect(self._copy_markdown)
        self.toggle.toggled.connect(self._open)
        self.link.toggled.connect(self.linked)
        self.tree.currentItemChanged.connect(self._show_entry)
        self._say("Comparing …")

    def give_up(self, sentence: str) -> None:
        """There will be nothing to list; the sentence says why."""
        self.is_done = True
        self._say(sentence)

    def show_comparison(self, comparison: Comparison) -> None:
        """List the differences; where there are any, the list is open."""
        self.comparison, self.is_done = comparison, True
        self._say(f"{comparing_text.headline(comparison)}  ·  from {self._names[0]} to {self._names[1]}")
        self.tree.clear()
        for section in comparing_text.sections(comparison):
            item = _section_item(section)
            self.tree.addTopLevelItem(item)
            item.setFirstColumnSpanned(True)
            item.setExpanded(any(entry.sign is not Sign.SAME for entry in section.entries))

    def changeEvent(self, event: QEvent) -> None:
        """Take new colours over."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_colours"):
            self._colours.rehighlight()
            for item in self.tree.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive):
                _paint(item)

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setObjectName("compareTree")
        tree.setAccessibleName("Differences")
        tree.setHeaderHidden(True)
        tree.setColumnCount(2)
        tree.setUniformRowHeights(True)
        tree.setStyleSheet(_STYLE)
        tree.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(1, 240)
        return tree

    def _make_text(self) -> QPlainTextEdit:
        text = QPlainTextEdit()
        text.setObjectName("compareText")
        text.setAccessibleName("The chosen difference, line by line: − is left, + is right")
        text.setReadOnly(True)
        text.setUndoRedoEnabled(False)
        text.setFont(theme.mono_font())
        text.setPlaceholderText(_CHOOSE)
        self._colours = _Colours(text.document())
        return text

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        for part in (self.toggle, self.headline, self.link, self.copy):
            top.addWidget(part, 1 if part is self.headline else 0)
        self._halves.addWidget(self.tree)
        self._halves.addWidget(self.text)
        self._halves.setSizes([500, 500])
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 8)
        column.addLayout(top)
        column.addWidget(self._halves, 1)

    def _open(self, is_open: bool) -> None:
        self.toggle.setText(f"{'▾' if is_open else '▸'} Differences")
        self._halves.setVisible(is_open)
        self.opened.emit(is_open)

    def _show_entry(self, item: QTreeWidgetItem | None) -> None:
        entry: Entry | None = item.data(0, _ENTRY) if item else None
        lines = comparing_text.lines(entry) if entry else []
        self.text.setPlainText("\n".join(f"{line.sign} {line.text}" for line in lines))
        if entry is not None and (entry.left_n is not None or entry.right_n is not None):
            self.call_chosen.emit(entry)

    def _say(self, sentence: str) -> None:
        self.headline.setText(sentence)
        self.headline.setAccessibleName(sentence)
        self.copy.setEnabled(self.comparison is not None)

    def _copy_markdown(self) -> None:
        if self.comparison is None:
            return
        try:
            redactor = Redactor(UserData().redaction())
            written = redactor.text(comparing_text.to_markdown(self.comparison, *self._names))
        except RedactionError as error:
            self.said.emit(f"Nothing was copied. {error}")
            return
        QGuiApplication.clipboard().setText(written)
        self.copy.setText("Copied")
        self._copied.start()


class _Colours(QSyntaxHighlighter):
    """Colours a line by its sign."""

    def highlightBlock(self, text: str) -> None:
        role = {"-": "bad", "+": "good", " ": "warn" if text.startswith("  ≠ ") else "text"}.get(text[:1], "text")
        form = QTextCharFormat()
        form.setForeground(theme.color(role))
        self.setFormat(0, len(text), form)


def _section_item(section: Section) -> QTreeWidgetItem:
    item = QTreeWidgetItem([f"{section.title}: {section.told}"])
    font = item.font(0)
    font.setBold(True)
    item.setFont(0, font)
    for entry in section.entries:
        line = QTreeWidgetItem([f"{entry.sign} {entry.name}", entry.told])
        line.setData(0, _ENTRY, entry)
        line.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{WORDS[entry.sign]}: {entry.name}, {entry.told}")
        _paint(line)
        for column in (0, 1):
            line.setToolTip(column, f"{WORDS[entry.sign]}: {line.text(column)}"[:600])
        item.addChild(line)
    if section.left_out:
        item.addChild(QTreeWidgetItem([f"… and {section.left_out:,} more"]))
    return item


def _paint(item: QTreeWidgetItem) -> None:
    entry: Entry | None = item.data(0, _ENTRY)
    if entry is not None:
        item.setForeground(0, theme.color(_ROLES[entry.sign]))
        item.setForeground(1, theme.color("muted"))


def _button(name: str, text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setCheckable(True)
    button.setObjectName(name)
    button.setAccessibleName(tip)
    button.setToolTip(tip)
    return button
