"""The consent to a sign-in as a user or a script drives it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QTextEdit
from pytestqt.qtbot import QtBot

from inspector.session.options import AuthorizationPrompt
from inspector.ui.dialogs.authorization_dialog import REFUSED, AuthorizationDialog, fact_lines, wrong_redirect
from tests.support.panes import part
from tests.support.questions import Asked, window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

BACK = "http://127.0.0.1:4711/callback"
URL = (
    "https://auth.example.com/authorize?response_type=code&client_id=inspector-1&state=s3cr3t&scope=mcp%3Aread+offline"
    "&resource=https%3A%2F%2Fmcp.example.com%2Fmcp"
)
PROMPT = AuthorizationPrompt(URL, BACK, "s3cr3t", "https://auth.example.com", "mcp:read offline")


class Driver(Asked):
    """An open consent, and what the browser was asked to open."""

    def __init__(self, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, *, starts: bool = True, url: str = URL) -> None:
        self.window = window(qtbot)
        self.opened: list[str] = []

        def open_url(address: QUrl) -> bool:
            self.opened.append(bytes(address.toEncoded().data()).decode())
            return starts

        monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
        super().__init__(qtbot, AuthorizationDialog(replace(PROMPT, url=url), "demo", self.window))

    def pasted(self) -> QLineEdit:
        return part(self.dialog, QLineEdit, "authorizationPasted")

    def texts(self) -> str:
        return "\n".join(label.text() for label in self.dialog.findChildren(QLabel))


def test_the_user_sees_whom_they_sign_in_to_and_for_what(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(qtbot, monkeypatch)
    text = driver.texts()
    for said in (
        "https://mcp.example.com/mcp",
        "https://auth.example.com",
        "inspector-1",
        "• mcp:read\n• offline",
        BACK,
    ):
        assert said in text, said
    assert driver.says("urlHost") == "It leads to auth.example.com."
    assert part(driver.dialog, QTextEdit, "authorizationUrl").toPlainText() == URL
    assert driver.opened == []
    assert not driver.pasted().isVisible()


def test_the_browser_opens_only_on_a_click_after_a_moment(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(qtbot, monkeypatch)
    assert not driver.button("authorizationOpen").isEnabled()
    driver.arm()
    driver.click("authorizationOpen")
    assert driver.opened == [URL]
    before = driver.says("authorizationState")
    assert "Waiting for the browser to come back" in before
    qtbot.waitUntil(lambda: driver.says("authorizationState") != before)
    assert driver.answers == []


def test_the_link_is_copied_for_another_browser(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(qtbot, monkeypatch)
    driver.arm()
    driver.click("authorizationCopy")
    assert QGuiApplication.clipboard().text() == URL
    assert "The link is copied." in driver.says("authorizationState")
    assert driver.pasted().isVisible()


def test_the_address_that_the_browser_ended_at_can_be_pasted(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(qtbot, monkeypatch)
    driver.arm()
    driver.click("authorizationOpen")
    driver.pasted().setText(f"{BACK}?code=c&state=other")
    driver.click("authorizationUse")
    assert driver.says("authorizationProblem").startswith("✕ The address belongs to another sign-in")
    driver.pasted().setFocus()
    qtbot.waitUntil(driver.pasted().hasFocus)
    driver.pasted().setText(f" {BACK}?code=c&state=s3cr3t ")
    QTest.keyClick(driver.pasted(), Qt.Key.Key_Return)
    assert driver.answers == [f"{BACK}?code=c&state=s3cr3t"]
    assert not driver.dialog.isVisible()


def test_a_browser_that_does_not_start_is_said(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(qtbot, monkeypatch, starts=False)
    driver.arm()
    driver.click("authorizationOpen")
    assert driver.says("authorizationProblem").startswith("✕ The browser could not be started.")
    assert driver.says("authorizationState") == ""
    assert driver.pasted().isVisible()


def test_an_error_ends_the_waiting(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(qtbot, monkeypatch)
    assert isinstance(driver.dialog, AuthorizationDialog)
    driver.dialog.show_waiting()
    driver.dialog.show_error("The server said no.")
    assert driver.says("authorizationProblem") == "✕ The server said no."
    assert driver.says("authorizationState") == ""


@pytest.mark.parametrize("how", ["authorizationCancel", "escape"])
def test_the_user_does_not_want_to(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    driver = Driver(qtbot, monkeypatch)
    if how == "escape":
        QTest.keyClick(driver.dialog, Qt.Key.Key_Escape)
    else:
        driver.click(how)
    assert driver.refusals == [REFUSED]


def test_enter_alone_opens_nothing(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(qtbot, monkeypatch)
    driver.arm()
    QTest.keyClick(driver.dialog, Qt.Key.Key_Return)
    assert (driver.opened, driver.refusals) == ([], [REFUSED])


def test_enter_behind_a_pasted_address_uses_it_and_nothing_else(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(qtbot, monkeypatch)
    driver.arm()
    driver.click("authorizationCopy")
    driver.pasted().setFocus()
    qtbot.waitUntil(driver.pasted().hasFocus)
    driver.pasted().setText("wrong")
    QTest.keyClick(driver.pasted(), Qt.Key.Key_Return)
    assert driver.says("authorizationProblem").startswith("✕ The address does not start with")
    assert (driver.dialog.isVisible(), driver.refusals) == (True, [])


def test_what_is_no_web_address_is_not_opened(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(qtbot, monkeypatch, url="javascript:alert(1)")
    driver.arm()
    assert not driver.button("authorizationOpen").isEnabled()
    assert "Only http and https" in driver.says("urlWarnings")


def test_a_page_on_another_host_than_the_issuers_is_said() -> None:
    lines = fact_lines(replace(PROMPT, issuer="https://other.example"))
    assert ("", "⚠ The page is on auth.example.com, another host than the issuer’s.", "warn") in lines
    assert ("It may", "whatever the server decides", "text") in fact_lines(AuthorizationPrompt("https://[", BACK, "s"))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"{BACK}?code=c&state=s3cr3t", ""),
        (f"{BACK}?error=access_denied&state=s3cr3t", ""),
        ("https://evil.example/?code=c&state=s3cr3t", "does not start with"),
        (f"{BACK}?code=c", "another sign-in"),
        (f"{BACK}?state=s3cr3t", "neither a code nor an error"),
        ("http://[", "cannot be read"),
    ],
)
def test_r68_a_pasted_address_must_belong_to_this_sign_in(address: str, said: str) -> None:
    problem = wrong_redirect(address, PROMPT)
    assert said in problem if said else problem == ""
