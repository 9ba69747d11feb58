"""Export: in which format, how much of the session, what is masked, and where to."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from inspector.exports.writing import (
    SUFFIXES,
    ExportError,
    Origin,
    Written,
    leaving,
    name_after,
    origin_of,
    write_file,
)
from inspector.record.recording import RecordingError
from inspector.record.redaction import RedactionError, RedactionRules, Redactor
from inspector.record.text import counted
from inspector.ui.background import Background
from inspector.ui.dialogs.dialog_parts import button_row, heading, problem_label, push_button
from inspector.ui.dialogs.extent_box import ExtentBox
from inspector.ui.dialogs.masked_table import MaskedTable
from inspector.ui.dialogs.masking_box import MaskingBox
from inspector.ui.export_rows import RowsInSight
from inspector.ui.export_source import Reading, Source, Stopped
from inspector.ui.forms.parts import muted_label
from inspector.ui.user_data import UserData

FORMS = {
    "har": ("HAR 1.2 (.har)", "HTTP exchanges with the events of their streams, for browsers and proxies."),
    "jsonl": ("JSON lines (.jsonl)", "Every event of the session, one JSON object a line."),
    "sse": ("Raw event streams (.sse)", "The bytes of event streams as the server wrote them."),
    "markdown": ("Report (.md)", "Figures, findings and the last remarkable rows in Markdown, for a bug report."),
    "csv": ("Calls (.csv)", "Every call with all its phases, one a row, for a spreadsheet."),
    "figures-csv": (
        "Latency (.csv)",
        "Percentiles for each method or tool, phase and window, for a spreadsheet.",
    ),
}
LABELLED_ROWS = 2
_LOOK_MS = 100
_EXPECTED = (ExportError, RedactionError, RecordingError)


class ExportDialog(QDialog):
    """`exported` carries a sentence about the file that was written; the rules are kept for the next time."""

    exported = Signal(str)

    def __init__(self, source: Source, data: UserData, parent: QWidget, rows: RowsInSight | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("exportDialog")
        self.setWindowTitle("Export")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._source, self._data = source, data
        self._owner = parent
        self._origin = Origin()
        self._naming = Reading(source)
        self._writing: Reading | None = None
        self._form = QComboBox()
        self._words = muted_label()
        self.extent = ExtentBox(source.count, rows or RowsInSight(), self)
        self._searched: tuple[object, ...] = ()
        self.masking = MaskingBox(data.redaction())
        self.masked = MaskedTable(source, parent)
        self._bar = QProgressBar(maximum=1000)
        self._problem = problem_label("exportProblem")
        self._export = push_button("Export…", "exportStart", "Choose a file and write it", primary=True)
        self._close = push_button("Close", "exportClose", "Write nothing (Esc)")
        self._look = QTimer(self, interval=_LOOK_MS)
        for form, (title, _) in FORMS.items():
            self._form.addItem(title, form)
        self._lay_out()
        self._connect()
        self._refresh()
        self._find_origin()

    def form(self) -> str:
        """The chosen format, one of `FORMATS`."""
        return str(self._form.currentData())

    def done(self, result: int) -> None:
        """Leave nothing running."""
        if self._writing is not None:
            self._writing.stop()
            self._writing = None
        self._naming.stop()
        self._look.stop()
        self.masked.stop()
        super().done(result)

    def write(self, path: Path) -> None:
        """Write the export to a file, in a thread; the file appears when it is whole."""
        if self._source.is_at(path):
            self._end(f"{path.name} is the recording itself. Choose another file.")
            return
        form, find, rules = self.form(), self.extent.finder(), self.masking.rules()
        reading = self._writing = Reading(self._source, self.extent.passes)

        def work() -> Written | None:
            try:
                with reading.river() as river:
                    return write_file(river, path, form, Redactor(rules), find(river))
            except Stopped:
                return None

        task = Background(work, _EXPECTED, self._owner)
        task.done.connect(lambda written: self._written(reading, path, written))
        task.failed.connect(lambda sentence: self._failed(reading, sentence))
        for finished in (task.done, task.failed):
            finished.connect(task.deleteLater)
        self._problem.say("")
        self._look.start()
        task.start()
        self._refresh()

    def _lay_out(self) -> None:
        named: tuple[tuple[QWidget, str, str], ...] = (
            (self._form, "exportForm", "Format"),
            (self.extent.choice, "exportExtent", "How much"),
            (self.extent.line, "exportStream", "Number of the stream"),
            (self._bar, "exportProgress", "How much has been written"),
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(2, 1)
        for row, (widget, name, meaning) in enumerate(named):
            widget.setObjectName(name)
            widget.setAccessibleName(meaning)
            if row < LABELLED_ROWS:
                label = QLabel(meaning)
                label.setBuddy(widget)
                grid.addWidget(label, row, 0)
                grid.addWidget(widget, row, 1)
        grid.addWidget(self._words, 0, 2)
        grid.addWidget(self.extent.line, 1, 2, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.extent.words, 1, 2)
        self._words.setObjectName("exportWords")
        self.extent.words.setObjectName("exportExtentWords")
        self._bar.setFormat("%p %")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(10)
        column.addLayout(grid)
        column.addWidget(heading("Before it leaves"))
        column.addWidget(self.masking)
        column.addWidget(self.masked, 1)
        column.addWidget(self._problem)
        column.addWidget(self._bar)
        column.addLayout(button_row(self._close, self._export))
        self.resize(760, 620)

    def _connect(self) -> None:
        self._form.currentIndexChanged.connect(self._refresh)
        self.extent.changed.connect(self._refresh)
        self.masking.changed.connect(self._rules_changed)
        self.masked.failed.connect(self.masking.say)
        self._look.timeout.connect(self._refresh)
        self._export.clicked.connect(self._ask)
        self._close.clicked.connect(self._stop_or_close)

    def _rules_changed(self, rules: RedactionRules) -> None:
        self._data.set_redaction(rules)
        self._searched = ()
        self._refresh()

    def _search(self) -> None:
        """Look for what is masked, if something else is to be exported than before."""
        if self._searched != self.extent.key:
            self._searched = self.extent.key
            form, find = self.form(), self.extent.finder()
            self.masked.search(self.masking.rules(), lambda river: leaving(form, find(river)), self.extent.passes)

    def _refresh(self) -> None:
        is_idle, is_masked = self._writing is None, self.masking.rules().is_on
        self._words.setText(FORMS[self.form()][1])
        for widget in (self._form, self.masking):
            widget.setEnabled(is_idle)
        self.extent.refresh(self.form(), is_idle=is_idle)
        self._export.setEnabled(is_idle and self.extent.is_usable)
        self._export.setText("Export…" if is_masked else "Export unmasked…")
        self._close.setText("Close" if is_idle else "Stop")
        self._bar.setVisible(not is_idle)
        if self._writing is not None:
            self._bar.setValue(int(self._writing.share * 1000))
        self._search()

    def _stop_or_close(self) -> None:
        if self._writing is None:
            self.reject()
        else:
            self._end("Stopped: no file was written.")

    def _ask(self) -> None:
        if not self.masking.add():  # a pattern that was typed and not added is meant all the same
            return
        suffix = SUFFIXES[self.form()]
        chooser = QFileDialog(self, "Export to", "", f"{FORMS[self.form()][0]} (*.{suffix});;All files (*)")
        chooser.setObjectName("exportChooser")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix(suffix)
        chooser.selectFile(name_after(self._origin, self.form()))
        chooser.fileSelected.connect(lambda name: self.write(Path(name)))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _find_origin(self) -> None:
        """What the file is named after."""

        def work() -> Origin:
            try:
                with self._naming.river() as river:
                    return origin_of(river)
            except Stopped:
                return Origin()

        task = Background(work, _EXPECTED, self._owner)
        task.done.connect(self._know_origin)
        for finished in (task.done, task.failed):
            finished.connect(task.deleteLater)
        task.start()

    def _know_origin(self, origin: Origin) -> None:
        self._origin = origin

    def _written(self, reading: Reading, path: Path, written: Written | None) -> None:
        if self._writing is not reading or written is None:
            return
        if not written.items:
            self._end(f"There is no {written.word} in {self.extent.in_words}: {path.name} is empty.")
            return
        self._end("")
        masked = "" if self.masking.rules().is_on else " Nothing in it is masked."
        self.exported.emit(f"Exported {counted(written.items, written.word)} as {path.name}.{masked}")
        self.accept()

    def _failed(self, reading: Reading, sentence: str) -> None:
        if self._writing is reading:
            self._end(sentence)

    def _end(self, sentence: str) -> None:
        """Nothing is being written any more."""
        if self._writing is not None:
            self._writing.stop()
            self._writing = None
        self._look.stop()
        self._problem.say(f"✕ {sentence}" if sentence else "")
        self._refresh()
