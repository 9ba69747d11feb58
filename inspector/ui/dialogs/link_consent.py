"""A link opens only after the user has seen where it leads and agreed."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

ALLOWED_SCHEMES = ("http", "https")
SERVER = "Open a link of the server's?", "The server asks to open a page on"
HELP = "Read on in the browser?", "This opens a page on"
"""Who asks: the title of the question, and how it begins."""


def ask(parent: QWidget, url: str, asked_by: tuple[str, str] = SERVER) -> None:
    """Open the question; the page opens if the user agrees."""
    LinkConsent(url, parent, asked_by).open()


class LinkConsent(QMessageBox):
    """Shows the whole address, its host apart; opened with `open`, so that the event loop goes on."""

    def __init__(self, url: str, parent: QWidget | None = None, asked_by: tuple[str, str] = SERVER) -> None:
        super().__init__(parent)
        self.setObjectName("linkConsent")
        self._url = QUrl(url)
        title, sentence = asked_by
        self.setWindowTitle(title)
        if self._url.scheme() not in ALLOWED_SCHEMES or not self._url.host():
            self.setText("This link is no web address and is not opened.")
            self.setInformativeText(url[:2000])
            return
        # The host in ASCII: letters of other scripts that look like Latin ones cannot pass for them.
        self.setText(f"{sentence} {self._url.host(QUrl.ComponentFormattingOption.EncodeUnicode)}.")
        self.setInformativeText(bytes(self._url.toEncoded().data()).decode("ascii", "replace")[:2000])
        self.setStandardButtons(QMessageBox.StandardButton.Open | QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(QMessageBox.StandardButton.Cancel)
        self.finished.connect(self._decided)

    def _decided(self, button: int) -> None:
        if button == QMessageBox.StandardButton.Open.value:
            QDesktopServices.openUrl(self._url)
