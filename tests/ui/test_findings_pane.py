"""The findings pane, fed from hand-made violations."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QMessageBox, QPushButton, QTextBrowser, QToolButton
from pytestqt.qtbot import QtBot

from inspector.diagnose.engine import Engine
from inspector.diagnose.rule import Group, Rule
from inspector.trace.events import Severity, Violation
from inspector.ui.diagnosis import Diagnosis
from inspector.ui.dialogs.rules_dialog import RulesDialog
from inspector.ui.views.findings_pane import FindingsPane
from inspector.ui.views.stat_table import StatTable
from tests.support.panes import column, part, put_up_table
from tests.support.rivers import Talk


def rule(name: str, title: str, severity: Severity, explains: tuple[str, ...] = ()) -> Rule:
    return Rule(
        id=name,
        group=Group.DELIVERY,
        title=title,
        severity=severity,
        symptom="",
        cause="Somebody buffers.",
        fix="Set `buffering off;` there.",
        link="https://example.org/buffering",
        explains=explains,
    )


RULES = {
    each.id: each
    for each in (
        rule("held-back", "Held back", Severity.WARN, ("late-answer",)),
        rule("late-answer", "Answer is late", Severity.NOTE),
        rule("broken-json", "Broken JSON", Severity.ERROR),
    )
}


def new_engine() -> Engine:
    return Engine(rules=RULES)


def violate(engine: Engine, name: str, about_n: int = 0, severity: Severity | None = None) -> None:
    talk = Talk()
    talk.tell(
        Violation,
        rule=name,
        severity=severity or RULES[name].severity,
        text="It is <b>wrong</b>.",
        requirement="Section 5",
        about_n=about_n,
    )
    talk.into(engine)


def put_up(qtbot: QtBot, engine: Engine) -> tuple[FindingsPane, StatTable[object], QTextBrowser, Diagnosis]:
    diagnosis = Diagnosis(engine)
    pane = put_up_table(qtbot, FindingsPane(diagnosis))
    return pane, part(pane, StatTable, "findingsList"), part(pane, QTextBrowser, "findingDetail"), diagnosis


def test_findings_explain_the_chosen_one(qtbot: QtBot) -> None:
    engine = new_engine()
    violate(engine, "held-back", about_n=7)
    violate(engine, "broken-json", about_n=8)
    violate(engine, "broken-json", about_n=1_234)
    pane, table, detail, _ = put_up(qtbot, engine)
    assert column(table, "Severity") == ["✖ error", "▲ warn"]
    assert column(table, "Count") == ["2", "1"]
    text = detail.toPlainText()
    for said in ("Broken JSON", "It is <b>wrong</b>.", "Somebody buffers.", "Set buffering off; there.", "#8, #1,234"):
        assert said in text
    with qtbot.waitSignal(pane.jump) as jumped:
        detail.anchorClicked.emit(QUrl("#1234"))
    assert jumped.args == [1_234]
    table.selectRow(1)
    assert "Held back" in detail.toPlainText()
    with qtbot.waitSignal(pane.jump) as jumped:
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert jumped.args == [7]


def test_a_new_finding_leaves_the_chosen_one_and_its_text(qtbot: QtBot) -> None:
    engine = new_engine()
    violate(engine, "held-back")
    pane, table, detail, _ = put_up(qtbot, engine)
    violate(engine, "broken-json")
    pane.refresh()
    assert table.currentIndex().row() == 1
    assert "Held back" in detail.toPlainText()
    assert part(pane, QLabel, "findingsSummary").text() == "2 findings"


def test_what_a_finding_explains_stands_below_it_and_leads_back(qtbot: QtBot) -> None:
    engine = new_engine()
    violate(engine, "late-answer", severity=Severity.ERROR)
    violate(engine, "held-back")
    _, table, detail, _ = put_up(qtbot, engine)
    assert column(table, "Finding") == ["Held back", "    ↳ Answer is late"]
    assert "Explains\nAnswer is late" in detail.toPlainText()
    detail.anchorClicked.emit(QUrl("rule:late-answer"))
    assert table.currentIndex().row() == 1 and "consequence of Held back" in detail.toPlainText()
    detail.anchorClicked.emit(QUrl("rule:held-back"))
    assert table.currentIndex().row() == 0


def test_a_severity_can_be_left_out(qtbot: QtBot) -> None:
    engine = new_engine()
    for name in RULES:
        violate(engine, name)
    pane, table, _, _ = put_up(qtbot, engine)
    names = ("findingsErrors", "findingsWarnings", "findingsNotes")
    chips = [part(pane, QToolButton, name) for name in names]
    assert [chip.text() for chip in chips] == ["✖ 1 error", "▲ 1 warning", "● 1 note"]
    chips[0].click()
    assert column(table, "Finding") == ["Held back", "    ↳ Answer is late"]
    chips[1].click()  # a cause stays for what it explains
    assert column(table, "Finding") == ["Held back", "    ↳ Answer is late"]
    chips[2].click()
    assert column(table, "Finding") == []
    chips[0].click()
    assert column(table, "Finding") == ["Broken JSON"]


def test_a_finding_is_dismissed_with_a_reason_and_restored(qtbot: QtBot) -> None:
    engine = new_engine()
    violate(engine, "broken-json")
    violate(engine, "held-back")
    pane, table, detail, diagnosis = put_up(qtbot, engine)
    button = part(pane, QPushButton, "dismissFinding")
    button.click()
    line = part(pane, QLineEdit, "dismissReasonLine")
    QTest.keyClicks(line, "Our own <test> server")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert column(table, "Finding") == ["Held back", "▸ Dismissed (1)"]
    assert [finding.rule for finding in diagnosis.findings] == ["held-back"]
    table.selectRow(1)
    assert detail.toPlainText() == "" and not button.isEnabled()
    QTest.keyClick(table, Qt.Key.Key_Right)
    assert column(table, "Finding")[1:] == ["▾ Dismissed (1)", "    Broken JSON"]
    table.selectRow(2)
    assert "Dismissed: Our own <test> server" in detail.toPlainText()
    assert button.text() == "Restore"
    button.click()
    assert column(table, "Finding") == ["Broken JSON", "Held back"]
    assert table.currentIndex().row() == 0 and button.text() == "Dismiss…"


def test_delete_asks_for_the_reason_and_escape_keeps_the_finding(qtbot: QtBot) -> None:
    engine = new_engine()
    violate(engine, "broken-json")
    pane, table, _, diagnosis = put_up(qtbot, engine)
    QTest.keyClick(table, Qt.Key.Key_Delete)
    QTest.keyClick(part(pane, QLineEdit, "dismissReasonLine"), Qt.Key.Key_Escape)
    assert len(diagnosis.findings) == 1 and not diagnosis.dismissed


def test_the_evidence_stands_out_while_the_pane_is_in_sight(qtbot: QtBot) -> None:
    engine = new_engine()
    violate(engine, "broken-json", about_n=8)
    violate(engine, "held-back", about_n=7)
    pane, table, _, diagnosis = put_up(qtbot, engine)
    assert diagnosis.evidence.highlighted == {8}
    table.selectRow(1)
    assert diagnosis.evidence.highlighted == {7}
    pane.hide()
    assert diagnosis.evidence.highlighted == frozenset()
    pane.show()
    assert diagnosis.evidence.highlighted == {7}


def test_the_fix_is_copied_without_markup(qtbot: QtBot) -> None:
    engine = new_engine()
    pane, _, _, _ = put_up(qtbot, engine)
    button = part(pane, QPushButton, "copyFix")
    assert not button.isEnabled()
    violate(engine, "held-back")
    pane.refresh()
    button.click()
    assert QGuiApplication.clipboard().text() == "Set buffering off; there."
    assert button.text() == "Copied"


def test_reading_on_asks_first(qtbot: QtBot) -> None:
    engine = new_engine()
    violate(engine, "held-back")
    pane, _, detail, _ = put_up(qtbot, engine)
    detail.anchorClicked.emit(QUrl("https://example.org/buffering"))
    question = pane.findChild(QMessageBox, "linkConsent")
    assert question is not None and "a page on example.org" in question.text() and "server" not in question.text()
    question.close()


def test_all_rules_can_be_read_about(qtbot: QtBot) -> None:
    pane, _, _, _ = put_up(qtbot, new_engine())
    part(pane, QPushButton, "allRules").click()
    dialog = pane.findChild(RulesDialog, "rulesDialog")
    assert dialog is not None and dialog.isVisible()
    dialog.close()


def test_findings_are_copied_as_markdown(qtbot: QtBot) -> None:
    engine = new_engine()
    pane, table, _, _ = put_up(qtbot, engine)
    button = part(pane, QPushButton, "copyFindings")
    assert not button.isEnabled()
    assert table.accessibleDescription().startswith("Nothing wrong so far.")
    violate(engine, "held-back")
    pane.refresh()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().startswith("### ▲ Held back\n\n`held-back` · warn · proven")
    assert button.text() == "Copied"
    (timer,) = pane.findChildren(QTimer, options=Qt.FindChildOption.FindDirectChildrenOnly)
    timer.start(0)
    qtbot.waitUntil(lambda: button.text() == "Copy as Markdown", timeout=20_000)


def test_in_a_narrow_pane_the_room_is_for_the_titles(qtbot: QtBot) -> None:
    pane, table, _, _ = put_up(qtbot, new_engine())
    grade = [table.model().headerData(place, Qt.Orientation.Horizontal) for place in range(4)].index("Grade")
    assert not table.isColumnHidden(grade)
    pane.resize(700, 300)
    qtbot.waitUntil(lambda: table.isColumnHidden(grade))


def test_reading_goes_on_where_it_was_while_the_finding_is_seen_again(qtbot: QtBot) -> None:
    engine = new_engine()
    violate(engine, "held-back")
    pane, _, detail, _ = put_up(qtbot, engine)
    pane.resize(600, 160)
    bar = detail.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 10)
    bar.setValue(10)
    violate(engine, "held-back")
    pane.refresh()
    assert "seen 2 times" in detail.toPlainText() and bar.value() == 10
    detail.selectAll()
    violate(engine, "held-back")
    pane.refresh()
    assert detail.textCursor().hasSelection() and "seen 2 times" in detail.toPlainText()
