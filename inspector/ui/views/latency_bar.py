"""What the figures of the latency pane are about, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QMenu, QToolButton, QVBoxLayout, QWidget

from inspector.record.text import plain
from inspector.stats.windows import Window
from inspector.ui.forms.parts import tool_button
from inspector.ui.views.wrapping_row import WrappingRow

_NAME_CHARS = 60
_WINDOWS = (Window.SESSION, Window.TEN_MINUTES, Window.MINUTE, Window.SINCE_MARK)


class LatencyBar(QWidget):
    """The window of time, the mark, baselines, the file; all it does is ask.

    `baselines_wanted` comes before the menu opens. `compare_wanted` and `forget_wanted` carry the name of a kept
    baseline, the former "" to compare no more.
    """

    window_chosen = Signal(object)
    mark_wanted = Signal()
    baselines_wanted = Signal()
    keep_wanted = Signal()
    compare_wanted = Signal(str)
    forget_wanted = Signal(str)
    csv_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._windows = QComboBox()
        self._windows.setObjectName("latencyWindow")
        self._windows.setAccessibleName("Part of the session that the figures are about")
        for window in _WINDOWS:
            self._windows.addItem(window.value.capitalize())
        self._mark = _button("Mark", "latencyMark", "Begin anew here: figures since now (M)")
        self._baseline = _button("Baseline", "latencyBaseline", "Keep these figures, or compare with kept ones")
        self._baseline.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._baseline)
        self._menu.setObjectName("latencyBaselineMenu")
        self._menu.aboutToShow.connect(self.baselines_wanted)
        self._baseline.setMenu(self._menu)
        self._csv = _button("Save as CSV…", "latencyCsv", "Save every call with all its phases, and the figures (C)")
        self._has_calls = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(WrappingRow((self._windows, self._mark), (self._baseline, self._csv)))
        self._windows.activated.connect(lambda: self.window_chosen.emit(self.window_shown))
        self._mark.clicked.connect(self.mark_wanted)
        self._csv.clicked.connect(self.csv_wanted)
        self.show_mark(is_set=False)
        self.show_baselines((), "")

    @property
    def window_shown(self) -> Window:
        """The chosen window of time."""
        return _WINDOWS[self._windows.currentIndex()]

    def choose(self, window: Window) -> None:
        """Show what was chosen elsewhere."""
        self._windows.setCurrentIndex(_WINDOWS.index(window))

    def show_mark(self, *, is_set: bool) -> None:
        """Only what begins somewhere can be chosen."""
        model = self._windows.model()
        item = getattr(model, "item", None)
        if item is not None:
            item(_WINDOWS.index(Window.SINCE_MARK)).setEnabled(is_set)

    def save(self) -> None:
        """As the button does."""
        self._csv.click()

    def keep(self) -> None:
        """As the entry of the menu does."""
        if self._has_calls:
            self.keep_wanted.emit()

    def allow(self, *, has_calls: bool) -> None:
        """Without calls there is nothing to keep or to save."""
        self._has_calls = has_calls
        self._csv.setEnabled(has_calls)
        self._keep.setEnabled(has_calls)

    def show_baselines(self, names: Sequence[tuple[str, str]], compared: str) -> None:
        """The kept baselines of this server, each a name and a date; `compared` is the one in use."""
        self._menu.clear()
        self._keep = self._add(self._menu, "Keep as baseline… (B)", "keepBaseline", self.keep_wanted.emit)
        self._keep.setEnabled(self._has_calls)
        if not names:
            none = self._menu.addAction("Nothing is kept of this server yet")
            none.setEnabled(False)
            return
        self._menu.addSeparator()
        for number, (name, date) in enumerate(names):
            words = f"Compare with “{plain(name, _NAME_CHARS)}” of {date}".replace("&", "&&")
            action = self._add(self._menu, words, f"compare:{number}", partial(self.compare_wanted.emit, name))
            action.setCheckable(True)
            action.setChecked(name == compared)
        stop = self._add(self._menu, "Compare no more", "compareNoMore", partial(self.compare_wanted.emit, ""))
        stop.setEnabled(bool(compared))
        forgetting = self._menu.addMenu("Forget")
        for number, (name, _) in enumerate(names):
            words = plain(name, _NAME_CHARS).replace("&", "&&")
            self._add(forgetting, words, f"forget:{number}", partial(self.forget_wanted.emit, name))

    @staticmethod
    def _add(menu: QMenu, words: str, name: str, slot: Callable[[], None]) -> QAction:
        action = menu.addAction(words)
        action.setObjectName(name)
        action.triggered.connect(lambda _: slot())
        return action


def _button(text: str, name: str, tip: str) -> QToolButton:
    button = tool_button(text, tip)
    button.setObjectName(name)
    return button
