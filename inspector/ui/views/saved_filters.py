"""The filters kept from earlier: those that the user gave a name, and the latest that were used."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from inspector.ui.memory import Memory
from inspector.ui.views.line_popup import LinePopup

MAX_USED = 30
_SHOWN_USED = 10
_SHOWN_CHARS = 60
_USED, _SAVED = "filtersUsed", "filtersSaved"


class SavedFilters(QToolButton):
    """A button with a menu; `chosen` says a filter to use. Without a memory all is forgotten in the end."""

    chosen = Signal(str)
    used_changed = Signal(list)

    def __init__(self, under: QWidget, current: Callable[[], str]) -> None:
        """`under` is what the question for a name lies upon, `current` tells the filter as it stands."""
        super().__init__()
        self.setObjectName("timelineSavedFilters")
        self.setText("Saved")
        self.setToolTip("Saved filters, and those used lately")
        self.setAccessibleName("Saved filters")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.saved: dict[str, str] = {}
        self.used: list[str] = []
        self._under, self._current = under, current
        self._memory: Memory | None = None
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.fill)
        self.setMenu(menu)

    def recall(self, memory: Memory) -> None:
        """Use what was kept in earlier runs, and keep what comes."""
        self._memory = memory
        self.used = memory.lines(_USED)[:MAX_USED]
        self.saved = dict(_name_and_text(line) for line in memory.lines(_SAVED) if "\t" in line)
        self.used_changed.emit(self.used)

    def add_used(self, text: str) -> None:
        """Remember that a filter was used."""
        self.used = [text, *(known for known in self.used if known != text)][:MAX_USED]
        self.used_changed.emit(self.used)
        if self._memory is not None:
            self._memory.set_lines(_USED, self.used)

    def save(self, name: str, text: str) -> str:
        """Keep a filter under a name, in place of another of that name; a sentence says why not."""
        name, text = " ".join(name.split()), text.strip()
        if not name:
            return "Type a name for this filter."
        if not text:
            return "There is no filter to save; type one first."
        self.saved[name] = text
        self._keep()
        return ""

    def remove(self, name: str) -> None:
        self.saved.pop(name, None)
        self._keep()

    def ask_for_name(self) -> None:
        """Let the user name the filter as it stands."""
        text = self._current()
        popup = LinePopup(
            self._under, "filterName", "Name of the filter", lambda name: self.save(name, text), back=self
        )
        popup.open_at(self.mapTo(self._under, QPoint(0, self.height() + 2)))

    def fill(self) -> None:
        """Make the menu anew."""
        menu = self.menu()
        menu.clear()
        for name, text in sorted(self.saved.items()):
            self._add(menu, name, text)
        if not self.saved:
            menu.addAction("No filter is saved").setEnabled(False)
        menu.addSeparator()
        has_text = bool(self._current().strip())
        save = menu.addAction("Save this filter…")
        save.setEnabled(has_text)
        save.triggered.connect(self.ask_for_name)
        removing = menu.addMenu("Remove")
        removing.setEnabled(bool(self.saved))
        for name in sorted(self.saved):
            removing.addAction(_shown(name)).triggered.connect(lambda _=False, name=name: self.remove(name))
        if self.used:
            menu.addSeparator()
            menu.addAction("Used lately").setEnabled(False)
        for text in self.used[:_SHOWN_USED]:
            self._add(menu, text, text)

    def _add(self, menu: QMenu, name: str, text: str) -> None:
        action = menu.addAction(_shown(name))
        action.setToolTip(text)
        action.triggered.connect(lambda: self.chosen.emit(text))

    def _keep(self) -> None:
        if self._memory is not None:
            self._memory.set_lines(_SAVED, [f"{name}\t{text}" for name, text in self.saved.items()])


def _name_and_text(line: str) -> tuple[str, str]:
    name, _, text = line.partition("\t")
    return name, text


def _shown(text: str) -> str:
    cut = text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"
    return cut.replace("&", "&&")
