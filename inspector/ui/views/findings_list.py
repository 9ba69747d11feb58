"""The list of findings: causes with what they explain, and what was dismissed behind a line that opens."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from inspector.trace.events import Severity
from inspector.ui.diagnosis import Diagnosis
from inspector.ui.models.finding_lines import ROLES, SIGNS, Line, lines_of
from inspector.ui.models.table_model import Column, TableModel
from inspector.ui.views.stat_table import StatTable

EMPTY = "Nothing wrong so far. What the server breaks or risks is listed here, with evidence and a fix."
_TITLE, _GRADE = 1, 2
NARROW_PX = 420
_OPENING = {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Right}


def _role(line: Line) -> str | None:
    is_quiet = line.finding is None or line.is_dismissed or line.finding.over_at_s is not None
    return "muted" if is_quiet else None


def _indented(line: Line) -> str:
    return f"{'    ' * line.depth}{line.title}"


def _severity(line: Line) -> str:
    return f"{SIGNS[line.finding.severity]} {line.finding.severity}" if line.finding else ""


def _severity_role(line: Line) -> str:
    return ROLES[line.finding.severity] if line.finding and not line.is_dismissed else "muted"


COLUMNS: tuple[Column[Line], ...] = (
    Column("Severity", _severity, sample="✖ error", role=_severity_role),
    Column("Finding", _indented, role=_role),
    Column("Grade", lambda line: line.finding.grade if line.finding else "", sample="proven", hint="How sure it is"),
    Column(
        "Count",
        lambda line: f"{line.finding.count:,}" if line.finding else "",
        sample="0,000",
        numeric=True,
        hint="How often it was seen",
    ),
)


class FindingsList(StatTable[Line]):
    """Double click or Return goes to the first evidence; `dismiss_wanted` is the Delete key."""

    dismiss_wanted = Signal()

    def __init__(self, diagnosis: Diagnosis, parent: QWidget | None = None) -> None:
        self._lines: TableModel[Line] = TableModel(COLUMNS, lambda line: line.key)
        super().__init__(self._lines, _first_evidence, EMPTY)
        self.setParent(parent)
        self._diagnosis = diagnosis
        self._hidden: frozenset[Severity] = frozenset()
        self._is_open = False
        self.setObjectName("findingsList")
        self.setAccessibleName("Findings")
        self.setToolTip("Double click a finding to go to its first evidence")
        self.setSortingEnabled(False)  # by severity, and what is explained stays below its cause
        self.horizontalHeader().setSectionsClickable(False)
        self.horizontalHeader().setSectionResizeMode(_TITLE, QHeaderView.ResizeMode.Stretch)
        self.clicked.connect(self._clicked)

    def current(self) -> Line | None:
        """The line that is chosen."""
        index = self.currentIndex()
        return self._lines.row(index) if index.isValid() else None

    def hide_severities(self, hidden: frozenset[Severity]) -> None:
        """Leave these out."""
        self._hidden = hidden
        self.refresh()

    def refresh(self) -> None:
        """Show the findings as they are now; one is chosen if there is any."""
        diagnosis = self._diagnosis
        self._lines.replace(
            list(lines_of(diagnosis.findings, diagnosis.dismissed, self._hidden, is_open=self._is_open))
        )
        if self._lines.rowCount() and self.current() is None:
            self.selectRow(0)

    def select_rule(self, rule: str) -> bool:
        """Choose the finding of a rule; False if it is not listed."""
        if any(each.rule == rule for each in self._diagnosis.dismissed) and not self._is_open:
            self._toggle()
        for row in range(self._lines.rowCount()):
            if self._lines.row(self._lines.index(row, 0)).key == rule:
                self.selectRow(row)
                return True
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room it is for the titles; how sure a finding is stands in its text, too."""
        super().resizeEvent(event)
        self.setColumnHidden(_GRADE, event.size().width() < NARROW_PX)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        line = self.current()
        if event.key() == Qt.Key.Key_Delete and line is not None and line.finding is not None:
            self.dismiss_wanted.emit()
        elif line is not None and line.finding is None and event.key() in _OPENING:
            self._toggle()
        else:
            super().keyPressEvent(event)

    def _clicked(self, index: QModelIndex) -> None:
        if self._lines.row(index).finding is None:
            self._toggle()

    def _toggle(self) -> None:
        """Open or close what was dismissed."""
        self._is_open = not self._is_open
        self.refresh()


def _first_evidence(line: Line) -> int | None:
    return line.finding.evidence[0] if line.finding and line.finding.evidence else None
