"""What is wrong with the server, why it is thought so, and what to do about it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from inspector.diagnose.finding import Finding
from inspector.exports.check_formats import findings_markdown
from inspector.record.text import counted
from inspector.ui.diagnosis import Diagnosis
from inspector.ui.dialogs import rules_dialog
from inspector.ui.views.finding_detail import COPIED_MS, FindingDetail
from inspector.ui.views.findings_chips import FindingsChips
from inspector.ui.views.findings_list import FindingsList
from inspector.ui.views.lazy_tab import Pane
from inspector.ui.views.line_popup import LinePopup
from inspector.ui.views.wrapping_row import WrappingRow

_COPY = "Copy as Markdown"


class FindingsPane(Pane):
    """The findings, the gravest first, beside the text of the chosen one; `jump` goes to the evidence.

    While it is in sight, the evidence of the chosen finding stands out in the timeline.
    """

    def __init__(self, diagnosis: Diagnosis, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._diagnosis = diagnosis
        self._chips = FindingsChips()
        self._list = FindingsList(diagnosis)
        self._detail = FindingDetail()
        self._summary = QLabel()
        self._summary.setObjectName("findingsSummary")
        self._summary.setAccessibleName("Number of findings")
        self._help = _button("All rules", "allRules", "What is looked for, why, and what to do: a page for each rule")
        self._copy = _button(_COPY, "copyFindings", "Copy all findings as Markdown, for a bug report")
        self._copied = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._lay_out()
        self._connect()
        self.refresh()
        self._show_all()

    def refresh(self) -> None:
        """Show the findings as they are now."""
        self._diagnosis.refresh()

    def show_rule(self, rule: str) -> None:
        """Choose the finding of a rule."""
        self._list.select_rule(rule)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_detail()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._diagnosis.highlight(None)

    def _connect(self) -> None:
        self._diagnosis.changed.connect(self._show_all)
        self._chips.changed.connect(lambda: self._list.hide_severities(self._chips.hidden))
        self._list.jump.connect(self.jump)
        self._list.selectionModel().currentRowChanged.connect(self._show_detail)
        self._list.dismiss_wanted.connect(self._dismiss_or_restore)
        self._detail.jump.connect(self.jump)
        self._detail.rule_wanted.connect(self._show_rule_or_help)
        self._detail.dismiss_wanted.connect(self._ask_why)
        self._detail.restore_wanted.connect(self._restore)
        self._detail.help_wanted.connect(self._open_help)
        self._help.clicked.connect(lambda: self._open_help(""))
        self._copy.clicked.connect(self._copy_markdown)
        self._copied.timeout.connect(lambda: self._copy.setText(_COPY))

    def _lay_out(self) -> None:
        top = WrappingRow((self._summary, self._chips), (self._help, self._copy))
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self._list)
        halves.addWidget(self._detail)
        halves.setSizes([450, 450])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 8)
        layout.setSpacing(2)
        layout.addWidget(top)
        layout.addWidget(halves, 1)

    def _show_all(self) -> None:
        counts = self._diagnosis.counts()
        self._summary.setText(counted(sum(counts.values()), "finding"))
        self._chips.show_counts(counts)
        self._chips.setVisible(any(counts.values()))
        self._copy.setEnabled(bool(self._diagnosis.findings))
        self._list.refresh()
        self._show_detail()

    def _show_detail(self) -> None:
        finding, diagnosis = self._chosen(), self._diagnosis
        if finding is None:
            self._detail.show_finding(None)
        else:
            cause = next((each for each in diagnosis.findings if finding in each.dependants), None)
            self._detail.show_finding(finding, diagnosis.reasons.get(finding.rule), cause)
        if self.isVisible():
            diagnosis.highlight(finding)

    def _chosen(self) -> Finding | None:
        line = self._list.current()
        return line.finding if line is not None else None

    def _dismiss_or_restore(self) -> None:
        line = self._list.current()
        if line is not None and line.finding is not None:
            if line.is_dismissed:
                self._restore()
            else:
                self._ask_why()

    def _ask_why(self) -> None:
        finding = self._chosen()
        if finding is None:
            return

        def dismiss(reason: str) -> str:
            self._diagnosis.dismiss(finding.rule, reason)
            return ""

        hint = "Return dismisses it for this server"
        popup = LinePopup(self, "dismissReason", "Why is it no problem?", dismiss, hint=hint, back=self._list)
        corner = self._detail.dismiss_button.mapTo(self, QPoint(0, 0))
        popup.open_at(corner - QPoint(0, popup.sizeHint().height() + 4))

    def _restore(self) -> None:
        finding = self._chosen()
        if finding is not None:
            self._diagnosis.restore(finding.rule)
            self._list.select_rule(finding.rule)

    def _show_rule_or_help(self, rule: str) -> None:
        if not self._list.select_rule(rule):
            self._open_help(rule)

    def _open_help(self, rule: str) -> None:
        rules_dialog.open_rules(self, rule)

    def _copy_markdown(self) -> None:
        QGuiApplication.clipboard().setText(findings_markdown(self._diagnosis.findings))
        self._copy.setText("Copied")
        self._copied.start()


def _button(text: str, name: str, meaning: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(meaning)
    button.setToolTip(meaning)
    return button
