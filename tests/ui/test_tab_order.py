"""Tab goes where the eye goes."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.tab_order import arrange
from inspector.ui.views.call_pane import CallPane


def names_along(first: QWidget, count: int) -> list[str]:
    """The object names of the stops from `first` on."""
    first.setFocus()
    names = []
    for _ in range(count):
        widget = QApplication.focusWidget()
        assert widget is not None
        names.append(widget.objectName())
        widget.window().focusNextChild()
    return names


def test_parts_follow_each_other_and_labels_are_passed_over(qtbot: QtBot) -> None:
    window, parts, edits = QWidget(), [QWidget(), QWidget()], {}
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    for name, part in zip("abcd", (parts[0], parts[0], parts[1], parts[1]), strict=True):
        edit = edits[name] = QLineEdit(part)
        edit.setObjectName(name)
    label = QLabel("label")
    for widget in (*parts, label):
        row.addWidget(widget)
    arrange(parts[1], label, parts[0])
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    assert names_along(edits["c"], 5) == ["c", "d", "a", "b", "c"]


def test_the_fields_of_a_tool_come_before_its_button(qtbot: QtBot) -> None:
    pane = CallPane()
    qtbot.addWidget(pane)
    properties = {name: {"type": "string"} for name in ("one", "two")}
    schema = {"type": "object", "properties": properties, "required": ["one", "two"]}
    pane.set_tool({"name": "echo", "inputSchema": schema})
    pane.show()
    pane.activateWindow()
    qtbot.waitUntil(pane.isActiveWindow)
    first = pane.findChild(QLineEdit, "arg:/one")
    assert isinstance(first, QLineEdit)
    names = [name for name in names_along(first, 6) if name]
    assert names[:4] == ["arg:/one", "arg:/two", "callExtrasOpen", "callButton"]
