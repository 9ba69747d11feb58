"""What the window remembers from one run to the next: its layout, the addresses used, filters and columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QMainWindow

MAX_URLS = 20
LAYOUT_VERSION = 2
"""Raised when docks change so much that an old layout would not fit."""


class Memory:
    """An INI file in the user's configuration folder; one that cannot be read or written is as good as empty."""

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            import platformdirs  # noqa: PLC0415 - after the first paint

            path = platformdirs.user_config_path("sse-mcp-inspector", appauthor=False) / "window.ini"
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)

    def urls(self) -> list[str]:
        """The addresses used, the latest first."""
        return self.lines("urls")[:MAX_URLS]

    def add_url(self, url: str) -> None:
        """Remember an address; one that carries a secret is not written down."""
        from inspector.wire.http import mask_url  # noqa: PLC0415

        if mask_url(url) == url:
            self.set_lines("urls", [url, *(known for known in self.urls() if known != url)][:MAX_URLS])

    def lines(self, name: str) -> list[str]:
        """The lines of text kept under a name."""
        kept = self._settings.value(name, [])
        items = kept if isinstance(kept, list) else [kept]
        return [item for item in items if isinstance(item, str)]

    def set_lines(self, name: str, lines: Sequence[str]) -> None:
        """Keep these lines of text under a name; none forgets it."""
        if lines:
            self._settings.setValue(name, list(lines))
        else:
            self._settings.remove(name)

    def save_layout(self, window: QMainWindow) -> None:
        self._settings.setValue("geometry", window.saveGeometry())
        self._settings.setValue("state", window.saveState(LAYOUT_VERSION))
        self._settings.sync()

    def restore_layout(self, window: QMainWindow) -> bool:
        """Put everything where the user left it; False if there is nothing to go by."""
        geometry, state = self._settings.value("geometry"), self._settings.value("state")
        if not isinstance(geometry, QByteArray) or not isinstance(state, QByteArray):
            return False
        return window.restoreGeometry(geometry) and window.restoreState(state, LAYOUT_VERSION)
