"""The user's answer to a sampling request: written by hand, taken from the kept ones, or as JSON."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.protocol.sampling import STOP_REASONS, content_blocks, offered_tools
from inspector.protocol.schema_shape import defaults
from inspector.record.text import plain
from inspector.ui.dialogs.dialog_parts import ColoredLabel
from inspector.ui.forms.parts import tool_button
from inspector.ui.forms.text import read_json, text_of, write_json
from inspector.ui.theme import mono_font
from inspector.ui.user_data import UserData

MODEL = "written-by-hand"
MAX_TOOLS = 100
_TEXT, _JSON = 0, 1
_NOT_TEXT = "Only a single text block can be edited as text, so it stays JSON."


class SamplingAnswer(QWidget):
    """Whichever tab is open is the content that is sent."""

    changed = Signal()

    def __init__(self, params: dict[str, Any], data: UserData) -> None:
        super().__init__()
        self._params = params
        self._data = data
        self._kept = QComboBox(editable=True)
        self._keep = tool_button("Keep", "Keep this answer under the name")
        self._drop = tool_button("Forget", "Forget the kept answer of this name")
        self._model = QLineEdit(MODEL)
        self._stop = QComboBox(editable=True)
        self._tabs = QTabWidget()
        self._text = QPlainTextEdit()
        self._json = QPlainTextEdit()
        self._use = QToolButton()
        self._notice = ColoredLabel("warn")
        self._name_all()
        self._lay_out()
        self._show_kept("")
        self._connect()

    def result(self) -> tuple[dict[str, Any] | None, str]:
        """The result of sampling/createMessage; None and a sentence while the JSON cannot be read."""
        content, error = self._content()
        if error:
            return None, error
        result = {"role": "assistant", "content": content, "model": self._model.text()}
        reason = self._stop.currentText()
        return (result | {"stopReason": reason}) if reason else result, ""

    def show_result(self, result: dict[str, Any]) -> None:
        """Show an answer that was kept."""
        self._model.setText(str(result.get("model", "")))
        self._stop.setCurrentText(str(result.get("stopReason", "")))
        content = result.get("content")
        text = _single_text(content)
        self._json.setPlainText(write_json(content, pretty=True))
        self._text.setPlainText(text or "")
        self._open(_JSON if text is None else _TEXT)

    def focus_first(self) -> None:
        """Put the cursor where typing starts."""
        (self._json if self._is_json() else self._text).setFocus()

    def use_tool(self, name: str) -> None:
        """Add the use of an offered tool, with the defaults of its schema as input."""
        content, error = self._content()
        if error:
            self._notice.say(error)
            return
        given = [block for block in content_blocks(content) if block != {"type": "text", "text": ""}]
        tool = offered_tools(self._params)[name]
        start = defaults(tool.get("inputSchema", {}))
        use = {"type": "tool_use", "id": self._free_id(given), "name": name, "input": start}
        self._json.setPlainText(write_json([*given, use], pretty=True))
        self._open(_JSON)
        self._stop.setCurrentText("toolUse")
        self._json.setFocus()

    def _content(self) -> tuple[Any, str]:
        if self._is_json():
            value, error = read_json(text_of(self._json))
            return value, f"The content is no JSON. {error}" if error else ""
        return {"type": "text", "text": text_of(self._text)}, ""

    def _is_json(self) -> bool:
        return self._tabs.currentIndex() == _JSON

    def _free_id(self, blocks: list[Any]) -> str:
        used = write_json([blocks, self._params.get("messages")])
        return next(made for number in range(1, 10_000) if f'"{(made := f"call_{number}")}"' not in used)

    def _name_all(self) -> None:
        named: tuple[tuple[QWidget, str, str], ...] = (
            (self._kept, "keptAnswers", "Kept answers"),
            (self._keep, "keepAnswer", "Keep this answer under the name"),
            (self._drop, "forgetAnswer", "Forget the kept answer of this name"),
            (self._model, "answerModel", "Model that the answer names"),
            (self._stop, "answerStopReason", "Stop reason"),
            (self._tabs, "answerTabs", "Answer as text or JSON"),
            (self._text, "answerText", "Answer"),
            (self._json, "answerJson", "Content blocks as JSON"),
            (self._use, "useTool", "Add the use of a tool"),
            (self._notice, "answerNotice", "Notice"),
        )
        for widget, name, label in named:
            widget.setObjectName(name)
            widget.setAccessibleName(label)

    def _lay_out(self) -> None:
        self._stop.addItems([*STOP_REASONS, ""])
        self._json.setFont(mono_font())
        self._text.setPlaceholderText("What the model would say")
        for edit in (self._text, self._json):
            edit.setTabChangesFocus(True)
        self._tabs.addTab(self._text, "Text")
        self._tabs.addTab(self._json, "JSON")
        self._tabs.setCornerWidget(self._use)
        self._fill_tools()
        kept_line = self._kept.lineEdit()
        if kept_line is not None:
            kept_line.setPlaceholderText("Name, to keep or use again")
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        kept = QHBoxLayout()
        kept.setSpacing(4)
        kept.addWidget(self._kept, 1)
        kept.addWidget(self._keep)
        kept.addWidget(self._drop)
        for row, (title, field) in enumerate(
            (("Kept", self._kept), ("Model", self._model), ("Stop reason", self._stop))
        ):
            label = QLabel(title)
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
            if field is not self._kept:
                grid.addWidget(field, row, 1)
        grid.addLayout(kept, 0, 1)
        self._notice.say("")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(grid)
        column.addWidget(self._tabs, 1)
        column.addWidget(self._notice)

    def _fill_tools(self) -> None:
        tools = list(offered_tools(self._params))[:MAX_TOOLS]
        menu = QMenu(self._use)
        for name in tools:
            action = menu.addAction(plain(name, 60).replace("&", "&&"))
            action.triggered.connect(lambda _=False, name=name: self.use_tool(name))
        self._use.setText("Use a tool")
        self._use.setToolTip("Add the use of an offered tool" if tools else "The server offers no tools")
        self._use.setMenu(menu)
        self._use.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._use.setVisible(bool(tools))

    def _connect(self) -> None:
        self._tabs.currentChanged.connect(self._tab_changed)
        self._keep.clicked.connect(self._keep_answer)
        self._drop.clicked.connect(self._forget_answer)
        self._kept.activated.connect(self._take_kept)
        for edit in (self._text, self._json):
            edit.textChanged.connect(self.changed)
        self._model.textChanged.connect(self.changed)
        self._stop.currentTextChanged.connect(self.changed)

    def _tab_changed(self, index: int) -> None:
        """What was written in one tab goes on in the other, if it can."""
        self._notice.say("")
        if index == _JSON:
            block = {"type": "text", "text": text_of(self._text)}
            self._json.setPlainText(write_json(block, pretty=True))
            return
        value, _ = read_json(text_of(self._json))
        text = _single_text(value)
        if text is None:
            self._open(_JSON)
            self._notice.say(_NOT_TEXT)
        else:
            self._text.setPlainText(text)

    def _open(self, index: int) -> None:
        self._tabs.blockSignals(True)
        self._tabs.setCurrentIndex(index)
        self._tabs.blockSignals(False)
        self.changed.emit()

    def _show_kept(self, name: str) -> None:
        self._kept.clear()
        self._kept.addItems(list(self._data.answers()))
        self._kept.setCurrentIndex(-1)
        self._kept.setCurrentText(name)

    def _take_kept(self) -> None:
        answer = self._data.answers().get(self._kept.currentText())
        if answer is not None:
            self.show_result(answer)

    def _keep_answer(self) -> None:
        name = self._kept.currentText().strip()
        result, error = self.result()
        if not name or result is None:
            self._notice.say(error or "Give the answer a name first.")
            return
        self._data.set_answers({**self._data.answers(), name: result})
        self._show_kept(name)
        self._notice.say(f"✓ Kept as “{name}”.", "good")

    def _forget_answer(self) -> None:
        name = self._kept.currentText().strip()
        self._data.set_answers({key: value for key, value in self._data.answers().items() if key != name})
        self._show_kept("")


def _single_text(content: Any) -> str | None:
    """The text of a content that is nothing but one text block."""
    blocks = content_blocks(content)
    block = blocks[0] if len(blocks) == 1 else None
    if not isinstance(block, dict) or block.keys() != {"type", "text"} or block["type"] != "text":
        return None
    return block["text"] if isinstance(block["text"], str) else None
