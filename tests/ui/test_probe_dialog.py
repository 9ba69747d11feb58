"""Checking a server from the window: nothing is sent before Start, each check says what it saw, Stop stops."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
)

from inspector.trace.events import RequestSent
from inspector.ui.dialogs.probe_dialog import HOLDS, ProbeDialog
from tests.support.desk import Desk, on_desk
from tests.support.qt_loop import until

AGAIN = ("Call the tool again and watch its events arrive", "Call the tool with and without the proxy")


def sent(desk: Desk) -> list[str]:
    events = desk.river.since(0)
    return [e.purpose for e in events if isinstance(e, RequestSent) and e.purpose.startswith("probe:")]


def rows(desk: Desk) -> list[QTreeWidgetItem]:
    tree = desk.child(QTreeWidget, "probeList")
    found = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    return [item for item in found if item is not None]


def choose(desk: Desk, *titles: str) -> None:
    for item in rows(desk):
        wanted = any(title in item.text(0) for title in titles)
        item.setCheckState(0, Qt.CheckState.Checked if wanted else Qt.CheckState.Unchecked)


def open_dialog(desk: Desk) -> ProbeDialog:
    desk.child(QAction, "checkServer").trigger()
    return desk.child(ProbeDialog, "probeDialog")


@on_desk
async def test_without_a_connection_nothing_can_be_checked(desk: Desk) -> None:
    dialog = open_dialog(desk)
    assert desk.child(QLabel, "probeState").text() == "Connect to a server first; then it can be checked."
    assert not desk.child(QPushButton, "probeToggle").isEnabled()
    assert all(item.isDisabled() for item in rows(desk))
    dialog.reject()


@on_desk
async def test_the_chosen_checks_are_made_and_say_what_they_saw(desk: Desk) -> None:
    await desk.connect()
    dialog = open_dialog(desk)
    choose(desk, "session id that nobody has", "protocol version that does not exist")
    assert sent(desk) == []
    progress = desk.child(QProgressBar, "probeProgress")
    assert not progress.isVisible() and not desk.child(QPushButton, "probeCopy").isEnabled()
    assert all(item.text(1) for item in rows(desk))
    await desk.click("probeToggle")
    await until(lambda: "Done" in desk.child(QLabel, "probeState").text(), "the end of the checks")
    assert sent(desk) == ["probe:badsession", "probe:version"]
    seen = [item.text(2) for item in rows(desk) if item.text(2) and not item.isDisabled()]
    assert [text.rpartition("; ")[2] for text in seen] == ["404 is right.", "400 is right."]
    assert progress.isVisible()
    assert progress.value() == progress.maximum() == 2
    desk.child(QPushButton, "probeFindings").click()
    desk.child(QPushButton, "probeCopy").click()
    report = QGuiApplication.clipboard().text()
    assert report.startswith(f"# Check of {desk.url}\n") and "404; 404 is right." in report and "## Findings" in report
    tabs = desk.child(QTabWidget, "workTabs")
    assert tabs.tabText(tabs.currentIndex()).startswith("Findings")
    dialog.reject()


@on_desk
async def test_the_latest_call_is_made_again_only_when_it_is_chosen(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("echo")
    await desk.call_with("text", "once")
    await desk.outcome()
    dialog = open_dialog(desk)
    live, direct = (next(item for item in rows(desk) if item.text(0) == title) for title in AGAIN)
    assert live.checkState(0) is Qt.CheckState.Unchecked and not live.isDisabled()
    assert direct.text(2) == "Say below where the server is without its proxy."
    choose(desk)
    assert not desk.child(QPushButton, "probeToggle").isEnabled()
    field = desk.child(QLineEdit, "probeDirect")
    field.setText(desk.url)
    field.editingFinished.emit()
    assert not direct.isDisabled() and live.checkState(0) is Qt.CheckState.Unchecked
    choose(desk, *AGAIN)
    await desk.click("probeToggle")
    await until(lambda: "Done: 2 of 2" in desk.child(QLabel, "probeState").text(), "the end of the checks")
    assert live.text(2).startswith("echo: ") and "Without it" in direct.text(2)
    dialog.reject()


@on_desk
async def test_a_check_can_be_stopped(desk: Desk) -> None:
    await desk.connect()
    dialog = open_dialog(desk)
    choose(desk, "Leave a stream idle")
    desk.child(QComboBox, "probeHold").setCurrentIndex(len(HOLDS) - 1)
    await desk.click("probeToggle")
    await until(lambda: sent(desk).count("probe:hold") == 3, "the stream to be held")
    assert desk.child(QPushButton, "probeToggle").text() == "Stop"
    desk.child(QPushButton, "probeToggle").click()
    await until(lambda: desk.child(QPushButton, "probeToggle").text() == "Start", "the stop")
    assert desk.child(QLabel, "probeState").text() == "Stopped: 0 of 1 checks made."
    assert [item.text(2) for item in rows(desk) if item.text(2) and not item.isDisabled()] == ["Stopped."]
    dialog.reject()
    await until(lambda: desk.text("stateWords") == "connected", "the session to be as it was")
