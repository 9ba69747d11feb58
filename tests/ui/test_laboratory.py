"""The laboratory in the window: what it does stands in plain sight, is bounded, and can be stopped."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QTabWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from inspector.protocol.auth.store import MemoryStore
from inspector.session.options import Callbacks
from inspector.trace.events import EndCause, LabActed, Message, RequestSent, StreamEnded
from inspector.ui.dialogs.laboratory_dialog import LaboratoryDialog
from inspector.ui.laboratory import Laboratory
from inspector.ui.views.lab_parts import NumberField, Report
from inspector.ui.views.sides_page import SidesPage
from tests.support.desk import Desk, click_on, on_desk
from tests.support.panes import column
from tests.support.qt_loop import until

STEPS = '{"text": "one two three", "delay_ms": 5}'


async def answer(params: dict[str, object]) -> dict[str, object]:
    return {}


def opened(desk: Desk, part: str = "Faults") -> LaboratoryDialog:
    desk.child(QAction, "openLaboratory").trigger()
    dialog = desk.child(LaboratoryDialog, "laboratoryDialog")
    dialog.show_part(part)
    return dialog


def button(desk: Desk, name: str) -> QPushButton:
    return desk.child(QPushButton, name)


def acts(desk: Desk) -> list[str]:
    return [event.text for event in desk.river.since(0) if isinstance(event, LabActed)]


def ended(desk: Desk, cause: EndCause) -> list[StreamEnded]:
    return [e for e in desk.river.since(0) if isinstance(e, StreamEnded) and e.cause is cause]


async def listening(desk: Desk) -> QTableView:
    """The table of open streams, once the listening stream stands in it with its id."""
    table = desk.child(QTableView, "labStreams")
    await until(lambda: column(table, "Purpose") == ["stream"], "only the listening stream")
    await until(lambda: column(table, "Last event id") not in ([], ["–"]), "its first id")
    return table


@on_desk
async def test_without_a_connection_nothing_can_be_done(desk: Desk) -> None:
    opened(desk)
    assert desk.text("labState") == "Connect to a server first."
    names = ("labFin", "labRst", "labHalfClose", "labArm", "labSlow", "labDelay", "labResume", "labStop")
    assert not any(button(desk, name).isEnabled() for name in names)
    for part, state, toggle in (
        ("Resume test", "resumeState", "resumeToggle"),
        ("Two addresses", "sidesState", "sidesToggle"),
        ("Soak", "soakState", "soakToggle"),
    ):
        opened(desk, part)
        assert desk.text(state) == "Connect to a server first." and not button(desk, toggle).isEnabled()


@on_desk
async def test_dropping_the_selected_stream(desk: Desk) -> None:
    await desk.connect()
    opened(desk)
    table = await listening(desk)
    desk.controller.caller.call_many("slow", {"seconds": 2.5}, 1, 1)
    await until(lambda: "tools/call" in column(table, "Purpose"), "a call under way")
    assert not button(desk, "labHalfClose").isEnabled(), "half-closing needs a stream"
    await click_on(table, table.model().index(column(table, "Purpose").index("stream"), 0))
    assert button(desk, "labHalfClose").isEnabled()
    number = column(table, "#")[column(table, "Purpose").index("stream")]
    button(desk, "labRst").click()
    assert desk.text("labState") == f"Cut with RST: 1 stream (#{number})."
    await until(lambda: ended(desk, EndCause.DROPPED_BY_US), "the end of the stream")
    (act,) = acts(desk)
    assert "a reset (RST)" in act and f"stream {number}" in act
    await until(lambda: "resume" in column(table, "Purpose"), "the stream to be resumed")
    assert [str(event.stream) for event in ended(desk, EndCause.DROPPED_BY_US)] == [number]


@on_desk
async def test_what_is_active_stands_in_a_banner_until_it_is_stopped(desk: Desk) -> None:
    await desk.connect()
    banner = desk.child(QWidget, "laboratoryBanner")
    assert not banner.isVisible()
    opened(desk)
    for name in ("labArm", "labSlow", "labDelay"):
        button(desk, name).click()
    await until(banner.isVisible, "the banner")
    words = desk.child(QLabel, "laboratoryWords")
    for said in ("after 3 events", "1,000 bytes a second", "200 ms"):
        assert said in words.toolTip() and said in desk.text("labActive"), words.toolTip()
    desk.child(QToolButton, "laboratoryStop").click()
    await until(lambda: not banner.isVisible(), "the banner to go")
    assert desk.text("labActive") == "" and not button(desk, "labStop").isEnabled()
    assert acts(desk)[-1].startswith("Everything is as it was")


@on_desk
async def test_what_cannot_be_done_is_said(desk: Desk) -> None:
    await desk.connect()
    opened(desk)
    button(desk, "labResume").click()
    assert "An event id has 1 to" in desk.text("labState")
    for _ in range(9):
        button(desk, "labArm").click()
    assert "clear the laboratory first" in desk.text("labState")
    button(desk, "labStop").click()
    unit = desk.child(QComboBox, "labUnit")
    unit.setCurrentText("bytes")
    assert not desk.child(QCheckBox, "labMidEvent").isEnabled()
    desk.child(NumberField, "labCount").setText("512")
    button(desk, "labArm").click()
    await until(lambda: "512 bytes" in desk.text("labActive"), "the rule")


@on_desk
async def test_return_in_a_field_acts_on_nothing_else(desk: Desk) -> None:
    await desk.connect()
    opened(desk)
    await listening(desk)
    QTest.keyClick(desk.child(NumberField, "labCount"), Qt.Key.Key_Return)
    assert acts(desk) == []


@on_desk
async def test_a_resume_test_says_what_became_of_each_cut(desk: Desk) -> None:
    await desk.connect()
    opened(desk, "Resume test")
    desk.child(QComboBox, "resumeTool").setCurrentText("stream_text")
    desk.child(QLineEdit, "resumeArguments").setText(STEPS)
    desk.child(NumberField, "resumeCuts").setText("2")
    assert "calls stream_text 3 times on this session" in desk.text("resumeState")
    calls = [e for e in desk.river.since(0) if isinstance(e, Message) and e.name == "stream_text"]
    assert calls == [], "nothing is sent before Start"
    button(desk, "resumeToggle").click()
    await until(lambda: "all resumed without a loss" in desk.text("resumeState"), "the verdict")
    table = desk.child(QTableView, "resumeTable")
    assert column(table, "Lost") == column(table, "Twice") == column(table, "Disorder") == ["0", "0"]
    assert column(table, "Asked") == ["500 ms", "500 ms"] and column(table, "HTTP") == ["200", "200"]
    assert all(words.startswith("✓ ") for words in column(table, "Verdict"))
    assert button(desk, "resumeToggle").text() == "Start"
    button(desk, "resumeCopy").click()
    page = QGuiApplication.clipboard().text()
    assert page.startswith("# Resume test\n") and page.count("Nothing lost, nothing twice.") == 2
    index = table.model().index(1, 0)
    table.doubleClicked.emit(index)
    await until(lambda: "<b>#" in desk.text("detailTitle"), "the request of the run")


@on_desk
async def test_a_resume_test_can_be_stopped(desk: Desk) -> None:
    await desk.connect()
    opened(desk, "Resume test")
    desk.child(QComboBox, "resumeTool").setCurrentText("slow")
    desk.child(QLineEdit, "resumeArguments").setText('{"seconds": 60}')
    button(desk, "resumeToggle").click()
    assert button(desk, "resumeToggle").text() == "Stop"
    await until(lambda: "resume test: running the tool whole" in desk.text("laboratoryWords"), "the banner")
    desk.child(QToolButton, "laboratoryStop").click()
    await until(lambda: desk.text("resumeState") == "■ Stopped before its end.", "the end")
    assert not desk.child(QWidget, "laboratoryBanner").isVisible() or not desk.text("labActive")


@on_desk
async def test_what_is_over_is_not_said_to_run(desk: Desk) -> None:
    """A look between the last step of a test and the news of it, as a busy machine takes it, finds nothing running."""
    laboratory = desk.child(Laboratory, "")
    seen: list[tuple[bool, tuple[str, ...]]] = []

    def look() -> None:
        seen.append((laboratory.is_running("x"), laboratory.active))

    async def work() -> None:
        asyncio.get_running_loop().call_soon(look)

    laboratory.run("x", work(), lambda: "x runs", lambda: None)
    assert laboratory.is_running("x") and laboratory.active == ("x runs",)
    await until(lambda: seen, "the look")
    assert seen == [(False, ())]


@on_desk
async def test_two_addresses_are_compared(desk: Desk) -> None:
    await desk.connect()
    opened(desk, "Two addresses")
    state = desk.child(QLabel, "sidesState")
    desk.child(QComboBox, "sidesTool").setCurrentText("echo")
    desk.child(QLineEdit, "sidesArguments").setText('{"text": "hi"}')
    desk.child(NumberField, "sidesTimes").setText("6")
    assert state.text().startswith("Give the second address")
    other = desk.child(QLineEdit, "sidesOther")
    other.setText("ftp://example.org")
    assert "must begin with http://" in state.text() and not button(desk, "sidesToggle").isEnabled()
    other.setText(desk.url.removeprefix("http://"))
    assert "calls echo 7 times on each" in state.text() and "Your headers are sent to" in state.text()
    button(desk, "sidesToggle").click()
    await until(lambda: state.text().startswith("✓ The second address in 6 rounds"), "the outcome")
    table = desk.child(QTableView, "sidesTable")
    assert column(table, "First (here)")[:2] == column(table, "Second")[:2] == ["6", "0"]
    button(desk, "sidesCopy").click()
    assert QGuiApplication.clipboard().text().startswith("# Two addresses called alike\n")
    calls = [e for e in desk.river.since(0) if isinstance(e, Message) and e.name == "echo"]
    assert calls == [], "the tests have connections of their own"


@on_desk
async def test_no_token_of_one_server_goes_to_another(desk: Desk) -> None:
    await desk.connect()
    opened(desk, "Two addresses")
    session = desk.controller.session
    assert session is not None
    options = replace(session.options, credentials=MemoryStore(), headers=(("X-Mine", "1"),))
    here, there = (side.options for side in desk.child(SidesPage, "sidesPage")._made(options, "http://other/")._sides)
    assert isinstance(here.credentials, MemoryStore) and there.credentials is None
    assert there.headers == options.headers and (here.url, there.url) == (options.url, "http://other/")
    callbacks = Callbacks(sampling=answer, elicitation=answer, roots=answer)
    desk.controller.session.options = replace(session.options, callbacks=callbacks)  # type: ignore[union-attr]
    own = desk.child(SidesPage, "sidesPage").laboratory.options()
    assert own is not None and own.callbacks.features() == Callbacks().features(), "nobody is asked in our stead"


@on_desk
async def test_nobody_at_the_second_address_is_said(desk: Desk) -> None:
    await desk.connect()
    opened(desk, "Two addresses")
    desk.child(QComboBox, "sidesTool").setCurrentText("echo")
    desk.child(QLineEdit, "sidesOther").setText("http://127.0.0.1:9/mcp")
    button(desk, "sidesToggle").click()
    await until(lambda: desk.text("sidesState").startswith("✕ Nothing listens"), "the reason")


@on_desk
async def test_a_soak_goes_on_while_the_dialog_is_closed_and_ends_with_a_report(desk: Desk) -> None:
    await desk.connect()
    desk.child(QAction, "openSoak").trigger()
    dialog = desk.child(LaboratoryDialog, "laboratoryDialog")
    tabs = desk.child(QTabWidget, "laboratoryTabs")
    assert tabs.tabText(tabs.currentIndex()) == "Soak"
    assert "and calls nothing" in desk.text("soakState") and not desk.child(QComboBox, "soakRhythm").isEnabled()
    desk.child(QComboBox, "soakTool").setCurrentText("echo")
    desk.child(QLineEdit, "soakArguments").setText("{")
    assert "no JSON object" in desk.text("soakState") and not button(desk, "soakToggle").isEnabled()
    desk.child(QLineEdit, "soakArguments").setText('{"text": "hi"}')
    assert "calls echo up to 31 times" in desk.text("soakState"), desk.text("soakState")
    button(desk, "soakToggle").click()
    dialog.reject()
    words = desk.child(QLabel, "laboratoryWords")
    await until(lambda: "soak, " in words.text() and "1 call, 0 failed" in words.text(), "the banner")
    assert desk.text("stateWords") == "connected"
    desk.child(QToolButton, "laboratoryOpen").click()
    await until(dialog.isVisible, "the dialog")
    button(desk, "soakToggle").click()
    await until(lambda: desk.text("soakState").startswith("✓ Held for "), "the end")
    report = desk.child(QPlainTextEdit, "soakReport").toPlainText()
    assert "tools/call echo" in report and "AVAILABILITY" in report
    button(desk, "soakCopy").click()
    assert QGuiApplication.clipboard().text().startswith("# Soak of http://127.0.0.1")


@on_desk
async def test_the_window_may_be_closed_while_everything_runs(desk: Desk) -> None:
    """The desk is closed behind this test, and nothing may be left behind."""
    await desk.connect()
    for part, name, arguments in (
        ("Soak", "soak", '{"text": "hi"}'),
        ("Two addresses", "sides", '{"text": "hi"}'),
        ("Resume test", "resume", '{"text": "hi"}'),
    ):
        opened(desk, part)
        desk.child(QComboBox, f"{name}Tool").setCurrentText("echo" if name != "resume" else "stream_text")
        desk.child(QLineEdit, f"{name}Arguments").setText(arguments)
        desk.child(QLineEdit, "sidesOther").setText(desk.url)
        button(desk, f"{name}Toggle").click()
    words = desk.child(QLabel, "laboratoryWords")
    await until(lambda: all(said in words.toolTip() for said in ("soak, ", "two addresses")), "both tests")


@on_desk
async def test_a_connection_that_ends_under_a_resume_test_ends_the_test(desk: Desk) -> None:
    await desk.connect()
    opened(desk, "Resume test")
    desk.child(QComboBox, "resumeTool").setCurrentText("slow")
    desk.child(QLineEdit, "resumeArguments").setText('{"seconds": 60}')
    button(desk, "resumeToggle").click()
    await until(lambda: desk.controller.session and desk.controller.session.laboratory.open_streams(), "the call")
    desk.controller.disconnect_now()
    await until(lambda: desk.text("resumeState") == "Connect to a server first.", "the end of the test")
    assert not desk.child(QWidget, "laboratoryBanner").isVisible()


@on_desk
async def test_resuming_from_the_event_of_a_row(desk: Desk) -> None:
    await desk.connect()
    action = desk.child(QAction, "timelineResumeFrom")
    assert not action.isVisible()
    frames = [e for e in desk.river.since(0) if getattr(e, "event_id", None)]
    await until(lambda: any(getattr(e, "event_id", None) for e in desk.river.since(0)), "an event with an id")
    frames = [e for e in desk.river.since(0) if getattr(e, "event_id", None)]
    await desk.show_event(frames[0].n)
    await until(action.isVisible, "the entry of the row")
    action.trigger()
    event_id = frames[0].event_id  # type: ignore[union-attr]
    assert f"what came after {event_id}" in desk.text("labState")

    def asked() -> list[RequestSent]:
        sent = [e for e in desk.river.since(0) if isinstance(e, RequestSent)]
        return [e for e in sent if dict(e.headers).get("Last-Event-ID") == event_id]

    await until(asked, "the GET")


def test_a_report_is_saved_or_it_is_said_why_not(qtbot: QtBot, tmp_path: Path) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    report = Report(owner, "soak", "nothing yet")
    assert not report.save.isEnabled() and not report.copy.isEnabled()
    report.show_report("text", "# markdown")
    report.save_to(str(tmp_path / "report.md"))
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == "# markdown"
    assert report.note.text().startswith("Saved the report to ")
    report.save_to(str(tmp_path / "no folder" / "report.md"))
    assert report.note.text().startswith("Cannot write ") and report.note.role == "bad"


def test_a_number_stays_within_its_bounds(qtbot: QtBot) -> None:
    field = NumberField(2, 10, 3, "n", "How many")
    qtbot.addWidget(field)
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.value() == 4
    for text, value in (("", 2), ("1", 2), ("11", 10), ("10", 10)):
        field.setText(text)
        assert field.value() == value
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.value() == 10
