"""The parts of the call pane: the tool's header, the warning before sending, the progress of a call."""

from __future__ import annotations

import math
import re
from typing import Any

from PySide6.QtCore import QElapsedTimer, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from inspector.protocol.schema import Problem
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import muted_label, plain_label, tool_button
from inspector.ui.forms.spec import shown
from inspector.ui.models.tool_list import tool_row
from inspector.ui.theme import color, mono_font

NO_TOOL = "Choose a tool from the list."
SHORT_DESCRIPTION = 105
MAX_DESCRIPTION = 20_000
TICK_MS = 100
PARTS = 1_000


class ToolHeader(QWidget):
    """Name, title, annotations, and a description that opens on demand."""

    def __init__(self) -> None:
        super().__init__()
        self._description = ""
        self._obstacle = ""
        self._name = ElidedLabel(least_chars=14)
        self._name.setObjectName("toolName")
        self._name.setFont(mono_font(1.15))
        self._title = ElidedLabel()
        self._title.setProperty("muted", True)
        self._badges = ElidedLabel(least_chars=14)
        self._badges.setObjectName("toolBadges")
        self._words = muted_label()
        self._words.setObjectName("toolDescription")
        self._more = tool_button("More", "Show the whole description", checkable=True)
        self._more.toggled.connect(self._show_description)
        first = QHBoxLayout()
        first.setSpacing(10)
        for widget in (self._name, self._title):
            first.addWidget(widget)
        first.addStretch(1)
        first.addWidget(self._badges)
        first.addWidget(self._more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(first)
        layout.addWidget(self._words)

    def set_tool(self, tool: Any) -> None:
        """Show an entry of tools/list, whatever its shape; None: no tool is chosen."""
        row = tool_row(tool)
        whole = tool.get("description") if isinstance(tool, dict) else None
        self._name.setText("" if tool is None else row.name)
        self._name.setVisible(tool is not None)
        self._title.setText("" if tool is None else row.title)
        self._badges.setText(" · ".join(row.badges))
        palette = self._badges.palette()
        palette.setColor(self._badges.foregroundRole(), color("warn" if "destructive" in row.badges else "note"))
        self._badges.setPalette(palette)
        self._description = whole[:MAX_DESCRIPTION].strip() if isinstance(whole, str) else row.description
        if tool is None:
            self._description = self._obstacle or NO_TOOL
        self._more.setChecked(False)
        self._more.setVisible(len(self._description) > SHORT_DESCRIPTION or "\n" in self._description)
        self._show_description(False)

    def set_obstacle(self, sentence: str) -> None:
        """Why there is no tool to choose; said in place of the advice to choose one."""
        if self._description == (self._obstacle or NO_TOOL):
            self._description = sentence or NO_TOOL
            self._show_description(False)
        self._obstacle = sentence

    def _show_description(self, is_whole: bool) -> None:
        self._more.setText("Less" if is_whole else "More")
        self._words.setText(self._description if is_whole else shown(self._description, SHORT_DESCRIPTION))
        self._words.setVisible(bool(self._description))


class WarningBar(QFrame):
    """What does not fit, before it is sent; never a dialog."""

    send_anyway = Signal()
    back = Signal()
    toggled = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("callWarning")
        self.setAccessibleName("Warning before the call")
        self.setFrameShape(QFrame.Shape.Box)
        self._words = plain_label()
        self._words.setObjectName("callWarningText")
        self._send = QPushButton("Send anyway")
        self._send.setObjectName("sendAnywayButton")
        self._send.setAccessibleName("Send the call anyway")
        self._back = QPushButton("Back")
        self._back.setObjectName("backButton")
        self._back.setAccessibleName("Back to the arguments")
        self._send.clicked.connect(self.send_anyway)
        self._back.clicked.connect(self._go_back)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self._send)
        buttons.addWidget(self._back)
        layout = QVBoxLayout(self)  # beside the buttons, the words would have no room in a narrow pane
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(self._words)
        layout.addLayout(buttons)
        self.hide()

    def show_problems(self, problems: list[Problem], *, can_send: bool) -> None:
        """Say how many arguments do not fit and why; `can_send` is False for what is no JSON at all."""
        count = len({problem.pointer for problem in problems})
        reasons = " ".join(problem.text for problem in problems[:3]) + (" …" if len(problems) > 3 else "")
        fit = "1 argument does not fit" if count == 1 else f"{count} arguments do not fit"
        words = f"{fit} the schema: {reasons}" if can_send else f"This cannot be sent. {reasons}"
        palette = self.palette()
        palette.setColor(self.foregroundRole(), color("warn"))
        self.setPalette(palette)
        self._words.setPalette(palette)
        self._words.setText(f"⚠ {words}")
        self._send.setVisible(can_send)
        self.show()
        self._claim_height()
        (self._send if can_send else self._back).setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._claim_height()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.toggled.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.toggled.emit(False)

    def _claim_height(self) -> None:
        """Words that wrap need more lines than a layout grants by itself; what stands above would be squeezed."""
        layout = self.layout()
        if layout is not None:
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()))
            layout.setGeometry(self.contentsRect())  # while it is being shown, the resize that this causes gets lost

    def _go_back(self) -> None:
        self.hide()
        self.back.emit()


class CallProgress(QWidget):
    """The two buttons of a call, its progress and the time it has taken."""

    def __init__(self, call: QPushButton, cancel: QPushButton) -> None:
        super().__init__()
        self._bar = QProgressBar()
        self._bar.setObjectName("callProgress")
        self._bar.setAccessibleName("Progress of the call")
        self._elapsed = muted_label(wrap=False)
        self._elapsed.setObjectName("callElapsed")
        self._elapsed.setAccessibleName("Time since the call was sent")
        self._obstacle = ElidedLabel()
        self._obstacle.setObjectName("callObstacle")
        self._obstacle.setAccessibleName("Why the tool cannot be called")
        self._obstacle.setProperty("muted", True)
        self._clock = QElapsedTimer()
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._refresh)
        self._latest: tuple[float, float | None, str] | None = None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (call, cancel, self._bar, self._elapsed, self._obstacle):
            layout.addWidget(widget, 1 if widget is self._bar else 0)
        layout.addStretch()
        self._bar.hide()
        self._elapsed.hide()
        self._obstacle.hide()

    def set_obstacle(self, sentence: str) -> None:
        """Say beside the buttons why they are of no use; empty: they are."""
        self._obstacle.setText(sentence)
        self._obstacle.setVisible(bool(sentence))

    def start(self) -> None:
        """Show a busy bar and let the time run."""
        self._latest = None
        self._bar.setRange(0, 0)
        self._bar.setFormat("")
        self._bar.show()
        self._elapsed.show()
        self._clock.start()
        self._tick.start()
        self._refresh()

    def finish(self) -> float:
        """Stop; how many milliseconds it took."""
        self._tick.stop()
        self._bar.hide()
        self._elapsed.hide()
        return self._clock.nsecsElapsed() / 1e6 if self._clock.isValid() else 0.0

    def show_progress(self, progress: float, total: float | None, message: str) -> None:
        """Take the newest figures; they are painted with the next tick, however many come in between."""
        if self._latest is None:
            self._latest = (progress, total, message)
            self._refresh()
        self._latest = (progress, total, message)

    def _refresh(self) -> None:
        self._elapsed.setText(f"{self._clock.elapsed() / 1000:.1f} s" if self._clock.isValid() else "")
        if self._latest is None:
            return
        progress, total, message = self._latest
        known = total is not None and total > 0 and math.isfinite(total) and math.isfinite(progress)
        if known and total is not None:
            self._bar.setRange(0, PARTS)
            self._bar.setValue(round(min(max(progress / total, 0.0), 1.0) * PARTS))
        else:
            self._bar.setRange(0, 0)
        figures = f"{progress:g} of {total:g}" if known else f"{progress:g}"
        said = shown(message, 80)  # which may begin with the same figures, as in "3 of 10 files"
        words = said if said.startswith(f"{figures} ") else " · ".join(filter(None, (figures, said)))
        self._bar.setFormat(re.sub("%(?=[pvm])", "%\u2060", words))  # %p, %v and %m are the bar's own figures
