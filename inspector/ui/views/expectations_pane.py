"""What is expected of the server, written on the left, and on the right whether it holds."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout, QWidget

from inspector.expect.verdict import Verdict
from inspector.record.text import plain
from inspector.ui import theme
from inspector.ui.delegates.verdict_lane import VerdictLane
from inspector.ui.expecting import Expecting
from inspector.ui.models.table_model import TableModel
from inspector.ui.models.verdict_lines import COLUMNS, LANE, SIGNS, WORDS, evidence_n, identity
from inspector.ui.views.expectations_bar import ExpectationsBar
from inspector.ui.views.expectations_edit import ExpectationsEdit
from inspector.ui.views.lazy_tab import Pane
from inspector.ui.views.stat_table import StatTable

_EMPTY = (
    "Nothing is expected yet. Write on the left what should hold, one line each, or choose Add for examples. "
    "Each line is judged while the session runs, and the same lines can be kept in CI."
)
_MAX_LINKS = 6


class ExpectationsPane(Pane):
    """The editor, the verdicts, and the chosen verdict in words; `jump` goes to the evidence."""

    def __init__(self, expecting: Expecting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._expecting = expecting
        self._edit = ExpectationsEdit()
        self._edit.suggestions.names = expecting.known_tools
        self._bar = ExpectationsBar(self._edit.text)
        self._note = _label("expectationsNote", "What is wrong with the text")
        self._model = TableModel(COLUMNS, identity)
        self._table = StatTable(self._model, evidence_n, _EMPTY)
        self._lane = VerdictLane(self._table)
        self._words = _label("expectationsWords", "The chosen verdict in words")
        self._words.setTextFormat(Qt.TextFormat.RichText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self._set_up_table()
        self._lay_out()
        self._connect()
        self._bar.set_live(expecting.is_live)
        self._edit.show_text(expecting.text)
        self._show_all()

    def refresh(self) -> None:
        """Show the verdicts of now; the lanes grow although nothing else changes."""
        self._expecting.refresh()
        if self._lane.span_ns != self._expecting.span_ns:
            self._lane.span_ns = self._expecting.span_ns
            self._table.viewport().update()

    def _set_up_table(self) -> None:
        self._table.setObjectName("expectationsTable")
        self._table.setAccessibleName("Verdicts")
        self._table.setToolTip("Double click a row to go to its evidence; a click on a bar goes to that failure")
        self._table.setItemDelegateForColumn(LANE, self._lane)

    def _lay_out(self) -> None:
        left, right = QWidget(), QWidget()
        for half, widgets in (
            (left, ((self._bar, 0), (self._edit, 1), (self._note, 0))),
            (right, ((self._table, 1), (self._words, 0))),
        ):
            layout = QVBoxLayout(half)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(4)
            for widget, stretch in widgets:
                layout.addWidget(widget, stretch)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(left)
        halves.addWidget(right)
        halves.setSizes([340, 560])
        halves.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 8)
        layout.addWidget(halves, 1)

    def _connect(self) -> None:
        self._expecting.changed.connect(self._show_all)
        self._expecting.text_changed.connect(self._show_text)
        self._edit.settled.connect(self._expecting.set_text)
        self._edit.was_read.connect(self._show_problem)
        self._edit.cursorPositionChanged.connect(self._show_problem)
        self._bar.lines_wanted.connect(self._edit.add_lines)
        self._bar.loaded.connect(self._edit.replace)
        self._bar.anew_wanted.connect(self._expecting.judge_from_now)
        self._bar.said.connect(self._say)
        self._table.jump.connect(self.jump)
        self._table.selectionModel().currentRowChanged.connect(self._show_words)
        self._lane.jump.connect(self.jump)
        self._words.linkActivated.connect(lambda n: self.jump.emit(int(n)))

    def _show_text(self) -> None:
        self._edit.show_text(self._expecting.text)

    def _show_all(self) -> None:
        self._lane.span_ns = self._expecting.span_ns
        self._model.replace(self._expecting.verdicts)
        self._table.viewport().update()
        self._bar.set_any(bool(self._expecting.text.strip()))
        self._show_words()

    def _show_problem(self) -> None:
        problem = self._edit.problem_here()
        if problem is None:
            self._say("")
            return
        count = len(self._edit.script.problems)
        more = f"  ({count:,} lines cannot be read)" if count > 1 else ""
        self._say(f"✖ Line {problem.line}: {problem.sentence}{more}")
        self._note.setStyleSheet(f"color: {theme.color('bad').name()};")

    def _say(self, sentence: str) -> None:
        self._note.setStyleSheet("")
        self._note.setText(sentence)
        self._note.setVisible(bool(sentence))

    def _show_words(self) -> None:
        index = self._table.currentIndex()
        verdict = self._model.row(index) if index.isValid() else None
        self._words.setText(_words(verdict) if verdict is not None else "")
        self._words.setVisible(verdict is not None)


def _words(verdict: Verdict) -> str:
    """The verdict as rich text, with links to its evidence; everything of others is escaped."""
    said = html.escape(plain(verdict.text, 400))
    failure = verdict.last_failure
    if failure is not None and failure.text not in verdict.text:
        said += f" Latest: {html.escape(plain(failure.text, 300))}"
    color = theme.color("accent").name()
    links = ", ".join(
        f'<a href="{n}" style="color: {color}">#{n}</a>' for n in dict.fromkeys(verdict.evidence[-_MAX_LINKS:])
    )
    about = f" Evidence: {links}" if links else ""
    return f"{SIGNS[verdict.state]} {WORDS[verdict.state].capitalize()}. {said}{about}"


def _label(name: str, accessible: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setAccessibleName(accessible)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
