"""What the window remembers."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.memory import MAX_URLS, Memory


def window_with_dock(qtbot: QtBot, area: Qt.DockWidgetArea) -> tuple[QMainWindow, QDockWidget]:
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = QDockWidget("Tools", window)
    dock.setObjectName("toolsDock")
    dock.setWidget(QWidget())
    window.addDockWidget(area, dock)
    window.show()
    return window, dock


def test_the_layout_comes_back(qtbot: QtBot, tmp_path: Path) -> None:
    left, _ = window_with_dock(qtbot, Qt.DockWidgetArea.LeftDockWidgetArea)
    Memory(tmp_path / "window.ini").save_layout(left)
    right, dock = window_with_dock(qtbot, Qt.DockWidgetArea.RightDockWidgetArea)
    assert Memory(tmp_path / "window.ini").restore_layout(right)
    assert right.dockWidgetArea(dock) == Qt.DockWidgetArea.LeftDockWidgetArea


def test_a_first_run_has_nothing_to_restore(qtbot: QtBot, tmp_path: Path) -> None:
    window, _ = window_with_dock(qtbot, Qt.DockWidgetArea.LeftDockWidgetArea)
    memory = Memory(tmp_path / "window.ini")
    assert not memory.restore_layout(window)
    assert memory.urls() == []


def test_a_broken_file_is_as_good_as_empty(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "window.ini"
    path.write_bytes(b"\x00\xff[General]\ngeometry=nonsense\nstate=@ByteArray(zzz)\nurls=7\n")
    window, _ = window_with_dock(qtbot, Qt.DockWidgetArea.LeftDockWidgetArea)
    assert not Memory(path).restore_layout(window)


def test_addresses_are_kept_latest_first_and_once(tmp_path: Path, qapp: object) -> None:
    memory = Memory(tmp_path / "window.ini")
    for number in range(MAX_URLS + 5):
        memory.add_url(f"http://127.0.0.1:{number}/mcp")
    memory.add_url("http://127.0.0.1:20/mcp")
    urls = Memory(tmp_path / "window.ini").urls()
    assert len(urls) == MAX_URLS
    assert urls[:2] == ["http://127.0.0.1:20/mcp", "http://127.0.0.1:24/mcp"]


def test_an_address_with_a_secret_is_not_written_down(tmp_path: Path, qapp: object) -> None:
    memory = Memory(tmp_path / "window.ini")
    memory.add_url("https://example.test/mcp?api_key=abcdefgh12345678")
    memory.add_url("https://user:secret@example.test/mcp")
    assert memory.urls() == []
