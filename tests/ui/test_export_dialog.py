"""The export dialog: real files read back, secrets that stay here, and everything that can go wrong with a file."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QProgressBar,
    QPushButton,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from inspector.exports import writing
from inspector.record import query
from inspector.record.extent import rows_of
from inspector.record.recorder import Recorder
from inspector.record.redaction import RedactionRules
from inspector.record.store import Store
from inspector.record.timeline import Timeline
from inspector.ui.dialogs.export_dialog import ExportDialog
from inspector.ui.dialogs.extent_box import EVERYTHING, ONE_STREAM, SELECTED_ROWS, SHOWN_ROWS
from inspector.ui.dialogs.masking_box import UNMASKED
from inspector.ui.export_rows import RowsInSight
from inspector.ui.export_source import Reading, Source, of_live
from inspector.ui.user_data import UserData
from tests.support.panes import column, part
from tests.support.rivers import Talk

LIMIT_MS = 20_000
PASSWORD, KEY, OWN = "correct-horse-battery-9", "sk-abcdefghij0123456789KLMN", "ACME-123456"
SECRETS = (PASSWORD, KEY, OWN, "bearer0123456789")


def a_talk(calls: int = 3) -> Talk:
    talk = Talk()
    for number in range(calls):
        stream = number + 1
        body = b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"password":"%s","note":"%s"}}' % (
            number,
            PASSWORD.encode(),
            OWN.encode(),
        )
        talk.send(stream, headers=(("Authorization", "Bearer bearer0123456789"),), body=body)
        asked = talk.ask(stream, id=number, name="login", raw=body)
        talk.headers(stream)
        raw = b'data: {"jsonrpc":"2.0","id":%d,"result":{"said":"%s"}}\n\n' % (number, KEY.encode())
        talk.chunk(stream, raw)
        talk.answer(stream, asked, id=number, raw=raw)
        talk.end(stream)
    return talk


@pytest.fixture
def data(tmp_path: Path) -> UserData:
    return UserData(tmp_path / "user.ini")


@pytest.fixture
def owner(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def opened(owner: QWidget, data: UserData, qtbot: QtBot) -> Callable[..., ExportDialog]:
    def open_(source: Source | None = None, rows: RowsInSight | None = None) -> ExportDialog:
        dialog = ExportDialog(source or of_live(Recorder(a_talk())), data, owner, rows)
        dialog.open()
        qtbot.waitUntil(lambda: not text(dialog, "maskedState").startswith("Looking"), timeout=LIMIT_MS)
        return dialog

    return open_


def text(dialog: QWidget, name: str) -> str:
    return part(dialog, QLabel, name).text() if name != "maskedState" else _state(dialog)


def _state(dialog: QWidget) -> str:
    label = dialog.findChild(QLabel, "maskedState")
    assert label is not None
    return label.text()


def choose(dialog: ExportDialog, form: str, extent: int = EVERYTHING) -> None:
    box = part(dialog, QComboBox, "exportForm")
    box.setCurrentIndex(box.findData(form))
    part(dialog, QComboBox, "exportExtent").setCurrentIndex(extent)


def write(dialog: ExportDialog, path: Path, qtbot: QtBot) -> str:
    """Export as a user does, up to the choice of the file; the sentence that is said."""
    with qtbot.waitSignal(dialog.exported, timeout=LIMIT_MS) as saying:
        part(dialog, QPushButton, "exportStart").click()
        chooser = dialog.findChild(QFileDialog, "exportChooser")
        assert chooser is not None
        chooser.fileSelected.emit(str(path))
        chooser.reject()
    assert saying.args is not None
    return str(saying.args[0])


@pytest.mark.parametrize("form", writing.FORMATS)
def test_no_secret_leaves(form: str, opened: Callable[..., ExportDialog], tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened()
    part(dialog, QLineEdit, "maskPattern").setText(r"ACME-\d{6}")  # not added, but meant
    choose(dialog, form)
    said = write(dialog, tmp_path / "out", qtbot)
    assert said.startswith("Exported ") and said.endswith("as out.")
    written = (tmp_path / "out").read_bytes()
    assert len(written) > 100
    assert [secret for secret in SECRETS if secret.encode() in written] == []
    if form == "har":
        entries = json.loads(written)["log"]["entries"]
        assert [entry["_eventStream"][0]["data"][:20] for entry in entries] == ['{"jsonrpc":"2.0","id'] * 3
    if form == "jsonl":
        assert [json.loads(line)["n"] for line in written.splitlines()] == list(range(18))


def test_one_stream_of_a_recording_that_is_still_written(
    opened: Callable[..., ExportDialog], tmp_path: Path, qtbot: QtBot
) -> None:
    """The file has the first events, memory the last: nothing is missing between them."""
    talk = a_talk(2)
    recorder = Recorder(talk, Store(tmp_path / "a.rec"))
    recorder.catch_up()
    assert recorder.store is not None
    recorder.store.flush()
    talk.calls(2)
    source = of_live(recorder)
    assert 0 < source.count - len(source.tail) <= source.count == len(talk)
    dialog = opened(source)
    choose(dialog, "jsonl")
    everything = write(dialog, tmp_path / "all", qtbot)
    assert everything.startswith(f"Exported {len(talk)} events")
    assert [json.loads(line)["n"] for line in (tmp_path / "all").read_bytes().splitlines()] == list(range(len(talk)))
    dialog = opened(source, RowsInSight(stream=2))
    choose(dialog, "sse", ONE_STREAM)
    assert part(dialog, QLineEdit, "exportStream").text() == "2"
    write(dialog, tmp_path / "one", qtbot)
    assert (tmp_path / "one").read_bytes().count(b"data:") == 1
    recorder.close()


def talk_in_sight(text: str, *selected: int) -> tuple[Talk, RowsInSight]:
    """Three calls, shown through a filter; `selected` are event numbers."""
    talk = a_talk()
    timeline = talk.into(Timeline())
    rows = [timeline.row_of(n) or 0 for n in selected]
    chosen = rows_of(timeline, rows, "which were selected") if rows else None
    return talk, RowsInSight(query=query.parse(text), marked={13}, shown=2, selected=chosen, stream=3)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("jsonl", "2 events"),
        ("har", "2 HTTP exchanges"),
        ("sse", "1 event stream"),
        ("markdown", "2 rows"),
    ],
)
def test_the_rows_that_the_filter_shows(
    form: str, said: str, opened: Callable[..., ExportDialog], tmp_path: Path, qtbot: QtBot
) -> None:
    talk, rows = talk_in_sight("kind:response stream:2 or is:marked")
    dialog = opened(of_live(Recorder(talk)), rows)
    choose(dialog, form, SHOWN_ROWS)
    assert part(dialog, QComboBox, "exportExtent").currentText() == "Rows the filter shows: 2"
    assert text(dialog, "exportExtentWords") == f"Written: {writing.ROW_FORMATS[form]}."
    assert write(dialog, tmp_path / "out", qtbot).startswith(f"Exported {said} as")
    written = (tmp_path / "out").read_bytes()
    assert [secret for secret in SECRETS[:2] if secret.encode() in written] == []
    if form == "jsonl":
        assert [json.loads(line)["n"] for line in written.splitlines()] == [10, 13]
    elif form == "har":
        assert [entry["_mcp"]["stream"] for entry in json.loads(written)["log"]["entries"]] == [2, 3]
    elif form == "sse":
        assert written.count(b"data:") == 1 and b'"id":1' in written
    else:
        assert "Only rows which pass the filter kind:response stream:2 or is:marked" in written.decode()


def test_the_selected_rows(opened: Callable[..., ExportDialog], tmp_path: Path, qtbot: QtBot) -> None:
    talk, rows = talk_in_sight("dir:in", 7, 1)
    dialog = opened(of_live(Recorder(talk)), rows)
    choose(dialog, "jsonl", SELECTED_ROWS)
    assert part(dialog, QComboBox, "exportExtent").currentText() == "Selected rows: 2"
    assert write(dialog, tmp_path / "out", qtbot).startswith("Exported 2 events")
    assert [json.loads(line)["n"] for line in (tmp_path / "out").read_bytes().splitlines()] == [1, 7]


def test_a_filter_that_no_row_of_it_passes(opened: Callable[..., ExportDialog], tmp_path: Path, qtbot: QtBot) -> None:
    talk, rows = talk_in_sight("id:nobody")
    dialog = opened(of_live(Recorder(talk)), rows)
    choose(dialog, "jsonl", SHOWN_ROWS)
    dialog.write(tmp_path / "out")
    sentence = "✕ There is no event in the rows that the filter shows: out is empty."
    qtbot.waitUntil(lambda: text(dialog, "exportProblem") == sentence, timeout=LIMIT_MS)


def test_what_is_masked_is_looked_for_in_what_leaves(opened: Callable[..., ExportDialog], qtbot: QtBot) -> None:
    talk, rows = talk_in_sight("kind:response", 1)
    dialog = opened(of_live(Recorder(talk)), rows)
    table = part(dialog, QTableView, "maskedTable")
    assert len(column(table, "Place")) == 3
    choose(dialog, "jsonl", SHOWN_ROWS)
    qtbot.waitUntil(lambda: column(table, "Place") == ["text API key"], timeout=LIMIT_MS)
    choose(dialog, "har", SELECTED_ROWS)
    qtbot.waitUntil(lambda: column(table, "Times") == ["1", "2", "1"], timeout=LIMIT_MS)
    choose(dialog, "har", EVERYTHING)
    qtbot.waitUntil(lambda: column(table, "Times") == ["3", "6", "3"], timeout=LIMIT_MS)


def can_choose(dialog: ExportDialog) -> list[bool]:
    box = part(dialog, QComboBox, "exportExtent")
    flags = [box.model().flags(box.model().index(index, 0)) for index in range(box.count())]
    return [bool(flag & Qt.ItemFlag.ItemIsEnabled) for flag in flags]


def test_only_what_there_is_can_be_chosen(opened: Callable[..., ExportDialog]) -> None:
    dialog = opened()
    box = part(dialog, QComboBox, "exportExtent")
    texts = [box.itemText(index) for index in range(box.count())]
    assert texts[1:3] == ["Rows the filter shows (no filter)", "Selected rows (none)"]
    assert can_choose(dialog) == [True, False, False, True]
    talk, rows = talk_in_sight("dir:in", 1)
    dialog = opened(of_live(Recorder(talk)), rows)
    choose(dialog, "jsonl", SHOWN_ROWS)
    assert can_choose(dialog) == [True, True, True, True]
    choose(dialog, "csv", SHOWN_ROWS)  # calls are no rows
    assert can_choose(dialog) == [True, False, False, True]
    assert part(dialog, QComboBox, "exportExtent").currentIndex() == EVERYTHING
    choose(dialog, "markdown", SELECTED_ROWS)
    assert can_choose(dialog) == [True, True, True, False]


def test_what_is_masked_is_shown_while_rules_change(opened: Callable[..., ExportDialog], qtbot: QtBot) -> None:
    dialog = opened()
    table = part(dialog, QTableView, "maskedTable")
    assert column(table, "Place") == ["header authorization", "body $.params.password", "text API key"]
    assert column(table, "Times") == ["3", "6", "3"]
    assert not any(secret in "".join(column(table, "Secret")) for secret in SECRETS)
    line = part(dialog, QLineEdit, "maskPattern")
    line.setText(r"ACME-\d{6}")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert dialog.isVisible()  # Return adds, it does not export
    qtbot.waitUntil(lambda: "pattern ACME-\\d{6}" in column(table, "Place"), timeout=LIMIT_MS)
    part(dialog, QListWidget, "maskPatterns").setCurrentRow(0)
    part(dialog, QPushButton, "maskRemove").click()
    qtbot.waitUntil(lambda: len(column(table, "Place")) == 3, timeout=LIMIT_MS)


def test_a_bad_pattern_is_said_and_not_used(opened: Callable[..., ExportDialog], data: UserData, qtbot: QtBot) -> None:
    dialog = opened()
    part(dialog, QLineEdit, "maskPattern").setText("ACME-(")
    part(dialog, QPushButton, "exportStart").click()
    assert "is no regular expression" in text(dialog, "maskProblem")
    assert dialog.findChild(QFileDialog) is None
    assert data.redaction().patterns == ()


def test_a_pattern_that_takes_too_long_is_said(
    opened: Callable[..., ExportDialog], data: UserData, tmp_path: Path, qtbot: QtBot
) -> None:
    talk = a_talk(1)
    talk.comment(1, "a" * 400 + "b")
    data.set_redaction(RedactionRules(patterns=("(a|aa)+$",)))
    dialog = opened(of_live(Recorder(talk)))
    qtbot.waitUntil(lambda: "took more than" in text(dialog, "maskProblem"), timeout=LIMIT_MS)
    dialog.write(tmp_path / "out")
    qtbot.waitUntil(lambda: "took more than" in text(dialog, "exportProblem"), timeout=LIMIT_MS)
    assert not (tmp_path / "out").exists()


def test_the_rules_are_kept_but_never_that_all_is_open(
    opened: Callable[..., ExportDialog], data: UserData, tmp_path: Path
) -> None:
    dialog = opened()
    part(dialog, QLineEdit, "maskPattern").setText(r"ACME-\d+")
    part(dialog, QPushButton, "maskAdd").click()
    part(dialog, QCheckBox, "maskSessions").setChecked(True)
    part(dialog, QCheckBox, "maskSecrets").setChecked(False)
    dialog.reject()
    again = UserData(tmp_path / "user.ini").redaction()
    assert (again.patterns, again.session_ids, again.is_on) == ((r"ACME-\d+",), True, True)
    assert part(opened(), QCheckBox, "maskSecrets").isChecked()


def test_leaving_all_open_is_a_choice_in_red(opened: Callable[..., ExportDialog], tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened()
    warning = part(dialog, QLabel, "maskWarning")
    assert not warning.isVisible()
    assert part(dialog, QPushButton, "exportStart").text() == "Export…"
    part(dialog, QCheckBox, "maskSecrets").setChecked(False)
    assert warning.isVisible() and warning.text() == UNMASKED
    assert part(dialog, QPushButton, "exportStart").text() == "Export unmasked…"
    choose(dialog, "jsonl")
    assert write(dialog, tmp_path / "out", qtbot).endswith("Nothing in it is masked.")
    assert PASSWORD.encode() in (tmp_path / "out").read_bytes()


def test_a_place_that_cannot_be_written_to(opened: Callable[..., ExportDialog], tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened()
    dialog.write(tmp_path / "no such folder" / "out")
    qtbot.waitUntil(lambda: "Cannot write" in text(dialog, "exportProblem"), timeout=LIMIT_MS)
    assert part(dialog, QPushButton, "exportStart").isEnabled()
    assert dialog.isVisible()


def test_an_empty_export_says_so(opened: Callable[..., ExportDialog], tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened(rows=RowsInSight(stream=99))
    choose(dialog, "sse", ONE_STREAM)
    dialog.write(tmp_path / "out")
    qtbot.waitUntil(lambda: "no event stream in stream 99" in text(dialog, "exportProblem"), timeout=LIMIT_MS)


def test_a_stream_without_a_number_is_not_exported(opened: Callable[..., ExportDialog]) -> None:
    dialog = opened()
    choose(dialog, "sse", ONE_STREAM)
    part(dialog, QLineEdit, "exportStream").setText("")
    assert not part(dialog, QPushButton, "exportStart").isEnabled()
    choose(dialog, "markdown", ONE_STREAM)  # a report is about everything
    assert dialog.extent.stream is None


class _Held(Reading):
    """Comes to a halt in the midst of reading, until it is stopped."""

    reached = threading.Event()

    def since(self, n: int, limit: int) -> list[Any]:
        events = super().since(n, limit)
        if n:
            self.reached.set()
            self._gate.wait(LIMIT_MS / 1e3)
        return events


def test_stopping_leaves_no_file(
    opened: Callable[..., ExportDialog], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    dialog = opened(of_live(Recorder(a_talk(300))))
    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.setattr("inspector.ui.dialogs.export_dialog.Reading", _Held)
    choose(dialog, "har")
    dialog.write(folder / "a.har")
    qtbot.waitUntil(_Held.reached.is_set, timeout=LIMIT_MS)
    bar, stop = part(dialog, QProgressBar, "exportProgress"), part(dialog, QPushButton, "exportClose")
    qtbot.waitUntil(lambda: bar.value() > 100, timeout=LIMIT_MS)
    assert bar.isVisible() and stop.text() == "Stop" and list(folder.iterdir()) != []
    stop.click()
    qtbot.waitUntil(lambda: list(folder.iterdir()) == [], timeout=LIMIT_MS)
    assert text(dialog, "exportProblem") == "✕ Stopped: no file was written."
    assert dialog.isVisible() and stop.text() == "Close"
    stop.click()
    assert not dialog.isVisible()


def test_closing_ends_what_is_being_read(opened: Callable[..., ExportDialog], qtbot: QtBot, qapp: QApplication) -> None:
    dialog = opened()
    before = threading.active_count()
    dialog.masked.search(RedactionRules())
    dialog.reject()
    qtbot.waitUntil(lambda: threading.active_count() <= before, timeout=LIMIT_MS)
    qapp.processEvents()


def test_the_name_says_what_it_is(opened: Callable[..., ExportDialog], qtbot: QtBot) -> None:
    dialog = opened()
    qtbot.waitUntil(lambda: dialog._origin.server == "h", timeout=LIMIT_MS)
    choose(dialog, "sse")
    part(dialog, QPushButton, "exportStart").click()
    chooser = dialog.findChild(QFileDialog, "exportChooser")
    assert chooser is not None and not chooser.isHidden()
    assert Path(chooser.selectedFiles()[0]).name.startswith("inspector-stream-h-")
    assert chooser.defaultSuffix() == "sse"
    chooser.reject()
