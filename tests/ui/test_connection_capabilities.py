"""The pages of the connection dialog for signing in and for capabilities."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QFileDialog, QLabel, QLineEdit, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from inspector.protocol.auth.settings import AuthSettings
from inspector.protocol.era import TransportName
from inspector.protocol.roots import Root
from inspector.record.log_lines import LEVELS
from inspector.session.options import Callbacks
from inspector.ui.dialogs.authorization_page import FIELDS_OF
from inspector.ui.dialogs.connection_dialog import ConnectionDialog
from inspector.ui.dialogs.roots_dialog import RootsDialog
from inspector.ui.settings import ConnectionSettings, Header, SignIn
from inspector.ui.user_data import UserData
from tests.support.panes import part
from tests.support.questions import window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

URL = "https://mcp.example.com/mcp"
FULL = SignIn(
    grant="enterprise",
    client_id="id",
    client_secret="s3cr3t",
    client_metadata_url="https://example.com/c.json",
    signing_algorithm="RS256",
    token_endpoint_auth_method="client_secret_post",
    scope="a b",
    authorization_server="https://auth.example.com",
    callback_port=8765,
    dpop=True,
    require_pkce_advertised=False,
    assertion="a.b.c",
    idp_issuer="https://idp.example.com",
    idp_token_endpoint="https://idp.example.com/token",
    idp_client_id="idp-id",
    idp_id_token="d.e.f",
)


class Driver:
    """The open dialog, and what it has chosen."""

    def __init__(self, qtbot: QtBot, settings: ConnectionSettings | None = None, data: UserData | None = None) -> None:
        self.window = window(qtbot)
        self.dialog = ConnectionDialog(settings or ConnectionSettings(), self.window, data)
        self.chosen: list[ConnectionSettings] = []
        self.dialog.chosen.connect(self.chosen.append)
        self.dialog.open()

    def show(self, title: str) -> None:
        tabs = part(self.dialog, QTabWidget, "connectionTabs")
        titles = [tabs.tabText(place) for place in range(tabs.count())]
        tabs.setCurrentIndex(titles.index(title))

    def line(self, name: str) -> QLineEdit:
        return part(self.dialog, QLineEdit, f"auth:{name}")

    def box(self, name: str) -> QComboBox:
        return part(self.dialog, QComboBox, name)

    def tick(self, name: str) -> QCheckBox:
        return part(self.dialog, QCheckBox, name)

    def click(self, name: str) -> None:
        part(self.dialog, QAbstractButton, name).click()

    def accepted(self) -> ConnectionSettings:
        self.click("connectionOk")
        assert len(self.chosen) == 1, part(self.dialog, QLabel, "connectionProblem").text()
        return self.chosen[0]

    def refused(self) -> str:
        self.click("connectionOk")
        assert self.chosen == []
        return part(self.dialog, QLabel, "connectionProblem").text()


def test_signing_in_is_automatic_unless_it_is_switched_off(qtbot: QtBot) -> None:
    driver = Driver(qtbot)
    assert driver.dialog.settings().auth == SignIn()
    grant = driver.box("auth:grant")
    grant.setCurrentIndex(grant.findText("Off"))
    assert driver.accepted().auth.grant is None


def test_everything_of_a_sign_in_is_kept(qtbot: QtBot, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----\n")
    settings = ConnectionSettings(auth=replace(FULL, key_file=key))
    assert Driver(qtbot, settings).accepted() == settings


@pytest.mark.parametrize("grant", list(FIELDS_OF))
def test_only_what_a_grant_needs_is_shown(qtbot: QtBot, grant: Any) -> None:
    driver = Driver(qtbot, ConnectionSettings(auth=SignIn(grant=grant)))
    driver.show("Sign-in")
    fields = ("client_id", "client_secret", "client_metadata_url", "key_file", "assertion", "idp_issuer", "scope")
    shown = {name for name in fields if driver.line(name).isVisible()}
    assert shown == set(fields) & set(FIELDS_OF[grant])
    assert driver.tick("auth:dpop").isVisible() is (grant is not None)


def test_a_secret_is_never_shown(qtbot: QtBot) -> None:
    driver = Driver(qtbot, ConnectionSettings(auth=FULL))
    for name in ("client_secret", "assertion", "idp_id_token"):
        field = driver.line(name)
        assert field.echoMode() is QLineEdit.EchoMode.Password
        assert field.text()
    for secret in ("s3cr3t", "a.b.c", "d.e.f"):
        assert secret not in repr(FULL)


def test_what_cannot_work_is_said_and_the_cursor_goes_there(qtbot: QtBot) -> None:
    driver = Driver(qtbot, ConnectionSettings(auth=SignIn(grant="client_credentials")))
    assert driver.refused() == "✕ The client’s own credentials begin with its client ID."
    assert part(driver.dialog, QTabWidget, "connectionTabs").tabText(2) == "Sign-in"
    assert driver.dialog.focusWidget() is driver.line("client_id")
    driver.line("client_id").setText("me")
    assert not part(driver.dialog, QLabel, "connectionProblem").isVisible()
    driver.line("client_secret").setText("secret")
    assert driver.accepted().auth.client_secret == "secret"


def test_a_field_of_another_grant_is_no_problem(qtbot: QtBot) -> None:
    settings = ConnectionSettings(auth=SignIn(grant="authorization_code", assertion="no jwt"))
    assert Driver(qtbot, settings).accepted().auth.assertion == "no jwt"


def test_a_header_wins_over_signing_in(qtbot: QtBot) -> None:
    settings = ConnectionSettings(headers=(Header("authorization", "Bearer x"),))
    driver = Driver(qtbot, settings)
    driver.show("Sign-in")
    note = part(driver.dialog, QLabel, "auth:headerWins")
    assert note.isVisible()
    driver.tick("header:0:on").click()
    assert not note.isVisible()
    assert settings.options(URL, TransportName.AUTO).auth is None
    off = replace(settings, headers=(Header("Authorization", "Bearer x", on=False),))
    assert off.options(URL, TransportName.AUTO).auth == AuthSettings()


def test_a_key_is_chosen_without_blocking(qtbot: QtBot, tmp_path: Path) -> None:
    driver = Driver(qtbot)
    driver.click("auth:chooseKey")
    chooser = driver.dialog.findChild(QFileDialog, "keyChooser")
    assert chooser is not None
    chooser.fileSelected.emit(str(tmp_path / "key.pem"))
    chooser.reject()
    assert driver.line("key_file").text() == str(tmp_path / "key.pem")


def test_the_session_gets_the_sign_in(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("PEM")
    auth = ConnectionSettings(auth=replace(FULL, key_file=key)).options(URL, TransportName.AUTO).auth
    assert auth == AuthSettings(
        grant="enterprise",
        client_id="id",
        client_secret="s3cr3t",
        client_metadata_url="https://example.com/c.json",
        private_key_pem="PEM",
        signing_algorithm="RS256",
        scope="a b",
        redirect_uri="http://127.0.0.1:8765/callback",
        dpop=True,
        assertion="a.b.c",
        idp_client_id="idp-id",
        idp_id_token="d.e.f",
        idp_issuer="https://idp.example.com",
        idp_token_endpoint="https://idp.example.com/token",
        token_endpoint_auth_method="client_secret_post",
        authorization_server="https://auth.example.com",
        require_pkce_advertised=False,
    )
    gone = SignIn(key_file=tmp_path / "gone").settings()
    assert gone is not None
    assert gone.private_key_pem == ""
    assert ConnectionSettings(auth=SignIn(grant=None)).options(URL, TransportName.AUTO).auth is None


def test_capabilities_are_declared_unless_they_are_switched_off(qtbot: QtBot) -> None:
    driver = Driver(qtbot)
    names = ("roots", "sampling", "elicitation_form", "elicitation_url")
    assert all(driver.tick(f"declare:{name}").isChecked() for name in names)
    for name in names:
        driver.tick(f"declare:{name}").click()
    driver.tick("listenSwitch").click()
    assert not driver.tick("paginatedSwitch").isChecked()
    driver.tick("paginatedSwitch").click()
    level = driver.box("logLevelChoice")
    level.setCurrentIndex(level.findData("error"))
    settings = driver.accepted()
    assert [getattr(settings, name) for name in (*names, "listen")] == [False] * 5
    assert settings.log_level == "error"
    assert settings.paginated


def test_the_session_gets_level_and_callbacks() -> None:
    callbacks = Callbacks()
    options = ConnectionSettings(log_level="info", listen=False).options(URL, TransportName.AUTO, callbacks)
    assert (options.log_level, options.listen) == ("info", False)
    assert options.callbacks is callbacks


def test_every_level_can_be_chosen(qtbot: QtBot) -> None:
    driver = Driver(qtbot)
    level = driver.box("logLevelChoice")
    assert [level.itemData(place) for place in range(level.count())] == [None, *LEVELS]


def test_the_defaults_leave_the_sign_in(qtbot: QtBot) -> None:
    driver = Driver(qtbot, ConnectionSettings(auth=SignIn(client_id="me"), sampling=False, log_level="info"))
    driver.click("connectionDefaults")
    settings = driver.accepted()
    assert settings == ConnectionSettings(auth=SignIn(client_id="me"))


def test_the_roots_are_edited_from_there(qtbot: QtBot, tmp_path: Path) -> None:
    data = UserData(tmp_path / "user.ini")
    data.set_roots((Root("file:///a"),))
    driver = Driver(qtbot, data=data)
    driver.show("Capabilities")
    button = part(driver.dialog, QAbstractButton, "editRoots")
    assert button.text() == "Edit 1 root…"
    button.click()
    roots = driver.dialog.findChild(RootsDialog)
    assert roots is not None
    part(roots, QAbstractButton, "addRoot").click()
    part(roots, QLineEdit, "root:1:uri").setText("file:///b")
    with qtbot.waitSignal(driver.dialog.roots_changed):
        part(roots, QAbstractButton, "rootsOk").click()
    assert data.roots() == (Root("file:///a"), Root("file:///b"))
    assert button.text() == "Edit 2 roots…"


def test_without_a_place_to_keep_them_roots_are_not_edited(qtbot: QtBot) -> None:
    driver = Driver(qtbot)
    driver.show("Capabilities")
    assert not any(button.isVisible() for button in driver.dialog.findChildren(QAbstractButton, "editRoots"))


def test_tab_reaches_everything_that_is_shown(qtbot: QtBot) -> None:
    driver = Driver(qtbot)
    driver.show("Capabilities")
    reached: set[str] = set()
    widget: QWidget | None = driver.dialog
    for _ in range(200):
        widget = widget.nextInFocusChain() if widget is not None else None
        if widget is not None and widget.isVisible():
            reached.add(widget.objectName())
    assert {"declare:roots", "logLevelChoice", "listenSwitch", "connectionOk"} <= reached
