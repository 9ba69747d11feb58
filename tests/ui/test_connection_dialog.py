"""The connection dialog as a user or a script drives it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest
import trustme
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QTabBar,
    QTabWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from inspector.protocol.era import REVISIONS, TransportName
from inspector.ui import theme
from inspector.ui.dialogs.connection_dialog import ConnectionDialog
from inspector.ui.settings import ConnectionSettings, Header

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

O = TypeVar("O", bound=QObject)  # noqa: E741
SETTINGS = ConnectionSettings(
    headers=(Header("Authorization", "Bearer abc"), Header("X-Off", "1", on=False)),
    protocol_version="2025-03-26",
    insecure=True,
    connect_timeout_s=0.5,
    request_timeout_s=12.25,
    reset_on_progress=False,
    max_total_s=100.0,
    idle_timeout_s=30.0,
    reconnect=False,
    reinitialize_on_404=False,
    manifest_url="https://a.example/mcp.json",
    raw_method="POST",
    raw_body='{"stream": true}',
)


class Driver:
    """The open dialog, and what it has chosen so far."""

    def __init__(self, dialog: ConnectionDialog) -> None:
        self.dialog = dialog
        self.chosen: list[ConnectionSettings] = []
        dialog.chosen.connect(self.chosen.append)

    def child(self, kind: type[O], name: str) -> O:
        found = self.dialog.findChild(kind, name)
        assert isinstance(found, kind), f"there is no {name}"
        return found

    def type(self, name: str, text: str) -> QLineEdit:
        field = self.child(QLineEdit, name)
        field.clear()
        QTest.keyClicks(field, text)
        return field

    def click(self, name: str) -> None:
        self.child(QAbstractButton, name).click()

    def problem(self) -> str:
        label = self.child(QLabel, "connectionProblem")
        return label.text() if label.isVisible() else ""

    def tab(self) -> str:
        tabs = self.child(QTabWidget, "connectionTabs")
        return tabs.tabText(tabs.currentIndex())

    def refused(self) -> str:
        """Press OK; the dialog must stay and say why."""
        self.click("connectionOk")
        assert self.chosen == []
        assert self.dialog.isVisible()
        return self.problem()

    def accepted(self) -> ConnectionSettings:
        """Press OK; the dialog must close and hand out its settings."""
        dialog = self.dialog
        self.click("connectionOk")
        assert not dialog.isVisible()
        assert len(self.chosen) == 1
        return self.chosen[0]


@pytest.fixture(autouse=True)
def home_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is remembered from one run to the next is not the user's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


def opened(window: QWidget, settings: ConnectionSettings | None = None) -> Driver:
    dialog = ConnectionDialog(settings or ConnectionSettings(), window)
    dialog.open()
    return Driver(dialog)


def clip(text: str) -> None:
    QGuiApplication.clipboard().setText(text)


@pytest.mark.parametrize("settings", [ConnectionSettings(), SETTINGS])
def test_ok_without_an_edit_gives_the_same_settings(window: QWidget, settings: ConnectionSettings) -> None:
    assert opened(window, settings).accepted() == settings


def test_every_setting_can_be_changed(window: QWidget, tmp_path: Path) -> None:
    driver = opened(window)
    driver.click("addHeader")
    driver.type("header:0:name", "X-Team")
    driver.type("header:0:value", "blue")
    driver.child(QComboBox, "revisionChoice").setCurrentText("2024-11-05")
    ca_file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(ca_file))
    driver.type("caPath", str(ca_file))
    for name, text in (("connectTimeout", "2"), ("requestTimeout", "1.5"), ("maxTotal", "3,5"), ("idleTimeout", "7")):
        driver.type(name, text)
    for name in ("resetOnProgress", "reconnectSwitch", "reinitializeSwitch"):
        driver.click(name)
    assert driver.accepted() == ConnectionSettings(
        headers=(Header("X-Team", "blue"),),
        protocol_version="2024-11-05",
        ca_file=ca_file,
        connect_timeout_s=2.0,
        request_timeout_s=1.5,
        reset_on_progress=False,
        max_total_s=3.5,
        idle_timeout_s=7.0,
        reconnect=False,
        reinitialize_on_404=False,
    )


def test_every_input_has_a_name_for_scripts_and_for_assistive_technology(window: QWidget) -> None:
    dialog = opened(window, SETTINGS).dialog
    kinds = (QLineEdit, QCheckBox, QComboBox, QRadioButton, QPushButton, QToolButton)
    inputs = [widget for kind in kinds for widget in dialog.findChildren(kind)]
    # Qt's own scroll buttons of the tab bar have no names.
    ours = [widget for widget in inputs if not isinstance(widget.parentWidget(), QTabBar)]
    assert [widget for widget in ours if not (widget.objectName() and widget.accessibleName())] == []
    assert len(ours) >= 25


def test_cancel_and_escape_choose_nothing(window: QWidget) -> None:
    driver = opened(window)
    driver.click("connectionCancel")
    assert not driver.dialog.isVisible()
    other = opened(window)
    QTest.keyClick(other.dialog, Qt.Key.Key_Escape)
    assert not other.dialog.isVisible()
    assert driver.chosen == other.chosen == []


def test_ctrl_enter_accepts_and_return_in_a_header_only_goes_on(qtbot: QtBot, window: QWidget) -> None:
    driver = opened(window)
    qtbot.waitUntil(driver.dialog.isActiveWindow)
    driver.click("addHeader")
    name = driver.type("header:0:name", "X-A")
    qtbot.waitUntil(name.hasFocus)
    QTest.keyClick(name, Qt.Key.Key_Return)
    value = driver.child(QLineEdit, "header:0:value")
    assert value.hasFocus()
    QTest.keyClicks(value, "1")
    QTest.keyClick(value, Qt.Key.Key_Return)
    assert driver.child(QLineEdit, "header:1:name").hasFocus()
    assert driver.dialog.isVisible()
    QTest.keyClick(driver.child(QLineEdit, "header:1:name"), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert [chosen.headers for chosen in driver.chosen] == [(Header("X-A", "1"),)]


def test_a_closed_dialog_is_deleted(qtbot: QtBot, window: QWidget) -> None:
    opened(window).click("connectionCancel")
    qtbot.waitUntil(lambda: window.findChild(ConnectionDialog) is None)


def test_secrets_are_masked_until_the_eye_is_pressed(window: QWidget) -> None:
    driver = opened(window, SETTINGS)
    value, eye = driver.child(QLineEdit, "header:0:value"), driver.child(QToolButton, "header:0:eye")
    assert value.echoMode() == QLineEdit.EchoMode.Password
    eye.click()
    assert value.echoMode() == QLineEdit.EchoMode.Normal
    assert eye.accessibleName() == "Hide the value"
    eye.click()
    assert value.echoMode() == QLineEdit.EchoMode.Password
    assert driver.child(QLineEdit, "header:1:value").echoMode() == QLineEdit.EchoMode.Normal
    assert not driver.child(QToolButton, "header:1:eye").isVisible()


def test_a_value_is_masked_as_soon_as_its_name_says_that_it_is_secret(qtbot: QtBot, window: QWidget) -> None:
    driver = opened(window)
    driver.click("addHeader")
    value = driver.type("header:0:value", "abc")
    assert value.echoMode() == QLineEdit.EchoMode.Normal
    driver.type("header:0:name", "My-Token")
    assert value.echoMode() == QLineEdit.EchoMode.Password
    qtbot.waitUntil(driver.child(QToolButton, "header:0:eye").isVisible)


def test_rows_are_switched_off_and_removed(window: QWidget) -> None:
    driver = opened(window, SETTINGS)
    driver.click("header:1:on")
    driver.click("header:0:remove")
    assert driver.accepted().headers == (Header("X-Off", "1"),)


def test_without_headers_the_page_says_what_to_do(window: QWidget) -> None:
    driver = opened(window)
    empty = driver.child(QLabel, "headersEmpty")
    assert empty.isVisible()
    driver.click("addHeader")
    assert not empty.isVisible()
    driver.click("header:0:remove")
    assert empty.isVisible()


def test_pasting_lines_into_a_name_fills_rows(window: QWidget) -> None:
    driver = opened(window, ConnectionSettings(headers=(Header("X-One", "old"),)))
    driver.click("addHeader")
    clip("X-One: new\nX-Two: 2\nAccept: */*\n")
    QTest.keyClick(driver.child(QLineEdit, "header:1:name"), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    note = driver.child(QLabel, "headerNote").text()
    assert note == "3 headers pasted. Off, because the inspector sends its own: Accept."
    expected = (Header("X-One", "new"), Header("X-Two", "2"), Header("Accept", "*/*", on=False))
    assert driver.accepted().headers == expected


def test_pasting_one_line_into_a_value_is_text(window: QWidget) -> None:
    driver = opened(window)
    driver.click("addHeader")
    driver.type("header:0:name", "X-Link")
    clip("a: b")
    QTest.keyClick(driver.child(QLineEdit, "header:0:value"), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert driver.accepted().headers == (Header("X-Link", "a: b"),)


def test_the_paste_button_reads_curl_and_says_what_it_cannot_read(window: QWidget) -> None:
    driver = opened(window)
    clip("nothing of use")
    driver.click("pasteHeaders")
    assert "no curl command" in driver.child(QLabel, "headerNote").text()
    clip("curl http://h/mcp -H 'Authorization: Bearer t'")
    driver.click("pasteHeaders")
    assert driver.child(QLabel, "headerNote").text() == "1 header pasted."
    assert driver.child(QLineEdit, "header:0:value").echoMode() == QLineEdit.EchoMode.Password
    assert driver.accepted().headers == (Header("Authorization", "Bearer t"),)


def test_no_more_rows_than_there_is_room_for(window: QWidget) -> None:
    driver = opened(window)
    clip("\n".join(f"X-{number}: 1" for number in range(150)))
    driver.click("pasteHeaders")
    assert driver.child(QLabel, "headerNote").text() == "100 headers pasted."
    driver.click("addHeader")
    assert driver.child(QLabel, "headerNote").text() == "There is room for 100 headers."


def test_an_invalid_header_is_refused_and_what_was_typed_stays(window: QWidget) -> None:
    driver = opened(window)
    driver.click("addHeader")
    name = driver.type("header:0:name", "X Team")
    driver.type("header:0:value", "blue")
    driver.child(QTabWidget, "connectionTabs").setCurrentIndex(2)
    assert driver.refused().startswith('✕ "X Team" is no header name')
    assert driver.tab() == "Headers"
    assert (name.text(), driver.child(QLineEdit, "header:0:value").text()) == ("X Team", "blue")
    driver.type("header:0:name", "X-Team")
    assert driver.problem() == ""
    assert driver.accepted().headers == (Header("X-Team", "blue"),)


@pytest.mark.parametrize(
    ("headers", "part"),
    [
        ((Header("X-A", "naïve"),), "cannot carry"),
        ((Header("", "1"),), "no name"),
        ((Header("X-A", "1"), Header("x-a", "2")), "is on twice"),
    ],
)
def test_other_headers_that_cannot_be_sent(window: QWidget, headers: tuple[Header, ...], part: str) -> None:
    assert part in opened(window, ConnectionSettings(headers=headers)).refused()


def test_the_revisions_are_those_that_the_program_speaks(window: QWidget) -> None:
    driver = opened(window)
    choice = driver.child(QComboBox, "revisionChoice")
    texts = [choice.itemText(place) for place in range(choice.count())]
    assert texts == [f"Newest first ({REVISIONS[-1]})", *reversed(REVISIONS)]


def test_not_checking_certificates_is_red_and_says_what_it_means(window: QWidget) -> None:
    driver = opened(window)
    danger, choice = driver.child(QLabel, "insecureDanger"), driver.child(QRadioButton, "trustNothing")
    driver.child(QTabWidget, "connectionTabs").setCurrentIndex(1)
    assert theme.color("bad").name() in choice.styleSheet()
    assert not danger.isVisible()
    choice.click()
    assert danger.isVisible()
    assert driver.accepted().insecure


def test_what_opens_a_stream_is_handed_to_the_session(window: QWidget) -> None:
    driver = opened(window)
    driver.type("manifestUrl", " https://a.example/tools.json ")
    driver.child(QComboBox, "rawStreamMethod").setCurrentText("post")
    driver.child(QPlainTextEdit, "rawStreamBody").setPlainText('{"q": "ü"}')
    options = driver.accepted().options("https://a.example/", TransportName.RAW_SSE)
    assert options.manifest_url == "https://a.example/tools.json"
    assert (options.raw_method, options.raw_body) == ("POST", '{"q": "ü"}'.encode())
    assert ConnectionSettings().options("https://a.example/", TransportName.AUTO).manifest_url is None


def test_an_address_or_a_method_that_cannot_be_used_is_refused(window: QWidget) -> None:
    driver = opened(window)
    driver.type("manifestUrl", "mcp.json")
    assert driver.refused() == "✕ The address of the manifest needs http:// or https:// and a host name."
    assert driver.tab() == "Streams"
    driver.type("manifestUrl", "")
    driver.child(QComboBox, "rawStreamMethod").setCurrentText("GET /x")
    assert driver.refused() == "✕ 'GET /x' is no HTTP method; take GET or POST."


def test_a_ca_file_is_looked_at_before_a_connection_fails_over_it(window: QWidget, tmp_path: Path) -> None:
    driver = opened(window)
    driver.click("trustCa")
    assert "Choose the CA file" in driver.refused()
    path = driver.type("caPath", str(tmp_path / "none.pem"))
    assert "There is no file" in driver.refused()
    (tmp_path / "none.pem").write_text("no certificate", encoding="utf-8")
    assert "holds no certificate in PEM form" in driver.refused()
    assert driver.tab() == "Connection"
    assert path.text() == str(tmp_path / "none.pem")
    driver.click("trustSystem")
    assert driver.accepted().ca_file is None


def test_the_ca_file_is_chosen_without_a_nested_event_loop(qtbot: QtBot, window: QWidget, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(ca_file))
    driver = opened(window)
    driver.type("caPath", str(tmp_path) + "/")
    driver.click("chooseCa")
    chooser = driver.child(QFileDialog, "caChooser")
    assert chooser.isVisible()
    chooser.fileSelected.emit(str(ca_file))
    chooser.reject()
    qtbot.waitUntil(lambda: driver.dialog.findChild(QFileDialog, "caChooser") is None)
    assert driver.child(QRadioButton, "trustCa").isChecked()
    assert driver.accepted().ca_file == ca_file


@pytest.mark.parametrize("text", ["", "0", "-1", "soon", "nan", "inf", "1e99"])
def test_what_is_no_number_of_seconds_is_refused(window: QWidget, text: str) -> None:
    driver = opened(window)
    field = driver.type("connectTimeout", text)
    assert driver.refused() == f"✕ {text!r} is no number of seconds above 0."
    assert driver.tab() == "Time limits"
    assert field.text() == text


def test_limits_that_contradict_each_other_are_refused(window: QWidget) -> None:
    driver = opened(window)
    driver.type("maxTotal", "5")
    assert "hard maximum is below" in driver.refused()
    driver.type("requestTimeout", "5")
    assert driver.accepted().max_total_s == 5.0


def test_an_empty_idle_limit_is_none(window: QWidget) -> None:
    driver = opened(window, SETTINGS)
    driver.type("idleTimeout", " ")
    assert driver.accepted().idle_timeout_s is None


def test_a_long_time_limit_of_the_command_line_raises_the_maximum(window: QWidget) -> None:
    chosen = opened(window, ConnectionSettings(request_timeout_s=3600.0)).accepted()
    assert (chosen.request_timeout_s, chosen.max_total_s) == (3600.0, 3600.0)


def test_the_defaults_leave_the_headers_alone(window: QWidget) -> None:
    driver = opened(window, SETTINGS)
    driver.click("connectionDefaults")
    assert driver.accepted() == ConnectionSettings(headers=SETTINGS.headers)
