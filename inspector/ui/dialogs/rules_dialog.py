"""Help: a page for every rule of the diagnosis, generated from the table that the engine works with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSplitter,
    QTextBrowser,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from inspector.diagnose.rule import Group, Rule, SeenBy
from inspector.diagnose.rules import ALL
from inspector.record.text import counted
from inspector.ui import theme
from inspector.ui.dialogs import link_consent
from inspector.ui.models.finding_lines import ROLES, SIGNS
from inspector.ui.views import finding_html

_INDENTATION_PX, _SIGN_PX = 16, 56
_ID = Qt.ItemDataRole.UserRole


def open_rules(parent: QWidget, rule: str = "") -> None:
    """Show the rules, beginning with one of them."""
    RulesDialog(rule, parent.window()).show()


class RulesDialog(QDialog):
    """All rules in their groups, those that hold every searched word; beside them the page of the chosen one."""

    def __init__(
        self, rule: str = "", parent: QWidget | None = None, rules: Sequence[Rule] = tuple(ALL.values())
    ) -> None:
        super().__init__(parent)
        self.setObjectName("rulesDialog")
        self.setWindowTitle("Rules of the diagnosis")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._rules = {each.id: each for each in rules}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._groups: list[tuple[QTreeWidgetItem, list[QTreeWidgetItem]]] = []
        self._words = {each.id: _words(each) for each in rules}
        self._search = QLineEdit(placeholderText="Search, e.g. nginx or heartbeat", clearButtonEnabled=True)
        self._search.setObjectName("rulesSearch")
        self._search.setAccessibleName("Search the rules")
        self._tree = self._make_tree()
        self._page = self._make_page()
        self._count = QLabel(totals(rules))
        self._count.setObjectName("rulesCount")
        self._count.setAccessibleName("How many rules there are")
        self._count.setProperty("muted", True)
        self._lay_out()
        self._search.textChanged.connect(self._filter)
        self._tree.currentItemChanged.connect(self._show_page)
        self._page.anchorClicked.connect(self._follow)
        self.resize(960, 620)
        self.show_rule(rule)
        self._search.setFocus()

    def show_rule(self, rule: str) -> None:
        """Go to the page of a rule; to the first for one that is not known."""
        first = next(iter(self._items.values()), None)
        wanted = self._items.get(rule, first)
        if wanted is not None:
            wanted.setHidden(False)
            self._tree.setCurrentItem(wanted)
            self._tree.scrollToItem(wanted)

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setObjectName("rulesList")
        tree.setAccessibleName("Rules by group")
        tree.setHeaderHidden(True)
        tree.setUniformRowHeights(True)
        tree.setColumnCount(2)
        tree.setIndentation(_INDENTATION_PX)
        tree.setStyleSheet("QTreeView::item { padding: 2px 0; }")
        for group in Group:
            rules = [rule for rule in self._rules.values() if rule.group is group]
            if not rules:
                continue
            head = QTreeWidgetItem(tree, [f"{group} ({len(rules)})"])
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            head.setForeground(0, theme.color("muted"))
            head.setFirstColumnSpanned(True)
            items = []
            for rule in rules:
                item = self._items[rule.id] = QTreeWidgetItem(head, [SIGNS[rule.severity], rule.title.replace("`", "")])
                item.setData(0, _ID, rule.id)
                item.setForeground(0, theme.color(ROLES[rule.severity]))
                item.setToolTip(1, f"{rule.title.replace('`', '')}\n{rule.id} · {rule.severity}")
                item.setData(0, Qt.ItemDataRole.AccessibleTextRole, rule.severity.value)
                items.append(item)
            head.setExpanded(True)
            self._groups.append((head, items))
        tree.header().setStretchLastSection(True)
        tree.setColumnWidth(0, _SIGN_PX)
        return tree

    def _make_page(self) -> QTextBrowser:
        page = QTextBrowser()
        page.setObjectName("rulePage")
        page.setAccessibleName("What the rule means")
        page.setOpenLinks(False)
        return page

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._search)
        column.addWidget(self._tree, 1)
        halves = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        halves.addWidget(left)
        halves.addWidget(self._page)
        halves.setSizes([400, 560])
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        below = QHBoxLayout()
        below.addWidget(self._count, 1)
        below.addWidget(buttons)
        layout = QVBoxLayout(self)
        layout.addWidget(halves, 1)
        layout.addLayout(below)

    def _filter(self, text: str) -> None:
        wanted = text.lower().split()
        shown = []
        for head, items in self._groups:
            for item in items:
                is_shown = all(word in self._words[item.data(0, _ID)] for word in wanted)
                item.setHidden(not is_shown)
                shown += [item] * is_shown
            head.setHidden(all(item.isHidden() for item in items))
        self._count.setText(_found(len(shown), len(self._rules)) if wanted else totals(tuple(self._rules.values())))
        current = self._tree.currentItem()
        if shown and (current is None or current.isHidden()):
            self._tree.setCurrentItem(shown[0])

    def _show_page(self, item: QTreeWidgetItem | None) -> None:
        rule = self._rules.get(item.data(0, _ID)) if item is not None else None
        if rule is not None:
            self._page.setHtml(finding_html.of_rule(rule))

    def _follow(self, url: QUrl) -> None:
        if url.scheme() == "rule":
            self.show_rule(url.path())
        else:
            link_consent.ask(self, url.toString(), asked_by=link_consent.HELP)


def totals(rules: Sequence[Rule]) -> str:
    """How many rules there are, and who finds them."""
    seen = Counter(rule.seen_by for rule in rules)
    parts = (f"{seen[by]:,} found by {by}" for by in SeenBy if seen[by])
    return f"{counted(len(rules), 'rule')}: {', '.join(parts)}."


def _found(shown: int, rules: int) -> str:
    if not shown:
        return "No rule has all of these words. Leave one out."
    return f"{shown:,} of {counted(rules, 'rule')} have all of these words."


def _words(rule: Rule) -> str:
    parts = (rule.id, rule.title, rule.group, rule.severity, rule.symptom, rule.cause, rule.fix, rule.source)
    return " ".join((*parts, *rule.fixes, *rule.fixes.values())).lower()
