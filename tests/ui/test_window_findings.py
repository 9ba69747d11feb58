"""The assembled window at a server of the fault gallery: from the badge over the evidence to the dismissal."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QTextBrowser

from inspector.protocol.era import TransportName
from inspector.servers.faults.gallery import ALL
from inspector.servers.faults.server import FaultServer
from inspector.ui.dialogs.rules_dialog import RulesDialog
from inspector.ui.user_data import UserData
from inspector.ui.views.stat_table import StatTable
from tests.support.desk import Desk, open_desk, run
from tests.support.panes import column
from tests.support.qt_loop import until

# The offscreen platform says so of windows.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

RULE = "schema-not-object"


def badge(desk: Desk) -> str:
    tabs = desk.window.tabs
    return tabs.tabText(tabs.indexOf(tabs.findings))


async def connect(desk: Desk) -> None:
    desk.window.bar.set_transport(TransportName.STREAMABLE_HTTP)
    await desk.connect()


async def look_and_dismiss(desk: Desk) -> None:
    await connect(desk)
    await until(lambda: badge(desk) == "Findings ✖ 1", "the badge")
    desk.show_tab("Findings")
    (finding,) = (each for each in desk.folds.diagnosis.findings if each.rule == RULE)
    detail = desk.child(QTextBrowser, "findingDetail")
    assert ALL[RULE].rule == RULE and "inputSchema" in detail.toPlainText()
    n = finding.evidence[0]
    await until(lambda: desk.window.timeline.model.evidence.is_read_at(n), "the evidence to stand out")
    detail.anchorClicked.emit(QUrl(f"#{n}"))
    view = desk.window.timeline.view
    await until(lambda: view.current_row() is not None, "the row")
    row = view.current_row()
    assert row is not None and desk.window.timeline.timeline.numbers[row] == n
    await desk.click("dismissFinding")
    line = desk.child(QLineEdit, "dismissReasonLine")
    QTest.keyClicks(line, "On purpose")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert badge(desk) == "Findings"
    assert column(desk.child(StatTable, "findingsList"), "Finding")[-1] == "▸ Dismissed (1)"


async def find_it_dismissed(desk: Desk) -> None:
    await connect(desk)
    await until(lambda: desk.folds.diagnosis.dismissed, "what was dismissed")
    assert desk.folds.diagnosis.reasons == {RULE: "On purpose"} and badge(desk) == "Findings"
    desk.child(QAction, "showRules").trigger()
    assert desk.child(RulesDialog, "rulesDialog").isVisible()


def test_a_finding_is_seen_followed_and_dismissed_for_good(application: QApplication) -> None:
    async def play() -> None:
        async with FaultServer(faults={RULE: ALL[RULE]}) as server:
            url = server.url_of(RULE, "hit")
            async with open_desk(url) as desk:
                await look_and_dismiss(desk)
            assert UserData().dismissed() == {url: {RULE: "On purpose"}}
            async with open_desk(url) as desk:
                await find_it_dismissed(desk)

    run(application, play())
