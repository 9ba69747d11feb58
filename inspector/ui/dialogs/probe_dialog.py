"""Checking a server on purpose: what will be sent, to be chosen before anything is; what was seen; how far it is."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from inspector.diagnose.finding import Finding
from inspector.protocol.probes import PROBES, RUN_A_TOOL, Probe
from inspector.record.formats.markdown import Report, Table, write_markdown
from inspector.record.text import plain
from inspector.ui.dialogs.dialog_parts import ColoredLabel, button_row, push_button
from inspector.ui.forms.parts import muted_label
from inspector.ui.probing import Probing
from inspector.wire import http

HOLDS = (
    ("5 seconds", 5.0),
    ("30 seconds", 30.0),
    ("70 seconds: nginx and AWS ALB cut at 60", 70.0),
    ("130 seconds: Cloudflare cuts at 125", 130.0),
    ("310 seconds: Envoy cuts at 300", 310.0),
)
"""How long a stream may be left idle, by who would cut it before."""
_ROW_PX = 40
_WORDS = (
    "These requests are sent to the server beside your session, and nothing else; they change nothing there. "
    "What they show becomes findings, with cause and fix."
)
_TITLE, _SENDS, _SEEN = range(3)
_MAX_SEEN = 300


class ProbeDialog(QDialog):
    """Offers the probes that fit the session; not modal. `findings_wanted` asks for the pane with the findings.

    `findings_of` gives them for the report, as they are then.
    """

    findings_wanted = Signal()

    def __init__(self, probing: Probing, url: str, findings_of: Callable[[], list[Finding]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("probeDialog")
        self.setWindowTitle("Check this server")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._probing, self._url, self._findings_of = probing, http.mask_url(url), findings_of
        self._items: dict[str, QTreeWidgetItem] = {}
        self._obstacles: dict[str, str] = {}
        self._wanted: list[Probe] = []
        self._done = 0
        self._list = QTreeWidget()
        self._hold = QComboBox()
        self._direct = QLineEdit()
        self._progress = QProgressBar()
        self._state = ColoredLabel("muted", f"Nothing has been sent to {plain(self._url, 200)} yet.")
        self._toggle = push_button("Start", "probeToggle", "Send the requests of the chosen checks", primary=True)
        self._findings = push_button("Show findings", "probeFindings", "Go to the findings")
        self._copy = push_button("Copy report", "probeCopy", "Copy what was seen, and the findings, as Markdown")
        self._close = push_button("Close", "probeClose", "Close; a check under way is stopped (Esc)")
        self._fill()
        self._lay_out()
        self._connect()
        self._refresh()

    def done(self, result: int) -> None:
        """Stop what is under way and close."""
        self._probing.stop()
        super().done(result)

    def _fill(self) -> None:
        for probe in PROBES:
            item = QTreeWidgetItem(self._list, [probe.title, probe.sends, ""])
            item.setCheckState(_TITLE, Qt.CheckState.Unchecked)
            item.setSizeHint(_TITLE, QSize(0, _ROW_PX))  # two lines
            for column in (_TITLE, _SENDS):
                item.setToolTip(column, item.text(column))
            self._items[probe.id] = item
        self._offer()

    def _offer(self) -> None:
        """Let be chosen what can be made now; what runs a tool again is chosen by the user only."""
        target = self._probing.target(HOLDS[0][1], self._direct.text().strip())
        if target is None:
            self._state.say("Connect to a server first; then it can be checked.", "warn")
        for probe in PROBES:
            item = self._items[probe.id]
            obstacle = probe.obstacle(target) if target else "There is no connection."
            if obstacle == self._obstacles.get(probe.id):
                continue
            self._obstacles[probe.id] = obstacle
            item.setDisabled(bool(obstacle))
            item.setText(_SEEN, obstacle)
            is_wanted = not obstacle and probe.id not in RUN_A_TOOL
            item.setCheckState(_TITLE, Qt.CheckState.Checked if is_wanted else Qt.CheckState.Unchecked)
        self._toggle.setEnabled(target is not None)

    def _chosen(self) -> list[Probe]:
        checked = Qt.CheckState.Checked
        return [probe for probe in PROBES if self._items[probe.id].checkState(_TITLE) is checked]

    def _press(self) -> None:
        if self._probing.is_running:
            self._probing.stop()
            return
        self._wanted, self._done = self._chosen(), 0
        for item in self._items.values():
            if not item.isDisabled():
                item.setText(_SEEN, "")
        self._progress.setRange(0, max(1, len(self._wanted)))
        self._progress.setValue(0)
        self._progress.show()
        self._probing.start(self._wanted, float(self._hold.currentData()), self._direct.text().strip())
        self._refresh()

    def _on_began(self, probe: str) -> None:
        self._items[probe].setText(_SEEN, "…")
        self._list.scrollToItem(self._items[probe])
        self._state.say(f"Check {self._done + 1} of {len(self._wanted)}: {self._items[probe].text(_TITLE)}", "note")

    def _on_sent(self, probe: str, count: int) -> None:
        if count > 1:
            self._items[probe].setText(_SEEN, f"… request {count}")

    def _on_ended(self, probe: str, sentence: str) -> None:
        self._done += 1
        self._progress.setValue(self._done)
        self._items[probe].setText(_SEEN, plain(sentence, _MAX_SEEN))
        self._items[probe].setToolTip(_SEEN, plain(sentence, _MAX_SEEN))

    def _on_finished(self) -> None:
        stopped = self._done < len(self._wanted)
        words = "Stopped" if stopped else "Done"
        self._state.say(f"{words}: {self._done} of {len(self._wanted)} checks made.", "warn" if stopped else "good")
        for item in self._items.values():
            if item.text(_SEEN).startswith("…"):
                item.setText(_SEEN, "Stopped.")
        self._refresh()

    def _copy_report(self) -> None:
        from inspector.exports.check_formats import findings_markdown  # noqa: PLC0415 - seldom wanted

        made = [[item.text(_TITLE), item.text(_SEEN)] for item in self._items.values() if not item.isDisabled()]
        table = Table("Checks", ("Check", "What was seen"), [row for row in made if row[1]])
        out = BytesIO()
        findings = ("Findings", findings_markdown(self._findings_of()))
        write_markdown(Report(f"Check of {self._url}", [], [table], [findings]), out)
        QGuiApplication.clipboard().setText(out.getvalue().decode())
        self._state.say("Copied the report.", "note")

    def _refresh(self) -> None:
        is_running = self._probing.is_running
        self._toggle.setText("Stop" if is_running else "Start")
        self._toggle.setEnabled(is_running or bool(self._chosen()))
        self._copy.setEnabled(self._done > 0 and not is_running)
        self._hold.setEnabled(not is_running)
        self._direct.setEnabled(not is_running)

    def _lay_out(self) -> None:
        self._list.setHeaderLabels(["Check", "What is sent", "What was seen"])
        self._list.setRootIsDecorated(False)
        self._list.setWordWrap(True)
        self._list.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        header = self._list.header()
        for section in (_TITLE, _SENDS, _SEEN):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(_TITLE, 290)
        header.resizeSection(_SENDS, 290)
        header.setStretchLastSection(True)
        named: tuple[tuple[QWidget, str, str], ...] = (
            (self._list, "probeList", "The checks: what is sent, and what was seen"),
            (self._hold, "probeHold", "How long an idle stream is watched"),
            (self._direct, "probeDirect", "Where the server is without its proxy"),
            (self._progress, "probeProgress", "How many checks are made"),
            (self._state, "probeState", "State of the checks"),
        )
        for widget, name, meaning in named:
            widget.setObjectName(name)
            widget.setAccessibleName(meaning)
        for words, seconds in HOLDS:
            self._hold.addItem(words, seconds)
        self._hold.setCurrentIndex(1)
        self._progress.setTextVisible(False)
        self._progress.hide()  # an empty one looks like a field to type in
        watch = QLabel("&Watch an idle stream for")
        watch.setBuddy(self._hold)
        without = QLabel("Without the &proxy")
        without.setBuddy(self._direct)
        self._direct.setPlaceholderText("http://127.0.0.1:8000/mcp")
        self._direct.setToolTip("The same server, past the proxy; your headers are sent there too")
        options = QHBoxLayout()
        options.setSpacing(6)
        options.addWidget(watch)
        options.addWidget(self._hold)
        options.addSpacing(12)
        options.addWidget(without)
        options.addWidget(self._direct, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(10)
        column.addWidget(muted_label(_WORDS))
        column.addWidget(self._list, 1)
        column.addLayout(options)
        column.addWidget(self._state)
        column.addWidget(self._progress)
        column.addLayout(button_row(self._toggle, self._close, left=(self._findings, self._copy)))
        self.resize(960, 560)

    def _connect(self) -> None:
        self._probing.began.connect(self._on_began)
        self._probing.sent.connect(self._on_sent)
        self._probing.ended.connect(self._on_ended)
        self._probing.finished.connect(self._on_finished)
        self._list.itemChanged.connect(self._refresh)
        self._direct.editingFinished.connect(self._offer)
        self._toggle.clicked.connect(self._press)
        self._findings.clicked.connect(self.findings_wanted)
        self._copy.clicked.connect(self._copy_report)
        self._close.clicked.connect(self.reject)
