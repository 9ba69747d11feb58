from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from inspector.ui import theme
from tests.support.rivers import Talk


@pytest.fixture
def river() -> Talk:
    return Talk()


@pytest.fixture
def application(qapp: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[QApplication]:
    """The session's application, whose loop outlives its windows, as in the program; it remembers nothing."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    before = qapp.quitOnLastWindowClosed()
    qapp.setQuitOnLastWindowClosed(False)
    theme.apply(qapp, theme.DARK)
    yield qapp
    qapp.setStyleSheet("")
    qapp.setQuitOnLastWindowClosed(before)
