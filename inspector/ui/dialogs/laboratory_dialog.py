"""The laboratory: faults on our own side of the wire, and the tests that are made of them. Not modal."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QTabWidget, QVBoxLayout, QWidget

from inspector.ui.laboratory import Laboratory
from inspector.ui.views.laboratory_pane import LaboratoryPane
from inspector.ui.views.resume_page import ResumePage
from inspector.ui.views.sides_page import SidesPage
from inspector.ui.views.soak_page import SoakPage


class LaboratoryDialog(QDialog):
    """Closing it ends nothing: what runs goes on, and the window says so until it ends. `jump` asks for an event."""

    jump = Signal(int)

    def __init__(self, laboratory: Laboratory, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("laboratoryDialog")
        self.setWindowTitle("Laboratory")
        self._pane = LaboratoryPane(laboratory)
        resume = ResumePage(laboratory)
        self._tabs = QTabWidget()
        self._tabs.setObjectName("laboratoryTabs")
        self._tabs.setAccessibleName("Parts of the laboratory")
        self._tabs.setDocumentMode(True)
        for title, page in (
            ("Faults", self._pane),
            ("Resume test", resume),
            ("Two addresses", SidesPage(laboratory)),
            ("Soak", SoakPage(laboratory)),
        ):
            self._tabs.addTab(page, title)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self._tabs)
        resume.jump.connect(self.jump)
        self.resize(900, 560)

    def show_part(self, title: str) -> None:
        """Bring one part to the front."""
        titles = [self._tabs.tabText(place) for place in range(self._tabs.count())]
        self._tabs.setCurrentIndex(titles.index(title))

    def resume_from(self, event_id: str) -> None:
        """Ask for what came after this event, where the user sees what is done."""
        self._tabs.setCurrentWidget(self._pane)
        self._pane.resume_from(event_id)
