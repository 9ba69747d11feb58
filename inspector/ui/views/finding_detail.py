"""One finding in plain words, with what can be done about it: copy the fix, dismiss it, read about the rule."""

from __future__ import annotations

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QTextBrowser, QVBoxLayout, QWidget

from inspector.diagnose.finding import Finding
from inspector.diagnose.rules import ALL
from inspector.ui.dialogs import link_consent
from inspector.ui.views import finding_html
from inspector.ui.views.wrapping_row import WrappingRow

_CHOOSE = "Choose a finding to read what it means and what to do."
COPIED_MS = 1_500


class FindingDetail(QWidget):
    """Shows what `show_finding` is given; what it cannot do alone it asks for."""

    jump = Signal(int)
    rule_wanted = Signal(str)
    """The finding of another rule shall be shown."""
    dismiss_wanted = Signal()
    restore_wanted = Signal()
    help_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._finding: Finding | None = None
        self._shown_html = ""
        self._is_dismissed = False
        self._text = self._make_text()
        self._copy = _button("Copy fix", "copyFix", "Copy what to change")
        self._dismiss = _button("Dismiss…", "dismissFinding", "It is no problem here: say why, and hide it")
        self._help = _button("About this rule", "aboutRule", "The page of this rule in the help")
        self._copied = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._lay_out()
        self._connect()
        self.show_finding(None)

    @property
    def dismiss_button(self) -> QPushButton:
        """Where the question for the reason is put."""
        return self._dismiss

    def show_finding(self, finding: Finding | None, reason: str | None = None, cause: Finding | None = None) -> None:
        """Show a finding; `reason` is why it was dismissed, None if it was not, `cause` what explains it."""
        is_same = finding is not None and self._finding is not None and finding.rule == self._finding.rule
        self._finding, self._is_dismissed = finding, reason is not None
        html = finding_html.of_finding(finding, reason, cause) if finding is not None else ""
        if html != self._shown_html and not (is_same and self._text.textCursor().hasSelection()):
            self._shown_html = html
            place = self._text.verticalScrollBar().value() if is_same else 0
            self._text.setHtml(html)
            self._text.verticalScrollBar().setValue(place)
        self._copy.setEnabled(finding is not None and bool(finding.fix))
        self._dismiss.setEnabled(finding is not None)
        self._help.setEnabled(finding is not None and finding.rule in ALL)
        words = ("Restore", "Show it among the others again") if self._is_dismissed else _DISMISS
        self._dismiss.setText(words[0])
        self._dismiss.setToolTip(words[1])
        self._dismiss.setAccessibleName(words[1])

    def _make_text(self) -> QTextBrowser:
        text = QTextBrowser()
        text.setObjectName("findingDetail")
        text.setAccessibleName("What the finding means")
        text.setOpenLinks(False)
        text.setPlaceholderText(_CHOOSE)
        return text

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._text, 1)
        column.addWidget(WrappingRow((self._copy, self._dismiss), (self._help,)))

    def _connect(self) -> None:
        self._text.anchorClicked.connect(self._follow)
        self._copy.clicked.connect(self._copy_fix)
        self._copied.timeout.connect(lambda: self._copy.setText("Copy fix"))
        self._dismiss.clicked.connect(
            lambda: self.restore_wanted.emit() if self._is_dismissed else self.dismiss_wanted.emit()
        )
        self._help.clicked.connect(self._ask_for_help)

    def _follow(self, url: QUrl) -> None:
        if url.scheme() == "rule":
            self.rule_wanted.emit(url.path())
        elif url.scheme():
            link_consent.ask(self.window(), url.toString(), asked_by=link_consent.HELP)
        else:
            self.jump.emit(int(url.fragment()))

    def _ask_for_help(self) -> None:
        if self._finding is not None:
            self.help_wanted.emit(self._finding.rule)

    def _copy_fix(self) -> None:
        if self._finding is not None:
            QGuiApplication.clipboard().setText(self._finding.fix.replace("`", ""))
            self._copy.setText("Copied")
            self._copied.start()


_DISMISS = "Dismiss…", "It is no problem here: say why, and hide it"


def _button(text: str, name: str, meaning: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(meaning)
    button.setToolTip(meaning)
    return button
