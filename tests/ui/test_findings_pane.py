"""The findings pane, fed from hand-made violations."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QTextBrowser
from pytestqt.qtbot import QtBot

from inspector.diagnose.engine import Engine
from inspector.trace.events import Severity, Violation
from inspector.ui.views.findings_pane import FindingsPane
from inspector.ui.views.stat_table import StatTable
from tests.support.panes import column, part, put_up_table
from tests.support.rivers import Talk


def violate(engine: Engine, rule: str, severity: Severity, about_n: int = 0) -> None:
    talk = Talk()
    talk.tell(
        Violation,
        rule=rule,
        severity=severity,
        text="It is <b>wrong</b>.",
        fix="Do it right.",
        requirement="Section 5",
        about_n=about_n,
    )
    talk.into(engine)


def test_findings_explain_the_chosen_one(qtbot: QtBot) -> None:
    engine = Engine()
    violate(engine, "sse-bom", Severity.WARN, about_n=7)
    violate(engine, "jsonrpc-invalid-json", Severity.ERROR, about_n=8)
    violate(engine, "jsonrpc-invalid-json", Severity.ERROR, about_n=1_234)
    pane = put_up_table(qtbot, FindingsPane(engine))

    table = part(pane, StatTable, "findingsList")
    assert column(table, "Severity") == ["✖ error", "▲ warn"]
    assert column(table, "Count") == ["2", "1"]
    detail = part(pane, QTextBrowser, "findingDetail")
    text = detail.toPlainText()
    for said in ("JSON-RPC invalid JSON", "It is <b>wrong</b>.", "Do it right.", "Section 5", "#8, #1,234"):
        assert said in text
    with qtbot.waitSignal(pane.jump) as jumped:
        detail.anchorClicked.emit("#1234")
    assert jumped.args == [1_234]
    table.selectRow(1)
    assert "SSE BOM" in detail.toPlainText()
    with qtbot.waitSignal(pane.jump) as jumped:
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert jumped.args == [7]


def test_a_new_finding_leaves_the_chosen_one_and_its_text(qtbot: QtBot) -> None:
    engine = Engine()
    violate(engine, "sse-bom", Severity.WARN)
    pane = put_up_table(qtbot, FindingsPane(engine))
    violate(engine, "jsonrpc-invalid-json", Severity.ERROR)
    pane.refresh()
    table = part(pane, StatTable, "findingsList")
    assert table.currentIndex().row() == 1
    assert "SSE BOM" in part(pane, QTextBrowser, "findingDetail").toPlainText()
    assert part(pane, QLabel, "findingsSummary").text() == "2 findings"


def test_findings_are_copied_as_markdown(qtbot: QtBot) -> None:
    engine = Engine()
    pane = put_up_table(qtbot, FindingsPane(engine))
    button = part(pane, QPushButton, "copyFindings")
    assert not button.isEnabled()
    assert part(pane, StatTable, "findingsList").accessibleDescription().startswith("Nothing wrong so far.")
    violate(engine, "sse-bom", Severity.WARN)
    pane.refresh()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().startswith("### ▲ SSE BOM\n\n`sse-bom` · warn · proven")
    assert button.text() == "Copied"
    (timer,) = pane.findChildren(QTimer, options=Qt.FindChildOption.FindDirectChildrenOnly)
    timer.start(0)
    qtbot.waitUntil(lambda: button.text() == "Copy as Markdown", timeout=20_000)
