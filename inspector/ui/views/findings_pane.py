"""What is wrong with the server, why it is thought so, and what to do about it."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QTextBrowser, QVBoxLayout, QWidget

from inspector.diagnose.engine import Engine
from inspector.diagnose.finding import Finding
from inspector.exports.check_formats import findings_markdown
from inspector.record.text import counted, plain
from inspector.trace.events import Severity
from inspector.ui import theme
from inspector.ui.models.table_model import Column, TableModel
from inspector.ui.views.lazy_tab import Pane
from inspector.ui.views.stat_table import StatTable

_EMPTY = "Nothing wrong so far. What the server breaks or risks is listed here, with evidence and a fix."
_CHOOSE = "Choose a finding to read what it means and what to do."
_COPIED_MS = 1_500

_SIGNS = {
    Severity.ERROR: ("✖", "bad"),
    Severity.WARN: ("▲", "warn"),
    Severity.NOTE: ("●", "note"),
    Severity.CHAT: ("·", "muted"),
}
_RANKS = {severity: rank for rank, severity in enumerate(_SIGNS)}

COLUMNS: tuple[Column[Finding], ...] = (
    Column(
        "Severity",
        lambda finding: _RANKS[finding.severity],
        lambda rank: " ".join((list(_SIGNS.values())[rank][0], list(_SIGNS)[rank])),
        "✖ error",
        role=lambda finding: _SIGNS[finding.severity][1],
    ),
    Column("Count", lambda finding: finding.count, "{:,}".format, "0,000", True, "How often it was seen"),
    Column("Grade", lambda finding: finding.grade, plain, "proven", hint="How sure it is"),
    Column("Finding", lambda finding: finding.title, plain),
)


class FindingsPane(Pane):
    """The findings, the gravest first, beside the text of the chosen one; `jump` goes to the evidence."""

    def __init__(self, engine: Engine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._findings: list[Finding] = []
        self._shown_html = ""
        self._model = TableModel(COLUMNS, lambda finding: finding.rule)
        self._table = self._make_table()
        self._detail = self._make_detail()
        self._summary = QLabel()
        self._summary.setObjectName("findingsSummary")
        self._summary.setAccessibleName("Number of findings")
        self._copy = self._make_copy_button()
        self._lay_out()
        self.refresh()

    def refresh(self) -> None:
        """Show the findings as they are now."""
        self._findings = self._engine.findings()
        self._model.replace(self._findings)
        self._summary.setText(counted(len(self._findings), "finding"))
        self._copy.setEnabled(bool(self._findings))
        if self._findings and not self._table.currentIndex().isValid():
            self._table.selectRow(0)
        self._show_detail()

    def _make_table(self) -> StatTable[Finding]:
        table = StatTable(self._model, lambda finding: finding.evidence[0] if finding.evidence else None, _EMPTY)
        table.setObjectName("findingsList")
        table.setAccessibleName("Findings")
        table.setToolTip("Double click a finding to go to its first evidence")
        table.horizontalHeader().setStretchLastSection(True)
        table.jump.connect(self.jump)
        table.selectionModel().currentRowChanged.connect(self._show_detail)
        return table

    def _make_detail(self) -> QTextBrowser:
        detail = QTextBrowser()
        detail.setObjectName("findingDetail")
        detail.setAccessibleName("What the finding means")
        detail.setOpenLinks(False)
        detail.setPlaceholderText(_CHOOSE)
        detail.anchorClicked.connect(self._follow)
        return detail

    def _make_copy_button(self) -> QPushButton:
        button = QPushButton("Copy as Markdown")
        button.setObjectName("copyFindings")
        button.setAccessibleName("Copy all findings as Markdown")
        button.setToolTip("Copy all findings for a bug report")
        button.clicked.connect(self._copy_markdown)
        self._copied = QTimer(self, singleShot=True, interval=_COPIED_MS)
        self._copied.timeout.connect(lambda: button.setText("Copy as Markdown"))
        return button

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._summary)
        top.addStretch(1)
        top.addWidget(self._copy)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self._table)
        halves.addWidget(self._detail)
        halves.setSizes([450, 450])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addLayout(top)
        layout.addWidget(halves, 1)

    def _show_detail(self) -> None:
        index = self._table.currentIndex()
        html = _html(self._model.row(index)) if index.isValid() else ""
        if html != self._shown_html:
            self._shown_html = html
            self._detail.setHtml(html)

    def _follow(self, url: QUrl) -> None:
        self.jump.emit(int(url.fragment()))

    def _copy_markdown(self) -> None:
        QGuiApplication.clipboard().setText(findings_markdown(self._findings))
        self._copy.setText("Copied")
        self._copied.start()


def _html(finding: Finding) -> str:
    sign, role = _SIGNS[finding.severity]
    times = "once" if finding.count == 1 else f"{finding.count:,} times"
    parts = [
        f"<h3>{escape(finding.title)}</h3>",
        f'<p><span style="color:{theme.color(role).name()}">{sign} {finding.severity}</span>'
        f' <span style="color:{theme.color("muted").name()}">· {finding.grade} · seen {times} · {escape(finding.rule)}'
        "</span></p>",
        *(f"<p>{escape(plain(part, 2_000))}</p>" for part in finding.text.split("\n\n")),
        _labelled("What to do", escape(finding.fix)),
        _labelled("Requirement", escape(finding.requirement)),
        _labelled("Evidence", ", ".join(_link(n) for n in finding.evidence)),
    ]
    return "".join(parts)


def _labelled(label: str, html: str) -> str:
    return f"<p><b>{label}:</b> {html}</p>" if html else ""


def _link(n: int) -> str:
    return f'<a href="#{n}" style="color:{theme.color("accent").name()}">#{n:,}</a>'
