"""The bar above everything: where to connect, and how it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMainWindow, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from inspector.trace.states import ConnectionState
from inspector.ui import theme
from inspector.ui.dialogs.shortcuts_dialog import SHORTCUTS, ShortcutsDialog
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.views.connection_bar import ConnectionBar

# The offscreen platform says so of windows and popups.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

O = TypeVar("O", bound=QObject)  # noqa: E741
LONG = "The certificate of mcp.example.com:443 is not trusted: unable to get local issuer certificate. " * 3


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[ConnectionBar]:
    """As in the program: above the rest of a window."""
    window = QMainWindow()
    qtbot.addWidget(window)
    bar = ConnectionBar()
    window.setMenuWidget(bar)
    window.setCentralWidget(QWidget())
    window.resize(1_000, 400)
    window.show()
    yield bar


def part(bar: ConnectionBar, kind: type[O], name: str) -> O:
    found = bar.findChild(kind, name)
    assert isinstance(found, kind)
    return found


def test_a_failure_is_a_banner_that_is_never_cut(qtbot: QtBot, bar: ConnectionBar) -> None:
    low = bar.height()
    bar.show_state(ConnectionState.CLOSED, LONG, "", is_failure=True)
    words = part(bar, QLabel, "stateWords")
    qtbot.waitUntil(lambda: bar.height() >= low + 3 * words.fontMetrics().height())
    assert words.height() >= words.heightForWidth(words.width())
    assert words.width() > 900
    assert part(bar, QLabel, "stateSign").text() == "✕"
    assert theme.colors().bad in words.styleSheet()
    bar.show_state(ConnectionState.OPEN, "connected", "", is_failure=False)
    qtbot.waitUntil(lambda: bar.height() == low)
    assert part(bar, QLabel, "stateSign").text() == "●"


def test_the_reason_of_a_reconnect_is_a_banner(qtbot: QtBot, bar: ConnectionBar) -> None:
    low = bar.height()
    bar.show_state(ConnectionState.RECONNECTING, "reconnecting in 3.2 s: The stream ended.", "", is_failure=False)
    qtbot.waitUntil(lambda: bar.height() > low)
    assert theme.colors().warn in part(bar, QLabel, "stateWords").styleSheet()


def test_the_address_keeps_its_width_while_states_and_facts_change(qtbot: QtBot, bar: ConnectionBar) -> None:
    field = part(bar, QLineEdit, "urlField")
    bar.set_active(True)
    widths = set()
    for words, facts in (("connected", ""), ("waiting for headers 3.2 s", ""), ("connected", "Streamable HTTP · " * 9)):
        bar.show_state(ConnectionState.OPEN, words, facts, is_failure=False)
        qtbot.wait(1)
        widths.add(field.width())
    assert len(widths) == 1
    assert bar.width() == 1_000


def test_a_long_address_shows_its_host(bar: ConnectionBar) -> None:
    bar.set_url(f"http://mcp.example.com/{'path/' * 30}mcp")
    assert part(bar, QLineEdit, "urlField").cursorPosition() == 0


def test_nothing_moves_when_the_button_changes(bar: ConnectionBar) -> None:
    places = set()
    for active in (False, True, False):
        bar.set_active(active)
        QApplication.processEvents()
        places.add((part(bar, QPushButton, "connectButton").width(), part(bar, QAbstractButton, "settingsButton").x()))
    assert len(places) == 1


def test_earlier_addresses_are_a_key_or_a_click_away(qtbot: QtBot, bar: ConnectionBar) -> None:
    field = part(bar, QLineEdit, "urlField")
    arrow = part(bar, QAction, "earlierUrls")
    assert not arrow.isVisible()
    urls = [f"http://a-quite-long-name-{number}.example.com:8000/mcp" for number in range(10)]
    bar.offer_urls(urls)
    assert arrow.isVisible()
    bar.set_url(urls[3])
    bar.window().activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)  # only then a field listens to what completes it
    QTest.keyClick(field, Qt.Key.Key_Down)
    completer = field.completer()
    assert completer is not None
    popup = completer.popup()
    assert popup is not None
    qtbot.waitUntil(popup.isVisible)
    assert popup.width() > field.fontMetrics().horizontalAdvance(urls[0])
    assert [popup.model().index(row, 0).data() for row in range(popup.model().rowCount())] == urls
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(popup, key)
    assert field.text() == urls[1]
    bar.set_active(True)
    assert not arrow.isVisible()


def test_the_warning_of_certificates_fits_into_a_narrow_window(bar: ConnectionBar) -> None:
    bar.set_active(True)
    bar.set_insecure(True)
    assert bar.minimumSizeHint().width() <= 1_000
    warning = part(bar, QLabel, "insecureWarning")
    assert warning.text().startswith("⚠")


def test_the_button_to_connect_is_the_main_one_from_the_start(bar: ConnectionBar) -> None:
    button = part(bar, QPushButton, "connectButton")
    assert button.property("primary") is True
    bar.set_active(True)
    assert (button.text(), button.property("primary")) == ("Disconnect", False)


def test_help_is_asked_for(qtbot: QtBot, bar: ConnectionBar) -> None:
    with qtbot.waitSignal(bar.help_requested):
        part(bar, QAbstractButton, "helpButton").click()


def test_the_dialog_lists_every_shortcut(qtbot: QtBot) -> None:
    dialog = ShortcutsDialog()
    qtbot.addWidget(dialog)
    shown = {label.text() for label in dialog.findChildren(QLabel)}
    assert {effect for _, group in SHORTCUTS for _, effect in group} <= shown
    assert {"Ctrl+L", "Ctrl+Return", "F3", "Ctrl+J"} <= shown


def test_a_label_that_is_cut_keeps_its_text(qtbot: QtBot) -> None:
    label = ElidedLabel("<b>a long text</b> " * 20)
    qtbot.addWidget(label)
    label.resize(80, 20)
    label.show()
    assert label.text().startswith("<b>")
    assert label.minimumSizeHint().width() < 80 < label.sizeHint().width()
    assert not label.grab().isNull()


def test_the_usual_facts_are_whole_in_a_window_of_the_usual_width(bar: ConnectionBar) -> None:
    bar.window().resize(1_280, 400)
    bar.set_active(True)
    said = "Streamable HTTP · 2025-11-25 · last rtt 12.3 ms · up 03:12"
    bar.show_state(ConnectionState.OPEN, "connected", said, is_failure=False)
    QApplication.processEvents()
    facts = part(bar, QLabel, "stateFacts")
    assert facts.fontMetrics().horizontalAdvance(said) <= facts.contentsRect().width()
