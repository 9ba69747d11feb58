"""The elicitation dialogs as a user or a script drives them."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QTabWidget, QTextEdit
from pytestqt.qtbot import QtBot

from inspector.ui.dialogs.elicitation_dialog import elicitation_dialog
from inspector.ui.dialogs.elicitation_link import ElicitationLinkDialog
from inspector.ui.dialogs.url_view import seen_facts
from inspector.ui.forms.arguments_editor import ArgumentsEditor
from tests.support.panes import part
from tests.support.questions import Asked, window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

URL = "https://auth.example.com/login?id=1"


def form(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"message": "Who are <b>you</b>?", "requestedSchema": schema}


class Driver(Asked):
    """An open elicitation."""

    def __init__(self, qtbot: QtBot, params: dict[str, Any]) -> None:
        self.window = window(qtbot)
        super().__init__(qtbot, elicitation_dialog(params, "demo", self.window))

    def line(self, name: str) -> QLineEdit:
        return part(self.dialog, QLineEdit, f"arg:/{name}")

    def notice(self) -> str:
        editor = self.dialog.findChild(ArgumentsEditor)
        assert editor is not None
        editor._check.timeout.emit()
        return editor.notice.text() or editor.verdict.text()


ALL_KINDS = form(
    ("mail", "many"),
    mail={"type": "string", "format": "email", "title": "E-mail"},
    name={"type": "string", "default": "John"},
    age={"type": "integer", "minimum": 0, "default": 30},
    score={"type": "number", "default": 9.5},
    sure={"type": "boolean", "default": True},
    plain={"type": "string", "enum": ["a", "b"], "default": "b"},
    legacy={"type": "string", "enum": ["a", "b"], "enumNames": ["Alpha", "Beta"]},
    titled={"type": "string", "oneOf": [{"const": "x", "title": "Ex"}, {"const": "y", "title": "Why"}]},
    many={"type": "array", "minItems": 1, "items": {"anyOf": [{"const": "r", "title": "Red"}, {"const": "g"}]}},
    day={"type": "string", "format": "date"},
)


def test_r50_every_kind_of_field_is_filled_in_and_accepted(qtbot: QtBot) -> None:
    driver = Driver(qtbot, ALL_KINDS)
    driver.arm()
    assert driver.says("elicitationBreaches") == ""
    assert part(driver.dialog, QPlainTextEdit, "questionMessage").toPlainText() == "Who are <b>you</b>?"
    QTest.keyClicks(driver.line("mail"), "a@example.com")
    titled = part(driver.dialog, QComboBox, "arg:/titled")
    titled.setCurrentIndex(titled.findText("Why"))
    titled.activated.emit(titled.currentIndex())
    part(driver.dialog, QCheckBox, "choice:/many/0").click()
    driver.click("elicitationAccept")
    assert driver.answers == [
        {
            "action": "accept",
            "content": {
                "mail": "a@example.com",
                "name": "John",
                "age": 30,
                "score": 9.5,
                "sure": True,
                "plain": "b",
                "titled": "y",
                "many": ["r"],
            },
        }
    ]
    assert not driver.dialog.isVisible()


def test_legacy_names_are_shown_for_their_values(qtbot: QtBot) -> None:
    driver = Driver(qtbot, ALL_KINDS)
    legacy = part(driver.dialog, QComboBox, "arg:/legacy")
    assert [legacy.itemText(row) for row in range(legacy.count())] == ["Alpha", "Beta"]


def test_what_does_not_fit_is_said_and_can_be_sent_anyway(qtbot: QtBot) -> None:
    driver = Driver(qtbot, form(("mail",), mail={"type": "string", "format": "email"}))
    driver.arm()
    driver.line("mail").setText("nobody")
    driver.line("mail").textEdited.emit("nobody")
    assert "is no e-mail address" in driver.notice()
    driver.click("elicitationAccept")
    assert driver.says("elicitationProblem") == '✕ Not sent. "mail" is no e-mail address, such as name@example.com.'
    assert driver.answers == []
    driver.click("elicitationAcceptAnyway")
    assert driver.answers == [{"action": "accept", "content": {"mail": "nobody"}}]


def test_editing_takes_the_complaint_back(qtbot: QtBot) -> None:
    driver = Driver(qtbot, form(("n",), n={"type": "integer"}))
    driver.arm()
    driver.click("elicitationAccept")
    assert driver.says("elicitationProblem") == '✕ Not sent. "n" is required and missing.'
    QTest.keyClicks(driver.line("n"), "7")
    assert driver.says("elicitationProblem") == ""
    assert not driver.button("elicitationAcceptAnyway").isVisible()
    assert driver.notice() == "✓ fits the schema"


@pytest.mark.parametrize(
    ("how", "action"), [("elicitationDecline", "decline"), ("elicitationCancel", "cancel"), ("escape", "cancel")]
)
@pytest.mark.parametrize("params", [ALL_KINDS, {"mode": "url", "url": URL, "message": "m"}])
def test_no_is_decline_and_leaving_is_cancel(qtbot: QtBot, params: dict[str, Any], how: str, action: str) -> None:
    driver = Driver(qtbot, params)
    if how == "escape":
        QTest.keyClick(driver.dialog, Qt.Key.Key_Escape)
    else:
        driver.click(how)
    assert driver.answers == [{"action": action}]
    assert not driver.dialog.isVisible()


def test_enter_in_a_field_accepts_after_the_first_moment(qtbot: QtBot) -> None:
    driver = Driver(qtbot, form(("mail",), mail={"type": "string"}))
    qtbot.waitUntil(driver.line("mail").hasFocus)
    QTest.keyClick(driver.line("mail"), Qt.Key.Key_Return)
    assert driver.answers == []
    driver.arm()
    QTest.keyClick(driver.line("mail"), Qt.Key.Key_Return)
    assert driver.answers == [{"action": "accept", "content": {"mail": ""}}]


def test_enter_presses_the_button_that_has_the_focus(qtbot: QtBot) -> None:
    driver = Driver(qtbot, form(mail={"type": "string"}))
    driver.arm()
    decline = driver.button("elicitationDecline")
    decline.setFocus()
    qtbot.waitUntil(decline.hasFocus)
    QTest.keyClick(decline, Qt.Key.Key_Return)
    assert driver.answers == [{"action": "decline"}]


@pytest.mark.parametrize("schema", [None, [], {"type": "object"}, {"type": "string", "properties": {}}])
def test_without_a_form_the_content_is_json(qtbot: QtBot, schema: Any) -> None:
    driver = Driver(qtbot, {"message": 7, "requestedSchema": schema})
    driver.arm()
    assert "There is no form to show" in driver.says("elicitationBreaches")
    assert part(driver.dialog, QTabWidget, "argumentsTabs").currentIndex() == 1
    part(driver.dialog, QPlainTextEdit, "argumentsJson").setPlainText('{"a": {"b": 1}}')
    driver.click("elicitationAccept")
    assert driver.answers == [{"action": "accept", "content": {"a": {"b": 1}}}]


def test_what_the_schema_breaks_is_said(qtbot: QtBot) -> None:
    params = form(
        password={"type": "string"},
        nested={"type": "object"},
        n={"type": "integer", "default": "x"},
        ok={"type": "string"},
    )
    driver = Driver(qtbot, params)
    said = driver.says("elicitationBreaches")
    for words in ("looks like a secret", "forms are flat", "has the default"):
        assert words in said
    driver.arm()
    QTest.keyClicks(driver.line("ok"), "x")
    driver.click("elicitationAccept")
    assert driver.answers == [{"action": "accept", "content": {"ok": "x"}}]


class Browser:
    """What the desktop was asked to open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, starts: bool = True) -> None:
        self.opened: list[str] = []
        self._starts = starts
        monkeypatch.setattr(QDesktopServices, "openUrl", self._open)

    def _open(self, url: QUrl) -> bool:
        self.opened.append(url.toString())
        return self._starts


def link(url: Any = URL, **more: Any) -> dict[str, Any]:
    return {"mode": "url", "url": url, "message": "Sign in, please.", "elicitationId": "e1", **more}


def test_an_address_is_shown_whole_and_opened_only_on_a_click(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(monkeypatch)
    driver = Driver(qtbot, link())
    assert part(driver.dialog, QTextEdit, "questionUrl").toPlainText() == URL
    assert driver.says("urlHost") == "It leads to auth.example.com."
    assert driver.says("urlWarnings") == ""
    assert (browser.opened, driver.button("elicitationOpen").isEnabled()) == ([], False)
    driver.arm()
    driver.click("elicitationOpen")
    assert browser.opened == [URL]
    assert driver.answers == [{"action": "accept"}]
    assert driver.says("elicitationState").startswith("Opened in the browser.")
    assert isinstance(driver.dialog, ElicitationLinkDialog)
    assert driver.dialog.elicitation_id == "e1"
    driver.dialog.show_complete()
    assert driver.says("elicitationState") == "✓ The server says that this is complete."
    QTest.keyClick(driver.dialog, Qt.Key.Key_Escape)
    assert not driver.dialog.isVisible()
    assert len(driver.answers) == 1


def test_enter_alone_opens_nothing(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(monkeypatch)
    driver = Driver(qtbot, link())
    driver.arm()
    address = part(driver.dialog, QTextEdit, "questionUrl")
    address.setFocus()
    qtbot.waitUntil(address.hasFocus)
    QTest.keyClick(driver.dialog, Qt.Key.Key_Return)
    assert browser.opened == []
    assert driver.answers == [{"action": "cancel"}]


def test_agreeing_needs_no_browser(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(monkeypatch)
    driver = Driver(qtbot, link())
    driver.arm()
    driver.click("elicitationCopy")
    assert QGuiApplication.clipboard().text() == URL
    driver.click("elicitationAgree")
    assert (driver.answers, browser.opened) == ([{"action": "accept"}], [])
    assert not driver.button("elicitationDecline").isVisible()


def test_a_browser_that_does_not_start_is_said(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    Browser(monkeypatch, starts=False)
    driver = Driver(qtbot, link())
    driver.arm()
    driver.click("elicitationOpen")
    assert driver.says("elicitationState").startswith("✕ The browser could not be started.")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://xn--80ak6aa92e.com@evil.example/", "not https"),
        ("https://аррӏе.com/", "its real name is xn--"),
        ("https://google.com@evil.example/", "the site is evil.example"),
    ],
)
def test_what_is_odd_about_an_address_is_said(qtbot: QtBot, url: str, said: str) -> None:
    driver = Driver(qtbot, link(url))
    assert said in driver.says("urlWarnings")
    driver.arm()
    assert driver.button("elicitationOpen").isEnabled()


@pytest.mark.parametrize(
    "url", [None, 7, "javascript:alert(1)", "https://good.example\\@evil.example/", "http://2130706433/"]
)
def test_what_is_no_plain_address_cannot_be_opened(qtbot: QtBot, url: Any) -> None:
    driver = Driver(qtbot, link(url))
    driver.arm()
    assert not driver.button("elicitationOpen").isEnabled()
    assert "⚠" in driver.says("urlWarnings")
    driver.click("elicitationDecline")
    assert driver.answers == [{"action": "decline"}]


def test_only_an_address_that_qt_reads_alike_is_opened() -> None:
    assert seen_facts(URL).is_openable
    facts = seen_facts("http://2130706433/")
    assert not facts.is_openable
    assert facts.warnings[-1].startswith("The desktop reads this address differently")


def test_labels_do_not_read_markup(qtbot: QtBot) -> None:
    driver = Driver(qtbot, form(x={"type": "object", "title": "<img src=x>"}))
    labels = driver.dialog.findChildren(QLabel)
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels if "<" in label.text())
