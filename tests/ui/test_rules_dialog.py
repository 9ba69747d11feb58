"""The help on the rules, from the table that the engine works with."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QMessageBox, QTextBrowser, QTreeWidget, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from inspector.diagnose.rule import Era, Group, Rule, SeenBy
from inspector.diagnose.rules import ALL
from inspector.diagnose.stack import Product
from inspector.trace.events import Severity
from inspector.ui.dialogs.rules_dialog import RulesDialog, totals
from tests.support.panes import part

RULES = (
    Rule(
        id="held-back",
        group=Group.DELIVERY,
        title="Held back",
        severity=Severity.WARN,
        symptom="Events come in batches.",
        cause="A proxy <buffers>.",
        fix="Turn buffering off.",
        fixes={Product.NGINX: "set `proxy_buffering off;`."},
        link="https://example.org/x",
        explains=("http10-hop", "unknown"),
    ),
    Rule(
        id="old-only",
        group=Group.TRAFFIC,
        title="Only in the old one",
        severity=Severity.ERROR,
        symptom="",
        cause="",
        fix="",
        eras=frozenset({Era.HTTP_SSE}),
        seen_by=SeenBy.PROBE,
    ),
)


@pytest.fixture
def dialog(qtbot: QtBot) -> RulesDialog:
    shown = RulesDialog(rules=RULES)
    shown.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(shown)
    shown.show()
    return shown


def items(dialog: QDialog) -> list[QTreeWidgetItem]:
    tree = part(dialog, QTreeWidget, "rulesList")
    heads = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    found = [head.child(place) for head in heads if head is not None for place in range(head.childCount())]
    return [item for item in found if item is not None and not item.isHidden()]


def test_the_page_of_a_rule_says_it_all(dialog: RulesDialog) -> None:
    text = part(dialog, QTextBrowser, "rulePage").toPlainText()
    for said in (
        "Held back",
        "held-back",
        "warn",
        "Events come in batches.",
        "A proxy <buffers>.",
        "watching the traffic",
    ):
        assert said in text
    assert "With nginx\nSet proxy_buffering off;." in text and "https://example.org/x" in text
    assert f"Explains\n{ALL['http10-hop'].title}" in text and "Protocol revisions" not in text
    dialog.show_rule("old-only")
    text = part(dialog, QTextBrowser, "rulePage").toPlainText()
    assert "only in 2024-11-05" in text and "found by a check you start" in text and "Likely cause" not in text


def test_every_word_of_the_search_must_be_there(dialog: RulesDialog) -> None:
    search = part(dialog, QLineEdit, "rulesSearch")
    search.setText("NGINX buffering")
    assert [(item.text(0), item.text(1)) for item in items(dialog)] == [("▲", "Held back")]
    search.setText("old")
    assert [item.text(1) for item in items(dialog)] == ["Only in the old one"]
    assert "Only in the old one" in part(dialog, QTextBrowser, "rulePage").toPlainText()
    count = part(dialog, QLabel, "rulesCount")
    assert count.text() == "1 of 2 rules have all of these words."
    search.setText("nginx apache")
    assert items(dialog) == []
    assert count.text() == "No rule has all of these words. Leave one out."
    search.clear()
    assert len(items(dialog)) == 2 and count.text() == totals(RULES)


def test_links_go_to_rules_and_ask_before_they_leave(dialog: RulesDialog) -> None:
    page = part(dialog, QTextBrowser, "rulePage")
    page.anchorClicked.emit(QUrl("rule:old-only"))
    assert "Only in the old one" in page.toPlainText()
    page.anchorClicked.emit(QUrl("https://example.org/x"))
    question = dialog.findChild(QMessageBox, "linkConsent")
    assert question is not None and question.isVisible()
    question.close()


def test_rules_are_counted_by_who_finds_them(dialog: RulesDialog) -> None:
    assert (
        part(dialog, QLabel, "rulesCount").text()
        == "2 rules: 1 found by watching the traffic, 1 found by a check you start."
    )
    assert totals(RULES[:1]) == "1 rule: 1 found by watching the traffic."


def test_every_rule_of_the_engine_has_its_page(qtbot: QtBot) -> None:
    everything = RulesDialog("http10-hop")
    qtbot.addWidget(everything)
    page = part(everything, QTextBrowser, "rulePage")
    assert ALL["http10-hop"].title in page.toPlainText()
    for name, rule in ALL.items():
        everything.show_rule(name)
        text = page.toPlainText()
        assert rule.title.replace("`", "") in text and name in text and "What to change" in text
